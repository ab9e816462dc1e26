//go:build unix

package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWriteMakesEverything(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "a", "out")
	defer syscall.Umask(syscall.Umask(0o077)) // must not matter
	got := mustWrite(t, dir, oldBundle(), Options{})
	want := Result{Written: []string{IgnoreFile, "README.md", encryptionPath, initPath, joinPath, stalePath, RecordFile}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	for name, mode := range map[string]fs.FileMode{
		"": 0o755, "README.md": 0o644, RecordFile: 0o644, filepath.Dir(initPath): 0o755,
		encryptionPath: 0o600, filepath.Dir(encryptionPath): 0o700,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, want %v", name, info.Mode().Perm(), mode)
		}
	}
	alone(t, filepath.Dir(dir), "out")
}

func TestRerunWritesNothing(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	first := mustWrite(t, dir, oldBundle(), Options{})
	before := snapshot(t, parent)
	got := mustWrite(t, dir, oldBundle(), Options{})
	if want := (Result{Unchanged: len(first.Written)}); !cmp.Equal(want, got) {
		t.Errorf("result (-want +got):\n%s", cmp.Diff(want, got))
	}
	untouched(t, before, snapshot(t, parent))
}

func TestChangeTouchesOnlyWhatChanges(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, oldBundle(), Options{})
	join := filepath.Join(dir, joinPath)
	before, err := os.Stat(join)
	if err != nil {
		t.Fatal(err)
	}
	got := mustWrite(t, dir, newBundle(), Options{})
	want := Result{
		Written: []string{"README.md", encryptionPath, initPath, freshPath, RecordFile},
		Removed: []string{stalePath}, Unchanged: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	sameTree(t, treeOf(t, newBundle()), tree(t, dir)) // also: the emptied directory is gone
	after, err := os.Stat(join)
	if err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Error("a file that did not change was written again")
	}
	alone(t, filepath.Dir(dir), "out")
}

// What no bundle wrote survives every run, with its mode, time and inode.
func TestForeignFilesAreKept(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	outside := filepath.Join(parent, "outside")
	put(t, parent, "outside/file", "untouched\n")
	mustWrite(t, dir, oldBundle(), Options{})
	put(t, dir, "notes.txt", "mine\n")
	put(t, dir, "manifests/10-namespaces/mine.yaml", "beside a stale file\n")
	put(t, dir, "a/b/c.txt", "deep\n")
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "empty"), 0o750),
		os.Symlink(outside, filepath.Join(dir, "link")),
		os.Symlink("nowhere", filepath.Join(dir, "host", "dangling")),
		os.Chmod(filepath.Join(dir, "notes.txt"), 0o400),
		os.Chmod(filepath.Join(dir, "a/b"), 0o500|fs.ModeSetgid),
		os.Chtimes(filepath.Join(dir, "notes.txt"), time.Unix(1e9, 0), time.Unix(1e9, 0)),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, dir)
	notes := snapshot(t, dir)[filepath.Join(dir, "notes.txt")]
	mustWrite(t, dir, newBundle(), Options{})

	want := treeOf(t, newBundle())
	for _, name := range []string{
		"notes.txt", "manifests/10-namespaces", "manifests/10-namespaces/mine.yaml", "a", "a/b", "a/b/c.txt",
		"empty", "link", "host/dangling", "pipe",
	} {
		want[name] = before[name]
	}
	sameTree(t, want, tree(t, dir))
	if got := snapshot(t, dir)[filepath.Join(dir, "notes.txt")]; !os.SameFile(notes, got) || !got.ModTime().Equal(notes.ModTime()) {
		t.Error("notes.txt was copied")
	}
	sameTree(t, map[string]string{".": "drwxr-xr-x ", "file": "-rw-r--r-- untouched\n"}, tree(t, outside))
	alone(t, parent, "out", "outside")
}

func TestFilesAreCopiedWhereTheyCannotBeLinked(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	put(t, filepath.Dir(from), "from", "content\n")
	if err := errors.Join(os.Chmod(from, 0o640), os.Chtimes(from, time.Unix(1e9, 0), time.Unix(1e9, 0))); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFile(from, to, info); err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(to)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(to)
	if err != nil || string(data) != "content\n" || got.Mode() != info.Mode() || !got.ModTime().Equal(info.ModTime()) {
		t.Errorf("the copy is %v %v %q, %v", got.Mode(), got.ModTime(), data, err)
	}
}

// What has keys in it must not end up in git: not the bundle, and not what a stopped run left.
func TestGitSeesNoKeys(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	w := testWriter()
	w.step = func(name string) error {
		if name == "swap" {
			if data, err := os.ReadFile(filepath.Join(parent, ".out.hardstrap", IgnoreFile)); err != nil || string(data) != "*\n" {
				t.Errorf("while at work: %q, %v", data, err)
			}
		}
		return nil
	}
	if _, err := w.write(dir, oldBundle()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, IgnoreFile))
	if err != nil || string(data) != "/"+encryptionPath+"\n" {
		t.Errorf("in the bundle: %q, %v", data, err)
	}
	plain := oldBundle()
	for i := range plain.Files {
		plain.Files[i].Secrets = nil // a placeholder, which is meant to be reviewed
	}
	if tree := treeOf(t, plain); tree[IgnoreFile] != "" {
		t.Error("a bundle without keys hides something from git")
	}
}

// A directory where the new bundle has a file, and a file where it has a directory, are no
// obstacle when both are of the previous bundle.
func TestFileAndDirectoryChangePlaces(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	a := &Bundle{Files: []File{text("x/y", "1"), text("z", "2")}}
	b := &Bundle{Files: []File{text("x", "3"), text("z/y", "4")}}
	mustWrite(t, dir, a, Options{})
	mustWrite(t, dir, b, Options{})
	sameTree(t, treeOf(t, b), tree(t, dir))
	mustWrite(t, dir, a, Options{})
	sameTree(t, treeOf(t, a), tree(t, dir))
}

func TestModesAreRepaired(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, oldBundle(), Options{})
	want := tree(t, dir)
	for name, mode := range map[string]fs.FileMode{
		initPath: 0o666, encryptionPath: 0o644, filepath.Dir(encryptionPath): 0o755,
	} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	got := mustWrite(t, dir, oldBundle(), Options{})
	if diff := cmp.Diff([]string{encryptionPath, initPath}, got.Written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	sameTree(t, want, tree(t, dir))
}

func TestEmptyDirectoryIsFilled(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, dir, oldBundle(), Options{})
	want := treeOf(t, oldBundle())
	want["."] = "drwxr-x--- "
	sameTree(t, want, tree(t, dir))
}

func TestOneRunAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	var second error
	first := testWriter()
	first.step = func(name string) error {
		if name == "swap" {
			_, second = Write(dir, newBundle(), Options{})
		}
		return nil
	}
	if _, err := first.write(dir, oldBundle()); err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if !errors.As(second, &locked) || locked.Dir != dir {
		t.Errorf("the second run got %v", second)
	}
	sameTree(t, treeOf(t, oldBundle()), tree(t, dir))
	alone(t, filepath.Dir(dir), "out")
}
