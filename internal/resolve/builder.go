package resolve

import (
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// builder gathers settings and problems while the sections are expanded.
type builder struct {
	loaded   *profiles.Loaded
	profile  *profiles.Profile
	minor    *catalog.Minor
	in       Inputs
	version  string
	set      settings.Set
	kubeadm  settings.Set
	volumes  map[string][]volume // by component
	problems diag.List
}

func newBuilder(l *profiles.Loaded, m *catalog.Minor, in Inputs) *builder {
	return &builder{loaded: l, profile: l.Profile, minor: m, in: in, volumes: map[string][]volume{}}
}

// place is somewhere in the profile: the path a message shows and an origin looks up.
type place []string

func at(path ...string) place { return path }

func (p place) in(path ...string) place { return append(p[:len(p):len(p)], path...) }

func (p place) String() string {
	var b strings.Builder
	for i, part := range p {
		switch {
		case isIndex(part):
			b.WriteString("[" + part + "]")
		case i > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

func isIndex(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (b *builder) origin(p place) settings.Origin { return b.loaded.Origin(p...) }

func position(o settings.Origin) diag.Position {
	return diag.Position{File: o.File, Line: o.Line, Column: o.Column}
}

// fault and warn report at a place of the profile.
func (b *builder) fault(p place, hint, format string, args ...any) {
	b.report(diag.Error, b.origin(p), b.loaded.Spell(p...), hint, format, args...)
}

func (b *builder) warn(p place, hint, format string, args ...any) {
	b.report(diag.Warning, b.origin(p), b.loaded.Spell(p...), hint, format, args...)
}

func (b *builder) report(s diag.Severity, o settings.Origin, path, hint, format string, args ...any) {
	b.problems.Add(diag.Problem{
		Severity: s, Position: position(o), Path: path,
		Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// put sets a setting with the origin of a place in the profile.
func (b *builder) put(k settings.Key, shape settings.Shape, v any, p place) {
	b.set.Put(settings.Setting{Key: k, Shape: shape, Value: settings.Of(v).At(b.origin(p))})
}

// derive sets a setting that hardstrap concludes from a place in the profile.
func (b *builder) derive(k settings.Key, shape settings.Shape, v any, p place) {
	o := b.origin(p)
	o.Source, o.Note = settings.FromDerived, p.String()
	b.set.Put(settings.Setting{Key: k, Shape: shape, Value: settings.Of(v).At(o)})
}

// flag sets a flag unless the component's own flags section already did: what a person says of
// one component outranks what a section says of all.
func (b *builder) flag(component, name string, v any, p place) {
	k := settings.Flag(component, name)
	if _, ok := b.set.Get(k); ok {
		return
	}
	flag, ok := b.minor.Flag(component, name)
	if !ok {
		b.unknownFlag(component, name, b.origin(p), p)
		return
	}
	b.derive(k, flagShape(flag), v, p)
}

// since tells in words which minors of the catalog have something.
func since(component, what, name string) string {
	first, last, known := catalog.Since(component, what, name)
	minors := catalog.Minors()
	switch {
	case !known:
		return ""
	case first == minors[0] && last == minors[len(minors)-1]:
		return ""
	case first == minors[0]:
		return "it exists until " + last
	case last == minors[len(minors)-1]:
		return "it exists since " + first
	}
	return "it exists from " + first + " to " + last
}

func join(parts ...string) string {
	var out []string
	for _, part := range parts {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, "; ")
}
