package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestClean(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "prod: a\\b 本番 é", "prod: a\\b 本番 é"},
		{"a colour", "\x1b[31mred", `\x1b[31mred`},
		{"the other escape", "\u009b31m", `\u009b31m`},
		{"lines", "a\r\nb\tc", `a\r\nb\tc`},
		{"another direction", "a\u202eb\u2066c\u200fd", `a\u202eb\u2066c\u200fd`},
		{"lines of Unicode", "a\u2028b\u2029c\u0085", `a\u2028b\u2029c\u0085`},
		{"no shape", "a\u200bb\ufeffc\u3164d\u00ade", `a\u200bb\ufeffc\u3164d\u00ade`},
		{"another space", "a\u00a0b", `a\u00a0b`},
		{"tags", "a\U000E0041", `a\U000e0041`},
		{"no text", "a\xffb\xc3", `a\xffb\xc3`},
		{"nothing and delete", "\x00\x7f", `\x00\x7f`},
	} {
		if got := clean(test.in); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestInline(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{true, "true"}, {"true", `"true"`}, {0, "0"}, {"0", `"0"`}, {nil, "null"}, {"null", `"null"`}, {"", `""`}, {" a", `" a"`},
		{"not set", `"not set"`}, {"a,b", "a,b"}, {[]string{"a,b", "c"}, `["a,b", c]`}, {[]string{}, "[]"}, {map[string]any{}, "{}"},
		{map[string]any{"b": 1, "a": []any{map[string]any{"x: y": "z"}}}, `{a: [{"x: y": z}], b: 1}`}, {"[a]", `"[a]"`},
		{"a\nb", `"a\nb"`}, {"\u202e", `"\u202e"`}, {"\u3164", `"\u3164"`}, {settings.Redacted, "<redacted>"}, {"5m0s", "5m0s"},
	} {
		if got := inline(settings.Of(test.v)); got != test.want {
			t.Errorf("%v: %s, want %s", test.v, got, test.want)
		}
	}
	if inline(nil) != notSet {
		t.Error("nothing is something")
	}
}

func TestChanges(t *testing.T) {
	rule := func(level string, of ...string) map[string]any { return map[string]any{"level": level, "of": of} }
	many := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"}
	for _, test := range []struct {
		name          string
		wanted, found any
		want          []string
	}{
		{"the same", []string{"a"}, []string{"a"}, nil},
		{"scalars tell themselves", "a", "b", nil},
		{"another kind", []string{"a"}, "a", nil},
		{"members", []string{"a", "b", "c"}, []string{"d", "b"}, []string{"- a, c", "+ d"}},
		{"one more of the same", []string{"a"}, []string{"a", "a"}, []string{"+ a"}},
		{"a text is no number", []any{1}, []any{"1"}, []string{"- 1", `+ "1"`}},
		{"order", []string{"a", "b"}, []string{"b", "a"}, []string{"~ the same members in another order"}},
		{"fields", map[string]any{"a": 1, "b": 2, "c": 3}, map[string]any{"b": 5, "c": 3, "d": 4}, []string{"- a: 1", "~ b: 2 -> 5", "+ d: 4"}},
		{"null is not nothing", map[string]any{"a": nil}, map[string]any{}, []string{"- a: null"}},
		{"below", map[string]any{"a": map[string]any{"b": []string{"x", "y"}}}, map[string]any{"a": map[string]any{"b": []string{"y", "x"}}}, []string{"~ a.b: the same members in another order"}},
		{"a rule of many", []any{rule("None"), rule("Metadata", "secrets")}, []any{rule("None"), rule("None", "secrets")}, []string{"~ [1].level: Metadata -> None"}},
		{"a rule less", []any{rule("None"), rule("Metadata", "secrets")}, []any{rule("None")}, []string{"- [1]: {level: Metadata, of: [secrets]}"}},
		{"many members", many, []string{}, []string{"- a, b, c, d, e, f, g, h, i, j, k and 5 more"}},
		{"many fields", map[string]any{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, map[string]any{}, []string{"- a: 1", "- b: 1", "- c: 1", "and 2 more differences"}},
	} {
		got := changeLines(changes(settings.Of(test.wanted), settings.Of(test.found)), 44, 3)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestShortPairShowsTheDifference(t *testing.T) {
	same := strings.Repeat("the same words ", 20)
	a, b := shortPair(same+"old", same+"new", 30)
	if a == b || width(a) > 30 || width(b) > 30 {
		t.Errorf("%q and %q", a, b)
	}
	if a, b := shortPair("x", "y", 30); a != "x" || b != "y" {
		t.Errorf("%q and %q", a, b)
	}
}

func TestPlace(t *testing.T) {
	for _, test := range []struct {
		o    settings.Origin
		want string
	}{
		{settings.Origin{}, ""},
		{settings.Origin{Source: settings.FromFile, File: "/a", Line: 3, Column: 7}, "/a:3:7"},
		{settings.Origin{Source: settings.FromFile, File: "/a", Line: 3}, "/a:3"},
		{settings.Origin{Source: settings.FromFile, File: "/a", Note: "drop-in"}, "/a (drop-in)"},
		{settings.Origin{Source: settings.FromProcess, Note: "1234"}, "process 1234"},
		{settings.Origin{Source: settings.FromProcess, Note: "process 1234"}, "process 1234"},
		{settings.Origin{Source: settings.FromProcess}, "process"},
		{settings.Origin{Source: settings.FromAPI, Note: "configz of cp-1"}, "configz of cp-1"},
		{settings.Origin{Source: settings.FromAPI}, "the API"},
		{settings.Origin{Source: settings.FromWire}, "the wire"},
		{settings.Origin{Source: settings.FromDefault}, "by default"},
		{settings.Origin{Source: settings.FromKubeadm}, "set by kubeadm"},
		{settings.Origin{Source: settings.FromDerived, Note: "tls.minVersion"}, "derived from tls.minVersion"},
	} {
		if got := place(test.o); got != test.want {
			t.Errorf("%+v: %q, want %q", test.o, got, test.want)
		}
	}
}

// TestFingerprint: where a difference stands, and on how many nodes, makes no other of it; what
// differs does.
func TestFingerprint(t *testing.T) {
	base := rich().Findings[0]
	for name, test := range map[string]struct {
		change func(*compare.Finding)
		same   bool
	}{
		"another line":    {func(f *compare.Finding) { f.Found[0].Said.Origin.Line++; f.Wanted.Origin.Line++ }, true},
		"another process": {func(f *compare.Finding) { f.Found[1].Said.Origin.Note = "99" }, true},
		"another node":    {func(f *compare.Finding) { f.Nodes = []string{"cp-9"} }, true},
		"a waiver":        {func(f *compare.Finding) { f.Waiver = &compare.Waiver{Control: "x"} }, true},
		"another value":   {func(f *compare.Finding) { f.Found[0].Said.Value = settings.Of("x") }, false},
		"another setting": {func(f *compare.Finding) { f.Key.Path = "--other" }, false},
		"another part":    {func(f *compare.Finding) { f.Part = "rules[0]" }, false},
		"a direction":     {func(f *compare.Finding) { f.Direction = compare.Unknown }, false},
	} {
		f := rich().Findings[0]
		test.change(&f)
		if (fingerprint(f) == fingerprint(base)) != test.same {
			t.Errorf("%s: same is %v, want %v", name, !test.same, test.same)
		}
	}
}

func TestNothingFound(t *testing.T) {
	r := rich()
	for i := range r.Findings {
		r.Findings[i].Found = nil
		r.Findings[i].Direction = ""
	}
	r.Matches[0].Found = nil
	checkWellFormed(t, r)
	if c := groups(r); len(c) != 2 || c[0].direction != compare.Unknown {
		t.Errorf("what has no direction is not unknown: %v", c)
	}
}
