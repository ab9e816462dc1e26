package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Header of every record.
const (
	RecordAPIVersion = "hardstrap.dev/v1alpha1"
	RecordKind       = "Record"
)

// Record is what hardstrap.json says of a bundle. It holds no time and nothing of the machine
// that made it: same profile, same keys and same hardstrap make the same bytes.
type Record struct {
	APIVersion        string            `json:"apiVersion"`
	Kind              string            `json:"kind"`
	Hardstrap         string            `json:"hardstrap"` // version of hardstrap
	Profile           ProfileRef        `json:"profile"`
	KubernetesVersion string            `json:"kubernetesVersion"` // 1.37.0
	Catalog           map[string]string `json:"catalog,omitempty"` // what the facts were taken from: kubernetes: v1.37.0, etcd: ...
	Benchmarks        []string          `json:"benchmarks,omitempty"`
	Controls          []string          `json:"controls,omitempty"` // every control that some file carries; filled when empty
	Files             []FileRecord      `json:"files"`              // by path; filled by Encode
}

// ProfileRef names the profile a bundle was made from.
type ProfileRef struct {
	Name   string `json:"name"`
	Digest string `json:"sha256"` // of the merged profile
}

// FileRecord is what the record says of one file.
type FileRecord struct {
	Path   string `json:"path"`
	Mode   string `json:"mode"` // four octal digits, as chmod takes them
	Owner  string `json:"owner"`
	Digest string `json:"sha256,omitempty"` // of the file; absent when it is secret
	Secret bool   `json:"secret,omitempty"`

	// PublicDigest is, for a secret file, of its text after every secret value was replaced by
	// settings.Redacted: it depends on nothing secret, and still shows a change by hand.
	PublicDigest string `json:"sha256WithoutSecrets,omitempty"`

	Settings []string `json:"settings,omitempty"` // component:path, sorted
	Controls []string `json:"controls,omitempty"` // sorted
}

// Encode returns the bytes of hardstrap.json for the bundle: the record with its list of files
// completed, indented, keys in a fixed order.
func (b *Bundle) Encode() ([]byte, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	r := b.Record
	r.APIVersion, r.Kind = RecordAPIVersion, RecordKind
	r.Files = make([]FileRecord, 0, len(b.Files))
	var controls []string
	for _, f := range b.all() {
		r.Files = append(r.Files, recordOf(f))
		controls = append(controls, f.Controls...)
	}
	if len(r.Controls) == 0 {
		r.Controls = distinct(controls)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("bundle: encoding the record: %w", err)
	}
	return out.Bytes(), nil
}

// withRecord returns everything that is to stand in the directory: every file by path, and the
// record last.
func (b *Bundle) withRecord() ([]File, error) {
	record, err := b.Encode()
	if err != nil {
		return nil, err
	}
	return append(b.all(), File{Path: RecordFile, Data: record}), nil
}

func recordOf(f File) FileRecord {
	r := FileRecord{
		Path: f.Path, Mode: formatMode(f.mode()), Owner: f.Owner, Secret: f.Secret,
		Controls: distinct(f.Controls),
	}
	if r.Owner == "" {
		r.Owner = "root:root"
	}
	if f.Secret {
		r.PublicDigest = digest(conceal(f.Data, f.Secrets))
	} else {
		r.Digest = digest(f.Data)
	}
	keys := make([]string, 0, len(f.Settings))
	for _, k := range f.Settings {
		keys = append(keys, k.String())
	}
	r.Settings = distinct(keys)
	return r
}

// ParseRecord reads hardstrap.json. It refuses another apiVersion or kind, and any path that
// could lead out of the bundle.
func ParseRecord(data []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", RecordFile, err)
	}
	if r.APIVersion != RecordAPIVersion || r.Kind != RecordKind {
		return nil, fmt.Errorf("%s: apiVersion %q, kind %q; allowed: %s, %s",
			RecordFile, r.APIVersion, r.Kind, RecordAPIVersion, RecordKind)
	}
	for i, f := range r.Files {
		if !fs.ValidPath(f.Path) || f.Path == "." {
			return nil, fmt.Errorf("%s: files[%d].path: invalid path %q", RecordFile, i, f.Path)
		}
		if _, err := parseMode(f.Mode); err != nil {
			return nil, fmt.Errorf("%s: files[%d].mode: %w", RecordFile, i, err)
		}
	}
	return &r, nil
}

func formatMode(m fs.FileMode) string { return fmt.Sprintf("%04o", m.Perm()) }

func parseMode(s string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("invalid mode %q; allowed: 0000 to 0777, octal", s)
	}
	return fs.FileMode(n), nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// conceal replaces every secret in data by settings.Redacted, longest first, so that one that
// contains another is taken out whole.
func conceal(data []byte, secrets Secrets) []byte {
	ordered := slices.Clone(secrets)
	slices.SortFunc(ordered, func(a, b string) int { return len(b) - len(a) })
	for _, s := range ordered {
		if s != "" {
			data = bytes.ReplaceAll(data, []byte(s), []byte(settings.Redacted))
		}
	}
	return data
}

// distinct returns the texts sorted and each once; nil when there are none.
func distinct(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	out := slices.Clone(texts)
	slices.SortFunc(out, strings.Compare)
	return slices.Compact(out)
}
