package profiles

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// flagName is the spelling every flag of the components has.
var flagName = regexp.MustCompile(`^[a-z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`)

func (c *checker) flags(v *settings.Value, path string) *settings.Value {
	if v.Kind != settings.Map {
		c.wrong(v, path, "a map of flags", diag.Problem{Hint: "write {name: value}, the names without dashes before them"})
		return nil
	}
	if isEdit(v) {
		c.fault(v, path, diag.Problem{
			Message: "add and remove change an inherited list, and flags are a map",
			Hint:    "write a flag to set it, and null behind an inherited one to drop it",
		})
		return nil
	}
	out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
	for _, e := range v.Entries {
		at := child(path, e.Key)
		if !flagName.MatchString(e.Key) {
			p := diag.Problem{Position: position(e.Origin), Path: path, Message: fmt.Sprintf("%q is not a flag's name", e.Key)}
			if name, _, _ := strings.Cut(strings.TrimLeft(e.Key, "-"), "="); flagName.MatchString(name) {
				p.Hint = fmt.Sprintf("write %s: and the value", name)
			}
			c.faults.Add(p)
			continue
		}
		value := c.free(e.Value, at)
		if value != nil && !isEdit(value) {
			value = c.flat(value, at)
		}
		if value != nil {
			out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: value})
		}
	}
	return out
}

// flat refuses what cannot be written on a command line.
func (c *checker) flat(v *settings.Value, path string) *settings.Value {
	for i, item := range v.Items {
		if !item.IsScalar() {
			c.wrong(item, index(path, i), "a scalar", diag.Problem{Allowed: "a flag is a scalar, a list of scalars, or a map of scalars"})
			return nil
		}
	}
	for _, e := range v.Entries {
		if !e.Value.IsScalar() && !isEdit(e.Value) {
			c.wrong(e.Value, child(path, e.Key), "a scalar", diag.Problem{Allowed: "a flag is a scalar, a list of scalars, or a map of scalars"})
			return nil
		}
	}
	return v
}

// config refuses all but a map: merged, anything else would take away every field that is
// inherited, and leave nothing that the catalog could judge.
func (c *checker) config(v *settings.Value, path string) *settings.Value {
	switch {
	case v.Kind != settings.Map:
		c.wrong(v, path, "a map of fields", diag.Problem{Hint: "write {name: value}; to drop what is inherited write null"})
		return nil
	case isEdit(v):
		c.fault(v, path, diag.Problem{
			Message: "add and remove change an inherited list, and config is a map",
			Hint:    "write a field to set it, and null behind an inherited one to drop it",
		})
		return nil
	}
	return c.free(v, path)
}

// free checks a tree whose fields the catalog judges later.
func (c *checker) free(v *settings.Value, path string) *settings.Value {
	switch v.Kind {
	case broken:
		c.tainted.add(path)
		return nil
	case settings.Null:
		return c.check(v, &shape{form: freeForm}, path)
	case settings.List:
		out := &settings.Value{Kind: settings.List, Origin: v.Origin, Items: make([]*settings.Value, 0, len(v.Items))}
		for i, item := range v.Items {
			at := index(path, i)
			if item.Kind == settings.Null {
				c.fault(item, at, diag.Problem{Message: "an item has no value", Hint: "remove the item; null cannot stand in a list"})
			} else if value := c.free(item, at); value != nil {
				out.Items = append(out.Items, value)
			}
		}
		return out
	case settings.Map:
		out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
		for _, e := range v.Entries {
			if value := c.free(e.Value, child(path, e.Key)); value != nil {
				out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: value})
			}
		}
		if isEdit(out) {
			c.edits = true
			c.contradiction(out, path)
		}
		return out
	}
	return v
}
