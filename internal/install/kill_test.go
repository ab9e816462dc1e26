//go:build unix

package install

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/bundle"
)

// Environment of a child: the root, the bundle, and what is to happen.
const (
	childRoot   = "HARDSTRAP_TEST_CHILD_ROOT"
	childBundle = "HARDSTRAP_TEST_CHILD_BUNDLE" // empty: a rollback
	childFate   = "HARDSTRAP_TEST_CHILD_FATE"   // kill=N: killed before step N; limit=N: no file larger than N bytes; nobody
)

// TestMain runs the tests, or, in a child, installs and meets its fate.
func TestMain(m *testing.M) {
	if root := os.Getenv(childRoot); root != "" {
		os.Exit(runChild(root, os.Getenv(childBundle), os.Getenv(childFate)))
	}
	os.Exit(m.Run())
}

func runChild(root, dir, fate string) int {
	at, err := openTree(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	w := &writer{tree: at, step: func(string) error { return nil }, flush: func(*os.File) error { return nil }}
	kind, number, _ := strings.Cut(fate, "=")
	n, _ := strconv.Atoi(number)
	switch kind {
	case "kill":
		w.step = func(string) error {
			if n--; n < 0 {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				time.Sleep(time.Minute)
			}
			return nil
		}
	case "limit":
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(n), Max: uint64(n)}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if dir == "" {
		_, err = w.rollback(RollbackOptions{Root: root})
	} else {
		var b *bundle.Bundle
		var record []byte
		if b, record, err = bundle.Read(dir); err == nil {
			_, err = w.install(Options{Bundle: b, Record: record, Root: root, Role: "control-plane"})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func child(t *testing.T, root, dir, fate string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childRoot+"="+root, childBundle+"="+dir, childFate+"="+fate)
	return cmd
}

// prepare returns a root on which bundleA is installed over somebody's file, and how it looks.
func prepare(t *testing.T, a Options) (root string, before map[string]string) {
	t.Helper()
	root = filepath.Join(memoryDir(t), "root")
	put(t, root, "etc/passwd", "root:x:0:0::/:/bin/sh\n")
	put(t, root, policy, "mine\n")
	mustInstall(t, at(root, a))
	put(t, root, audit, "changed by hand\n")
	return root, describe(t, root)
}

// copied returns another root that looks the same.
func copied(t *testing.T, root string) string {
	t.Helper()
	to := filepath.Join(memoryDir(t), "root")
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		if entry.IsDir() {
			return os.Mkdir(filepath.Join(to, rel), info.Mode().Perm())
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// at is the same installation on another root.
func at(root string, o Options) Options {
	o.Root = root
	return o
}

func bundleDir(t *testing.T, b *bundle.Bundle) string {
	t.Helper()
	dir := filepath.Join(memoryDir(t), "bundle")
	if _, err := bundle.Write(dir, b, bundle.Options{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func steps(t *testing.T, run func(w *writer) error, root string) []string {
	t.Helper()
	var names []string
	w := quick(t, root)
	w.step = func(name string) error { names = append(names, name); return nil }
	if err := run(w); err != nil {
		t.Fatal(err)
	}
	if len(names) < 20 {
		t.Fatalf("only %d steps: %q", len(names), names)
	}
	return names
}

func killed(t *testing.T, err error) {
	t.Helper()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.String() != "signal: killed" {
		t.Fatalf("the child was not killed: %v", err)
	}
}

// each fails unless every file is the old one or the new one, but for what a run leaves for the
// next: nothing that any reader of these directories takes for a file of its own.
func each(t *testing.T, before, after, got map[string]string) (olds, news int) {
	t.Helper()
	for name, what := range got {
		if base := filepath.Base(name); strings.HasPrefix(base, ".") && strings.HasSuffix(base, ".hardstrap") {
			continue
		}
		isOld, isNew := before[name] == what, after[name] == what
		switch {
		case !isOld && !isNew && !strings.HasPrefix(what, "d"):
			t.Errorf("%s is neither old nor new: %s", name, what)
		case isOld && !isNew:
			olds++
		case isNew && !isOld:
			news++
		}
	}
	for name := range before {
		if _, kept := after[name]; kept {
			if _, there := got[name]; !there {
				t.Errorf("%s is gone, and stands in both", name)
			}
		}
	}
	return olds, news
}

// Killed before any one change to the disk, a run leaves each file old or new. The next run of the
// same bundle finishes, and a rollback instead brings everything back.
func TestKilledAtEveryStep(t *testing.T) {
	a, b := options(t, "", bundleA()), options(t, "", bundleB())
	dir := bundleDir(t, bundleB())
	ready, before := prepare(t, a)
	scratch := copied(t, ready)
	names := steps(t, func(w *writer) error { _, err := w.install(at(scratch, b)); return err }, scratch)
	after := describe(t, scratch)
	var sawOld, sawNew, continued int
	for i, step := range names {
		root := copied(t, ready)
		killed(t, child(t, root, dir, "kill="+strconv.Itoa(i)).Run())
		olds, news := each(t, before, after, describe(t, root))
		sawOld, sawNew = sawOld+olds, sawNew+news
		other := copied(t, root)
		if p := mustInstall(t, at(root, b)); p.Continues {
			continued++
		}
		sameTree(t, after, describe(t, root))
		// Where nothing of the second run had begun, bundleA is taken back, as asked.
		if p := mustRollback(t, other); p.journal.number == 2 {
			sameTree(t, before, describe(t, other))
		}
		if i%5 == 0 {
			if p := mustInstall(t, at(root, b)); !p.Idle() {
				t.Errorf("a second run still has to do %v", p.Changes)
			}
			mustRollback(t, root)
			sameTree(t, before, describe(t, root))
		}
		if t.Failed() {
			t.Fatalf("killed before step %d, %q", i, step)
		}
	}
	if sawOld == 0 || sawNew == 0 || continued == 0 {
		t.Errorf("the kills did not show everything: %d old, %d new, %d continued", sawOld, sawNew, continued)
	}
}

// The same for a rollback: the next one finishes it, and until then nothing is installed.
func TestRollbackKilledAtEveryStep(t *testing.T) {
	a, b := options(t, "", bundleA()), options(t, "", bundleB())
	ready, before := prepare(t, a)
	mustInstall(t, at(ready, b))
	after := describe(t, ready)
	scratch := copied(t, ready)
	names := steps(t, func(w *writer) error { _, err := w.rollback(RollbackOptions{}); return err }, scratch)
	refusals := 0
	for i, step := range names {
		root := copied(t, ready)
		killed(t, child(t, root, "", "kill="+strconv.Itoa(i)).Run())
		each(t, before, after, describe(t, root))
		if _, err := quick(t, root).install(at(root, b)); err != nil {
			if !strings.Contains(err.Error(), "a rollback was stopped before it was done") {
				t.Errorf("got %v", err)
			}
			refusals++
		}
		mustRollback(t, root)
		sameTree(t, before, describe(t, root))
		if t.Failed() {
			t.Fatalf("killed before step %d, %q", i, step)
		}
	}
	if refusals == 0 {
		t.Error("no kill left a rollback half done")
	}
}

// At every change to the disk the disk is full.
func TestDiskFullAtEveryStep(t *testing.T) {
	a, b := options(t, "", bundleA()), options(t, "", bundleB())
	ready, before := prepare(t, a)
	scratch := copied(t, ready)
	names := steps(t, func(w *writer) error { _, err := w.install(at(scratch, b)); return err }, scratch)
	after := describe(t, scratch)
	for i, step := range names {
		root := copied(t, ready)
		n, w := 0, quick(t, root)
		w.step = func(string) error {
			if n++; n == i+1 {
				return syscall.ENOSPC
			}
			return nil
		}
		_, err := w.install(at(root, b))
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("step %q: got %v", step, err)
		}
		if strings.Contains(err.Error(), "nothing was changed") {
			sameTree(t, before, describe(t, root))
		} else if !strings.Contains(err.Error(), "--rollback") {
			t.Errorf("step %q: got %v", step, err)
		}
		each(t, before, after, describe(t, root))
		mustInstall(t, at(root, b))
		sameTree(t, after, describe(t, root))
		if t.Failed() {
			t.Fatalf("failed at step %q", step)
		}
	}
}

// The kernel itself refuses to write.
func TestFileTooLargeForTheSystem(t *testing.T) {
	a := options(t, "", bundleA())
	root, before := prepare(t, a)
	out, err := child(t, root, bundleDir(t, bundleB()), "limit=16").CombinedOutput()
	if want := root + "/var/lib/hardstrap/backup: the backup cannot be made, nothing was changed: file too large\n"; err == nil || string(out) != want {
		t.Errorf("got %v: %s\nwant %s", err, out, want)
	}
	sameTree(t, before, describe(t, root))
}

// Somebody who may read the node and not write it changes nothing, and is told.
func TestNoPermission(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	root, dir := memoryDir(t), bundleDir(t, bundleA())
	put(t, root, "etc/passwd", "root:x:0:0::/:/bin/sh\n")
	program := filepath.Join(root, "child")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.WriteFile(program, text, 0o755), os.Chmod(root, 0o755), os.Chmod(filepath.Dir(dir), 0o755),
		filepath.WalkDir(dir, func(at string, _ os.DirEntry, _ error) error { return os.Chown(at, 65534, 65534) }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := describe(t, root)
	cmd := child(t, root, dir, "nobody")
	cmd.Path = program
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if want := root + "/var/lib: permission denied\n"; err == nil || string(out) != want {
		t.Errorf("got %v: %s\nwant %s", err, out, want)
	}
	sameTree(t, before, describe(t, root))
}

// On a node that has nothing yet, killed at every step, and finished or taken back.
func TestFirstInstallationKilledAtEveryStep(t *testing.T) {
	a := options(t, "", bundleA())
	dir := bundleDir(t, bundleA())
	scratch := filepath.Join(memoryDir(t), "root")
	put(t, scratch, "etc/passwd", "")
	before := describe(t, scratch)
	names := steps(t, func(w *writer) error { _, err := w.install(at(scratch, a)); return err }, scratch)
	after := describe(t, scratch)
	for i, step := range names {
		root := filepath.Join(memoryDir(t), "root")
		put(t, root, "etc/passwd", "")
		killed(t, child(t, root, dir, "kill="+strconv.Itoa(i)).Run())
		if i%2 == 0 {
			mustInstall(t, at(root, a))
			sameTree(t, after, describe(t, root))
		}
		mustRollback(t, root)
		sameTree(t, without(before), without(describe(t, root)))
		if t.Failed() {
			t.Fatalf("killed before step %d, %q", i, step)
		}
	}
}
