package house

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/controls"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

const profileReference = "../../docs/profile.md"

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// schemaFields returns the type of everything that can stand in a profile, by path. Items of a
// list have [] in their path: waivers[].control.
func schemaFields() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	var walk func(t reflect.Type, path string)
	walk = func(t reflect.Type, path string) {
		if t.Kind() == reflect.Pointer && t != reflect.TypeFor[*settings.Value]() {
			t = t.Elem()
		}
		out[path] = t
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
			t, path = t.Elem(), path+"[]"
		}
		if t.Kind() == reflect.Struct {
			for i := range t.NumField() {
				walk(t.Field(i).Type, strings.TrimPrefix(path+"."+t.Field(i).Tag.Get("yaml"), "."))
			}
		}
	}
	walk(reflect.TypeFor[profiles.Profile](), "")
	delete(out, "")
	return out
}

// typeWord is how the reference names a type.
func typeWord(t reflect.Type) []string {
	switch {
	case t == reflect.TypeFor[*settings.Value]():
		return []string{"map", "list"}
	case t.Kind() == reflect.String:
		return []string{"text"}
	case t.Kind() == reflect.Bool:
		return []string{"boolean"}
	case t.Kind() == reflect.Int:
		return []string{"number"}
	case t.Kind() == reflect.Slice:
		return []string{"list"}
	}
	return []string{"map"}
}

var code = regexp.MustCompile("`([^`]+)`")

func codes(text string) []string {
	var out []string
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// row is a line of a table, with the heading it stands under and the table's first header cell.
type row struct {
	line    int
	heading string
	header  string
	cells   []string
}

func rows(text string) []row {
	var out []row
	heading, header, fenced := "", "", false
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case fenced:
		case strings.HasPrefix(line, "#"):
			heading, header = line, ""
		case !strings.HasPrefix(line, "|"):
			header = ""
		case header == "":
			header = cells[0]
		case !strings.HasPrefix(line, "|--"):
			out = append(out, row{i + 1, heading, header, cells})
		}
	}
	return out
}

// described returns the paths that a row of fields describes. A heading names the section, or
// several; one that is a section's last word alone (kubeConfig) stands for all of that name.
func (r row) described(t *testing.T, fields map[string]reflect.Type) []string {
	t.Helper()
	var sections []string
	for _, name := range codes(r.heading) {
		for path := range fields {
			if path == name || strings.HasSuffix(path, "."+name) && !strings.Contains(name, ".") && fields[name] == nil {
				sections = append(sections, path)
			}
		}
		if len(sections) == 0 {
			t.Errorf("line %d: the heading %q names no section of the schema", r.line, r.heading)
		}
	}
	if len(sections) == 0 {
		sections = []string{""}
	}
	var out []string
	for _, name := range codes(r.cells[0]) {
		for _, section := range sections {
			path := strings.TrimPrefix(strings.ReplaceAll(section+"."+name, ".[]", "[]"), ".")
			if fields[path] == nil {
				t.Errorf("line %d: no field %q is in the schema", r.line, path)
				continue
			}
			out = append(out, path)
		}
	}
	return out
}

// TestReferenceHasEveryField holds the tables of the reference against the Go types: a field is
// described once, by its type, with every value that can be written; nothing else is.
func TestReferenceHasEveryField(t *testing.T) {
	fields := schemaFields()
	at := map[string]int{}
	for _, r := range rows(read(t, profileReference)) {
		if r.header != "field" {
			continue
		}
		for _, path := range r.described(t, fields) {
			if first, again := at[path]; again {
				t.Errorf("line %d: %s is described in line %d already", r.line, path, first)
			}
			at[path] = r.line
			if want := typeWord(fields[path]); !slices.Contains(want, r.cells[1]) {
				t.Errorf("line %d: %s is said to be a %q; it is a %s", r.line, path, r.cells[1], strings.Join(want, " or "))
			}
			for _, value := range allowed(fields[path]) {
				if !slices.Contains(codes(strings.Join(r.cells[2:], " ")), value) {
					t.Errorf("line %d: %s can be %q, which the row does not say", r.line, path, value)
				}
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := at[path]; !ok && !hasBelow(at, path) {
			t.Errorf("%s is in the schema and in no table of the reference", path)
		}
	}
}

// hasBelow reports whether a map or a list of maps is described by what is in it.
func hasBelow(at map[string]int, path string) bool {
	for other := range at {
		if strings.HasPrefix(other, path+".") || strings.HasPrefix(other, path+"[].") {
			return true
		}
	}
	return false
}

// allowed returns the values of an enumeration of the schema, or of a list of one.
func allowed(t reflect.Type) []string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if a, ok := reflect.Zero(t).Interface().(interface{ Allowed() []string }); ok {
		return a.Allowed()
	}
	return nil
}

// TestReferenceHasTheWeakRules holds the table of rules against what can be waived.
func TestReferenceHasTheWeakRules(t *testing.T) {
	var got []string
	for _, r := range rows(read(t, profileReference)) {
		if r.header == "rule" {
			got = append(got, codes(r.cells[0])...)
		}
	}
	if diff := cmp.Diff(controls.WeakRules(), got); diff != "" {
		t.Errorf("rules (-code +reference):\n%s", diff)
	}
}

// TestReferenceHasTheSectionsFlags gives apiServer.flags every flag of every minor: those that
// are refused because a section sets them are those of the table, each with its section.
func TestReferenceHasTheSectionsFlags(t *testing.T) {
	said := map[string]string{}
	for _, r := range rows(read(t, profileReference)) {
		if r.header == "flag" {
			for _, flag := range codes(r.cells[0]) {
				said[strings.TrimPrefix(flag, "--")] = codes(r.cells[1])[0]
			}
		}
	}
	names := map[string]bool{}
	for name := range said {
		names[name] = true
	}
	for _, version := range catalog.Minors() {
		minor, err := catalog.For(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range minor.Flags(settings.APIServer) {
			names[name] = true
		}
	}
	var text strings.Builder
	text.WriteString(head + "apiServer:\n  flags:\n")
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&text, "    %s: x\n", name)
	}
	_, err := bundleOf(t, text.String())
	got := map[string]string{}
	for _, p := range diag.As(err) {
		name, owned := strings.CutPrefix(p.Path, "apiServer.flags.")
		if owned && strings.Contains(p.Message, "belongs to a section") {
			got[name] = p.Hint
		}
	}
	for name, section := range said {
		if !strings.HasPrefix(got[name], "set "+section) {
			t.Errorf("--%s is said to be set by %s; the code says %q", name, section, got[name])
		}
	}
	for name := range got {
		if said[name] == "" {
			t.Errorf("--%s is set by a section, and the reference does not say so", name)
		}
	}
}

// TestReferenceNamesRealFlags looks up every flag that the reference names.
func TestReferenceNamesRealFlags(t *testing.T) {
	known := map[string]bool{"--new-keys": true, "--without-keys": true, "--at": true} // hardstrap's own
	for _, version := range catalog.Minors() {
		minor, err := catalog.For(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, component := range minor.Components() {
			for _, name := range minor.Flags(component) {
				known["--"+name] = true
			}
		}
	}
	for _, word := range codes(read(t, profileReference)) {
		name, _, _ := strings.Cut(word, "=")
		if strings.HasPrefix(name, "--") && name != "--admission-control" && !known[name] { // a name of before 1.33
			t.Errorf("no component of any minor has the flag %s", name)
		}
	}
}

const head = "apiVersion: " + profiles.APIVersion + "\nkind: " + profiles.Kind + "\nextends: [baseline]\nkubernetesVersion: \"1.37\"\n"

func bundleOf(t *testing.T, text string) (*pipeline.Cluster, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New("test")
	if err != nil {
		t.Fatal(err)
	}
	return p.Bundle(file, "out", pipeline.PlaceholderKeys)
}

// fences returns the blocks of a language, by the line they start in.
func fences(text, language string) map[int]string {
	out := map[int]string{}
	var block []string
	start := 0
	for i, line := range strings.Split(text, "\n") {
		switch {
		case start == 0 && line == "```"+language:
			start, block = i+1, nil
		case start > 0 && line == "```":
			out[start] = strings.Join(block, "\n") + "\n"
			start = 0
		case start > 0:
			block = append(block, line)
		}
	}
	return out
}

// TestExamplesRender renders every whole profile of the documents. A part of one, which has no
// apiVersion, is laid over baseline.
func TestExamplesRender(t *testing.T) {
	for _, file := range documents(t) {
		for line, text := range fences(read(t, file), "yaml") {
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), line), func(t *testing.T) {
				if !strings.HasPrefix(text, "apiVersion:") {
					text = "apiVersion: " + profiles.APIVersion + "\nkind: " + profiles.Kind + "\n" + text
				}
				c, err := bundleOf(t, text)
				if err != nil {
					var said strings.Builder
					diag.Print(&said, diag.As(err), c.Sources())
					t.Fatalf("%v\n%s", err, said.String())
				}
			})
		}
	}
}

// documents lists what a user reads.
func documents(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	return append(docs, "../../README.md")
}
