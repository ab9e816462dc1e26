package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const schemaFile = "../../docs/diff-report.schema.json"

// TestSchemaIsMadeFromTheTypes makes docs/diff-report.schema.json and compares.
func TestSchemaIsMadeFromTheTypes(t *testing.T) {
	m := maker{comments: comments(t), definitions: map[string]any{}}
	root := m.object(reflect.TypeFor[diffReport]())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "hardstrap diff report"
	properties := root["properties"].(map[string]any)
	properties["apiVersion"].(map[string]any)["const"] = APIVersion
	properties["kind"].(map[string]any)["const"] = Kind
	finding := m.definitions["Finding"].(map[string]any)["properties"].(map[string]any)
	finding["direction"].(map[string]any)["enum"] = allDirections()
	root["definitions"] = m.definitions
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		t.Fatal(err)
	}
	text := got.String()
	if *update {
		if err := os.WriteFile(schemaFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("the types say otherwise (-schema +types); run: go test ./internal/report -update\n%s", diff)
	}
}

// TestEveryFieldIsDescribed: each field has a comment, and stands in the reference.
func TestEveryFieldIsDescribed(t *testing.T) {
	reference, err := os.ReadFile("../../docs/diff-report.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, comment := range comments(t) {
		if comment == "" {
			t.Errorf("%s has no comment", name)
		}
		if _, field, ok := strings.Cut(name, "."); ok && !strings.Contains(string(reference), "`"+field+"`") {
			t.Errorf("docs/diff-report.md does not describe `%s`", field)
		}
	}
	if !strings.Contains(string(reference), APIVersion) || !strings.Contains(string(reference), Kind) {
		t.Error("docs/diff-report.md does not name the version and the kind")
	}
}

// TestExampleInTheReference: the example of docs/diff-report.md is what is written.
func TestExampleInTheReference(t *testing.T) {
	reference, err := os.ReadFile("../../docs/diff-report.md")
	if err != nil {
		t.Fatal(err)
	}
	r := rich()
	r.Findings, r.Subjects, r.NotLookedAt = r.Findings[1:2], r.Subjects[2:3], r.NotLookedAt[:1]
	text := show(t, "json", r, Options{ToolVersion: "v0.3.0"})
	if !strings.Contains(string(reference), "```json\n"+text+"```\n") {
		t.Errorf("docs/diff-report.md does not show what is written:\n%s", text)
	}
}

// TestSchemaTellsFaults: the check that outputs are held against sees what is wrong.
func TestSchemaTellsFaults(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"a field that is missing": func(m map[string]any) { delete(m, "summary") },
		"a field that is unknown": func(m map[string]any) { m["more"] = 1 },
		"another version":         func(m map[string]any) { m["apiVersion"] = "v1" },
		"another type":            func(m map[string]any) { m["findings"] = "none" },
		"another direction": func(m map[string]any) {
			m["findings"].([]any)[0].(map[string]any)["direction"] = "worse"
		},
		"half a line": func(m map[string]any) {
			m["findings"].([]any)[0].(map[string]any)["wanted"].(map[string]any)["origin"].(map[string]any)["line"] = 1.5
		},
	} {
		var document map[string]any
		if err := json.Unmarshal([]byte(show(t, "json", rich(), Options{})), &document); err != nil {
			t.Fatal(err)
		}
		change(document)
		if misfit(schema(t), schema(t), document, "$") == "" {
			t.Errorf("%s: it fits", name)
		}
	}
}

// maker turns the types of diffreport.go into JSON Schema.
type maker struct {
	comments    map[string]string // by "type" and "type.field"
	definitions map[string]any
}

func (m *maker) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		property := m.place(t.Field(i).Type)
		property["description"] = m.comments[t.Name()+"."+name]
		properties[name] = property
		if option == "" {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "description": m.comments[t.Name()]}
}

func (m *maker) place(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		return m.place(t.Elem())
	case reflect.Interface:
		return map[string]any{}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.place(t.Elem())}
	case reflect.Struct:
		name := strings.TrimPrefix(t.Name(), "json")
		if m.definitions[name] == nil {
			m.definitions[name] = m.object(t) // types do not contain themselves
		}
		return map[string]any{"allOf": []any{map[string]any{"$ref": "#/definitions/" + name}}}
	}
	return map[string]any{"type": "string"}
}

// comments reads the comments of the types of diffreport.go.
func comments(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "diffreport.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.TYPE {
			continue
		}
		spec := decl.Specs[0].(*ast.TypeSpec)
		out[spec.Name.Name] = strings.TrimPrefix(strings.Join(strings.Fields(decl.Doc.Text()), " "), "json")
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			out[spec.Name.Name+"."+name] = strings.Join(strings.Fields(f.Comment.Text()), " ")
		}
	}
	return out
}

func schema(t *testing.T) map[string]any {
	t.Helper()
	out, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var readSchema = sync.OnceValues(func() (out map[string]any, err error) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(text, &out)
})

// misfit says where a document does not fit a schema, by the words of JSON Schema that the schema
// uses; "" where it fits. It is stricter than the schema: it wants no field that is not described.
func misfit(root, schema map[string]any, v any, at string) string {
	for _, word := range slices.Sorted(maps.Keys(schema)) {
		if why := misfitWord(root, schema, word, v, at); why != "" {
			return why
		}
	}
	return ""
}

func misfitWord(root, schema map[string]any, word string, v any, at string) string {
	switch want := schema[word]; word {
	case "$ref":
		name := strings.TrimPrefix(want.(string), "#/definitions/")
		return misfit(root, root["definitions"].(map[string]any)[name].(map[string]any), v, at)
	case "allOf":
		for _, s := range want.([]any) {
			if why := misfit(root, s.(map[string]any), v, at); why != "" {
				return why
			}
		}
	case "type":
		if typeOf(v) != want && (want != "integer" || !isInteger(v)) {
			return fmt.Sprintf("%s is no %s", at, want)
		}
	case "const":
		if v != want {
			return fmt.Sprintf("%s is not %v", at, want)
		}
	case "enum":
		if !slices.Contains(want.([]any), v) {
			return fmt.Sprintf("%s is none of %v", at, want)
		}
	case "items":
		items, _ := v.([]any)
		for i, item := range items {
			if why := misfit(root, want.(map[string]any), item, fmt.Sprintf("%s[%d]", at, i)); why != "" {
				return why
			}
		}
	case "required":
		m, _ := v.(map[string]any)
		for _, name := range want.([]any) {
			if _, ok := m[name.(string)]; !ok {
				return fmt.Sprintf("%s.%s is missing", at, name)
			}
		}
	case "properties":
		m, _ := v.(map[string]any)
		for name, value := range m {
			property, known := want.(map[string]any)[name].(map[string]any)
			if !known {
				return fmt.Sprintf("%s.%s is not described", at, name)
			}
			if why := misfit(root, property, value, at+"."+name); why != "" {
				return why
			}
		}
	case "description", "title", "$schema", "definitions":
	default:
		panic("misfit does not know " + word)
	}
	return ""
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func isInteger(v any) bool {
	f, ok := v.(float64)
	return ok && f == float64(int64(f))
}
