package generate

import (
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// hostile returns texts that try to be more than text.
func hostile() []string {
	return []string{
		"", " ", "a b", "a\nb", "a\r\nb", "\t", "\x00", "a\x00b", "\x7f", "\u0085", "\u2028", "\ufeffa", "\U0001F600", "日本語", "العربية", "é",
		"'", `"`, `\`, `\n`, "a: b", "a:", ":", ": ", "a #b", "#", "- a", "-", "--", "---", "...", "? a", "?", "!!str a", "!a", "&a", "*a", "<<", "=",
		"{", "}", "[", "]", "{a: b}", "[a]", "a,b", ",", "%a", "@a", "`a", "|", ">", "|\n  a", "{{ .Secret }}", "{{", "}}", "{{/*", "$(id)", "`id`",
		"true", "True", "TRUE", "yes", "no", "on", "off", "y", "N", "null", "Null", "~", "nan", ".nan", ".inf", "-.inf", "Infinity",
		"0", "00", "007", "0o7", "0O7", "0x1F", "0X0", "0b1", "1_000", "1e3", "1.5", ".5", "5.", "-1", "+1", "12:30:45", "1:2", "190:20:30", "2026-01-02",
		"2026-01-02T03:04:05Z", "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "300s", "5m0s", "1h", "100Mi", "v1.37.0", "https://a.example.org/x?y=z",
		"/etc/kubernetes/pki/ca.crt", "system:nodes", "system:", "--flag=x", "a=b,c=d", "key: value\nother: value", "\n---\nkind: Other\n",
		strings.Repeat("long ", 2000), strings.Repeat("x", 5000), "trailing ", " leading", "a\n", "\na",
		"a\nb\n", "a\nb\n\n", "a\n\n  b\n c", " a\nb", "a \nb", "a\n \nb", "a\n\tb", "# a\n# b", "---\nkind: Other", "...\na", "a\n---\nb", "|-\n  a", "a\r\nb\n", "日本\n語", "a\n\u2028b", "- a\n- b: c",
	}
}

func TestScalarsReadBackAsTheSameText(t *testing.T) {
	for _, text := range hostile() {
		encoded, err := scalar(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for name, document := range map[string]string{"value": "key: " + encoded + "\n", "item": "- " + encoded + "\n", "nested": "a:\n  b:\n  - c: " + encoded + "\n    d: e\n"} {
			var node yaml.Node
			if err := yaml.Unmarshal([]byte(document), &node); err != nil {
				t.Errorf("%s %q: %v", name, text, err)
				continue
			}
			var found *yaml.Node
			var walk func(*yaml.Node)
			walk = func(n *yaml.Node) {
				if n.Kind == yaml.ScalarNode && n.Value == text && n.ShortTag() == "!!str" {
					found = n
				}
				for _, c := range n.Content {
					walk(c)
				}
			}
			walk(&node)
			if found == nil {
				t.Errorf("%s: %q was written as %q and does not read back as that text", name, text, encoded)
			}
		}
	}
}

func TestPlainScalars(t *testing.T) {
	for text, want := range map[string]bool{
		"VersionTLS12": true, "300s": true, "10.96.0.0/12": true, "/etc/a.b-c": true, "https://a.example.org": true, "system:nodes": true, "v1.37.0": true,
		"a,b": true, "unix:///run/containerd/containerd.sock": true, "fd00::/8": true,
		"10.0.0.1": false, "1.37": false, "1e3": false, "on": false, "Yes": false, "12:30": false, "2026-01-02": false, "*": false, "a: b": false, "a:": false, "": false,
	} {
		if got := plain(text); got != want {
			t.Errorf("%q stands without quotes: %v, want %v", text, got, want)
		}
	}
}

func TestScalarRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		value any
		want  string
	}{
		"not UTF-8":           {"\xff", "not UTF-8"},
		"a list":              {settings.Of([]string{"a"}), "a list is no scalar"},
		"a map":               {settings.Of(map[string]string{"a": "b"}), "a map is no scalar"},
		"a boolean that lies": {&settings.Value{Kind: settings.Bool, Text: "true\nother: x"}, "is not a boolean"},
		"an integer that is":  {&settings.Value{Kind: settings.Int, Text: "1\nother: x"}, "is not an integer"},
		"an octal integer":    {&settings.Value{Kind: settings.Int, Text: "010"}, "is not an integer"},
		"a number that is":    {&settings.Value{Kind: settings.Float, Text: "1.5 # x"}, "is not a finite number"},
		"no number":           {&settings.Value{Kind: settings.Float, Text: "NaN"}, "is not a finite number"},
		"nothing":             {(*settings.Value)(nil), "no value"},
		"another type":        {3.5, "a float64 is no scalar"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := scalar(row.value)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %q, %v; want an error with %q", got, err, row.want)
			}
		})
	}
}

func TestKeysThatNoReaderTakesAreRefused(t *testing.T) {
	long := settings.Of(map[string]string{strings.Repeat("k", 2000): "v"})
	if _, err := tree(0, long); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v, want an error: a key that long does not read back", err)
	}
}

// grow makes a tree out of bytes: shape and texts.
func grow(data []byte, depth int) (*settings.Value, []byte) {
	if len(data) == 0 {
		return &settings.Value{Kind: settings.Null}, nil
	}
	kind, rest := data[0]%8, data[1:]
	switch {
	case kind == 0 && depth < 6:
		out := &settings.Value{Kind: settings.List}
		for n := int(data[0]/8) % 5; n > 0; n-- {
			var item *settings.Value
			item, rest = grow(rest, depth+1)
			out.Items = append(out.Items, item)
		}
		return out, rest
	case kind == 1 && depth < 6:
		out := &settings.Value{Kind: settings.Map}
		for n := int(data[0]/8) % 5; n > 0; n-- {
			var name, v *settings.Value
			name, rest = textFrom(rest)
			v, rest = grow(rest, depth+1)
			out.Put(name.Text, v)
		}
		return out, rest
	case kind == 2:
		return settings.Of(len(rest)%2 == 0), rest
	case kind == 3:
		return settings.Of(int(int8(data[0])) * 1000), rest
	case kind == 4:
		return settings.Of(float64(len(rest)) + 0.25), rest
	case kind == 5:
		return settings.Of(nil), rest
	}
	return textFrom(rest)
}

func textFrom(data []byte) (*settings.Value, []byte) {
	if len(data) == 0 {
		return settings.Of(""), nil
	}
	n := min(int(data[0]), len(data)-1)
	return settings.Of(string(data[1 : 1+n])), data[1+n:]
}

// TestTextOfSeveralLines shows which texts stand on lines of their own.
func TestTextOfSeveralLines(t *testing.T) {
	v := settings.Of(map[string]any{
		"block": "a ? b :\n  c\n\n# d", "ends": "a\nb\n", "list": []any{"a\nb", map[string]any{"deep": "a\nb"}},
		"leads": " a\nb", "trails": "a \nb", "tab": "a\n\tb", "empty": "\na", "more": "a\nb\n\n", "escaped": "a\n\u202eb",
	})
	got, err := tree(2, v)
	if err != nil {
		t.Fatal(err)
	}
	want := `  block: |-
    a ? b :
      c

    # d
  empty: "\na"
  ends: "a\nb\n"
  escaped: "a\n\u202Eb"
  leads: " a\nb"
  list:
  - |-
    a
    b
  - deep: |-
      a
      b
  more: "a\nb\n\n"
  tab: "a\n\tb"
  trails: "a \nb"`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// utf8Tree reports whether all text of a tree is UTF-8.
func utf8Tree(v *settings.Value) bool {
	ok := utf8.ValidString(v.Text)
	for _, item := range v.Items {
		ok = ok && utf8Tree(item)
	}
	for _, e := range v.Entries {
		ok = ok && utf8.ValidString(e.Key) && utf8Tree(e.Value)
	}
	return ok
}

// FuzzTree is the law that values cannot become structure: whatever a tree holds, it reads back
// as that tree, or is refused.
func FuzzTree(f *testing.F) {
	for _, text := range hostile() {
		f.Add(append([]byte{1 + 8*2, byte(min(len(text), 200))}, text...))
		f.Add(append([]byte{0 + 8*3, 6, byte(min(len(text), 200))}, text...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inner, _ := grow(data, 0)
		v := settings.Of(map[string]any{"kind": "Policy", "rules": inner})
		text, err := tree(0, v)
		if err != nil {
			if utf8Tree(v) && !strings.Contains(err.Error(), "too long") {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		found, err := observe.File("host/control-plane/etc/kubernetes/hardstrap/audit/policy.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if len(found) != 1 || !settings.Equal(found[0].Value, v) {
			t.Fatalf("another tree was read back from\n%s", text)
		}
	})
}
