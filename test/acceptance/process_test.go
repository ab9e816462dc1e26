package acceptance

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// patience is how long a component may take to get where a check wants it: a start takes seconds, but the machine
// may be busy with other things.
const patience = 60 * time.Second

// process is a component that was started and is to be stopped by whoever started it.
type process struct {
	name   string
	cmd    *exec.Cmd
	output *lockedBuffer
	ended  chan struct{}
	err    error // how it ended, once ended is closed
}

// lockedBuffer collects what a process prints while others read it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start starts program with args in a folder of its own, with env beside the environment.
func start(name, program string, args, env []string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(program, args...), output: &lockedBuffer{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.Env = append(os.Environ(), env...)
	// A process group of its own: stopping the check stops the component and what it started.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop ends the process at once: nothing of it is needed any more.
func (p *process) stop() {
	if p == nil {
		return
	}
	// The group may be gone already.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// rejected is a component's refusal, with the end of what it printed.
type rejected struct{ who, output string }

func (r *rejected) Error() string { return r.who + " refuses it: " + telling(r.output) }

// until waits for ready, and fails if the process ends first or patience does.
func (p *process) until(what string, ready func() bool) error {
	deadline := time.Now().Add(patience)
	for {
		if ready() {
			return nil
		}
		select {
		case <-p.ended:
			return &rejected{p.name, p.output.String()}
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: no %s after %s: %s", p.name, what, patience, telling(p.output.String()))
		}
	}
}

// serving waits until the process answers a TLS handshake on address. A connection is not enough: a component opens
// its listener before it has read all it is given.
func (p *process) serving(address string) error {
	return p.until("TLS handshake on "+address, func() bool {
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Second}, "tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

// survives returns err, unless the process has ended or is about to: then its own words are the reason. A component may
// answer for a moment and end when its next part refuses what it was given.
func (p *process) survives(err error) error {
	wait := 300 * time.Millisecond
	if err != nil {
		wait = 5 * time.Second
	}
	select {
	case <-p.ended:
		return &rejected{p.name, p.output.String()}
	case <-time.After(wait):
		return err
	}
}

// runToEnd runs a program that ends by itself, and returns what it printed.
func runToEnd(name, program string, args, env []string) (string, error) {
	p, err := start(name, program, args, env)
	if err != nil {
		return "", err
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.stop()
		return p.output.String(), fmt.Errorf("%s: not done after %s", name, patience)
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		return p.output.String(), &rejected{name, p.output.String()}
	}
	return p.output.String(), p.err
}

// marks are what the components write into the lines that say why they end, the most telling first: those with
// klog, etcd, kubeadm and the checks of this folder, Go itself.
var marks = []string{`"command failed" err=`, `"level":"fatal"`, "flag provided but not defined", "error execution phase", "\nerror: ", "panic: "}

// telling is the part of a component's output that says why it ended: the lines it marks so, and its last lines
// otherwise.
func telling(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, mark := range marks {
		var marked []string
		for i, line := range lines {
			if !strings.Contains(strings.ToLower("\n"+line), mark) {
				continue
			}
			marked = append(marked, line)
			if mark == "\nerror: " { // which may go on below
				marked = append(marked, lines[i+1:]...)
				break
			}
		}
		if len(marked) > 0 {
			return strings.Join(marked, "\n    ")
		}
	}
	return strings.Join(lines[max(0, len(lines)-6):], "\n    ")
}

// The ports that freeAddress gives: below those that the system gives to whoever connects (from 32768 on Linux), or a
// connection of another check could take one between its choice and the component's start.
const firstPort, lastPort = 12000, 32000

// lastGiven counts the ports given; each is given once in a run.
var lastGiven atomic.Int64

// freeAddress returns an address on loopback that nothing listened on a moment ago and that no other check got.
func freeAddress() (string, error) {
	const ports = lastPort - firstPort
	var err error
	for range ports {
		port := firstPort + (int64(os.Getpid())*101+lastGiven.Add(1))%ports
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return listener.Addr().String(), listener.Close()
		}
	}
	return "", fmt.Errorf("no port from %d to %d is free: %w", firstPort, lastPort, err)
}

// portOf is the port of an address.
func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// copyTree copies the files below from to below to.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o600)
	})
}
