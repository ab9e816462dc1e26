package profiles

import (
	"bytes"
	"encoding/json"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestJSONSchemaIsMadeFromTheTypes makes profile.schema.json and compares.
func TestJSONSchemaIsMadeFromTheTypes(t *testing.T) {
	m := schemaMaker{comments: schemaComments(t), definitions: map[string]any{}}
	root := m.object(reflect.TypeFor[Profile]())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "hardstrap profile"
	root["required"] = []string{"apiVersion", "kind"}
	properties := root["properties"].(map[string]any)
	properties["apiVersion"] = map[string]any{"const": APIVersion}
	properties["kind"] = map[string]any{"const": Kind}
	properties["kubernetesVersion"].(map[string]any)["type"] = []string{"string", "number", "null"}
	root["definitions"] = m.definitions

	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("profile.schema.json", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(string(JSONSchema()), got.String()); diff != "" {
		t.Errorf("the types say otherwise (-profile.schema.json +types):\n%s\ngo test ./profiles -run TestJSONSchema -update writes it anew", diff)
	}
}

// schemaMaker turns the types of schema.go into JSON Schema.
type schemaMaker struct {
	comments    map[string]string // by "Type" and "Type.field"
	definitions map[string]any
}

func (m *schemaMaker) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		property := m.place(f.Type, name)
		if c := m.comments[t.Name()+"."+name]; c != "" {
			property["description"] = c
		}
		properties[name] = property
	}
	return map[string]any{
		"type":                 []string{"object", "null"},
		"additionalProperties": false,
		"properties":           properties,
		"description":          m.comments[t.Name()],
	}
}

// place describes what may stand where a type is wanted. Null may stand everywhere: it drops
// what is inherited.
func (m *schemaMaker) place(t reflect.Type, name string) map[string]any {
	if t == reflect.TypeFor[*settings.Value]() {
		if name == "flags" {
			scalars := []string{"string", "number", "boolean", "null"}
			return map[string]any{"type": []string{"object", "null"}, "additionalProperties": map[string]any{"anyOf": []any{
				map[string]any{"type": scalars},
				map[string]any{"type": "array", "items": map[string]any{"type": []string{"string", "number", "boolean"}}},
				map[string]any{"type": "object"},
			}}}
		}
		if name == "config" {
			return map[string]any{"type": []string{"object", "null"}}
		}
		if known := treeType(name); known != nil {
			return m.place(known, name)
		}
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return m.place(t.Elem(), name)
	case reflect.Bool:
		return map[string]any{"type": []string{"boolean", "null"}}
	case reflect.Int:
		return map[string]any{"type": []string{"integer", "null"}}
	case reflect.Slice:
		list := map[string]any{"type": "array", "items": m.place(t.Elem(), name)}
		removed := map[string]any{"type": "array"} // items, or where they have an identity, that
		return map[string]any{"anyOf": []any{list, map[string]any{"type": "null"}, map[string]any{
			"type": "object", "additionalProperties": false, "properties": map[string]any{"add": list, "remove": removed},
		}}}
	case reflect.Struct:
		if m.definitions[t.Name()] == nil {
			m.definitions[t.Name()] = true // types do not contain themselves
			m.definitions[t.Name()] = m.object(t)
		}
		return map[string]any{"allOf": []any{map[string]any{"$ref": "#/definitions/" + t.Name()}}}
	}
	if a, ok := reflect.Zero(t).Interface().(allower); ok {
		words := []any{nil}
		for _, w := range a.Allowed() {
			words = append(words, w)
		}
		return map[string]any{"enum": words}
	}
	return map[string]any{"type": []string{"string", "null"}}
}

// schemaComments reads the comments of the schema's types.
func schemaComments(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range []string{"schema.go", "schema_manifests.go"} {
		file, err := goparser.ParseFile(token.NewFileSet(), name, nil, goparser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		typeComments(file, out)
	}
	return out
}

func typeComments(file *ast.File, out map[string]string) {
	ast.Inspect(file, func(n ast.Node) bool {
		decl, ok := n.(*ast.GenDecl)
		if !ok || decl.Tok != token.TYPE {
			return true
		}
		spec := decl.Specs[0].(*ast.TypeSpec)
		out[spec.Name.Name] = oneLine(decl.Doc.Text())
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				name := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
				out[spec.Name.Name+"."+name] = oneLine(f.Doc.Text() + f.Comment.Text())
			}
		}
		return true
	})
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestJSONSchemaAgreesWithLoad holds profiles against the schema: those that are taken fit it,
// those with an unknown field or a wrong type do not.
func TestJSONSchemaAgreesWithLoad(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	good, err := filepath.Glob("testdata/ok/*.yaml")
	if err != nil || len(good) == 0 {
		t.Fatalf("found no good profiles: %v", err)
	}
	builtin, err := filepath.Glob("builtin/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(good, builtin...) {
		if !fits(schema, schema, readPlain(t, file)) {
			t.Errorf("%s is taken, and does not fit the schema", file)
		}
	}
	for _, name := range []string{"unknown-field", "wrong-type", "config-no-map", "other-kind", "other-version", "no-head", "not-a-map"} {
		if fits(schema, schema, readPlain(t, "testdata/bad/"+name+".yaml")) {
			t.Errorf("%s is refused, and fits the schema", name)
		}
	}
}

func readPlain(t *testing.T, file string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fits judges a value by the words of JSON Schema that the schema uses.
func fits(root, schema map[string]any, v any) bool {
	for word, want := range schema {
		switch word {
		case "$ref":
			name := strings.TrimPrefix(want.(string), "#/definitions/")
			if !fits(root, root["definitions"].(map[string]any)[name].(map[string]any), v) {
				return false
			}
		case "type":
			if !hasType(want, v) {
				return false
			}
		case "const":
			if v != want {
				return false
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				return false
			}
		case "anyOf", "allOf":
			n := 0
			for _, s := range want.([]any) {
				if fits(root, s.(map[string]any), v) {
					n++
				}
			}
			if n == 0 || (word == "allOf" && n < len(want.([]any))) {
				return false
			}
		case "items":
			items, _ := v.([]any)
			for _, item := range items {
				if !fits(root, want.(map[string]any), item) {
					return false
				}
			}
		case "required":
			m, _ := v.(map[string]any)
			for _, name := range want.([]any) {
				if _, ok := m[name.(string)]; !ok {
					return false
				}
			}
		case "properties":
			if !fieldsFit(root, schema, v) {
				return false
			}
		case "additionalProperties", "description", "title", "$schema", "definitions":
		default:
			panic("fits does not know " + word)
		}
	}
	return true
}

func fieldsFit(root, schema map[string]any, v any) bool {
	m, _ := v.(map[string]any)
	properties := schema["properties"].(map[string]any)
	for name, value := range m {
		s, known := properties[name].(map[string]any)
		if !known && schema["additionalProperties"] == false {
			return false
		}
		if known && !fits(root, s, value) {
			return false
		}
	}
	return true
}

func hasType(want, v any) bool {
	if names, ok := want.([]any); ok {
		return slices.ContainsFunc(names, func(name any) bool { return hasType(name, v) })
	}
	switch v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case int:
		return want == "integer" || want == "number"
	case float64:
		return want == "number"
	case string:
		return want == "string"
	case []any:
		return want == "array"
	case map[string]any:
		return want == "object"
	}
	return want == "string" // what yaml.v3 makes of a date
}
