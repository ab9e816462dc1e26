package profiles

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// checker holds a file's tree against the schema. It reports every fault and returns a tree
// without them, so that merging and validation can go on and report theirs.
type checker struct {
	faults  diag.List
	tainted *taint
	edits   bool // the file has a null or an {add, remove}: merging must look for what it matches
}

func position(o settings.Origin) diag.Position {
	return diag.Position{File: o.File, Line: o.Line, Column: o.Column}
}

func (c *checker) fault(v *settings.Value, path string, p diag.Problem) {
	p.Position, p.Path = position(v.Origin), path
	c.faults.Add(p)
	c.tainted.add(path)
}

// check returns v without what is wrong, or nil when nothing of it can be used.
func (c *checker) check(v *settings.Value, s *shape, path string) *settings.Value {
	switch {
	case v.Kind == broken:
		c.tainted.add(path)
		return nil
	case v.Kind == settings.Null && v.Text == "":
		c.fault(v, path, diag.Problem{
			Message: "has no value",
			Hint:    "remove the line, or write null where an inherited value is to be dropped",
		})
		return nil
	case v.Kind == settings.Null:
		c.edits = true
		return v
	}
	switch s.form {
	case objectForm:
		return c.object(v, s, path)
	case listForm:
		return c.list(v, s, path)
	case flagsForm:
		return c.flags(v, path)
	case configForm:
		return c.config(v, path)
	case freeForm:
		return c.free(v, path)
	case boolForm:
		return c.boolean(v, path)
	case intForm:
		return c.integer(v, path)
	}
	return c.text(v, s, path)
}

func (c *checker) object(v *settings.Value, s *shape, path string) *settings.Value {
	if v.Kind != settings.Map {
		c.wrong(v, path, "a map", diag.Problem{Allowed: strings.Join(s.names(), ", ")})
		return nil
	}
	out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
	for _, e := range v.Entries {
		f := s.field(e.Key)
		if f == nil {
			c.unknown(e, s, path)
			continue
		}
		if value := c.check(e.Value, f.shape, child(path, e.Key)); value != nil {
			out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: value})
		}
	}
	return out
}

func (c *checker) unknown(e settings.Entry, s *shape, path string) {
	p := diag.Problem{
		Position: position(e.Origin), Path: path,
		Message: fmt.Sprintf("there is no field %q", e.Key),
		Allowed: strings.Join(s.names(), ", "),
	}
	near := nearest.Name(e.Key, s.names())
	switch flags, config := s.field("flags"), s.field("config"); {
	case near != "":
		p.Hint = fmt.Sprintf("did you mean %q?", near)
		c.tainted.add(child(path, near))
	case strings.HasSuffix(path, "]") && (e.Value.Kind == settings.Null || e.Key == "remove"):
		p.Hint = "an inherited item is dropped by {remove: [...]} in place of the list"
	case flags != nil && (e.Key == "extraArgs" || strings.HasPrefix(e.Key, "-") || strings.Contains(e.Key, "-")):
		p.Hint = "flags of the component go below flags, without dashes before them"
	case flags != nil && config == nil:
		p.Hint = "a flag of the component goes below flags"
	case config != nil:
		p.Hint = "a field of the component's configuration goes below config"
	}
	c.faults.Add(p)
}

// wrong reports a value of the wrong type.
func (c *checker) wrong(v *settings.Value, path, wanted string, p diag.Problem) {
	p.Message = fmt.Sprintf("%s is wanted, found %s", wanted, describe(v))
	c.fault(v, path, p)
}

func (c *checker) list(v *settings.Value, s *shape, path string) *settings.Value {
	switch {
	case v.Kind == settings.Map:
		return c.edit(v, s, path)
	case v.Kind != settings.List:
		p := diag.Problem{}
		switch elem := s.elem; {
		case elem.form != textForm:
		case v.Kind == settings.String && (elem.allowed == nil || slices.Contains(elem.allowed, v.Text)):
			p.Hint = fmt.Sprintf("write [%s]", v.Text)
		case v.Kind == settings.Int && elem.integer != "":
			p.Hint = fmt.Sprintf("write ["+elem.integer+"]", v.Text)
		case elem.allowed != nil:
			p.Allowed = "a list of " + strings.Join(elem.allowed, ", ")
		}
		c.wrong(v, path, "a list", p)
		return nil
	}
	out := &settings.Value{Kind: settings.List, Origin: v.Origin, Items: make([]*settings.Value, 0, len(v.Items))}
	seen := map[string]settings.Origin{}
	for i, item := range v.Items {
		at := element(path, s, item, i)
		if item.Kind == settings.Null {
			c.fault(item, at, diag.Problem{Message: "an item has no value", Hint: "remove the item; null cannot stand in a list"})
			continue
		}
		value := c.check(item, s.elem, at)
		if value == nil {
			continue
		}
		if s.identity != nil && !c.identified(value, s, at, seen) {
			continue
		}
		if s.elem.form == textForm {
			if first, again := seen[value.Text]; again {
				c.fault(value, at, diag.Problem{
					Message: fmt.Sprintf("%q stands twice in the list", value.Text),
					Hint:    fmt.Sprintf("it stands at line %d already: keep one", first.Line),
				})
				continue
			}
			seen[value.Text] = value.Origin
		}
		out.Items = append(out.Items, value)
	}
	return out
}

// identified reports whether an element has an identity that no other element has.
func (c *checker) identified(v *settings.Value, s *shape, path string, seen map[string]settings.Origin) bool {
	id := v.Lookup(s.identity...)
	if id == nil || id.Kind != settings.String {
		at := path
		for _, step := range s.identity {
			at = child(at, step)
		}
		if !c.tainted.has(at) {
			c.fault(v, at, diag.Problem{Message: "is missing", Hint: "it tells this item from the others of the list"})
		}
		return false
	}
	if first, again := seen[id.Text]; again {
		c.fault(id, path, diag.Problem{
			Message: fmt.Sprintf("%q stands twice in the list", id.Text),
			Hint:    fmt.Sprintf("it stands at line %d already: keep one", first.Line),
		})
		return false
	}
	seen[id.Text] = id.Origin
	return true
}

// isEdit reports whether a map changes an inherited list instead of being a value.
func isEdit(v *settings.Value) bool {
	return v.Kind == settings.Map && len(v.Entries) > 0 && !slices.ContainsFunc(v.Entries, func(e settings.Entry) bool {
		return (e.Key != "add" && e.Key != "remove") || e.Value.Kind != settings.List
	})
}

// edit checks {add: [...], remove: [...]} in the place of a list. What is removed from a list
// with identities is named by identity.
func (c *checker) edit(v *settings.Value, s *shape, path string) *settings.Value {
	out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
	if len(v.Entries) == 0 {
		c.wrong(v, path, "a list", diag.Problem{Hint: "write [] for an empty list"})
		return nil
	}
	for _, e := range v.Entries {
		part := s
		switch {
		case e.Key != "add" && e.Key != "remove":
			c.faults.Add(diag.Problem{
				Position: position(e.Origin), Path: path,
				Message: fmt.Sprintf("a list is wanted, found a map with the key %q", e.Key),
				Allowed: "[...], or {add: [...], remove: [...]} to change an inherited list",
			})
			c.tainted.add(path)
			return nil
		case e.Key == "remove" && s.identity != nil:
			part = &shape{form: listForm, elem: &shape{form: textForm, named: s.identity}}
		}
		at := child(path, e.Key)
		if e.Value.Kind != settings.List {
			if e.Value.Kind != broken {
				c.wrong(e.Value, at, "a list", diag.Problem{})
			}
			c.tainted.add(path)
			return nil
		}
		if list := c.check(e.Value, part, at); list != nil {
			out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: list})
		}
	}
	c.edits = true
	c.contradiction(out, path)
	return out
}

// contradiction reports what an edit both adds and removes.
func (c *checker) contradiction(v *settings.Value, path string) {
	remove := v.Get("remove")
	if remove == nil || v.Get("add") == nil {
		return
	}
	for _, item := range v.Get("add").Items {
		if slices.ContainsFunc(remove.Items, func(r *settings.Value) bool { return settings.Equal(r, item) }) {
			c.fault(item, path, diag.Problem{Message: fmt.Sprintf("%s is both added and removed", describe(item))})
		}
	}
}

func (c *checker) boolean(v *settings.Value, path string) *settings.Value {
	if v.Kind == settings.Bool {
		return v
	}
	p := diag.Problem{Allowed: "true, false"}
	if t := strings.ToLower(v.Text); v.Kind == settings.String && (t == "true" || t == "false") {
		p.Hint = "remove the quotes"
	}
	c.wrong(v, path, "a boolean", p)
	return nil
}

func (c *checker) integer(v *settings.Value, path string) *settings.Value {
	if v.Kind == settings.Int {
		if _, err := strconv.ParseInt(v.Text, 10, 32); err == nil {
			return v
		}
		c.fault(v, path, diag.Problem{Message: fmt.Sprintf("%s is out of range", v.Text), Allowed: "a 32-bit integer"})
		return nil
	}
	p := diag.Problem{}
	if _, err := strconv.Atoi(v.Text); v.Kind == settings.String && err == nil {
		p.Hint = "remove the quotes"
	}
	c.wrong(v, path, "an integer", p)
	return nil
}

func (c *checker) text(v *settings.Value, s *shape, path string) *settings.Value {
	p := diag.Problem{Allowed: strings.Join(s.allowed, ", ")}
	switch {
	case v.Kind == settings.String && v.Text == "" && s.blank:
		return v
	case v.Kind == settings.String && v.Text == "":
		p.Message, p.Hint = "the text is empty", "remove the line, or write null where an inherited value is to be dropped"
	case v.Kind == settings.String && strings.TrimSpace(v.Text) == "":
		p.Message = fmt.Sprintf("%q is blank", v.Text)
	case v.Kind == settings.String && !s.lines && v.Text != strings.TrimSpace(v.Text):
		p.Message, p.Hint = fmt.Sprintf("%q has space at its start or end", shorten(v.Text)), fmt.Sprintf("write %q", strings.TrimSpace(v.Text))
	case v.Kind == settings.String && !s.lines && strings.ContainsFunc(v.Text, unicode.IsControl):
		p.Message = fmt.Sprintf("%q has a line break or another control character", shorten(v.Text))
	case v.Kind == settings.String && (s.allowed == nil || slices.Contains(s.allowed, v.Text)):
		return v
	case v.Kind == settings.String:
		p.Message = fmt.Sprintf("%q is not known", shorten(v.Text))
		p.Hint = meant(v.Text, s.allowed)
	case s.allowed != nil:
		p.Message = "one of the names is wanted, found " + describe(v)
	default:
		p.Message = "text is wanted, found " + describe(v)
		switch {
		case v.Kind == settings.Int && s.integer != "":
			p.Hint = "write " + fmt.Sprintf(s.integer, v.Text)
		case v.Kind == settings.Map && s.named != nil:
			p.Hint = "name the item by its " + strings.Join(s.named, ".") + " alone"
		case v.IsScalar():
			p.Hint = fmt.Sprintf("quote it: %q", v.Text)
		}
	}
	c.fault(v, path, p)
	return nil
}

// describe says what a value is, for "found ...".
func describe(v *settings.Value) string {
	switch v.Kind {
	case settings.List, settings.Map:
		return "a " + v.Kind.String()
	case settings.Null:
		return "null"
	case settings.String:
		return fmt.Sprintf("the text %q", shorten(v.Text))
	}
	return fmt.Sprintf("the %s %s", v.Kind, v.Text)
}

// shorten keeps a quoted value from filling the screen, and from showing a password.
func shorten(text string) string {
	const most = 80
	text = string(mask([]byte(text)))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}
