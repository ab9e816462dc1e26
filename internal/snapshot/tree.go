package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/hardstrap/hardstrap/internal/observe"
)

// info is how a file is told of.
func (f *file) info() observe.Info {
	return observe.Info{Path: f.Path, Mode: f.Mode, User: f.User, Group: f.Group, UID: f.UID, GID: f.GID, Size: f.Size,
		ModTime: f.Written, ChangeTime: f.Changed, Target: f.Target}
}

// unseen is the error of a file that could not even be described.
func (f *file) unseen() error {
	if f.Fault == "" || f.User != "" || f.Mode != 0 {
		return nil
	}
	return f.failure()
}

// failure is the error for what kept the content from being read.
func (f *file) failure() error {
	err, known := faults()[f.Fault]
	switch {
	case !known:
		return errors.New(f.Fault)
	case f.Why != "":
		return fmt.Errorf("%w: %s", err, f.Why)
	}
	return err
}

// bare describes what stands at a path without links.
func (s *Snapshot) bare(name string) (observe.Info, error) {
	f, parent := s.files[name], s.files[path.Dir(name)]
	switch {
	case f != nil:
		return f.info(), f.unseen()
	case s.absent[name], parent != nil && parent.Listed:
		return observe.Info{}, fs.ErrNotExist
	}
	return observe.Info{}, observe.ErrNotTaken
}

// Stat describes what a path leads to.
func (s *Snapshot) Stat(name string) (observe.Info, error) { return observe.Resolve(name, s.bare) }

// Lstat describes what stands at a path.
func (s *Snapshot) Lstat(name string) (observe.Info, error) {
	return observe.ResolveParent(name, s.bare)
}

// ReadFile returns the content of a regular file, with secrets replaced.
func (s *Snapshot) ReadFile(name string) ([]byte, error) {
	info, err := s.Stat(name)
	if err != nil {
		return nil, err
	}
	f := s.files[info.Path]
	switch {
	case f.Taken > 0:
		return bytes.Clone(s.content[f.Path]), nil
	case !f.Mode.IsRegular():
		err = observe.ErrNotRegular
	case f.Fault != "":
		err = f.failure()
	default:
		err = observe.ErrWithheld
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: err}
}

// ReadDir returns the names in a directory whose names were taken.
func (s *Snapshot) ReadDir(name string) ([]string, error) {
	info, err := s.Stat(name)
	if err != nil {
		return nil, err
	}
	f := s.files[info.Path]
	switch {
	case !f.Mode.IsDir():
		err = fs.ErrNotExist
	case f.Listed:
		out := slices.Clone(s.names[f.Path])
		slices.Sort(out)
		return out, nil
	case f.Fault != "":
		err = f.failure()
	default:
		err = observe.ErrNotTaken
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: err}
}

// Glob returns the paths that a pattern matches.
func (s *Snapshot) Glob(pattern string) ([]string, error) { return observe.Glob(s, pattern) }
