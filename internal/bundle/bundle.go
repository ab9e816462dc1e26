package bundle

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// RecordFile is the name of the record, at the top of every bundle.
const RecordFile = "hardstrap.json"

// IgnoreFile stands at the top of a bundle that holds keys, beside the record and never on a
// node, and keeps them out of git.
const IgnoreFile = ".gitignore"

// Modes of what is written. A file that is Secret always gets SecretMode, and the directory it
// stands in SecretDirMode, whatever File.Mode says of the file once it is installed.
const (
	DefaultMode   fs.FileMode = 0o644
	SecretMode    fs.FileMode = 0o600
	DirMode       fs.FileMode = 0o755
	SecretDirMode fs.FileMode = 0o700
)

// File is one rendered file.
type File struct {
	Path  string      // within the bundle, with slashes: host/worker/etc/sysctl.d/90-hardstrap.conf
	Mode  fs.FileMode // permission bits on the node and in the bundle; zero means DefaultMode
	Owner string      // on the node, user:group; empty means root:root. Recorded, not applied by Write
	Data  []byte

	// Secret marks a file that holds secrets: it gets SecretMode, and the record has no digest
	// of it. A file that could hold secrets but has placeholders is marked too.
	Secret bool

	// Secrets are the secret values themselves, as they are spelled in Data. Write needs them
	// to tell a file it wrote from one changed by hand without keeping a digest of a secret:
	// the record has the digest of Data with every one of them taken out.
	Secrets Secrets

	Settings []settings.Key // what the file carries
	Controls []string       // ids of the benchmark controls it answers
}

// Bundle is rendered files and what is known about all of them. Write completes the record's
// list of files, so whoever makes a Bundle fills only the record's other fields.
type Bundle struct {
	Files  []File
	Record Record
}

// Secrets are secret values. Printing them, or a File that has them, by any verb of fmt shows
// only how many there are.
type Secrets []string

// Format implements fmt.Formatter.
func (s Secrets) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d redacted]", len(s)) }

// MarshalJSON keeps the values out of JSON.
func (s Secrets) MarshalJSON() ([]byte, error) { return []byte(`"<redacted>"`), nil }

// Format implements fmt.Formatter: the path, the mode and the size, never the data.
func (f File) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "%s (%v, %d bytes)", f.Path, f.mode(), len(f.Data))
}

// mode returns the permission bits the file gets in the bundle.
func (f File) mode() fs.FileMode {
	switch {
	case f.Secret:
		return SecretMode
	case f.Mode == 0:
		return DefaultMode
	}
	return f.Mode.Perm()
}

// Check returns an error when the bundle cannot be laid out as a directory: a path that is not
// a clean relative one, two files of one path, a file where another needs a directory, or
// secrets in a file not marked Secret. Only a fault of the caller's code can cause these.
func (b *Bundle) Check() error {
	files := make(map[string]bool, len(b.Files)+1)
	files[RecordFile], files[IgnoreFile] = true, true
	for _, f := range b.Files {
		switch {
		case !fs.ValidPath(f.Path) || f.Path == "." || strings.Contains(f.Path, "\\"):
			return fmt.Errorf("bundle: invalid path %q", f.Path)
		case files[f.Path]:
			return fmt.Errorf("bundle: two files of the path %q", f.Path)
		case len(f.Secrets) > 0 && !f.Secret:
			return fmt.Errorf("bundle: %q has secrets but is not marked as secret", f.Path)
		}
		files[f.Path] = true
	}
	for _, f := range b.Files {
		for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) {
			if files[dir] {
				return fmt.Errorf("bundle: %q is a file, and %q needs it to be a directory", dir, f.Path)
			}
		}
	}
	return nil
}

// all returns every file but the record, by path, without changing b.
func (b *Bundle) all() []File {
	files := slices.Clone(b.Files)
	var ignored strings.Builder
	for _, f := range b.Files {
		if len(f.Secrets) > 0 {
			ignored.WriteString("/" + f.Path + "\n")
		}
	}
	if ignored.Len() > 0 {
		files = append(files, File{Path: IgnoreFile, Data: []byte(ignored.String())})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}
