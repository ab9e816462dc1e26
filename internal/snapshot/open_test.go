package snapshot

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
)

// entry is one of a made-up archive.
type entry struct {
	name string
	text string
	kind byte
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(zipped)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o600}
		switch e.kind {
		case 0, tar.TypeReg:
			header.Typeflag, header.Size = tar.TypeReg, int64(len(e.text))
		default:
			header.Linkname = e.text
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Close()
	zipped.Close()
	return out.Bytes()
}

func recorded(t testing.TB, change func(*record), files ...file) entry {
	t.Helper()
	r := record{Format: format, Hardstrap: "v0", Taken: time.Unix(0, 0).UTC(), Files: files}
	if change != nil {
		change(&r)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return entry{name: recordName, text: string(text)}
}

func TestOpenRefuses(t *testing.T) {
	a := file{Path: "/etc/a", Taken: 2}
	dir := file{Path: "/etc", Mode: fs.ModeDir | 0o755}
	big := strings.Repeat("\x00", observe.MaxFile)
	many := make([]file, maxEntries+1)
	for i := range many {
		many[i] = file{Path: fmt.Sprint("/", i)}
	}
	var bomb []entry
	var bombs []file
	for i := range maxTotal/observe.MaxFile + 1 {
		name := fmt.Sprint("/", i)
		bombs = append(bombs, file{Path: name, Taken: observe.MaxFile + 1})
		bomb = append(bomb, entry{name: "root" + name, text: big})
	}
	for name, row := range map[string]struct {
		data []byte
		want string
	}{
		"no gzip":                 {[]byte("hello"), "this is no snapshot: "},
		"nothing":                 {nil, "this is no snapshot: "},
		"no tar":                  {zip(t, "hello"), "the first entry of the snapshot cannot be read"},
		"an empty tar":            {archive(t), "the first entry of the snapshot cannot be read: unexpected EOF"},
		"no record":               {archive(t, entry{name: "root/etc/a", text: "x"}), `entry "root/etc/a": a snapshot begins with the file snapshot.json`},
		"a record that is a link": {archive(t, entry{recordName, "/etc/passwd", tar.TypeSymlink}), `entry "snapshot.json": a snapshot begins with the file snapshot.json`},
		"a record of nothing":     {archive(t, entry{name: recordName, text: "{"}), "snapshot.json: not a record: "},
		"another format":          {archive(t, recorded(t, func(r *record) { r.Format = 2 })), "snapshot.json: the snapshot's format is 2; this version of hardstrap reads 1"},
		"something unknown":       {archive(t, entry{name: recordName, text: `{"format":1,"x":1}`}), `snapshot.json: not a record: json: unknown field "x"`},
		"a huge record":           {archive(t, entry{name: recordName, text: strings.Repeat(" ", observe.MaxFile+1)}), `entry "snapshot.json": it has 4194305 bytes; at most 4194304 are read`},
		"too many files":          {archive(t, recorded(t, nil, many...)), "snapshot.json: it tells of 10001 files; at most 10000 are read"},
		"a path that climbs":      {archive(t, recorded(t, nil, file{Path: "/etc/../../x", Taken: 2})), `file "/etc/../../x": not an absolute path`},
		"a relative path":         {archive(t, recorded(t, nil, file{Path: "etc/x"})), `file "etc/x": not an absolute path`},
		"a file twice":            {archive(t, recorded(t, nil, a, a)), `file "/etc/a": it stands there a second time`},
		"there and not there":     {archive(t, recorded(t, func(r *record) { r.Absent = []string{"/etc/a"} }, a)), `file "/etc/a": it is there and not there`},
		"content of a link":       {archive(t, recorded(t, nil, file{Path: "/a", Mode: fs.ModeSymlink, Target: "b", Taken: 2})), `file "/a": it has content, and is not a regular file`},
		"a link to nowhere":       {archive(t, recorded(t, nil, file{Path: "/a", Mode: fs.ModeSymlink})), `file "/a": it has a target, or is a link, and not both`},
		"names in a file":         {archive(t, recorded(t, nil, file{Path: "/a", Listed: true})), `file "/a": it has names in it, and is not a directory`},
		"a negative size":         {archive(t, recorded(t, nil, file{Path: "/a", Taken: -1})), `file "/a": it has -2 bytes`},
		"a huge file":             {archive(t, recorded(t, nil, file{Path: "/a", Taken: observe.MaxFile + 2})), `file "/a": it has 4194305 bytes; at most 4194304 are read`},
		"an entry that climbs":    {archive(t, recorded(t, nil, a), entry{name: "root/etc/a", text: "x"}, entry{name: "root/../x", text: "x"}), `entry "root/../x": the record does not tell of it`},
		"an absolute entry":       {archive(t, recorded(t, nil, a), entry{name: "/etc/a", text: "x"}), `entry "/etc/a": the record does not tell of it`},
		"a link":                  {archive(t, recorded(t, nil, a), entry{"root/etc/a", "/etc/passwd", tar.TypeSymlink}), `entry "root/etc/a": it is not a regular file`},
		"a hard link":             {archive(t, recorded(t, nil, a), entry{"root/etc/a", "snapshot.json", tar.TypeLink}), `entry "root/etc/a": it is not a regular file`},
		"a device":                {archive(t, recorded(t, nil, a), entry{"root/etc/a", "", tar.TypeChar}), `entry "root/etc/a": it is not a regular file`},
		"a pipe":                  {archive(t, recorded(t, nil, a), entry{"root/etc/a", "", tar.TypeFifo}), `entry "root/etc/a": it is not a regular file`},
		"a directory":             {archive(t, recorded(t, nil, dir), entry{"root/etc", "", tar.TypeDir}), `entry "root/etc": it is not a regular file`},
		"an entry twice":          {archive(t, recorded(t, nil, a), entry{name: "root/etc/a", text: "x"}, entry{name: "root/etc/a", text: "x"}), `entry "root/etc/a": it stands there a second time`},
		"another size":            {archive(t, recorded(t, nil, a), entry{name: "root/etc/a", text: "xy"}), `entry "root/etc/a": it has 2 bytes, and 1 by the record`},
		"nobody's entry":          {archive(t, recorded(t, nil, file{Path: "/etc/a"}), entry{name: "root/etc/a", text: "x"}), `entry "root/etc/a": the record does not tell of it`},
		"an entry is missing":     {archive(t, recorded(t, nil, a)), `entry "root/etc/a" is missing`},
		"a bomb":                  {archive(t, append([]entry{recorded(t, nil, bombs...)}, bomb...)...), "the snapshot holds more than 64 MiB"},
		"a bomb at the end":       {zip(t, string(unzip(t, archive(t, recorded(t, nil))))+strings.Repeat("\x00", maxTotal)), "the snapshot holds more than 64 MiB"},
		"more at the end":         {zip(t, string(unzip(t, archive(t, recorded(t, nil))))+strings.Repeat("\x00", 2<<20)), "something follows the last entry of the snapshot"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(bytes.NewReader(row.data))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v\nwant an error with %s", err, row.want)
			}
		})
	}
}

// TestOpenSeesWhatIsCutOff: however much of a snapshot is lost, it is not read as if it were whole.
func TestOpenSeesWhatIsCutOff(t *testing.T) {
	data := archive(t, recorded(t, nil, file{Path: "/etc/a", Taken: 4}), entry{name: "root/etc/a", text: "abc"})
	if _, err := Open(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	for n := range len(data) {
		if _, err := Open(bytes.NewReader(data[:n])); err == nil {
			t.Errorf("%d of %d bytes were enough", n, len(data))
		}
	}
	for i := 10; i < len(data); i++ {
		broken := bytes.Clone(data)
		broken[i] ^= 0x41
		if s, err := Open(bytes.NewReader(broken)); err == nil {
			t.Errorf("a changed byte %d of %d was not seen: %+v", i, len(data), s)
		}
	}
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.Bytes()
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzOpen: whatever a file holds, reading it ends, without a panic, and what comes out can be walked through.
func FuzzOpen(f *testing.F) {
	f.Add(archive(f, recorded(f, nil, file{Path: "/etc/a", Taken: 2}), entry{name: "root/etc/a", text: "x"}))
	f.Add(archive(f, recorded(f, nil, file{Path: "/", Mode: fs.ModeDir, Listed: true}, file{Path: "/a", Mode: fs.ModeSymlink, Target: "../a/b"})))
	data, _ := taken(f, seed(f, map[string]string{"etc/kubernetes/manifests/a.yaml": "a: 1\n", "etc/passwd": "root:x:0:0:::\n"}), nil)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, text := range [][]byte{data, zip(t, string(data))} {
			s, err := Open(bytes.NewReader(text))
			if err != nil {
				continue
			}
			for name := range s.files {
				s.Stat(name)
				s.Lstat(name)
				if content, err := s.ReadFile(name); err == nil && len(content) > observe.MaxFile {
					t.Errorf("%q has %d bytes", name, len(content))
				}
				s.ReadDir(name)
			}
			s.Glob("/*/*")
		}
	})
}
