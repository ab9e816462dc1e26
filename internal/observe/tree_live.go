package observe

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// live is the tree of a directory: of "/", of a node's disk that is mounted elsewhere, of a container's root.
// os.Root keeps every access within it, whatever becomes of links meanwhile.
type live struct {
	root  *os.Root
	names func() names
}

// Dir returns the tree of a directory. It is only ever read.
func Dir(root string) (Tree, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	t := &live{root: r}
	t.names = sync.OnceValue(func() names { return namesOf(t.read) })
	return t, nil
}

// within is a path on the node as os.Root wants it.
func within(name string) string {
	if name = strings.TrimPrefix(name, "/"); name == "" {
		return "."
	}
	return name
}

// bare describes what stands at a path without links, and without the names of its owner.
func (t *live) bare(name string) (Info, error) {
	found, err := t.root.Lstat(within(name))
	if err != nil {
		return Info{}, err
	}
	out := Info{Path: name, Mode: found.Mode(), Size: found.Size(), ModTime: found.ModTime()}
	fromSystem(&out, found.Sys())
	if out.Mode&fs.ModeSymlink != 0 {
		if out.Target, err = t.root.Readlink(within(name)); err != nil {
			return Info{}, err
		}
	}
	return out, nil
}

// Stat describes what a path leads to.
func (t *live) Stat(name string) (Info, error) { return t.named(Resolve(name, t.bare)) }

// Lstat describes what stands at a path.
func (t *live) Lstat(name string) (Info, error) { return t.named(ResolveParent(name, t.bare)) }

func (t *live) named(found Info, err error) (Info, error) {
	if err != nil {
		return Info{}, err
	}
	t.names().fill(&found)
	return found, nil
}

// ReadFile returns the content of a regular file. One that changes meanwhile is read again, twice at most.
func (t *live) ReadFile(name string) ([]byte, error) {
	data, err := t.read(name)
	for range 2 {
		if !errors.Is(err, ErrChanged) {
			break
		}
		data, err = t.read(name)
	}
	return data, err
}

func (t *live) read(name string) ([]byte, error) {
	found, err := Resolve(name, t.bare)
	if err != nil {
		return nil, err
	}
	fail := func(err error) ([]byte, error) { return nil, &fs.PathError{Op: "read", Path: name, Err: reason(err)} }
	switch {
	case !found.Mode.IsRegular():
		return fail(ErrNotRegular)
	case found.Size > MaxFile:
		return fail(ErrTooLarge)
	}
	f, err := t.root.OpenFile(within(found.Path), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	before, err := f.Stat()
	switch {
	case err != nil:
		return fail(err)
	case !before.Mode().IsRegular(): // it was replaced between the two steps
		return fail(ErrNotRegular)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		return fail(err)
	case len(data) > MaxFile:
		return fail(ErrTooLarge)
	}
	after, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	if changed(before, after, len(data)) {
		return fail(ErrChanged)
	}
	return data, nil
}

// changed reports whether a file became another while so many bytes of it were read. Files of /proc have the
// size 0.
func changed(before, after fs.FileInfo, read int) bool {
	var was, is Info
	fromSystem(&was, before.Sys())
	fromSystem(&is, after.Sys())
	return before.Size() != after.Size() || !before.ModTime().Equal(after.ModTime()) || !was.ChangeTime.Equal(is.ChangeTime) ||
		after.Size() != 0 && after.Size() != int64(read)
}

// ReadDir returns the names in a directory.
func (t *live) ReadDir(name string) ([]string, error) {
	found, err := Resolve(name, t.bare)
	if err != nil {
		return nil, err
	}
	fail := func(err error) ([]string, error) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: reason(err)}
	}
	if !found.Mode.IsDir() {
		return fail(fs.ErrNotExist)
	}
	f, err := t.root.OpenFile(within(found.Path), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	out, err := f.Readdirnames(MaxEntries + 1)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return fail(err)
	case len(out) > MaxEntries:
		return fail(ErrTooMany)
	}
	slices.Sort(out)
	return out, nil
}

// Glob returns the paths that a pattern matches.
func (t *live) Glob(pattern string) ([]string, error) { return Glob(t, pattern) }
