package main

import (
	"fmt"
	"go/ast"
	"reflect"
	"strconv"
	"strings"
)

// goField is a field of a struct as a configuration file spells it.
type goField struct {
	name, json, typ string
	embedded        bool
}

// types are the structs of files, by name.
type types map[string][]goField

// types reads the structs of files; of two with one name the first stands.
func (r *release) types(files ...string) (types, error) {
	out := types{}
	for _, name := range files {
		file, err := r.file(name)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok && out[spec.Name.Name] == nil {
				out[spec.Name.Name] = fieldsOf(s)
			}
			return false
		})
	}
	return out, nil
}

func fieldsOf(s *ast.StructType) []goField {
	var out []goField
	for _, f := range s.Fields.List {
		var tag string
		if f.Tag != nil {
			tag, _ = strconv.Unquote(f.Tag.Value)
		}
		json, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		typ := typeName(f.Type)
		if len(f.Names) == 0 {
			out = append(out, goField{name: typ, json: json, typ: typ, embedded: true})
		}
		for _, name := range f.Names {
			out = append(out, goField{name: name.Name, json: json, typ: typ})
		}
	}
	return out
}

// typeName returns a type's name without package and pointer, "" for one that has none.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// json spells a Go path below a struct as a configuration file does.
func (t types) json(kind, path string) (string, error) {
	var out []string
	in := kind
	for name := range strings.SplitSeq(path, ".") {
		f, ok := t.field(in, name)
		if !ok || f.json == "" {
			return "", fmt.Errorf("%s has no %s (of %s)", in, name, path)
		}
		out = append(out, f.json)
		in = f.typ
	}
	return strings.Join(out, "."), nil
}

// field finds a field, also one of an embedded struct.
func (t types) field(in, name string) (goField, bool) {
	for _, f := range t[in] {
		if f.name == name {
			return f, true
		}
	}
	for _, f := range t[in] {
		if found, ok := t.field(f.typ, name); ok && f.embedded && f.json == "" {
			return found, true
		}
	}
	return goField{}, false
}
