//go:build !unix

package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// lock is the staging directory, held for one run. Without a lock that the system gives up by
// itself, one left by a stopped run must be removed by hand.
type lock struct{ path string }

func (t *target) lock() (*lock, error) {
	if err := os.MkdirAll(filepath.Dir(t.dir), DirMode); err != nil {
		return nil, fmt.Errorf("%s: the directory above cannot be made: %w", t.shown, cause(err))
	}
	err := os.Mkdir(t.staging, SecretDirMode)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("%w; if none is, move %s back or remove it", &LockedError{Dir: t.shown}, t.staging)
	case err != nil:
		return nil, fmt.Errorf("%s: nothing can be made beside it: %w", t.shown, cause(err))
	}
	return &lock{path: t.staging}, t.hide()
}

func (l *lock) release() { removeIfEmpty(l.path) }

func onOtherDevice(string, fs.FileInfo) bool { return false }

func keepOwner(string, fs.FileInfo) error { return nil }
