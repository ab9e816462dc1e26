package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// target is the directory to write, and the hidden one beside it where the new tree is built.
// The hidden one serves as lock too, and exists only while a run is at work or was stopped.
type target struct {
	shown   string // as the user named it, for messages
	dir     string // absolute, no symbolic link above the last name
	staging string
	fresh   string // the tree that is to take dir's place; afterwards the one that stood there
	retired string // the tree that stood there, where two steps are needed
}

// locate finds where dir is and refuses what can never be a bundle.
func locate(dir string) (*target, error) {
	refuse := func(message, hint string) error {
		return &RefusedError{diag.List{{Position: diag.Position{File: dir}, Message: message, Hint: hint}}}
	}
	if dir == "" || strings.ContainsRune(dir, 0) {
		return nil, refuse(fmt.Sprintf("invalid directory %q", dir), "")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	parent, err := realPath(filepath.Dir(abs))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	base := filepath.Base(abs)
	if filepath.Dir(abs) == abs {
		return nil, refuse("the root directory is replaced by no bundle", "name a directory of its own")
	}
	t := &target{shown: dir, dir: filepath.Join(parent, base)}
	t.staging = filepath.Join(parent, "."+base+".hardstrap")
	t.fresh, t.retired = filepath.Join(t.staging, "new"), filepath.Join(t.staging, "old")

	info, err := os.Lstat(t.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", dir, cause(err))
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, refuse("is a symbolic link", "name the directory it points to")
	case !info.IsDir():
		return nil, refuse("is a file", "name a directory")
	}
	if at := mountAt(t.dir, parent, info); at == t.dir {
		return nil, refuse("is a mount point, which cannot be replaced as a whole", "name a directory inside it")
	} else if at != "" {
		return nil, refuse("holds a mount point, "+at+", and a bundle replaces its directory as a whole", "name another directory, or unmount it")
	}
	if within(t.dir) {
		return nil, refuse("is the working directory or holds it, and a bundle replaces its directory as a whole",
			"run from outside of "+t.dir)
	}
	return t, nil
}

// realPath resolves symbolic links in as much of the path as exists.
func realPath(path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path {
		return resolved, err
	}
	parent, err := realPath(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}

// within reports whether the working directory is dir or stands below it.
func within(dir string) bool {
	wd, err := os.Getwd()
	if err != nil {
		return false
	}
	if resolved, err := filepath.EvalSymlinks(wd); err == nil {
		wd = resolved
	}
	rel, err := filepath.Rel(dir, wd)
	return err == nil && filepath.IsLocal(rel)
}

// leftover reports whether a run before was stopped.
func (t *target) leftover() bool {
	_, err := os.Lstat(t.staging)
	return err == nil
}

// hide keeps the staging directory out of git: one that a stopped run left can hold keys.
func (t *target) hide() error {
	ignore := filepath.Join(t.staging, IgnoreFile)
	if err := os.WriteFile(ignore, []byte("*\n"), SecretMode); err != nil {
		removeIfEmpty(t.staging)
		return fmt.Errorf("%s: nothing can be written beside it: %w", t.shown, cause(err))
	}
	return nil
}

// removeIfEmpty removes a staging directory in which no tree is left. Where that fails, the next
// run does it.
func removeIfEmpty(staging string) {
	if entries, err := os.ReadDir(staging); err == nil && len(entries) <= 1 {
		os.Remove(filepath.Join(staging, IgnoreFile))
		os.Remove(staging)
	}
}

// cause strips the absolute path from an error of the file system: the message names the path
// as the user did.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
