package mutation

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/testnode"
)

// memory is the files of a node in memory, by path on the node. A file is replaced, and never changed, so that copies share
// what none of them replaced.
type memory map[string]memoryFile

// memoryFile is a file, a directory or a link.
type memoryFile struct {
	mode        fs.FileMode
	user, group string
	data        string // a link's target
	err         error  // what reading it gives instead
}

// load takes a node that was laid down on a disk into memory.
func load(t testing.TB, root *testnode.Root) memory {
	t.Helper()
	out := memory{"/": {mode: fs.ModeDir | 0o755, user: "root", group: "root"}}
	for name, e := range root.Entries {
		f := memoryFile{mode: e.Mode}
		f.user, f.group, _ = strings.Cut(e.Owner, ":")
		here := filepath.Join(root.Dir, filepath.FromSlash(name))
		var err error
		var data []byte
		switch e.Mode.Type() {
		case fs.ModeDir:
		case fs.ModeSymlink:
			f.data, err = os.Readlink(here)
		default:
			data, err = os.ReadFile(here)
			f.data = string(data)
		}
		if err != nil {
			t.Fatal(err)
		}
		out[name] = f
	}
	return out
}

func (m memory) clone() memory { return maps.Clone(m) }

// write puts a file, and the directories above it; one that is there keeps its mode and owner.
func (m memory) write(name, data string) {
	f, there := m[name]
	if !there {
		f = memoryFile{mode: 0o600, user: "root", group: "root"}
	}
	f.data = data
	m[name] = f
	for dir := path.Dir(name); m[dir].mode == 0; dir = path.Dir(dir) {
		m[dir] = memoryFile{mode: fs.ModeDir | 0o755, user: "root", group: "root"}
	}
}

// link puts a link.
func (m memory) link(name, target string) {
	m[name] = memoryFile{mode: fs.ModeSymlink | 0o777, user: "root", group: "root", data: target}
}

func (m memory) lstat(name string) (observe.Info, error) {
	f, ok := m[name]
	if !ok {
		return observe.Info{}, &fs.PathError{Op: "look up", Path: name, Err: fs.ErrNotExist}
	}
	out := observe.Info{Path: name, Mode: f.mode, User: f.user, Group: f.group, Size: int64(len(f.data))}
	if f.mode&fs.ModeSymlink != 0 {
		out.Target = f.data
	}
	return out, nil
}

// Stat describes what a path leads to.
func (m memory) Stat(name string) (observe.Info, error) { return observe.Resolve(name, m.lstat) }

// Lstat describes what stands at a path.
func (m memory) Lstat(name string) (observe.Info, error) { return observe.ResolveParent(name, m.lstat) }

// ReadFile returns the content of a regular file.
func (m memory) ReadFile(name string) ([]byte, error) {
	info, err := m.Stat(name)
	if err != nil {
		return nil, err
	}
	f := m[info.Path]
	switch {
	case f.err != nil:
		return nil, &fs.PathError{Op: "read", Path: name, Err: f.err}
	case !info.Mode.IsRegular():
		return nil, &fs.PathError{Op: "read", Path: name, Err: observe.ErrNotRegular}
	}
	return []byte(f.data), nil
}

// ReadDir returns the names in a directory.
func (m memory) ReadDir(name string) ([]string, error) {
	info, err := m.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	var out []string
	for p := range m {
		if p != "/" && path.Dir(p) == info.Path {
			out = append(out, path.Base(p))
		}
	}
	slices.Sort(out)
	return out, nil
}

// Glob returns the paths that a pattern matches.
func (m memory) Glob(pattern string) ([]string, error) { return observe.Glob(m, pattern) }
