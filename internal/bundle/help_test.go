package bundle

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// secretA and secretB have the form of keys and are none.
const (
	secretA = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
	secretB = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
)

const (
	encryptionPath = "host/control-plane/etc/kubernetes/hardstrap/encryption/encryption.yaml"
	initPath       = "host/control-plane/etc/kubernetes/kubeadm/init.yaml"
	joinPath       = "host/worker/etc/kubernetes/kubeadm/join.yaml"
	stalePath      = "manifests/10-namespaces/team.yaml"
	freshPath      = "manifests/20-rbac/reader.yaml"
)

// encryption returns a file that holds the given secrets.
func encryption(secrets ...string) File {
	return File{
		Path: encryptionPath, Secret: true, Secrets: secrets,
		Data: []byte("resources: [secrets]\nkeys:\n- " + strings.Join(secrets, "\n- ") + "\n"),
	}
}

func text(name, data string) File { return File{Path: name, Data: []byte(data)} }

// oldBundle and newBundle differ in every way two bundles can: a file changed, one gone, one
// come, one the same, and another key before the old one.
func oldBundle() *Bundle {
	return &Bundle{
		Record: Record{Hardstrap: "1.0.0", Profile: ProfileRef{Name: "prod", Digest: "aa"}, KubernetesVersion: "1.36.3"},
		Files: []File{
			text(initPath, "old init\n"), text(joinPath, "join\n"), text(stalePath, "team\n"),
			text("README.md", strings.Repeat("old\n", 1000)), encryption(secretA),
		},
	}
}

func newBundle() *Bundle {
	return &Bundle{
		Record: Record{Hardstrap: "1.1.0", Profile: ProfileRef{Name: "prod", Digest: "bb"}, KubernetesVersion: "1.37.0"},
		Files: []File{
			text(initPath, "new init\n"), text(joinPath, "join\n"), text(freshPath, "reader\n"),
			text("README.md", strings.Repeat("new\n", 2000)), encryption(secretB, secretA),
		},
	}
}

// testWriter is a writer that does all but wait for the disk.
func testWriter() *writer {
	return &writer{exchange: exchange, step: func(string) error { return nil }, flush: func([]string) error { return nil }}
}

func mustWrite(t *testing.T, dir string, b *Bundle, o Options) Result {
	t.Helper()
	w := testWriter()
	w.options = o
	result, err := w.write(dir, b)
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	return result
}

func put(t *testing.T, dir, name, data string) {
	t.Helper()
	at := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// memoryDir is a temporary directory in memory, where the system has such: tests that write
// hundreds of bundles need not wear out a disk.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "bundle")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// tree describes everything below a directory: mode and content, or where a link points. A
// directory that is missing is an empty tree.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			if at == dir && os.IsNotExist(err) {
				return nil
			}
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, at)
		content := ""
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			content, err = os.Readlink(at)
		case info.Mode().IsRegular():
			var data []byte
			data, err = os.ReadFile(at)
			content = string(data)
		}
		out[name] = fmt.Sprintf("%v %s", info.Mode(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// treeOf is what a bundle looks like on disk, for comparing.
func treeOf(t *testing.T, b *Bundle) map[string]string {
	t.Helper()
	dir := filepath.Join(memoryDir(t), "out")
	mustWrite(t, dir, b, Options{})
	return tree(t, dir)
}

func sameTree(t *testing.T, want, got map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree differs (-want +got):\n%s", diff)
	}
}

// alone fails when anything but the named entries stands in dir.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("what stands beside the bundle (-want +got):\n%s", diff)
	}
}

// snapshot is inode, mtime and mode of everything, to show that nothing was touched.
func snapshot(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	out := map[string]fs.FileInfo{}
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		out[at], err = entry.Info()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func untouched(t *testing.T, before, after map[string]fs.FileInfo) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after))); diff != "" {
		t.Fatalf("files came or went (-before +after):\n%s", diff)
	}
	for at, b := range before {
		a := after[at]
		if !os.SameFile(a, b) || !a.ModTime().Equal(b.ModTime()) || a.Mode() != b.Mode() {
			t.Errorf("%s was touched", at)
		}
	}
}

func someSettings() []settings.Key {
	return []settings.Key{
		settings.Flag(settings.APIServer, "profiling"), settings.Flag(settings.APIServer, "anonymous-auth"),
		settings.Flag(settings.APIServer, "profiling"),
	}
}
