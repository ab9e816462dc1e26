package snapshot

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
)

// Snapshot is what was taken of one node. It is the Tree of the node's files: to whoever reads through it
// the files are as they were, but for secrets; what was not looked at is observe.ErrNotTaken, and what was not taken
// with its content is observe.ErrWithheld.
type Snapshot struct {
	Hardstrap string            // the version that took it
	Taken     time.Time         // by the node's clock
	Host      string            // the node's name; may be ""
	Images    map[string]string // versions of the components in static pods, by component, as their images' tags say
	Processes []process.Process // the running components
	Unknown   []observe.Unknown // what could not be seen of processes

	files   map[string]*file
	absent  map[string]bool
	names   map[string][]string // of directories, of what is in files
	content map[string][]byte
}

// Open reads a snapshot, wherever it is from: nothing of it is written anywhere, no name in it is a place on
// this machine, and it is bounded to 10,000 entries and 64 MiB. The error names the entry that is at fault.
func Open(r io.Reader) (*Snapshot, error) {
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("this is no snapshot: %w", err)
	}
	zipped.Multistream(false)
	bounded := &io.LimitedReader{R: zipped, N: maxTotal + 1}
	s, err := read(tar.NewReader(bounded))
	if bounded.N <= 0 {
		return nil, fmt.Errorf("the snapshot holds more than %d MiB", maxTotal>>20)
	}
	if err != nil {
		return nil, err
	}
	// What follows the archive is read too, so that a damaged end is seen.
	rest, err := io.Copy(io.Discard, bounded)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the end of the snapshot cannot be read: %w", err)
	case bounded.N <= 0:
		return nil, fmt.Errorf("the snapshot holds more than %d MiB", maxTotal>>20)
	case rest > 1<<20:
		return nil, errors.New("something follows the last entry of the snapshot")
	}
	return s, nil
}

func read(archive *tar.Reader) (*Snapshot, error) {
	text, err := next(archive, recordName, observe.MaxFile)
	if err != nil {
		return nil, err
	}
	s, err := parseRecord(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", recordName, err)
	}
	for range maxEntries {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return s, s.complete()
		}
		if err != nil {
			return nil, fmt.Errorf("after %d entries the snapshot cannot be read: %w", len(s.content)+1, err)
		}
		if err := s.entry(archive, header); err != nil {
			return nil, fmt.Errorf("entry %q: %w", header.Name, err)
		}
	}
	return nil, fmt.Errorf("the snapshot has more than %d entries", maxEntries)
}

// next reads the entry that must come now.
func next(archive *tar.Reader, name string, limit int64) ([]byte, error) {
	header, err := archive.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("the first entry of the snapshot cannot be read: %w", err)
	}
	if header.Name != name || header.Typeflag != tar.TypeReg {
		return nil, fmt.Errorf("entry %q: a snapshot begins with the file %s", header.Name, name)
	}
	if header.Size > limit {
		return nil, fmt.Errorf("entry %q: it has %d bytes; at most %d are read", name, header.Size, limit)
	}
	data, err := io.ReadAll(archive)
	if err != nil {
		return nil, fmt.Errorf("entry %q: %w", name, err)
	}
	return data, nil
}

// entry takes the content of a file that the record announced.
func (s *Snapshot) entry(archive io.Reader, header *tar.Header) error {
	name, ok := strings.CutPrefix(header.Name, rootName)
	f := s.files[name]
	switch {
	case header.Typeflag != tar.TypeReg:
		return errors.New("it is not a regular file")
	case !ok || f == nil || f.Taken == 0:
		return errors.New("the record does not tell of it")
	case s.content[name] != nil:
		return errors.New("it stands there a second time")
	case header.Size != f.Taken-1:
		return fmt.Errorf("it has %d bytes, and %d by the record", header.Size, f.Taken-1)
	}
	data, err := io.ReadAll(archive)
	if err != nil {
		return err
	}
	if data == nil {
		data = []byte{}
	}
	s.content[name] = data
	return nil
}

// complete reports a file that was announced and did not come.
func (s *Snapshot) complete() error {
	for name, f := range s.files {
		if f.Taken > 0 && s.content[name] == nil {
			return fmt.Errorf("entry %q is missing", rootName+name)
		}
	}
	return nil
}

func parseRecord(text []byte) (*Snapshot, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("not a record: %w", err)
	}
	if version.Format != format {
		return nil, fmt.Errorf("the snapshot's format is %d; this version of hardstrap reads %d", version.Format, format)
	}
	var r record
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("not a record: %w", err)
	}
	if len(r.Files)+len(r.Absent) > maxEntries {
		return nil, fmt.Errorf("it tells of %d files; at most %d are read", len(r.Files)+len(r.Absent), maxEntries)
	}
	s := &Snapshot{Hardstrap: r.Hardstrap, Taken: r.Taken, Host: r.Host, Images: r.Images, Processes: r.Processes, Unknown: r.Unknown,
		files: make(map[string]*file, len(r.Files)), absent: make(map[string]bool, len(r.Absent)), names: make(map[string][]string), content: make(map[string][]byte)}
	for i := range r.Files {
		if err := s.announce(&r.Files[i]); err != nil {
			return nil, fmt.Errorf("file %q: %w", r.Files[i].Path, err)
		}
	}
	for _, name := range r.Absent {
		if !isPath(name) || s.files[name] != nil {
			return nil, fmt.Errorf("file %q: it is there and not there, or has no absolute path", name)
		}
		s.absent[name] = true
	}
	return s, nil
}

func (s *Snapshot) announce(f *file) error {
	switch {
	case !isPath(f.Path):
		return errors.New("not an absolute path")
	case s.files[f.Path] != nil:
		return errors.New("it stands there a second time")
	case f.Taken < 0 || f.Taken > observe.MaxFile+1:
		return fmt.Errorf("it has %d bytes; at most %d are read", f.Taken-1, observe.MaxFile)
	case f.Taken > 0 && !f.Mode.IsRegular():
		return errors.New("it has content, and is not a regular file")
	case (f.Target != "") != (f.Mode&fs.ModeSymlink != 0):
		return errors.New("it has a target, or is a link, and not both")
	case f.Listed && !f.Mode.IsDir():
		return errors.New("it has names in it, and is not a directory")
	}
	s.files[f.Path] = f
	if f.Path != "/" {
		s.names[path.Dir(f.Path)] = append(s.names[path.Dir(f.Path)], path.Base(f.Path))
	}
	return nil
}

func isPath(name string) bool {
	return path.IsAbs(name) && path.Clean(name) == name && !strings.ContainsRune(name, 0)
}
