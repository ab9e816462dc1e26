//go:build unix

package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Both ways of putting the new tree in place.
func exchanges() map[string]func(a, b string) error {
	return map[string]func(a, b string) error{
		"one step":  exchange,
		"two steps": func(string, string) error { return errNoExchange },
	}
}

// steps returns the names of the changes to the disk that writing b over what stands in dir
// takes, by doing it.
func steps(t *testing.T, dir string, swap func(a, b string) error) []string {
	t.Helper()
	var names []string
	w := testWriter()
	w.exchange = swap
	w.step = func(name string) error { names = append(names, name); return nil }
	if _, err := w.write(dir, newBundle()); err != nil {
		t.Fatal(err)
	}
	if len(names) < 10 {
		t.Fatalf("only %d steps", len(names))
	}
	return names
}

// prepare returns a directory with the old bundle and a foreign file, and what the old tree
// and the new one look like.
func prepare(t *testing.T) (dir string, before, after map[string]string) {
	t.Helper()
	return prepareIn(t, memoryDir(t))
}

func prepareIn(t *testing.T, parent string) (dir string, before, after map[string]string) {
	t.Helper()
	dir = filepath.Join(parent, "out")
	mustWrite(t, dir, oldBundle(), Options{})
	put(t, dir, "notes/mine.txt", "mine\n")
	before = tree(t, dir)
	after = treeOf(t, newBundle())
	after["notes"], after["notes/mine.txt"] = before["notes"], before["notes/mine.txt"]
	return dir, before, after
}

// At every change to the disk the disk is full. The old bundle stands, or the new one where
// only cleaning up was left; nothing else is left but what the next run removes.
func TestDiskFullAtEveryStep(t *testing.T) {
	for name, swap := range exchanges() {
		t.Run(name, func(t *testing.T) {
			scratch, _, _ := prepare(t)
			names := steps(t, scratch, swap)
			for i := range names {
				dir, before, after := prepare(t)
				n := 0
				w := testWriter()
				w.exchange = swap
				w.step = func(string) error {
					if n++; n == i+1 {
						return syscall.ENOSPC
					}
					return nil
				}
				_, err := w.write(dir, newBundle())
				if !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("step %q: got %v", names[i], err)
				}
				if strings.Contains(err.Error(), "nothing was changed") || strings.Contains(err.Error(), "cleaning up after") {
					sameTree(t, before, tree(t, dir))
				} else {
					sameTree(t, after, tree(t, dir))
				}
				mustWrite(t, dir, newBundle(), Options{})
				sameTree(t, after, tree(t, dir))
				alone(t, filepath.Dir(dir), "out")
				if t.Failed() {
					t.Fatalf("failed at step %q", names[i])
				}
			}
		})
	}
}

func TestFailedFirstRunLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	w := testWriter()
	w.step = func(name string) error {
		if name == "write "+joinPath {
			return syscall.ENOSPC
		}
		return nil
	}
	_, err := w.write(dir, oldBundle())
	want := dir + ": cannot be written, nothing was changed: " + joinPath + ": no space left on device"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	alone(t, parent)
}

// The kernel itself refuses to write: no file of the test's process may grow beyond a size.
func TestFileTooLargeForTheSystem(t *testing.T) {
	dir, before, _ := prepare(t)
	out, err := child(t, dir, "limit=4096").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "README.md: file too large") {
		t.Errorf("got %v: %s", err, out)
	}
	sameTree(t, before, tree(t, dir))
	alone(t, filepath.Dir(dir), "out")
}

// The directory above cannot be written to. The superuser is not bound by modes, so the mode
// is set and the superuser's process gives up its power first.
func TestNoPermission(t *testing.T) {
	dir, _, _ := prepare(t)
	parent := filepath.Dir(dir)
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(parent, 0o755)
	for at := parent; at != filepath.Dir(at); at = filepath.Dir(at) { // let the other user look in
		if info, err := os.Stat(at); err == nil && info.Mode()&0o055 != 0o055 {
			if err := os.Chmod(at, info.Mode()|0o055); err != nil {
				break
			}
		}
	}
	if err := os.Chmod(filepath.Join(dir, filepath.Dir(encryptionPath)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, encryptionPath), 0o644); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	out, err := child(t, dir, "nobody").CombinedOutput()
	want := dir + ": nothing can be made beside it: permission denied\n"
	if err == nil || string(out) != want {
		t.Errorf("got %v: %s\nwant %s", err, out, want)
	}
	sameTree(t, before, tree(t, dir))
	alone(t, parent, "out")
}

func TestExchangeInOneStepIsWhatThisSystemDoes(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	put(t, a, "of-a", "")
	put(t, b, "of-b", "")
	if err := exchange(a, b); err != nil {
		if errors.Is(err, errNoExchange) {
			return // two steps are tested by the others
		}
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{".": "drwxr-xr-x ", "of-b": "-rw-r--r-- "}, tree(t, a)); diff != "" {
		t.Errorf("a (-want +got):\n%s", diff)
	}
}
