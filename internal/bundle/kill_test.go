//go:build unix

package bundle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Environment of a child: the directory, and what is to happen to it.
const (
	childDir  = "HARDSTRAP_TEST_CHILD_DIR"
	childFate = "HARDSTRAP_TEST_CHILD_FATE"
)

// TestMain runs the tests, or, in a child, writes the new bundle and meets its fate.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(runChild(dir, os.Getenv(childFate)))
	}
	os.Exit(m.Run())
}

// child returns a command that writes the new bundle to dir. Its fate is "" (none),
// "kill=N" (killed before step N), "two,kill=N" (the same where two steps swap), "limit=N"
// (no file may be larger than N bytes) or "nobody" (it is not the superuser).
func child(t *testing.T, dir, fate string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childFate+"="+fate)
	if fate == "nobody" && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Path = readableCopy(t, self)
	}
	return cmd
}

func runChild(dir, fate string) int {
	w := testWriter()
	if rest, ok := strings.CutPrefix(fate, "two,"); ok {
		fate = rest
		w.exchange = exchanges()["two steps"]
	}
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
	case "":
		w.flush = syncAll // as a real run does, so that there is time to be killed
	case "limit":
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(n), Max: uint64(n)}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if _, err := w.write(dir, newBundle()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Killed before any one change to the disk, a run leaves the old bundle or the new one, never
// a mixture, and the next run finishes the work and leaves nothing beside it.
func TestKilledAtEveryStep(t *testing.T) {
	for name, swap := range exchanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scratch, _, _ := prepare(t)
			fate := "kill="
			if name == "two steps" {
				fate = "two,kill="
			}
			seen := map[string]int{}
			for i, step := range steps(t, scratch, swap) {
				dir, before, after := prepare(t)
				killed(t, child(t, dir, fate+strconv.Itoa(i)).Run(), true)
				seen[settle(t, dir, before, after, step == "swap second")]++
				if t.Failed() {
					t.Fatalf("killed before step %q", step)
				}
			}
			if seen["old"] == 0 || seen["new"] == 0 {
				t.Errorf("the kills did not show both outcomes: %v", seen)
			}
		})
	}
}

// The same at moments nobody chose.
func TestKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	dir, _, _ := prepareIn(t, t.TempDir())
	start := time.Now()
	killed(t, child(t, dir, "").Run(), false)
	whole := time.Since(start)
	for range 15 {
		dir, before, after := prepareIn(t, t.TempDir())
		cmd := child(t, dir, "")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(whole))
		cmd.Process.Kill()
		cmd.Wait()
		settle(t, dir, before, after, false)
		if t.Failed() {
			return
		}
	}
}

// settle tells which bundle a killed run left, and fails when it is neither, or when the next
// run does not put everything right.
func settle(t *testing.T, dir string, before, after map[string]string, mayBeMissing bool) string {
	t.Helper()
	got, left := tree(t, dir), ""
	switch {
	case cmp.Equal(got, before):
		left = "old"
	case cmp.Equal(got, after):
		left = "new"
	case len(got) == 0 && mayBeMissing:
		left = "missing"
	default:
		t.Errorf("neither the old bundle nor the new one (-new +got):\n%s", cmp.Diff(after, got))
	}
	mustWrite(t, dir, newBundle(), Options{})
	sameTree(t, after, tree(t, dir))
	alone(t, filepath.Dir(dir), "out")
	return left
}

// killed fails unless a child was killed, or ended well when it was not to be.
func killed(t *testing.T, err error, want bool) {
	t.Helper()
	status := "ended well"
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		status = exit.String()
	}
	if expect := map[bool]string{true: "signal: killed", false: "ended well"}[want]; status != expect {
		t.Fatalf("the child %s, want %s", status, expect)
	}
}

// readableCopy copies the test's program to where every user may run it.
func readableCopy(t *testing.T, program string) string {
	t.Helper()
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "child")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	at := filepath.Join(dir, "child")
	if err := os.WriteFile(at, data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, at} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return at
}
