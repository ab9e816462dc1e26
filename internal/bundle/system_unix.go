//go:build unix

package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock is the staging directory, held for one run. The kernel gives it up when the run ends,
// however it ends.
type lock struct {
	file *os.File
	path string
}

// lock makes the staging directory, and those above it, and takes hold of it.
func (t *target) lock() (*lock, error) {
	if err := os.MkdirAll(filepath.Dir(t.dir), DirMode); err != nil {
		return nil, fmt.Errorf("%s: the directory above cannot be made: %w", t.shown, cause(err))
	}
	for {
		if err := os.Mkdir(t.staging, SecretDirMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s: nothing can be made beside it: %w", t.shown, cause(err))
		}
		f, err := os.OpenFile(t.staging, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the run that held it has just ended
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s stands in the way: %w", t.shown, t.staging, cause(err))
		}
		err = t.hold(f)
		if err == nil {
			return &lock{file: f, path: t.staging}, nil
		}
		f.Close()
		if !errors.Is(err, errGone) {
			return nil, err
		}
	}
}

// errGone says that the staging directory was removed by the run that held it before.
var errGone = errors.New("the staging directory is gone")

// hold locks the opened staging directory and makes it fit for use. One that somebody else made
// is refused: they could put files of theirs into the bundle.
func (t *target) hold(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return &LockedError{Dir: t.shown}
	case err != nil:
		return fmt.Errorf("%s: %s cannot be locked: %w", t.shown, t.staging, err)
	}
	held, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", t.shown, cause(err))
	}
	if named, err := os.Lstat(t.staging); err != nil || !os.SameFile(held, named) {
		return errGone
	}
	if stat, ok := held.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() || held.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: %s stands in the way and was not made by this user; remove it", t.shown, t.staging)
	}
	return t.hide()
}

// release removes the staging directory, if nothing is left in it, and lets go of it.
func (l *lock) release() {
	removeIfEmpty(l.path)
	l.file.Close()
}

// onOtherDevice reports whether a directory is on another file system than the one above it.
func onOtherDevice(parent string, dir fs.FileInfo) bool {
	above, err := os.Stat(parent)
	if err != nil {
		return false
	}
	a, ok1 := above.Sys().(*syscall.Stat_t)
	d, ok2 := dir.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && a.Dev != d.Dev
}

// keepOwner gives a new file or directory the owner of the old one, when that is another.
func keepOwner(name string, old fs.FileInfo) error {
	stat, ok := old.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() && int(stat.Gid) == os.Getegid() {
		return nil
	}
	return os.Lchown(name, int(stat.Uid), int(stat.Gid))
}
