//go:build unix

package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every row changes a written bundle by hand. Without force it is refused and nothing is
// touched; with force, either the new bundle is complete, or it is refused still.
func TestRefused(t *testing.T) {
	rows := []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string // messages, the directory left out
		force  []string // messages with force; none: it is written
		keeps  []string // what must look the same after force
	}{
		{
			name: "changed files, all at once",
			change: func(t *testing.T, dir string) {
				put(t, dir, initPath, "edited\n")
				put(t, dir, stalePath, "edited\n")
				put(t, dir, encryptionPath, "resources: [configmaps]\nkeys:\n- "+secretA+"\n")
			},
			want: []string{
				encryptionPath + ": was changed since hardstrap wrote it, or holds a key that the key file no longer has; stored data may need that key: put it back into the key file, or --force overwrites it",
				initPath + ": was changed since hardstrap wrote it; --force overwrites it",
				stalePath + ": was changed since hardstrap wrote it; --force overwrites it",
			},
		},
		{
			name: "a key nobody else has",
			change: func(t *testing.T, dir string) {
				put(t, dir, encryptionPath, "resources: [secrets]\nkeys:\n- "+strings.ToLower(secretA)+"\n")
			},
			want: []string{encryptionPath + ": was changed since hardstrap wrote it, or holds a key that the key file no longer has; stored data may need that key: put it back into the key file, or --force overwrites it"},
		},
		{
			name:   "a foreign file where the bundle gets one",
			change: func(t *testing.T, dir string) { put(t, dir, freshPath, "mine\n") },
			want:   []string{freshPath + ": was not written by hardstrap; --force overwrites it"},
		},
		{
			name: "a file became a link",
			change: func(t *testing.T, dir string) {
				put(t, filepath.Dir(dir), "target", "untouched\n")
				replaceByLink(t, filepath.Join(dir, initPath), filepath.Join(filepath.Dir(dir), "target"))
			},
			want: []string{initPath + ": is not a regular file, which it was when hardstrap wrote it; --force replaces it; what a link points to is kept"},
		},
		{
			name: "the record became a link",
			change: func(t *testing.T, dir string) {
				replaceByLink(t, filepath.Join(dir, RecordFile), "/etc/passwd")
			},
			want:  []string{RecordFile + ": is not a record that hardstrap wrote: not a regular file; --force overwrites it, and every file the bundle has"},
			keeps: []string{stalePath}, // no record tells that it is ours
		},
		{
			name:   "the record is something else",
			change: func(t *testing.T, dir string) { put(t, dir, RecordFile, `{"apiVersion":"v1","kind":"List"}`) },
			want:   []string{RecordFile + `: is not a record that hardstrap wrote: hardstrap.json: apiVersion "v1", kind "List"; allowed: hardstrap.dev/v1alpha1, Record; --force overwrites it, and every file the bundle has`},
			keeps:  []string{stalePath},
		},
		{
			name: "no record",
			change: func(t *testing.T, dir string) {
				if err := os.Remove(filepath.Join(dir, RecordFile)); err != nil {
					t.Fatal(err)
				}
			},
			want:  []string{`: has files, and none of them is a bundle's hardstrap.json; name another directory, or --force writes there and keeps every file the bundle does not have`},
			keeps: []string{stalePath},
		},
		{
			name: "a directory became a link",
			change: func(t *testing.T, dir string) {
				moved := filepath.Join(filepath.Dir(dir), "target")
				if err := os.Rename(filepath.Join(dir, "host"), moved); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(moved, filepath.Join(dir, "host")); err != nil {
					t.Fatal(err)
				}
			},
			want:  []string{"host: is a symbolic link where the bundle needs a directory; move it away"},
			force: []string{"host: is a symbolic link where the bundle needs a directory; move it away"},
		},
		{
			name:   "a foreign file where the bundle gets a directory",
			change: func(t *testing.T, dir string) { put(t, dir, "manifests/20-rbac", "mine\n") },
			want:   []string{"manifests/20-rbac: is a file where the bundle needs a directory; move it away"},
			force:  []string{"manifests/20-rbac: is a file where the bundle needs a directory; move it away"},
		},
		{
			name: "a foreign directory where the bundle has a file",
			change: func(t *testing.T, dir string) {
				if err := os.Remove(filepath.Join(dir, initPath)); err != nil {
					t.Fatal(err)
				}
				put(t, dir, initPath+"/mine", "mine\n")
			},
			want:  []string{initPath + ": is a directory where the bundle has a file; move it away"},
			force: []string{initPath + ": is a directory where the bundle has a file; move it away"},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			mustWrite(t, dir, oldBundle(), Options{})
			row.change(t, dir)
			before := snapshot(t, filepath.Dir(dir))
			beforeTree := tree(t, filepath.Dir(dir))

			if err := Check(dir, newBundle(), Options{}); err == nil {
				t.Error("Check does not refuse")
			}
			_, err := Write(dir, newBundle(), Options{})
			refused(t, dir, row.want, err)
			untouched(t, before, snapshot(t, filepath.Dir(dir)))

			_, err = Write(dir, newBundle(), Options{Force: true})
			if row.force != nil {
				refused(t, dir, row.force, err)
				untouched(t, before, snapshot(t, filepath.Dir(dir)))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := treeOf(t, newBundle())
			for _, name := range row.keeps {
				want[name] = beforeTree["out/"+name]
				want[filepath.Dir(name)] = beforeTree["out/"+filepath.Dir(name)]
			}
			sameTree(t, want, tree(t, dir))
			if beforeTree["target"] != tree(t, filepath.Dir(dir))["target"] {
				t.Error("what a link points to was touched")
			}
		})
	}
}

// A key is only left out of a bundle on purpose.
func TestSecretFiles(t *testing.T) {
	none := &Bundle{Files: []File{text("README.md", "")}}
	of := func(f File) *Bundle { return &Bundle{Files: []File{text("README.md", ""), f}} }
	placeholder := encryption("<no key>")
	placeholder.Secrets = nil
	other := encryption(secretA)
	other.Data = append([]byte("# another profile\n"), other.Data...)
	for _, row := range []struct {
		name     string
		old, new *Bundle
		refused  bool
	}{
		{"the same key", of(encryption(secretA)), of(encryption(secretA)), false},
		{"the same key, other resources", of(encryption(secretA)), of(other), false},
		{"a key added", of(encryption(secretA)), of(encryption(secretB, secretA)), false},
		{"a key dropped", of(encryption(secretB, secretA)), of(encryption(secretB)), true},
		{"another key", of(encryption(secretA)), of(encryption(secretB)), true},
		{"a placeholder for a key", of(encryption(secretA)), of(placeholder), true},
		{"a key for a placeholder", of(placeholder), of(encryption(secretA)), false},
		{"encryption given up", of(encryption(secretA)), none, true},
		{"encryption begun", none, of(encryption(secretA)), false},
		{"a placeholder given up", of(placeholder), none, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			mustWrite(t, dir, row.old, Options{})
			_, err := Write(dir, row.new, Options{})
			var refusal *RefusedError
			if got := errors.As(err, &refusal); got != row.refused || err != nil && !got {
				t.Fatalf("got %v", err)
			}
			if row.refused {
				for _, secret := range []string{secretA, secretB} {
					if strings.Contains(err.Error(), secret) {
						t.Error("the message has the key")
					}
				}
				sameTree(t, treeOf(t, row.old), tree(t, dir))
				mustWrite(t, dir, row.new, Options{Force: true})
			}
			sameTree(t, treeOf(t, row.new), tree(t, dir))
		})
	}
}

func TestNeverABundle(t *testing.T) {
	parent := t.TempDir()
	if resolved, err := filepath.EvalSymlinks(parent); err == nil {
		parent = resolved
	}
	put(t, parent, "file", "mine\n")
	put(t, parent, "real/mine", "mine\n")
	if err := os.Symlink("real", filepath.Join(parent, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("missing", filepath.Join(parent, "dangling")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(parent, "real"))
	before := snapshot(t, parent)
	real := filepath.Join(parent, "real")
	for _, row := range []struct{ name, dir, want string }{
		{"nothing", "", `invalid directory ""`},
		{"NUL", "a\x00b", "a\uFFFDb: invalid directory \"a\\x00b\""},
		{"the root", "/", "/: the root directory is replaced by no bundle; name a directory of its own"},
		{"a file", "../file", "../file: is a file; name a directory"},
		{"a link", "../link", "../link: is a symbolic link; name the directory it points to"},
		{"a dangling link", "../dangling", "../dangling: is a symbolic link; name the directory it points to"},
		{"the working directory", ".", ".: is the working directory or holds it, and a bundle replaces its directory as a whole; run from outside of " + real},
		{"above the working directory", "..", "..: is the working directory or holds it, and a bundle replaces its directory as a whole; run from outside of " + parent},
		{"a mount point", "/proc", "/proc: is a mount point, which cannot be replaced as a whole; name a directory inside it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, force := range []bool{false, true} {
				_, err := Write(row.dir, oldBundle(), Options{Force: force})
				var refusal *RefusedError
				if !errors.As(err, &refusal) || err.Error() != row.want {
					t.Errorf("got  %v\nwant %s", err, row.want)
				}
			}
		})
	}
	untouched(t, before, snapshot(t, parent))
}

func TestCrowdedDirectory(t *testing.T) {
	dir := filepath.Join(memoryDir(t), "out")
	mustWrite(t, dir, oldBundle(), Options{})
	for i := range maxEntries {
		if err := os.Mkdir(filepath.Join(dir, strconv.Itoa(i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Write(dir, oldBundle(), Options{Force: true})
	refused(t, dir, []string{": holds more than 20000 files and directories, which a bundle would have to carry over; name a directory of its own"}, err)
}

// Somebody who may write beside the bundle must not be able to slip files into it.
func TestStagingOfSomebodyElse(t *testing.T) {
	for _, row := range []struct {
		name string
		make func(at string) error
	}{
		{"open directory", func(at string) error { return errors.Join(os.Mkdir(at, 0o700), os.Chmod(at, 0o777)) }},
		{"link", func(at string) error { return os.Symlink(os.TempDir(), at) }},
		{"file", func(at string) error { return os.WriteFile(at, nil, 0o600) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			parent := t.TempDir()
			if err := row.make(filepath.Join(parent, ".out.hardstrap")); err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, parent)
			_, err := Write(filepath.Join(parent, "out"), oldBundle(), Options{})
			if err == nil || !strings.Contains(err.Error(), "stands in the way") {
				t.Errorf("got %v", err)
			}
			untouched(t, before, snapshot(t, parent))
		})
	}
}

func refused(t *testing.T, dir string, want []string, err error) {
	t.Helper()
	var refusal *RefusedError
	if !errors.As(err, &refusal) {
		t.Fatalf("not refused: %v", err)
	}
	var got []string
	for _, p := range refusal.Problems {
		got = append(got, strings.TrimPrefix(strings.TrimPrefix(p.String(), dir), "/"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refusal (-want +got):\n%s", diff)
	}
}

func replaceByLink(t *testing.T, at, to string) {
	t.Helper()
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}
