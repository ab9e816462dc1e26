package profiles

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Loaded is a profile with all it inherits, and where everything in it came from.
type Loaded struct {
	Profile  *Profile
	Tree     *settings.Value // the merged profile; every node has its origin
	Sources  diag.Sources    // every file that was read, by the name it is shown by; passwords in URLs are masked
	Warnings diag.List
	Name     string // metadata.name, else the built-in's or the file's base name
	File     string // as the user gave it; "" for a built-in
	Dir      string // the directory of the file; "" for a built-in
	Digest   string // SHA-256 of the merged tree in hex; places in files and order of keys do not count
}

// Load reads a profile by the name of a built-in one or by a path, with everything it extends,
// and judges all that can be judged without knowing a Kubernetes version.
//
// A name is a path when it has a slash or ends in .yaml or .yml, or when no built-in is called
// so and such a file exists. The error is a diag.List with every fault of every file that could
// be read; Loaded is never nil, and holds at least the sources, so that the faults can be shown.
func Load(nameOrPath string) (*Loaded, error) { return load(disk{}, nameOrPath) }

func load(fsys fs.FS, nameOrPath string) (*Loaded, error) {
	l := newLoader(fsys)
	out := &Loaded{
		Profile: &Profile{},
		Tree:    &settings.Value{Kind: settings.Map},
		Sources: l.sources,
	}
	r, p := l.refer(nameOrPath, "", false)
	if p != nil {
		return out, diag.List{*p}
	}
	out.Name = r.builtin
	if r.builtin == "" {
		out.File, out.Dir, out.Name = r.name, filepath.Dir(r.name), stem(r.name)
	}
	if top := l.load(r, diag.Problem{Position: diag.Position{}}, nil); top != nil {
		out.Tree = l.merged(top)
		decode(out.Tree, out.Profile)
		if out.Profile.Metadata.Name != "" {
			out.Name = out.Profile.Metadata.Name
		}
		out.Digest = digest(out.Tree)
		l.problems = append(l.problems, validate(out, l.shape, l.tainted)...)
	}
	l.problems.Sort()
	out.Warnings = l.problems.Warnings()
	if errs := l.problems.Errors(); len(errs) > 0 {
		return out, errs
	}
	return out, nil
}

// stem returns a file's base name without its ending.
func stem(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml")
}

// Origin tells where the value at a path stands, e.g. Origin("apiServer", "audit", "log",
// "maxAge") or Origin("waivers", "0", "reason"). Where nothing stands at the path, it is the
// place of the nearest parent: of its key, where it has one.
func (l *Loaded) Origin(path ...string) settings.Origin {
	at, v := l.Tree.Origin, l.Tree
	for _, step := range path {
		key, value := below(v, step)
		if value == nil {
			return at
		}
		at, v = key, value
	}
	return v.Origin
}

// below returns a child of a node, and the origin of its key, or its own in a list.
func below(v *settings.Value, step string) (settings.Origin, *settings.Value) {
	if v.Kind == settings.List {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v.Items) {
			return v.Items[i].Origin, v.Items[i]
		}
		return settings.Origin{}, nil
	}
	for _, e := range v.Entries {
		if e.Key == step {
			return e.Origin, e.Value
		}
	}
	return settings.Origin{}, nil
}

// Spell returns a path as messages show it, as namespaces[shop].podSecurity for Spell("namespaces",
// "2", "podSecurity"): by identity, because the number of an element of a merged list stands in no
// file.
func (l *Loaded) Spell(path ...string) string {
	return shapeOf(reflect.TypeFor[Profile]()).spell(l.Tree, path)
}

// Path returns the file that the value at a path names, relative to the profile file that names
// it. It is "" where nothing stands there.
func (l *Loaded) Path(path ...string) string {
	v := l.Tree
	for _, step := range path {
		if _, v = below(v, step); v == nil {
			return ""
		}
	}
	name := filepath.FromSlash(v.Text)
	if name == "" || filepath.IsAbs(name) || v.Origin.Source != settings.FromProfile {
		return name
	}
	return filepath.Join(filepath.Dir(v.Origin.File), name)
}

// digest names what a merged profile says: kinds, texts, lists in order, maps by key. What it
// extends does not count, only what came of it.
func digest(tree *settings.Value) string {
	h := sha256.New()
	var write func(v *settings.Value)
	text := func(s string) {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	write = func(v *settings.Value) {
		h.Write([]byte{byte('a' + v.Kind)})
		switch v.Kind {
		case settings.List:
			text(strconv.Itoa(len(v.Items)))
			for _, item := range v.Items {
				write(item)
			}
		case settings.Map:
			text(strconv.Itoa(len(v.Entries)))
			for _, e := range v.Sorted() {
				text(e.Key)
				write(e.Value)
			}
		default:
			text(v.Text)
		}
	}
	top := &settings.Value{Kind: settings.Map}
	for _, e := range tree.Entries {
		if e.Key != "extends" {
			top.Entries = append(top.Entries, e)
		}
	}
	write(top)
	return hex.EncodeToString(h.Sum(nil))
}
