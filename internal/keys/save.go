package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
)

const (
	fileMode   fs.FileMode = 0o600
	folderMode fs.FileMode = 0o700
	ignoreFile             = ".gitignore"
)

// Create makes a new key and keeps it in a file: New, then Save.
func Create(path, provider string) (*Ring, error) {
	ring, err := New(provider)
	if err != nil {
		return nil, err
	}
	if err := ring.Save(path); err != nil {
		return nil, err
	}
	return ring, nil
}

// Save writes the ring to a new file with mode 0600, in a folder with mode 0700 and a
// .gitignore of *. A folder that is missing is made; one that exists must be closed to others
// already, and hold nothing but keys unless it has a .gitignore that ignores all. A file that
// exists is never touched: the error is then fs.ErrExist to errors.Is. The file appears
// complete or not at all.
func (r *Ring) Save(path string) error {
	if r.Placeholder() {
		return errors.New("a placeholder is not a key and is not saved")
	}
	dir := filepath.Dir(path)
	if err := prepareFolder(dir); err != nil {
		return err
	}
	// Linking is the one way to give a complete file its name without replacing another.
	temp, err := writeTemp(dir, r.encode())
	if err != nil {
		return fault(path, "key file cannot be written", err)
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); err != nil {
		return fault(path, "key file cannot be made", err)
	}
	if err := os.Remove(temp); err != nil {
		return fault(temp, "cannot be removed", err)
	}
	return syncDir(dir)
}

// encode returns the bytes of the key file.
func (r *Ring) encode() []byte {
	var b bytes.Buffer
	b.WriteString("# Keys that encrypt a cluster's data in etcd, made by hardstrap.\n" +
		"# Keep a copy in a safe place: without them the data cannot be read. Never commit them.\n" +
		"# The first key of a provider writes, the others only read. Add a new key at the top;\n" +
		"# remove an old one only after all data was written again.\n")
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nkeys:\n", APIVersion, Kind)
	for _, k := range r.keys {
		fmt.Fprintf(&b, "- name: %s\n  provider: %s\n  secret: %s\n", k.name, k.provider, k.secret())
	}
	return b.Bytes()
}

// MaySave returns the error that Save would return by what stands in the file's folder now, and
// writes nothing.
func MaySave(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fault(path, "key file cannot be made", fs.ErrExist)
	}
	dir := filepath.Dir(path)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := judgeFolder(dir); err != nil {
		return err
	}
	_, err := ignores(dir)
	return err
}

// prepareFolder makes sure that dir is closed to others and ignored by git.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fault(dir, "folder of the key file cannot be made", err)
	}
	err := os.Mkdir(dir, folderMode)
	switch {
	case err == nil:
		// The umask may have taken bits away from the owner.
		if err := os.Chmod(dir, folderMode); err != nil {
			return fault(dir, "folder of the key file cannot be closed to others", err)
		}
	case !errors.Is(err, fs.ErrExist):
		return fault(dir, "folder of the key file cannot be made", err)
	default:
		if err := judgeFolder(dir); err != nil {
			return err
		}
	}
	if done, err := ignores(dir); done || err != nil {
		return err
	}
	return writeIgnore(filepath.Join(dir, ignoreFile))
}

// judgeFolder refuses a folder that others may enter, or that belongs to somebody else. It is
// not changed: it may serve other purposes, as when a key file is to stand beside a profile.
func judgeFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fault(dir, "folder of the key file cannot be read", err)
	}
	if !info.IsDir() {
		return diag.List{{Position: diag.Position{File: dir}, Message: "folder of the key file is a file"}}
	}
	var faults diag.List
	if mode, loose := tooOpen(info); loose {
		faults.Add(diag.Problem{
			Position: diag.Position{File: dir},
			Message:  fmt.Sprintf("folder of the key file is too open: mode %04o", mode),
			Hint:     "name a folder of its own in apiServer.encryption.keyFile, or chmod 700 " + dir,
		})
	}
	if uid, foreign := foreignOwner(info); foreign {
		faults.Add(diag.Problem{
			Position: diag.Position{File: dir},
			Message:  fmt.Sprintf("folder of the key file belongs to user %d, and hardstrap runs as user %d", uid, os.Geteuid()),
			Hint:     "run as its owner, or chown it",
		})
	}
	return faults.Err()
}

// ignores reports whether the folder has a .gitignore already. The error says why it may get
// none: one that holds something else than key files would hide that from git too.
func ignores(dir string) (bool, error) {
	ignore := filepath.Join(dir, ignoreFile)
	data, err := os.ReadFile(ignore)
	if err == nil {
		if slices.Contains(strings.Fields(string(data)), "*") {
			return true, nil
		}
		return true, diag.List{{
			Position: diag.Position{File: ignore}, Message: "key files of this folder are not ignored by git",
			Hint: "add a line with * alone, or name another folder in apiServer.encryption.keyFile",
		}}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, fault(ignore, "cannot be read", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fault(dir, "folder of the key file cannot be read", err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != fileMode {
			return false, diag.List{{
				Position: diag.Position{File: dir},
				Message:  fmt.Sprintf("folder of the key file has no %s and holds %q, which is no key file", ignoreFile, e.Name()),
				Hint:     "name a folder of its own in apiServer.encryption.keyFile",
			}}
		}
	}
	return false, nil
}

func writeIgnore(ignore string) error {
	f, err := os.OpenFile(ignore, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return nil // another run made it just now
	}
	if err != nil {
		return fault(ignore, "cannot be made", err)
	}
	_, err = f.WriteString("*\n")
	if err := errors.Join(err, f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
		return fault(ignore, "cannot be written", errors.Join(err, os.Remove(ignore)))
	}
	return nil
}

// writeTemp writes a new file of a random name in dir and returns its path.
func writeTemp(dir string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".new-*") // O_EXCL, mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fault(dir, "cannot be opened", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fault(dir, "cannot be written out", err)
	}
	return nil
}

// saveError is a failure of the system while a key was kept.
type saveError struct {
	path, message string
	cause         error
}

func (e *saveError) Error() string { return e.path + ": " + e.message + ": " + reason(e.cause) }
func (e *saveError) Unwrap() error { return e.cause }

func fault(path, message string, cause error) error { return &saveError{path, message, cause} }
