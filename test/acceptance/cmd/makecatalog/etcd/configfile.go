//go:build etcd35 || etcd36 || etcd37

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"runtime"
	"strings"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

// configKeys lists the keys of the configuration file: the JSON tags of configYAML (embed/config.go), which is the
// exported Config, read by reflection, and the unexported configJSON, read from the source this program was built from.
func configKeys() (map[string]facts.Field, error) {
	out := map[string]facts.Field{}
	if err := addKeys(out, "", reflect.TypeFor[embed.Config]()); err != nil {
		return nil, err
	}
	structs, err := unexportedStructs()
	if err != nil {
		return nil, err
	}
	return out, addSourceKeys(out, "", "configJSON", structs)
}

func addKeys(out map[string]facts.Field, prefix string, t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue // embed.Config also holds what only Go code can set
		}
		path, kind := prefix+name, f.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch kind.Kind() {
		case reflect.Struct:
			out[path] = facts.Field{Type: "object"}
			if err := addKeys(out, path+".", kind); err != nil {
				return err
			}
		case reflect.Slice:
			if kind.Elem().Kind() == reflect.String { // grpc-additional-server-options are Go values
				out[path] = facts.Field{Type: "[]string"}
			}
		case reflect.Bool:
			out[path] = facts.Field{Type: "bool"}
		case reflect.String:
			out[path] = facts.Field{Type: "string"}
		case reflect.Int64:
			out[path] = facts.Field{Type: "int"}
			if kind.Name() == "Duration" {
				out[path] = facts.Field{Type: "duration"}
			}
		case reflect.Int, reflect.Int32, reflect.Uint, reflect.Uint32, reflect.Uint64:
			out[path] = facts.Field{Type: "int"}
		default:
			return fmt.Errorf("%s: no name for the type %s", path, kind)
		}
	}
	return nil
}

// unexportedStructs parses embed/config.go where this program was built from it.
func unexportedStructs() (map[string]*ast.StructType, error) {
	file, _ := runtime.FuncForPC(reflect.ValueOf(embed.ConfigFromFile).Pointer()).FileLine(0)
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return nil, fmt.Errorf("reading etcd's source (build without -trimpath): %w", err)
	}
	out := map[string]*ast.StructType{}
	ast.Inspect(source, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				out[spec.Name.Name] = s
			}
		}
		return true
	})
	return out, nil
}

func addSourceKeys(out map[string]facts.Field, prefix, typeName string, structs map[string]*ast.StructType) error {
	s := structs[typeName]
	if s == nil {
		return fmt.Errorf("embed/config.go has no struct %s", typeName)
	}
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		path := prefix + name
		switch t := f.Type.(type) {
		case *ast.ArrayType:
			out[path] = facts.Field{Type: "[]string"}
		case *ast.Ident:
			if structs[t.Name] == nil {
				out[path] = facts.Field{Type: t.Name}
				continue
			}
			out[path] = facts.Field{Type: "object"}
			if err := addSourceKeys(out, path+".", t.Name, structs); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: no name for the type %T", path, t)
		}
	}
	return nil
}
