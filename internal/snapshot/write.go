package snapshot

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
)

// Options say what is taken, and how.
type Options struct {
	Root string // the node's root directory, "/" for the node hardstrap runs on
	// RedactKey makes secrets comparable: each is replaced by the same short code wherever the key is the same. Without
	// a key all secrets are replaced by settings.Redacted.
	RedactKey []byte
	Version   string // of hardstrap
	Now       time.Time
}

// Write packs what diff reads of a node into w, a tar file under gzip. What cannot be read is told in the snapshot,
// and is no error. The same tree at the same time gives the same bytes.
func Write(w io.Writer, o Options) error {
	tree, err := observe.Dir(o.Root)
	if err != nil {
		return err
	}
	processes, unknown := runs(o.Root)
	for i := range unknown { // the node's own name of the file
		unknown[i].Origin.File = "/" + strings.TrimPrefix(strings.TrimPrefix(unknown[i].Origin.File, filepath.Clean(o.Root)), "/")
	}
	c := newCollector(tree, o.RedactKey)
	c.collect(processes)
	r := record{Format: format, Hardstrap: o.Version, Taken: o.Now.UTC(), Host: c.host(), Images: c.images, Processes: processes, Unknown: unknown}
	r.Files, r.Absent = c.result()
	return pack(w, r, c.content)
}

// runs finds the components that run. A root of a machine that does not run has no /proc, and nothing runs there.
func runs(root string) ([]process.Process, []observe.Unknown) {
	proc := filepath.Join(root, "proc")
	if _, err := os.Stat(filepath.Join(proc, "stat")); errors.Is(err, fs.ErrNotExist) && filepath.Clean(root) != "/" {
		return nil, nil
	}
	return process.Find(proc)
}

func pack(w io.Writer, r record, content map[string][]byte) error {
	zipped, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zipped)
	entry := func(name string, data []byte) error {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: r.Taken.Truncate(time.Second), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, err := archive.Write(data)
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(text) > observe.MaxFile {
		return errors.New("the node has more files than a snapshot can tell of")
	}
	if err := entry(recordName, text); err != nil {
		return err
	}
	for _, f := range r.Files {
		if f.Taken > 0 {
			if err := entry(rootName+f.Path, content[f.Path]); err != nil {
				return err
			}
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}
