package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// condition is what scripts may ask for in brackets: [root], that files without rights can be read.
func condition(name string) (bool, error) {
	if name != "root" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	return os.Geteuid() == 0, nil
}

// cmdNode writes a minimal control-plane node: node DIR
func cmdNode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: node DIR")
	}
	archive, err := txtar.ParseFile(filepath.Join(ts.Getenv("TESTDATA"), "node.txtar"))
	ts.Check(err)
	ts.Check(txtar.Write(archive, ts.MkAbs(args[0])))
}

// cmdFifo makes a pipe that nobody writes to: fifo FILE
func cmdFifo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fifo FILE")
	}
	ts.Check(ts.Exec("mkfifo", ts.MkAbs(args[0])))
}

// cmdFill writes a file of one byte again and again, or cuts one: fill FILE BYTES
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fill FILE BYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		ts.Check(err)
	}
	if len(data) < n {
		data = append(data, bytes.Repeat([]byte("#"), n-len(data))...)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data[:n], 0o600))
}

// cmdParses demands that the last output is of a language: parses json|xml|prometheus
func cmdParses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: parses LANGUAGE")
	}
	text := ts.ReadFile("stdout")
	switch args[0] {
	case "json":
		var v map[string]any
		ts.Check(json.Unmarshal([]byte(text), &v))
	case "xml":
		decoder := xml.NewDecoder(strings.NewReader(text))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			ts.Check(err)
		}
	case "prometheus":
		for line := range strings.Lines(text) {
			if _, value, ok := strings.Cut(strings.TrimSpace(line), "} "); !strings.HasPrefix(line, "# ") && (!ok || strings.Trim(value, "0123456789") != "") {
				ts.Fatalf("not a sample: %q", line)
			}
		}
	default:
		ts.Fatalf("no language %q", args[0])
	}
}

// setTestdata tells scripts where the files that they share stand.
func setTestdata(env *testscript.Env) error {
	dir, err := filepath.Abs("testdata")
	env.Setenv("TESTDATA", dir)
	return err
}
