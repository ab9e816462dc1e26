package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errNoExchange says that two directories cannot change places in one step here.
var errNoExchange = errors.New("exchange is not supported")

// swap lets the new tree take the directory's place and removes the old one.
func (w *writer) swap(t *target, p *plan) error {
	failed := func(err error) error {
		return fmt.Errorf("%s: cannot be replaced, nothing was changed: %w", t.shown, linkCause(err))
	}
	if err := w.step("swap"); err != nil {
		return failed(err)
	}
	if p.tree == nil {
		if err := os.Rename(t.fresh, t.dir); err != nil {
			return failed(err)
		}
	} else {
		err := w.exchange(t.fresh, t.dir)
		if errors.Is(err, errNoExchange) {
			err = w.swapInTwo(t)
		}
		if errors.Is(err, syscall.EBUSY) {
			err = errors.New("it is a mount point; name a directory inside it")
		}
		if err != nil {
			return failed(err)
		}
	}
	// From here on the new bundle stands; what fails now is said, and the next run cleans up.
	err := w.step("sync parent")
	if err == nil {
		err = w.flush([]string{filepath.Dir(t.dir)})
	}
	if err == nil {
		err = w.clear(t)
	}
	if err != nil {
		return fmt.Errorf("%s: the bundle was written, but cleaning up failed: %w", t.shown, err)
	}
	return nil
}

// swapInTwo replaces the directory by two renames. A run that ends between them leaves no
// directory: recover brings the old one back.
func (w *writer) swapInTwo(t *target) error {
	if err := os.Rename(t.dir, t.retired); err != nil {
		return err
	}
	err := w.step("swap second")
	if err == nil {
		err = os.Rename(t.fresh, t.dir)
	}
	if err != nil {
		return errors.Join(err, os.Rename(t.retired, t.dir))
	}
	return nil
}

// recover puts right what a stopped run left: it brings back a directory that was on its way
// out, and removes trees that are not in use.
func (w *writer) recover(t *target) error {
	if _, err := os.Lstat(t.dir); errors.Is(err, fs.ErrNotExist) {
		err := os.Rename(t.retired, t.dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return w.clear(t)
}

// clear removes the trees in the staging directory.
func (w *writer) clear(t *target) error {
	for _, tree := range []string{t.fresh, t.retired} {
		if err := w.step("remove " + filepath.Base(tree)); err != nil {
			return err
		}
		if err := removeTree(tree); err != nil {
			return err
		}
	}
	return nil
}

// removeTree removes a tree, also one with directories that their owner may not change.
func removeTree(root string) error {
	err := os.RemoveAll(root)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	// A link is not a directory here, so nothing outside of the tree is touched.
	walked := filepath.WalkDir(root, func(name string, entry fs.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			return os.Chmod(name, SecretDirMode)
		}
		return nil
	})
	return errors.Join(walked, os.RemoveAll(root))
}

// linkCause strips both absolute paths from an error of renaming.
func linkCause(err error) error {
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err
	}
	return err
}
