package kube

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

// Fields walks a versioned configuration object that has been through its component's defaulting, and returns every
// field by its dotted JSON path: `authentication.anonymous.enabled`, and `registerWithTaints[].key` below a list.
//
// Types are string, bool, int32 and its kin, float, duration, quantity, object, any, []T and map[string]T. A field has a default where
// the defaulted object holds a value: always for a plain scalar (its zero value is a value), and for a pointer, list or
// map where it is not nil.
func Fields(defaulted any) (map[string]facts.Field, error) {
	w := &walker{fields: map[string]facts.Field{}}
	v := reflect.ValueOf(defaulted)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	w.object("", v.Type(), v)
	return w.fields, w.err
}

type walker struct {
	fields map[string]facts.Field
	err    error
}

var (
	durationType  = reflect.TypeFor[metav1.Duration]()
	quantityType  = reflect.TypeFor[resource.Quantity]()
	quantityValue = "QuantityValue"
	typeMetaType  = reflect.TypeFor[metav1.TypeMeta]()
	timeType      = reflect.TypeFor[metav1.Time]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
)

// object adds the fields of a struct. v is the zero Value below lists and nil pointers, where there is no default.
func (w *walker) object(prefix string, t reflect.Type, v reflect.Value) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() || f.Type == typeMetaType {
			continue
		}
		var fv reflect.Value
		if v.IsValid() {
			fv = v.Field(i)
		}
		if name == "" {
			if !f.Anonymous && !strings.Contains(options, "inline") {
				w.fail("%s.%s has no JSON name", t, f.Name)
				continue
			}
			w.object(prefix, f.Type, fv)
			continue
		}
		w.field(join(prefix, name), f.Type, fv)
	}
}

func (w *walker) field(path string, t reflect.Type, v reflect.Value) {
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
		if v.IsValid() && v.IsNil() {
			v = reflect.Value{}
		}
		if v.IsValid() {
			v = v.Elem()
		}
	}
	name, element := w.typeName(path, t)
	field := facts.Field{Type: name}
	nilable := t.Kind() == reflect.Slice || t.Kind() == reflect.Map
	if v.IsValid() && name != "object" && !(nilable && v.IsNil()) {
		b, err := json.Marshal(v.Interface())
		if err != nil {
			w.fail("%s: %v", path, err)
		}
		field.Default = b
	}
	w.fields[path] = field
	switch {
	case name == "object":
		w.object(path, t, v)
	case element != nil && strings.HasPrefix(name, "[]"):
		w.object(path+"[]", element, reflect.Value{})
	case element != nil:
		w.object(path+"{}", element, reflect.Value{})
	}
}

// typeName names a type, and returns the struct type of a list's or map's elements where they are objects.
func (w *walker) typeName(path string, t reflect.Type) (name string, element reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case durationType:
		return "duration", nil
	case quantityType:
		return "quantity", nil
	case timeType:
		return "string", nil
	}
	switch t.Name() {
	case quantityValue: // k8s.io/component-base/logs/api/v1
		return "quantity", nil
	case "TimeOrMetaDuration": // k8s.io/component-base/logs/api/v1: nanoseconds or a duration
		return "duration", nil
	}
	switch t.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return t.Kind().String(), nil
	case reflect.Float32, reflect.Float64:
		return "float", nil
	case reflect.Interface:
		return "any", nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "string", nil // base64
		}
		of, sub := w.typeName(path, t.Elem())
		return "[]" + of, orSelf(of, t.Elem(), sub)
	case reflect.Map:
		of, sub := w.typeName(path, t.Elem())
		return "map[string]" + of, orSelf(of, t.Elem(), sub)
	case reflect.Struct:
		if t.Implements(marshalerType) || reflect.PointerTo(t).Implements(marshalerType) {
			w.fail("%s: %s marshals itself: say in typeName what it is", path, t)
		}
		return "object", nil
	}
	w.fail("%s: no name for the type %s", path, t)
	return "", nil
}

func orSelf(name string, t, sub reflect.Type) reflect.Type {
	if name != "object" {
		return sub
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func (w *walker) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
