package profiles

import (
	"reflect"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// form is what may stand at a place of a profile.
type form uint8

const (
	textForm form = iota
	boolForm
	intForm
	listForm
	objectForm
	flagsForm  // a map of a component's flags: scalars, lists of scalars, maps of scalars
	configForm // a map of a configuration's fields, each any tree
	freeForm   // any tree
)

// shape describes a place of a profile. It is made from the Go types, so that what is decoded,
// merged and offered in messages cannot differ.
type shape struct {
	form     form
	allowed  []string // textForm: the values that may be written; nil: any
	lines    bool     // textForm: it may have several lines
	blank    bool     // textForm: it may be empty
	named    []string // textForm: it is the identity of a list's element, and this is where that stands
	integer  string   // textForm: what an integer in its place is to be written as, with %s; "": in quotes
	fields   []field  // objectForm, in the order of the type
	elem     *shape   // listForm
	identity []string // listForm of objects: where an element's identity stands in it
}

type field struct {
	name  string
	index int // of the Go struct
	shape *shape
}

// field returns the field of a name, or nil; a nil shape has none.
func (s *shape) field(name string) *field {
	if s == nil {
		return nil
	}
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

func (s *shape) names() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.name
	}
	return names
}

// allower is what an enumeration of the schema has.
type allower interface{ Allowed() []string }

// shapeOf makes the shape of a Go type of the schema. It panics on a type the schema cannot
// have, which only a change of the schema can cause.
func shapeOf(t reflect.Type) *shape { return fieldShape(t, "", "") }

// prose reports whether a field may hold several lines.
func prose(field string) bool {
	switch field {
	case "description", "reason", "certificateAuthority", "matchConditions", "expression", "valueExpression", "message", "publicKey":
		return true
	}
	return false
}

// blank reports whether a field's text may be empty.
func blank(field string) bool {
	return field == "prefix" || field == "requiredValue" || field == "apiGroups"
}

// integer says what an integer is to be written as where a field wants text, if not in quotes.
func integer(field string) string {
	if field == "ports" {
		return "%s/TCP"
	}
	return ""
}

func fieldShape(t reflect.Type, name, identity string) *shape {
	if t == reflect.TypeFor[*settings.Value]() {
		switch name {
		case "flags":
			return &shape{form: flagsForm}
		case "config":
			return &shape{form: configForm}
		}
		if known := treeType(name); known != nil {
			return fieldShape(known, name, "")
		}
		return &shape{form: freeForm}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return fieldShape(t.Elem(), name, identity)
	case reflect.String:
		s := &shape{form: textForm, lines: prose(name), blank: blank(name), integer: integer(name)}
		if a, ok := reflect.Zero(t).Interface().(allower); ok {
			s.allowed = a.Allowed()
		}
		return s
	case reflect.Bool:
		return &shape{form: boolForm}
	case reflect.Int:
		return &shape{form: intForm}
	case reflect.Slice:
		s := &shape{form: listForm, elem: fieldShape(t.Elem(), name, "")}
		if identity != "" {
			s.identity = strings.Split(identity, ".")
		}
		return s
	case reflect.Struct:
		s := &shape{form: objectForm, fields: make([]field, 0, t.NumField())}
		for i := range t.NumField() {
			f := t.Field(i)
			name := f.Tag.Get("yaml")
			s.fields = append(s.fields, field{name, i, fieldShape(f.Type, name, f.Tag.Get("identity"))})
		}
		return s
	}
	panic("profiles: the schema has a field of type " + t.String())
}
