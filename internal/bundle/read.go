package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// Read reads a bundle back from its directory, with the bytes of its record as they stand there,
// and holds it against the record: every file it names stands there with its mode and digest, and
// no other. Of a secret file the digest is that of its text without the secrets. Nothing is
// followed that is a symbolic link. The error is a *RefusedError with all that is not so, or a
// failure of the system.
func Read(dir string) (b *Bundle, record []byte, err error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && dir == "" {
		return nil, nil, refuse(dir, "there is no such directory", "name the directory that hardstrap generate wrote")
	}
	if err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, nil, refuse(dir, "is a file", "name the directory that hardstrap generate wrote")
		}
		return nil, nil, fmt.Errorf("%s: %w", dir, cause(err))
	}
	defer root.Close()
	s := &surveyor{plan: &plan{}, target: &target{dir: dir, shown: dir}, root: root}
	if err := s.walk(); errors.Is(err, errCrowded) {
		return nil, nil, refuse(dir, fmt.Sprintf("holds more than %d files and directories", maxEntries), "name a bundle's directory")
	} else if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, cause(err))
	}
	info, ok := s.tree[RecordFile]
	if !ok {
		return nil, nil, refuse(dir, "is no bundle: it has no "+RecordFile, "name the directory that hardstrap generate wrote")
	}
	if !info.Mode().IsRegular() {
		return nil, nil, refuse(s.target.shownPath(RecordFile), "is not a regular file", again)
	}
	record, err = s.content(RecordFile, info)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := ParseRecord(record)
	if err != nil {
		return nil, nil, refuse(dir, err.Error(), again)
	}
	b, err = s.verified(parsed)
	if err != nil {
		return nil, nil, err
	}
	if len(s.faults) > 0 {
		s.faults.Sort()
		return nil, nil, &RefusedError{s.faults}
	}
	return b, record, nil
}

// again is what to do with a bundle that is not as it was written.
const again = "render the bundle again, and copy it with its modes (tar, cp -a, rsync -a)"

func refuse(at, message, hint string) error {
	return &RefusedError{diag.List{{Position: diag.Position{File: at}, Message: message, Hint: hint}}}
}

// verified returns the recorded files, and notes what is wrong with them.
func (s *surveyor) verified(record *Record) (*Bundle, error) {
	b := &Bundle{Record: *record}
	known := map[string]bool{RecordFile: true}
	for _, f := range record.Files {
		if known[f.Path] {
			s.refuse(RecordFile, fmt.Sprintf("names %q twice", f.Path), again)
			continue
		}
		known[f.Path] = true
		info, ok := s.tree[f.Path]
		switch {
		case !ok:
			s.refuse(f.Path, "is in the record and missing", again)
			continue
		case !info.Mode().IsRegular():
			s.refuse(f.Path, "is not a regular file", again)
			continue
		}
		mode, err := parseMode(f.Mode)
		if err != nil {
			return nil, err // ParseRecord has looked
		}
		if got := info.Mode().Perm(); got != mode {
			s.refuse(f.Path, fmt.Sprintf("has mode %s, and %s in the record", formatMode(got), f.Mode), "copy the bundle with its modes (tar, cp -a, rsync -a), or set it")
		}
		data, err := s.content(f.Path, info)
		if err != nil {
			return nil, err
		}
		secrets, ok := f.Matches(data)
		if !ok {
			s.refuse(f.Path, "was changed since hardstrap wrote it", again)
		}
		b.Files = append(b.Files, File{Path: f.Path, Mode: mode, Owner: f.Owner, Data: data, Secret: f.Secret, Secrets: secrets})
	}
	for name, info := range s.tree {
		if !info.IsDir() && !known[name] {
			s.refuse(name, "is not in the record", "a bundle holds what hardstrap wrote and nothing else: move it away")
		}
	}
	return b, nil
}

// secretLine is where a key stands in EncryptionConfiguration.
var secretLine = regexp.MustCompile(`(?m)^[ -]*secret: *["']?([^"'\n]+?)["']? *$`)

// SecretsIn returns the keys of an EncryptionConfiguration, sorted and each once.
func SecretsIn(data []byte) Secrets {
	var found Secrets
	for _, m := range secretLine.FindAllSubmatch(data, -1) {
		found = append(found, string(m[1]))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Matches reports whether data is what the record says, and returns the secrets in it. A secret
// in another's place does not show: the record knows none.
func (f FileRecord) Matches(data []byte) (Secrets, bool) {
	if !f.Secret {
		return nil, data != nil && digest(data) == f.Digest
	}
	found := SecretsIn(data)
	if data != nil && len(found) > 0 && digest(conceal(bytes.Clone(data), found)) == f.PublicDigest {
		return found, true
	}
	return nil, data != nil && digest(data) == f.PublicDigest // placeholders
}
