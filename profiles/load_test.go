package profiles

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

var update = flag.Bool("update", false, "write the messages of testdata/bad anew; read the difference before committing it")

// TestBadProfiles compares what is said of every broken profile, snippets included, with the
// .out file beside it.
func TestBadProfiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d broken profiles (%v); they belong in testdata/bad", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			loaded, err := Load(file)
			if err == nil {
				t.Error("the profile was taken")
			}
			var got bytes.Buffer
			diag.Print(&got, append(diag.As(err), loaded.Warnings...), loaded.Sources)
			out := strings.TrimSuffix(file, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(out, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("messages differ from %s (-want +got):\n%s\ngo test ./profiles -run TestBadProfiles -update writes them anew", out, diff)
			}
		})
	}
}

// TestGoodProfiles loads what must be taken without a word.
func TestGoodProfiles(t *testing.T) {
	files, err := filepath.Glob("testdata/ok/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %d good profiles (%v); they belong in testdata/ok", len(files), err)
	}
	for _, name := range append(files, Builtins()...) {
		t.Run(name, func(t *testing.T) {
			loaded, err := Load(name)
			if err != nil || len(loaded.Warnings) > 0 {
				var shown bytes.Buffer
				diag.Print(&shown, append(diag.As(err), loaded.Warnings...), loaded.Sources)
				t.Errorf("said:\n%s", shown.String())
			}
		})
	}
}

// TestEveryFieldCanBeSaid holds full.yaml against the schema: it sets every field, and every
// one arrives in the Go types.
func TestEveryFieldCanBeSaid(t *testing.T) {
	loaded, err := Load("testdata/ok/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	excluded := map[string]bool{ // by others that full.yaml sets
		"Audit.policy":              true,
		"Encryption.keyFile":        true,
		"Mesh.rootNamespace":        true,
		"ImageSignatures.publicKey": true,
	}
	set := map[string]bool{} // by type and field
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[settings.Value]() {
				return
			}
			for i := range v.NumField() {
				name := v.Type().Name() + "." + v.Type().Field(i).Tag.Get("yaml")
				set[name] = set[name] || !v.Field(i).IsZero()
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(loaded.Profile))
	if len(set) < 100 {
		t.Errorf("walked only %d fields", len(set))
	}
	for name, isSet := range set {
		if isSet == excluded[name] {
			t.Errorf("full.yaml sets %s: %v", name, isSet)
		}
	}
}

// TestNames tells which name, file and directory a profile goes by.
func TestNames(t *testing.T) {
	files := fstest.MapFS{
		"dir/plain.yaml": {Data: []byte(head)},
		"dir/named.yml":  {Data: []byte(head + "metadata: {name: other}\n")},
		"baseline":       {Data: []byte(head)},
		"noending":       {Data: []byte(head)},
	}
	type names struct{ Name, File, Dir string }
	for _, test := range []struct {
		arg  string
		want names
	}{
		{"dir/plain.yaml", names{"plain", "dir/plain.yaml", "dir"}},
		{"dir/named.yml", names{"other", "dir/named.yml", "dir"}},
		{"noending", names{"noending", "noending", "."}},
		{"baseline", names{"baseline", "", ""}}, // the built-in wins over a file without an ending
	} {
		t.Run(test.arg, func(t *testing.T) {
			loaded, err := load(files, test.arg)
			if err != nil {
				t.Fatal(err)
			}
			if got := (names{loaded.Name, loaded.File, loaded.Dir}); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestDigest holds what may and what may not change a profile's digest.
func TestDigest(t *testing.T) {
	of := func(t *testing.T, text string) string {
		t.Helper()
		loaded := loadFiles(t, map[string]string{"top.yaml": text, "a.yaml": "tls: {minVersion: VersionTLS12}\n"})
		if len(loaded.Digest) != 64 {
			t.Fatalf("the digest is %q", loaded.Digest)
		}
		return loaded.Digest
	}
	const text = "tls: {minVersion: VersionTLS12}\napiServer: {flags: {a: 1, b: [x, y]}}\n"
	want := of(t, text)
	for range 20 {
		if got := of(t, text); got != want {
			t.Fatalf("the same profile has the digests %s and %s", want, got)
		}
	}
	for _, test := range []struct {
		name, text string
		same       bool
	}{
		{"order of keys", "apiServer: {flags: {b: [x, y], a: 1}}\ntls: {minVersion: VersionTLS12}\n", true},
		{"comments and layout", "# new\ntls:\n  minVersion: 'VersionTLS12'\napiServer: {flags: {a: 1, b: [x, y]}}\n", true},
		{"inherited instead of written", "extends: [a.yaml]\napiServer: {flags: {a: 1, b: [x, y]}}\n", true},
		{"order of a list", "tls: {minVersion: VersionTLS12}\napiServer: {flags: {a: 1, b: [y, x]}}\n", false},
		{"text instead of a number", "tls: {minVersion: VersionTLS12}\napiServer: {flags: {a: \"1\", b: [x, y]}}\n", false},
		{"items that run together", "tls: {minVersion: VersionTLS12}\napiServer: {flags: {a: 1, b: [xy]}}\n", false},
		{"another name", text + "metadata: {name: x}\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := of(t, test.text); (got == want) != test.same {
				t.Errorf("digest %s, the first was %s", got, want)
			}
		})
	}
}

func TestBuiltinSource(t *testing.T) {
	for _, name := range []string{"", "none", "../builtin/baseline", "baseline.yaml", "..", `a\b`} {
		if text, ok := BuiltinSource(name); ok || len(text) > 0 {
			t.Errorf("there is a built-in profile %q", name)
		}
	}
	for _, name := range Builtins() {
		if text, ok := BuiltinSource(name); !ok || len(text) == 0 {
			t.Errorf("the built-in profile %q has no text", name)
		}
	}
}

// FuzzLoad gives the loader anything: it never panics, and every fault it tells has a message
// and, where a place is told, a place that is in the file.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/ok/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fsys := fstest.MapFS{"a.yaml": {Data: text}, "base.yaml": {Data: []byte(head + "tls: {minVersion: VersionTLS12}\n")}}
		loaded, err := load(fsys, "a.yaml")
		var list diag.List
		if err != nil && !errors.As(err, &list) {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		for _, p := range append(list, loaded.Warnings...) {
			lines := 1 + bytes.Count(loaded.Sources[p.Position.File], []byte("\n"))
			if p.Message == "" || (p.Position.File == "a.yaml" && loaded.Sources["a.yaml"] != nil && p.Position.Line > lines) {
				t.Errorf("a fault without message or place: %+v", p)
			}
		}
		if err == nil && loaded.Digest == "" {
			t.Error("a profile that was taken has no digest")
		}
		diag.Print(io.Discard, append(list, loaded.Warnings...), loaded.Sources)
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range Builtins() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load(name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
