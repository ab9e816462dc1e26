package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// writer changes a tree. step is called before every change to the disk with its name; an error
// it returns ends the run as if the change itself had failed. flush writes a file or a directory
// out to disk. Tests give their own.
type writer struct {
	*tree
	step  func(name string) error
	flush func(f *os.File) error
}

func realWriter(t *tree) *writer {
	return &writer{tree: t, step: func(string) error { return nil }, flush: flush}
}

func flush(f *os.File) error {
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// looks is the mode and the owner of a file or directory. An owner below zero is left alone.
type looks struct {
	Mode fs.FileMode `json:"mode"`
	UID  int         `json:"uid"`
	GID  int         `json:"gid"`
}

// temporary is what a file is called until it is whole. It starts with a dot and ends in no suffix that
// any reader of such directories looks for, and it is always the same, so that none are left behind.
func temporary(name string) string { return "." + path.Base(name) + ".hardstrap" }

// write makes or replaces a file in one step.
func (w *writer) write(name string, data []byte, as looks) (err error) {
	dir, err := w.open(path.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	tmp := temporary(name)
	if err := w.drop(dir, tmp, name); err != nil {
		return err
	}
	if err := w.step("create " + name); err != nil {
		return err
	}
	f, err := dir.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = dir.Remove(tmp) // a full disk should get its room back; else the next run removes it
		}
	}()
	err = w.step("write " + name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil && as.UID >= 0 {
		err = f.Chown(as.UID, as.GID)
	}
	if err == nil {
		err = f.Chmod(as.Mode)
	}
	if err == nil {
		err = w.flush(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := w.step("rename " + name); err != nil {
		return err
	}
	if info, err := dir.Lstat(path.Base(name)); err == nil && info.IsDir() {
		return fmt.Errorf("%s: has become a directory", name)
	}
	if err := dir.Rename(tmp, path.Base(name)); err != nil {
		return err
	}
	return w.flushDir(dir)
}

// drop removes a temporary file that a killed run has left.
func (w *writer) drop(dir *os.Root, tmp, name string) error {
	if _, err := dir.Lstat(tmp); err != nil {
		return nil
	}
	if err := w.step("drop " + name); err != nil {
		return err
	}
	return dir.Remove(tmp)
}

// tidy removes what a killed run has left beside a file.
func (w *writer) tidy(name string) error {
	dir, err := w.open(path.Dir(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	return w.drop(dir, temporary(name), name)
}

// remove takes a file away, or a directory when nothing is in it.
func (w *writer) remove(name string) error {
	dir, err := w.open(path.Dir(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := w.step("remove " + name); err != nil {
		return err
	}
	if err := dir.Remove(path.Base(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return w.flushDir(dir)
}

// mkdir makes one directory, or gives the one that stands there another mode.
func (w *writer) mkdir(name string, as looks) error {
	dir, err := w.open(path.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := w.step("mkdir " + name); err != nil {
		return err
	}
	if err := dir.Mkdir(path.Base(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := w.dress(name, as); err != nil {
		return err
	}
	return w.flushDir(dir)
}

// dress gives a file or directory that stands there its mode and owner.
func (w *writer) dress(name string, as looks) error {
	dir, err := w.open(path.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := w.step("mode " + name); err != nil {
		return err
	}
	info, err := dir.Lstat(path.Base(name))
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return &wayError{name, "a symbolic link"}
	}
	if as.UID >= 0 {
		if err := dir.Lchown(path.Base(name), as.UID, as.GID); err != nil {
			return err
		}
	}
	return dir.Chmod(path.Base(name), as.Mode) // os.Root does not leave the root even when a link is put there now
}

func (w *writer) flushDir(dir *os.Root) error {
	f, err := dir.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(w.flush(f), f.Close())
}
