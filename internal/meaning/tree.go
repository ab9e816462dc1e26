package meaning

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Bounds of a tree: far above any document in use.
const (
	maxNodes = 50_000
	maxDepth = 100
	maxText  = 1 << 20 // of all texts
)

// cleaner copies a tree.
type cleaner struct{ nodes, text int }

// clean returns a copy without what JSON takes for absent: null under a key, and later ones of a key that stands twice.
// It is false where the tree is too large, or refers to itself.
func clean(v *settings.Value) (*settings.Value, bool) {
	if v == nil {
		return nil, true
	}
	return (&cleaner{}).copy(v, 0)
}

func (c *cleaner) copy(v *settings.Value, depth int) (*settings.Value, bool) {
	if v == nil {
		return &settings.Value{}, true
	}
	c.nodes++
	c.text += len(v.Text)
	if c.nodes > maxNodes || depth > maxDepth || c.text > maxText {
		return nil, false
	}
	out := &settings.Value{Kind: v.Kind, Origin: v.Origin}
	switch v.Kind {
	case settings.List:
		for _, item := range v.Items {
			child, ok := c.copy(item, depth+1)
			if !ok {
				return nil, false
			}
			out.Items = append(out.Items, child)
		}
	case settings.Map:
		seen := make(map[string]bool, len(v.Entries))
		for _, e := range v.Entries {
			c.nodes++
			c.text += len(e.Key)
			if c.nodes > maxNodes || c.text > maxText {
				return nil, false
			}
			if seen[e.Key] || e.Value == nil || e.Value.Kind == settings.Null {
				continue
			}
			seen[e.Key] = true
			child, ok := c.copy(e.Value, depth+1)
			if !ok {
				return nil, false
			}
			out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: child})
		}
	case settings.Bool, settings.Int, settings.Float, settings.String:
		out.Text = v.Text
	default:
		out.Kind = settings.Null
	}
	return out, true
}

// canonical returns a text that two trees share exactly when they are the same, maps in any order.
func canonical(v *settings.Value) string {
	var b strings.Builder
	writeCanonical(&b, v)
	return b.String()
}

func writeCanonical(b *strings.Builder, v *settings.Value) {
	switch {
	case v == nil || v.Kind == settings.Null:
		b.WriteString("null")
	case v.Kind == settings.List:
		b.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeCanonical(b, item)
		}
		b.WriteByte(']')
	case v.Kind == settings.Map:
		b.WriteByte('{')
		for i, e := range v.Sorted() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Quote(e.Key) + ":")
			writeCanonical(b, e.Value)
		}
		b.WriteByte('}')
	case v.Kind == settings.String:
		b.WriteString(strconv.Quote(v.Text))
	default:
		b.WriteString(v.Text)
	}
}

// text returns a scalar's text, "" of anything else.
func text(v *settings.Value) string {
	if !v.IsScalar() {
		return ""
	}
	return v.Text
}

// texts returns the texts of a list's scalars.
func texts(v *settings.Value) []string {
	var out []string
	for _, item := range items(v) {
		out = append(out, text(item))
	}
	return out
}

// items returns the elements of a list, or nothing of anything else.
func items(v *settings.Value) []*settings.Value {
	if v == nil || v.Kind != settings.List {
		return nil
	}
	return v.Items
}

// entries returns a map's entries by key, or nothing of anything else.
func entries(v *settings.Value) []settings.Entry {
	if v == nil || v.Kind != settings.Map {
		return nil
	}
	return v.Sorted()
}

// index returns a map's values by key.
func index(v *settings.Value) map[string]*settings.Value {
	out := make(map[string]*settings.Value)
	for _, e := range entries(v) {
		out[e.Key] = e.Value
	}
	return out
}

// isTrue reports whether a value is true; one that is not there is false, as Go reads it.
func isTrue(v *settings.Value) bool { return text(v) == "true" }

// origin returns where the first of some values stands that is there.
func origin(values ...*settings.Value) settings.Origin {
	for _, v := range values {
		if v != nil {
			return v.Origin
		}
	}
	return settings.Origin{}
}

// or returns a value's text, or what stands for none.
func or(v *settings.Value, standin string) string { return cmp.Or(text(v), standin) }

// beyond returns what a list has that another has not, once and in order.
func beyond(list, other []string) []string {
	seen := make(map[string]bool, len(other))
	for _, s := range other {
		seen[s] = true
	}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// unique returns a list's elements once, sorted.
func unique(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// byName returns a list's maps by the text of one of their fields, the first of each, and the names in order.
func byName(list []*settings.Value, path ...string) (map[string]*settings.Value, []string) {
	out := make(map[string]*settings.Value)
	var names []string
	for _, item := range list {
		name := text(item.Lookup(path...))
		if _, ok := out[name]; !ok {
			out[name] = item
			names = append(names, name)
		}
	}
	return out, names
}

// either returns the names of both lists, once, the first's first.
func either(a, b []string) []string { return append(slices.Clone(a), beyond(b, a)...) }
