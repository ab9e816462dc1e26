package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hardstrap": main})
}

// TestScripts runs testdata/script/*.txtar: one behaviour of the command line a file, with the
// real main. Set UPDATE_SCRIPTS=1 to rewrite the outputs they compare with.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setTestdata,
		Condition:           condition,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     cmdExits,
			"mode":      cmdMode,
			"remember":  cmdRemember,
			"untouched": cmdUntouched,
			"hides":     cmdHides,
			"edit":      cmdEdit,
			"node":      cmdNode,
			"fifo":      cmdFifo,
			"parses":    cmdParses,
			"fill":      cmdFill,
		},
	})
}

// cmdExits runs a program and demands its exit code: exits 2 hardstrap generate
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// cmdMode demands the permission bits of files: mode 0600 FILE...
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode OCTAL FILE...")
	}
	for _, name := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", name, got, args[0])
		}
	}
}

// state describes everything below a directory, so that any touch shows.
func state(ts *testscript.TestScript, dir string) string {
	var b strings.Builder
	ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size := info.Size()
		if info.IsDir() {
			size = 0
		}
		fmt.Fprintf(&b, "%s %v %d %v\n", at, info.Mode(), size, info.ModTime().UnixNano())
		return nil
	}))
	return b.String()
}

// cmdRemember notes the state of a directory for untouched: remember DIR
func cmdRemember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: remember DIR")
	}
	ts.Setenv("STATE_"+args[0], state(ts, args[0]))
}

// cmdUntouched demands that nothing in a directory was touched since: untouched DIR
func cmdUntouched(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || ts.Getenv("STATE_"+args[0]) == "" {
		ts.Fatalf("usage: remember DIR, and later untouched DIR")
	}
	if got := state(ts, args[0]); got != ts.Getenv("STATE_"+args[0]) {
		ts.Fatalf("%s was touched; before:\n%s\nnow:\n%s", args[0], ts.Getenv("STATE_"+args[0]), got)
	}
}

// cmdHides demands that no key of a key file is in what the last program printed, or in any of
// the files named: hides KEYFILE FILE...
func cmdHides(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: hides KEYFILE FILE...")
	}
	secrets := regexp.MustCompile(`secret: (\S+)`).FindAllStringSubmatch(ts.ReadFile(args[0]), -1)
	if len(secrets) == 0 {
		ts.Fatalf("%s holds no key", args[0])
	}
	for _, name := range append([]string{"stdout", "stderr"}, args[1:]...) {
		text := ts.ReadFile(name)
		for _, secret := range secrets {
			if strings.Contains(text, secret[1][:16]) {
				ts.Fatalf("%s shows a key", name)
			}
		}
	}
}

// cmdEdit replaces a text in a file: edit FILE OLD NEW
func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	before := ts.ReadFile(args[0])
	after := strings.ReplaceAll(before, args[1], args[2])
	if before == after {
		ts.Fatalf("%s does not have %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(after), 0o600))
}
