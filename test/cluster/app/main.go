// Command app is what runs in the pods of the tests: a well-behaved program that needs no root, no token and no
// writable file, and a few that look at what a pod may do.
//
//	app pause [-v]               waits for a signal: the sandbox of every pod; -v says so, as kubeadm upgrade asks it to
//	app serve ADDRESS [URL]      answers "backend", or "frontend: " and what URL answers
//	app get URL                  prints what URL answers, and fails if that is no 200
//	app dial ADDRESS             fails if ADDRESS takes no TCP connection, five seconds after the start
//	app exists PATH              fails if PATH is not there
//
// Start reading in main.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "pause":
		return pause()
	case len(args) == 2 && args[0] == "pause" && args[1] == "-v":
		fmt.Println("pause of hardstrap's tests")
		return nil
	case len(args) >= 2 && args[0] == "serve":
		return serve(args[1], args[2:])
	case len(args) == 2 && args[0] == "get":
		text, err := get(args[1])
		fmt.Print(text)
		return err
	case len(args) == 2 && args[0] == "dial":
		// By then whatever filters the pod's packets knows the pod.
		time.Sleep(5 * time.Second)
		conn, err := net.DialTimeout("tcp", args[1], 2*time.Second)
		if err == nil {
			conn.Close()
		}
		return err
	case len(args) == 2 && args[0] == "exists":
		_, err := os.Stat(args[1])
		return err
	}
	return errors.New("usage: app pause [-v] | serve ADDRESS [URL] | get URL | dial ADDRESS | exists PATH")
}

// pause is the first process of a pod's PID namespace, so it also buries orphans.
func pause() error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for got := range signals {
		if got != syscall.SIGCHLD {
			return nil
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
	return nil
}

func serve(address string, behind []string) error {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if len(behind) == 0 {
			fmt.Fprint(w, "backend")
			return
		}
		text, err := get(behind[0])
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, "frontend: ", text)
	})
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func get(url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return string(body), err
}
