package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// maxRead bounds what is read of a file that stands in the directory; no rendered file comes
// near it.
const maxRead = 64 << 20

// maxEntries bounds what may stand in a directory that a bundle replaces: everything in it is
// carried over, and a home directory is no place for one.
const maxEntries = 20000

// errCrowded says that there is more.
var errCrowded = errors.New("the directory is crowded")

// plan is what a run is to do, found by reading alone.
type plan struct {
	files  []File                 // what is to stand there, by path, the record included
	same   map[string]bool        // of these, what stands there already with its mode
	tree   map[string]fs.FileInfo // everything that stands there, links not followed; nil when dir is missing
	others []string               // what no bundle wrote and is carried over, parents first
	result Result
}

// surveyor compares a bundle with what stands in a directory.
type surveyor struct {
	*plan
	target  *target
	options Options
	root    *os.Root
	old     map[string]FileRecord // of the previous bundle, by path
	secrets Secrets               // every secret the new bundle holds
	faults  diag.List
}

// survey makes the plan for a bundle's files, its record among them, or returns a *RefusedError.
func survey(t *target, files []File, o Options) (*plan, error) {
	s := &surveyor{
		plan:   &plan{files: files, same: map[string]bool{}},
		target: t, options: o, old: map[string]FileRecord{},
	}
	for _, f := range files {
		s.secrets = append(s.secrets, f.Secrets...)
	}
	root, err := os.OpenRoot(t.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for _, f := range s.files {
			s.result.Written = append(s.result.Written, f.Path)
		}
		return s.plan, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", t.shown, cause(err))
	}
	defer root.Close()
	s.root = root
	if err := s.compare(); err != nil {
		return nil, err
	}
	if len(s.faults) > 0 {
		s.faults.Sort()
		return nil, &RefusedError{s.faults}
	}
	return s.plan, nil
}

func (s *surveyor) compare() error {
	if err := s.walk(); errors.Is(err, errCrowded) {
		s.refuse(".", fmt.Sprintf("holds more than %d files and directories, which a bundle would have to carry over", maxEntries),
			"name a directory of its own")
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", s.target.shown, err)
	}
	if !s.readRecord() {
		return nil
	}
	s.foreign()
	for _, f := range s.files {
		if err := s.wanted(f); err != nil {
			return err
		}
	}
	return s.stale()
}

// walk notes everything that stands in the directory.
func (s *surveyor) walk() error {
	s.tree = map[string]fs.FileInfo{}
	return fs.WalkDir(s.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		s.tree[name] = info
		if len(s.tree) > maxEntries {
			return errCrowded
		}
		return nil
	})
}

// readRecord reads the previous bundle's record. It returns false when the directory is not to
// be written to, which it has then reported.
func (s *surveyor) readRecord() bool {
	info, ok := s.tree[RecordFile]
	if !ok {
		if len(s.tree) > 1 && !s.options.Force {
			s.refuse(".", "has files, and none of them is a bundle's "+RecordFile,
				"name another directory, or --force writes there and keeps every file the bundle does not have")
			return false
		}
		return true
	}
	record, err := s.parseRecord(info)
	if err != nil {
		if !s.options.Force {
			s.refuse(RecordFile, "is not a record that hardstrap wrote: "+err.Error(),
				"--force overwrites it, and every file the bundle has")
		}
		return s.options.Force
	}
	for _, f := range record.Files {
		s.old[f.Path] = f
	}
	return true
}

func (s *surveyor) parseRecord(info fs.FileInfo) (*Record, error) {
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	data, err := s.read(RecordFile)
	if err != nil {
		return nil, cause(err)
	}
	return ParseRecord(data)
}

// wanted finds out whether a file of the bundle stands there already, or may be written.
func (s *surveyor) wanted(f File) error {
	if s.blocked(f.Path) {
		return nil
	}
	info, exists := s.tree[f.Path]
	if exists && info.IsDir() {
		if slices.ContainsFunc(s.others, func(name string) bool { return strings.HasPrefix(name, f.Path+"/") }) {
			s.refuse(f.Path, "is a directory where the bundle has a file", "move it away")
			return nil
		}
		exists = false // its files are stale, and it goes with them
	}
	if !exists {
		s.result.Written = append(s.result.Written, f.Path)
		return nil
	}
	data, err := s.content(f.Path, info)
	if err != nil {
		return err
	}
	if data != nil && bytes.Equal(data, f.Data) {
		if info.Mode().Perm() == f.mode() && s.closed(f) {
			s.same[f.Path] = true
			s.result.Unchanged++
			return nil
		}
	} else if f.Path != RecordFile && !s.options.Force {
		s.guard(f.Path, data, info)
	}
	s.result.Written = append(s.result.Written, f.Path)
	return nil
}

// closed reports whether the directory of a secret file has its mode.
func (s *surveyor) closed(f File) bool {
	dir, ok := s.tree[path.Dir(f.Path)]
	return !f.Secret || ok && dir.Mode().Perm() == SecretDirMode
}

// guard refuses a file that the previous run did not write just so.
func (s *surveyor) guard(name string, data []byte, info fs.FileInfo) {
	old, recorded := s.old[name]
	switch {
	case !info.Mode().IsRegular():
		s.refuse(name, "is not a regular file, which it was when hardstrap wrote it", "--force replaces it; what a link points to is kept")
	case !recorded:
		s.refuse(name, "was not written by hardstrap", "--force overwrites it")
	case data == nil:
		s.refuse(name, "was changed since hardstrap wrote it: it is too large", "--force overwrites it")
	case old.Secret && digest(conceal(data, s.secrets)) != old.PublicDigest:
		s.refuse(name, "was changed since hardstrap wrote it, or holds a key that the key file no longer has",
			"stored data may need that key: put it back into the key file, or --force overwrites it")
	case !old.Secret && digest(data) != old.Digest:
		s.refuse(name, "was changed since hardstrap wrote it", "--force overwrites it")
	}
}

// blocked reports, and refuses, a file that stands where the bundle needs a directory. One of
// the previous bundle that is unchanged is no obstacle: stale judges it.
func (s *surveyor) blocked(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		info, exists := s.tree[dir]
		if !exists || info.IsDir() {
			continue
		}
		if _, recorded := s.old[dir]; recorded && info.Mode().IsRegular() {
			continue
		}
		what := "a file"
		if info.Mode()&fs.ModeSymlink != 0 {
			what = "a symbolic link"
		}
		s.refuse(dir, "is "+what+" where the bundle needs a directory", "move it away")
		return true
	}
	return false
}

// stale finds the files of the previous bundle that this one does not have.
func (s *surveyor) stale() error {
	keep := make(map[string]bool, len(s.files))
	for _, f := range s.files {
		keep[f.Path] = true
	}
	for name := range s.old {
		info, exists := s.tree[name]
		if keep[name] || !exists || info.IsDir() {
			continue
		}
		data, err := s.content(name, info)
		if err != nil {
			return err
		}
		if !s.options.Force {
			s.guard(name, data, info)
		}
		s.result.Removed = append(s.result.Removed, name)
	}
	slices.Sort(s.result.Removed)
	return nil
}

// foreign notes what no bundle wrote. Directories that only the previous bundle needed are
// left behind.
func (s *surveyor) foreign() {
	ours := map[string]bool{".": true, RecordFile: true}
	mark := func(name string) {
		for ; !ours[name]; name = path.Dir(name) {
			ours[name] = true
		}
	}
	for _, f := range s.files {
		mark(f.Path)
	}
	for name := range s.old {
		mark(name)
	}
	for name := range s.tree {
		if !ours[name] {
			s.others = append(s.others, name)
		}
	}
	slices.Sort(s.others)
}

// content returns a regular file's data; nil for anything else, and for a file too large to
// have been written by hardstrap.
func (s *surveyor) content(name string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() || info.Size() > maxRead {
		return nil, nil
	}
	data, err := s.read(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.target.shownPath(name), cause(err))
	}
	return data, nil
}

func (s *surveyor) read(name string) ([]byte, error) {
	f, err := s.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRead+1))
	if data == nil {
		data = []byte{}
	}
	return data, err
}

func (s *surveyor) refuse(name, message, hint string) {
	p := diag.Problem{Position: diag.Position{File: s.target.shownPath(name)}, Message: message, Hint: hint}
	if !slices.Contains(s.faults, p) {
		s.faults.Add(p)
	}
}

// shownPath is a path within the directory as the user would name it.
func (t *target) shownPath(name string) string {
	return filepath.Join(t.shown, filepath.FromSlash(name))
}
