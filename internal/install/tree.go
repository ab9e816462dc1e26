package install

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// maxRead bounds what is read of one file; no file that hardstrap writes comes near it.
const maxRead = 64 << 20

// tree is a root directory. Names in it are relative, clean, and with slashes. Every directory on
// the way is opened by itself and compared with what stood there, so that no symbolic link is
// followed, whenever it was put there.
type tree struct {
	root  *os.Root
	shown string // as the user named it
}

// show is a name as the user would say it.
func (t *tree) show(name string) string { return filepath.Join(t.shown, filepath.FromSlash(name)) }

// wayError says that something other than a directory stands where one is needed.
type wayError struct{ name, what string }

func (e *wayError) Error() string {
	return e.name + ": is " + e.what + " where a directory is needed"
}

// open opens a directory; the caller closes it.
func (t *tree) open(name string) (*os.Root, error) {
	at, err := t.root.OpenRoot(".")
	if err != nil || name == "." {
		return at, err
	}
	walked := ""
	for part := range strings.SplitSeq(name, "/") {
		walked = path.Join(walked, part)
		next, err := step(at, part, walked)
		at.Close()
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// step opens the directory part of at, which is walked from the root.
func step(at *os.Root, part, walked string) (*os.Root, error) {
	before, err := at.Lstat(part)
	switch {
	case err != nil:
		return nil, err
	case before.Mode()&fs.ModeSymlink != 0:
		return nil, &wayError{walked, "a symbolic link"}
	case !before.IsDir():
		return nil, &wayError{walked, "a file"}
	}
	next, err := at.OpenRoot(part)
	if err != nil {
		return nil, err
	}
	after, err := next.Stat(".")
	if err != nil || !os.SameFile(before, after) {
		next.Close()
		return nil, errors.Join(err, &wayError{walked, "not the directory it was a moment ago,"})
	}
	return next, nil
}

// stat describes what stands at a name; nil when there is nothing.
func (t *tree) stat(name string) (fs.FileInfo, error) {
	dir, err := t.open(path.Dir(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	info, err := dir.Lstat(path.Base(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// controlPlane reports whether the node is a control plane: whether the kubelet runs kube-apiserver there, or
// what kubeadm leaves on control planes alone stands there while it does not, as in maintenance
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go).
func (t *tree) controlPlane() (bool, error) {
	for _, name := range []string{
		apiServerManifest, "etc/kubernetes/controller-manager.conf", "etc/kubernetes/scheduler.conf", "etc/kubernetes/pki/ca.key",
	} {
		info, err := t.stat(name)
		if err != nil {
			return false, t.failed(name, err)
		}
		if info != nil {
			return true, nil
		}
	}
	return false, nil
}

// read returns a regular file's data.
func (t *tree) read(name string) ([]byte, error) {
	dir, err := t.open(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	before, err := dir.Lstat(path.Base(name))
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file", name)
	}
	f, err := dir.Open(path.Base(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	after, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(before, after) {
		return nil, fmt.Errorf("%s: is not the file it was a moment ago", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRead+1))
	if err == nil && len(data) > maxRead {
		err = fmt.Errorf("%s: is larger than %d bytes", name, maxRead)
	}
	return data, err
}

// names lists what stands in a directory; nothing when there is none.
func (t *tree) names(name string) ([]string, error) {
	dir, err := t.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := fs.ReadDir(dir.FS(), ".")
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out, err
}

// RefusedError says that nothing was written, and why. It wraps a diag.List.
type RefusedError struct{ Problems diag.List }

// Error returns every problem, one a line.
func (e *RefusedError) Error() string { return e.Problems.Error() }

// Unwrap returns the list of problems.
func (e *RefusedError) Unwrap() error { return e.Problems }

func refuse(at, message, hint string) error {
	return &RefusedError{diag.List{{Position: diag.Position{File: at}, Message: message, Hint: hint}}}
}

// failed says of an error of the system where it happened.
func (t *tree) failed(name string, err error) error {
	var way *wayError
	if errors.As(err, &way) {
		return refuse(t.show(way.name), "is "+way.what+" where a directory is needed", "move it away; no link below the root is followed")
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("%s: %w", t.show(name), err)
}
