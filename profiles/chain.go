package profiles

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// maxChain bounds how many profiles may stand above each other.
const maxChain = 16

// layer is one profile file as written, without what it inherits.
type layer struct {
	ref   ref
	tree  *settings.Value
	edits bool
	under []*layer // everything it inherits, in the order it is laid down
}

// ref is a profile that is to be read.
type ref struct {
	name    string // as shown: the path as the user gave it, or built-in:<name>
	key     string // the same for the same file
	builtin string // the built-in's name
}

// loader reads a profile and all that it extends.
type loader struct {
	fsys     fs.FS
	shape    *shape
	sources  diag.Sources
	problems diag.List
	tainted  *taint
	layers   map[string]*layer
}

func newLoader(fsys fs.FS) *loader {
	return &loader{
		fsys:    fsys,
		shape:   shapeOf(reflect.TypeFor[Profile]()),
		sources: diag.Sources{},
		tainted: &taint{paths: map[string]bool{}},
		layers:  map[string]*layer{},
	}
}

// refer decides what a name means, in a profile that stands in dir ("" for the command line and
// for built-ins). A built-in's name wins over a file that is called the same, without an ending.
func (l *loader) refer(name, dir string, onlyBuiltin bool) (ref, *diag.Problem) {
	isPath := strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
	if !isPath {
		if _, ok := BuiltinSource(name); ok {
			return ref{name: builtinPrefix + name, key: builtinPrefix + name, builtin: name}, nil
		}
	}
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) && dir != "" {
		path = filepath.Join(dir, path)
	}
	if !isPath || onlyBuiltin {
		if _, err := fs.Stat(l.fsys, path); err != nil || onlyBuiltin || name == "" {
			p := &diag.Problem{
				Message: fmt.Sprintf("there is no built-in profile %q", name),
				Allowed: strings.Join(Builtins(), ", ") + ", or the path of a file",
			}
			p.Hint = meant(name, Builtins())
			return ref{}, p
		}
	}
	key := path
	if abs, err := filepath.Abs(path); err == nil {
		key = abs
	}
	return ref{name: path, key: key}, nil
}

// load reads a profile and what it extends. Where names the place that asked for it; stack is
// the chain down to it. It returns nil when there is nothing to go on with.
func (l *loader) load(r ref, where diag.Problem, stack []ref) *layer {
	if i := slices.IndexFunc(stack, func(s ref) bool { return s.key == r.key }); i >= 0 {
		var chain []string
		for _, s := range append(stack[i:len(stack):len(stack)], r) {
			chain = append(chain, s.name)
		}
		where.Message = "the profile extends itself: " + strings.Join(chain, " -> ")
		where.Hint = "take one of them out of extends"
		l.problems.Add(where)
		return nil
	}
	if len(stack) >= maxChain {
		where.Message = fmt.Sprintf("%q stands on top of more than %d profiles", stack[0].name, maxChain-1)
		where.Hint = "extend fewer profiles above each other"
		l.problems.Add(where)
		return nil
	}
	if known, ok := l.layers[r.key]; ok {
		return known
	}
	l.layers[r.key] = nil // whatever happens, it is read and reported once
	text, ok := l.text(r, where)
	if !ok {
		return nil
	}
	tree := l.tree(r, text)
	if tree == nil {
		return nil
	}
	c := &checker{tainted: l.tainted}
	out := &layer{ref: r}
	if !c.head(tree) {
		l.problems = append(l.problems, c.faults...)
		return nil
	}
	out.tree = c.check(tree, l.shape, "")
	l.problems = append(l.problems, c.faults...)
	out.edits = c.edits
	l.parents(out, append(stack[:len(stack):len(stack)], r))
	l.layers[r.key] = out
	return out
}

// text reads a profile and puts it among the sources.
func (l *loader) text(r ref, where diag.Problem) ([]byte, bool) {
	var text []byte
	if r.builtin != "" {
		text, _ = BuiltinSource(r.builtin)
	} else {
		var p *diag.Problem
		if text, p = readFile(l.fsys, r.name); p != nil {
			p.Position, p.Path = where.Position, where.Path
			l.problems.Add(*p)
			return nil, false
		}
	}
	text, faults := checkText(r.name, text)
	if text != nil {
		l.sources[r.name] = mask(text)
	}
	l.problems = append(l.problems, faults...)
	return text, len(faults) == 0
}

func (l *loader) tree(r ref, text []byte) *settings.Value {
	origin := settings.Origin{Source: settings.FromProfile, File: r.name}
	if r.builtin != "" {
		origin.Source = settings.FromBuiltin
	}
	tree, faults := parse(origin, text)
	l.problems = append(l.problems, faults...)
	return tree
}

// parents loads what a layer extends, and lines up all it stands on: each profile once, before
// the first that names it, so that what two share cannot undo what one of them changed.
func (l *loader) parents(out *layer, stack []ref) {
	extends := out.tree.Get("extends")
	if extends == nil || extends.Kind != settings.List {
		if extends != nil {
			l.problems.Add(diag.Problem{
				Position: position(extends.Origin), Path: "extends",
				Message: "extends is a list of its own in every profile",
				Allowed: "[...]",
			})
		}
		return
	}
	dir := filepath.Dir(out.ref.name)
	if out.ref.builtin != "" {
		dir = ""
	}
	for i, item := range extends.Items {
		where := diag.Problem{Position: position(item.Origin), Path: index("extends", i)}
		r, p := l.refer(item.Text, dir, out.ref.builtin != "")
		if p != nil {
			p.Position, p.Path = where.Position, where.Path
			l.problems.Add(*p)
			l.tainted.add("") // what is missing may stand in it
			continue
		}
		parent := l.load(r, where, stack)
		if parent == nil {
			l.tainted.add("")
			continue
		}
		if slices.Contains(out.under, parent) {
			where.Severity = diag.Warning
			where.Message = fmt.Sprintf("%q is inherited already, through what stands before it", item.Text)
			where.Hint = "remove it here: it changes nothing"
			l.problems.Add(where)
			continue
		}
		for _, u := range append(parent.under[:len(parent.under):len(parent.under)], parent) {
			if !slices.Contains(out.under, u) {
				out.under = append(out.under, u)
			}
		}
	}
}

// merged lays a layer over all that it inherits. Nulls and removals that find nothing are
// reported for every layer, against what that layer itself inherits.
func (l *loader) merged(top *layer) *settings.Value {
	for _, u := range top.under {
		if u.edits {
			l.lay(u, &l.problems)
		}
	}
	return l.lay(top, &l.problems)
}

func (l *loader) lay(top *layer, report *diag.List) *settings.Value {
	silent := &merger{tainted: l.tainted}
	out := &settings.Value{Kind: settings.Map}
	for _, u := range top.under {
		out = silent.merge(out, u.tree, l.shape, "")
	}
	for _, own := range []string{"metadata", "extends", "apiVersion", "kind"} {
		out.Delete(own) // these a profile says of itself
	}
	loud := &merger{tainted: l.tainted, report: report}
	return loud.merge(out, top.tree, l.shape, "")
}
