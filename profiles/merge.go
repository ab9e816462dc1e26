package profiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// merger lays one file's tree over what it inherits:
//
//   - maps merge key by key, at any depth;
//   - scalars and lists replace;
//   - a list whose elements have an identity merges element by element, new ones at the end; an
//     empty one would change nothing and is a fault;
//   - {add: [...], remove: [...]} in the place of a list changes the inherited one;
//   - null drops what is inherited.
//
// A null or a removal that finds nothing is a fault: whoever wrote it believed something else of
// what is inherited. It is judged against the file's own ancestors; report is nil elsewhere.
type merger struct {
	report  *diag.List
	tainted *taint
}

func (m *merger) fault(o settings.Origin, path string, p diag.Problem) {
	if m.report == nil || m.tainted.has(path) {
		return
	}
	p.Position, p.Path = position(o), path
	m.report.Add(p)
}

// merge returns base with own over it. Either may be shared with other trees: neither changes.
func (m *merger) merge(base, own *settings.Value, s *shape, path string) *settings.Value {
	switch {
	case s.form == listForm && own.Kind == settings.Map, s.form == freeForm && isEdit(own):
		return m.edit(base, own, s, path)
	case own.Kind == settings.Map:
		if base == nil || base.Kind != settings.Map {
			base = &settings.Value{Kind: settings.Map}
		}
		return m.maps(base, own, s, path)
	case own.Kind == settings.List && s.identity != nil:
		return m.elements(base, own, s, path)
	case own.Kind == settings.List:
		out := &settings.Value{Kind: settings.List, Origin: own.Origin, Items: make([]*settings.Value, 0, len(own.Items))}
		below := s.elem
		if below == nil {
			below = &shape{form: freeForm}
		}
		for i, item := range own.Items {
			if v := m.merge(nil, item, below, index(path, i)); v != nil {
				out.Items = append(out.Items, v)
			}
		}
		return out
	}
	return own
}

func (m *merger) maps(base, own *settings.Value, s *shape, path string) *settings.Value {
	out := &settings.Value{Kind: settings.Map, Origin: own.Origin}
	out.Entries = append(make([]settings.Entry, 0, len(base.Entries)+len(own.Entries)), base.Entries...)
	for _, e := range own.Entries {
		below := &shape{form: freeForm}
		if f := s.field(e.Key); f != nil {
			below = f.shape
		}
		at := child(path, e.Key)
		i := -1
		if len(base.Entries) > 0 { // own keys are there once: only inherited ones can be met
			i = slices.IndexFunc(out.Entries, func(b settings.Entry) bool { return b.Key == e.Key })
		}
		switch {
		case e.Value.Kind == settings.Null && i < 0:
			m.fault(e.Origin, at, diag.Problem{
				Message: "null drops what is inherited, and nothing is inherited here",
				Hint:    "remove the line",
			})
		case e.Value.Kind == settings.Null:
			out.Entries = slices.Delete(out.Entries, i, i+1)
		case i < 0:
			if v := m.merge(nil, e.Value, below, at); v != nil {
				out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: v})
			}
		default:
			if v := m.merge(out.Entries[i].Value, e.Value, below, at); v != nil {
				out.Entries[i] = settings.Entry{Key: e.Key, Origin: e.Origin, Value: v}
			}
		}
	}
	return out
}

// elements merges lists by the identity of their elements.
func (m *merger) elements(base, own *settings.Value, s *shape, path string) *settings.Value {
	out := &settings.Value{Kind: settings.List, Origin: own.Origin}
	if base != nil {
		out.Items = append(out.Items, base.Items...)
	}
	if len(own.Items) == 0 && len(out.Items) > 0 { // other lists would be replaced: whoever wrote it means that
		m.fault(own.Origin, path, diag.Problem{
			Message: "the list is empty, but its items merge with the inherited ones: it changes nothing",
			Hint:    "write null to drop what is inherited, {remove: [...]} to drop some of it, or remove the line",
		})
	}
	for i, item := range own.Items {
		at := element(path, s, item, i)
		if j := find(out.Items, s, item.Lookup(s.identity...).Text); j >= 0 {
			out.Items[j] = m.merge(out.Items[j], item, s.elem, at)
		} else {
			out.Items = append(out.Items, m.merge(nil, item, s.elem, at))
		}
	}
	return out
}

// find returns the place of the element with an identity, or -1.
func find(items []*settings.Value, s *shape, id string) int {
	return slices.IndexFunc(items, func(v *settings.Value) bool {
		got := v.Lookup(s.identity...)
		return got != nil && got.Text == id
	})
}

// edit adds to and removes from an inherited list.
func (m *merger) edit(base, own *settings.Value, s *shape, path string) *settings.Value {
	if base == nil || base.Kind != settings.List {
		m.fault(own.Origin, path, diag.Problem{
			Message: "add and remove change an inherited list, and none is inherited here",
			Hint:    "write the whole list, [...]",
		})
		return base
	}
	out := &settings.Value{Kind: settings.List, Origin: own.Origin, Items: slices.Clone(base.Items)}
	if remove := own.Get("remove"); remove != nil {
		for i, item := range remove.Items {
			m.remove(out, item, s, index(child(path, "remove"), i))
		}
	}
	add := own.Get("add")
	if add == nil {
		return out
	}
	if s.identity != nil {
		return m.elements(out, add, s, child(path, "add"))
	}
	for i, item := range add.Items {
		j := slices.IndexFunc(out.Items, func(v *settings.Value) bool { return settings.Equal(v, item) })
		if j < 0 {
			out.Items = append(out.Items, item)
			continue
		}
		m.fault(item.Origin, index(child(path, "add"), i), diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("%s is in the inherited list already, from %s", describe(item), out.Items[j].Origin),
			Hint:     "remove it here",
		})
	}
	return out
}

func (m *merger) remove(list, item *settings.Value, s *shape, path string) {
	var j int
	if s.identity != nil {
		j = find(list.Items, s, item.Text)
	} else {
		j = slices.IndexFunc(list.Items, func(v *settings.Value) bool { return settings.Equal(v, item) })
	}
	if j >= 0 {
		list.Items = slices.Delete(list.Items, j, j+1)
		return
	}
	var have []string
	for _, v := range list.Items {
		if s.identity != nil {
			v = v.Lookup(s.identity...)
		}
		if v.IsScalar() {
			have = append(have, v.Text)
		}
	}
	p := diag.Problem{Message: fmt.Sprintf("%s is not in the inherited list", describe(item)), Allowed: strings.Join(have, ", ")}
	p.Hint = meant(item.Text, have)
	m.fault(item.Origin, path, p)
}
