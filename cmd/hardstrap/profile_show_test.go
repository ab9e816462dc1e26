package main

import (
	"bytes"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Whatever a profile's texts are, printing it merged gives the same texts back, and nothing
// more: neither they nor a file's name can become structure.
func FuzzResolvedKeepsTexts(f *testing.F) {
	for _, text := range []string{
		"", " ", "x", "null", "~", "true", "no", "1", "1.0", "0x10", "1e3", "2027-06-30", "# x", "a #b", "a: b", "- x", "{{", "{a: b}",
		"'", "\"", "a\nb", "a\nb\n", "\na", "a\n\n", "  a\nb", "\t", "a\tb", "\\", "%x", "@x", "`x`", "!x", "&x", "*x", "? x", "|", ">", "---", "...",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "日本", "\u0085", "\u2028", "\ufeff", strings.Repeat("x ", 200), "=", "<<",
	} {
		f.Add(text, "file.yaml")
		f.Add("value", text)
	}
	f.Fuzz(func(t *testing.T, text, file string) {
		origin := settings.Origin{File: file, Line: 1, Column: 1, Source: settings.FromProfile}
		tree := settings.Of(map[string]any{
			"a": text, "b": []any{text, map[string]any{"c": text}}, "d": 1, "e": []any{}, "f": map[string]any{}, "g": nil, "h": true,
		}).At(origin)
		var out bytes.Buffer
		if err := writeResolved(&out, tree); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := yaml.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, &out)
		}
		want := strings.ToValidUTF8(text, "")
		if text != want {
			return // a profile is UTF-8; anything else never gets here
		}
		if len(got) != 7 || got["a"] != text || got["d"] != 1 || got["g"] != nil || got["h"] != true {
			t.Fatalf("got %#v from\n%s", got, &out)
		}
		if list, ok := got["b"].([]any); !ok || len(list) != 2 || list[0] != text || list[1].(map[string]any)["c"] != text {
			t.Fatalf("got %#v from\n%s", got["b"], &out)
		}
	})
}
