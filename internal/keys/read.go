package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// maxFile bounds a key file; one key takes about 120 bytes.
const maxFile = 1 << 20

// MissingError says that there is no key file. It is fs.ErrNotExist to errors.Is.
type MissingError struct{ Path string }

// Error says what to do.
func (e *MissingError) Error() string {
	return e.Path + ": no such key file; --new-keys makes one, --without-keys renders a placeholder instead"
}

// Is reports whether target is fs.ErrNotExist.
func (e *MissingError) Is(target error) bool { return target == fs.ErrNotExist }

// Read returns the keys of a file, those of provider first: its first key is the one that
// writes, and keys of other providers only read what was written before the provider changed.
//
// The file must be a regular one (no symbolic link), owned by the user hardstrap runs as,
// closed to everybody else, in a folder that others cannot write to. The error is a
// *MissingError when there is none, otherwise a diag.List with every fault; it never holds any
// of the file's text that could be a secret.
func Read(path, provider string) (*Ring, error) {
	if err := checkProvider(provider); err != nil {
		return nil, diag.List{{Position: diag.Position{File: path}, Message: err.Error()}}
	}
	ring, err := ReadAll(path)
	if err != nil {
		return nil, err
	}
	ring.writerFirst(provider)
	if first := ring.keys[0].provider; first != provider {
		return nil, diag.List{{
			Position: diag.Position{File: path},
			Message:  fmt.Sprintf("no key of provider %q, only of %q", provider, first),
			Hint: "set apiServer.encryption.provider to " + first + ", or add a key of " + provider +
				" to the file (--new-keys with another keyFile makes one to copy) and keep the old one: stored data needs it",
		}}
	}
	return ring, nil
}

// ReadAll returns the keys of a file in its order, whatever their providers: where none of them
// writes any more, all of them may still be needed to read. It judges the file and fails as Read
// does.
func ReadAll(path string) (*Ring, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	ring, faults := parse(path, data)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return ring, nil
}

// readFile returns the text of a key file after judging the file itself.
func readFile(path string) ([]byte, error) {
	fault := func(message, hint string) error {
		return diag.List{{Position: diag.Position{File: path}, Message: message, Hint: hint}}
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &MissingError{Path: path}
	case err != nil:
		return nil, fault("key file cannot be read: "+reason(err), "")
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, fault("key file is a symbolic link", "name the file it points to")
	case !info.Mode().IsRegular():
		return nil, fault("key file is not a regular file", "")
	}
	f, err := openNoFollow(path)
	if err != nil {
		return nil, fault("key file cannot be read: "+reason(err), "")
	}
	defer f.Close()
	opened, err := f.Stat() // of what was opened: the name may have been given away since
	if err != nil || !os.SameFile(info, opened) {
		return nil, fault("key file changed while it was read", "run again")
	}
	if faults := judge(path, opened); faults != nil {
		return nil, faults
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fault("key file cannot be read: "+reason(err), "")
	case len(data) > maxFile:
		return nil, fault(fmt.Sprintf("key file is larger than %d bytes", maxFile), "")
	}
	return data, nil
}

// judge returns what is wrong with who may read or replace the key file.
func judge(path string, info fs.FileInfo) error {
	var faults diag.List
	at := diag.Position{File: path}
	if mode, loose := tooOpen(info); loose {
		faults.Add(diag.Problem{
			Position: at,
			Message:  fmt.Sprintf("key file is too open: mode %04o lets others read or change it", mode),
			Hint:     "chmod 600 " + path,
		})
	}
	if uid, foreign := foreignOwner(info); foreign {
		faults.Add(diag.Problem{
			Position: at,
			Message:  fmt.Sprintf("key file belongs to user %d, and hardstrap runs as user %d", uid, os.Geteuid()),
			Hint:     "run as its owner, or chown it",
		})
	}
	dir := filepath.Dir(path)
	if folder, err := os.Stat(dir); err == nil {
		if mode, loose := writableByOthers(folder); loose {
			faults.Add(diag.Problem{
				Position: diag.Position{File: dir},
				Message:  fmt.Sprintf("folder of the key file is too open: mode %04o lets others replace the file", mode),
				Hint:     "chmod 700 " + dir,
			})
		}
	}
	return faults.Err()
}

// reason returns an error's cause without the path it names, which the position names already.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err.Error()
	}
	return err.Error()
}
