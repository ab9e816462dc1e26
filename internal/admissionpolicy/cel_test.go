package admissionpolicy

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hardstrap/hardstrap/profiles"
)

// checkLiteral: the literal is one string of one line whose content is the text. The escapes that
// are written mean the same in CEL and in Go.
func checkLiteral(t *testing.T, text string) {
	t.Helper()
	got := literal(text)
	for _, r := range got {
		if r < ' ' || r > '~' {
			t.Fatalf("%q: %q stands in %s", text, r, got)
		}
	}
	back, err := strconv.Unquote(got)
	if err != nil {
		t.Fatalf("%q: %s: %v", text, got, err)
	}
	if want := strings.ToValidUTF8(text, "\ufffd"); utf8.ValidString(text) && back != want {
		t.Fatalf("%q reads back as %q from %s", text, back, got)
	}
}

func texts() []string {
	return []string{
		"", "registry.example.org/team", `"`, `\`, `\"`, `" || true || "`, "a\nb", "\x00", "\x7f", "\u2028", "\u202e", "日本", "\U0001F600", "\xff",
		"'", "`", "{{", "${x}", `\u0022`, `\x22`, "\r\n\t", "//", "r\"",
	}
}

func TestLiterals(t *testing.T) {
	for _, text := range texts() {
		checkLiteral(t, text)
	}
	for text, want := range map[string]string{
		`say "no" \ yes`: `"say \"no\" \\ yes"`,
		"a\nb":           `"a\u000ab"`,
		"é\U0001F600":    `"\u00e9\U0001f600"`,
	} {
		if got := literal(text); got != want {
			t.Errorf("%q became %s, not %s", text, got, want)
		}
	}
}

func FuzzLiteral(f *testing.F) {
	for _, text := range texts() {
		f.Add(text)
	}
	f.Fuzz(checkLiteral)
}

// FuzzParameters: with its literals taken out, a policy's expressions do not depend on what a
// profile says.
func FuzzParameters(f *testing.F) {
	for _, text := range texts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, plain := Parameters{[]string{text}, []string{text}, []string{text}, []string{text}}, Parameters{[]string{"a"}, []string{"a"}, []string{"a"}, []string{"a"}}
		for _, name := range profiles.PolicyName("").Allowed() {
			want, known := policyOf(name, plain)
			p, _ := policyOf(name, all)
			if !known {
				t.Fatalf("no policy %q", name)
			}
			for i, v := range p.variables {
				if got, want := skeleton(v.expression), skeleton(want.variables[i].expression); got != want {
					t.Fatalf("%s, variable %s, with %q:\n%s\nand not\n%s", name, v.name, text, got, want)
				}
			}
			for i, v := range p.validations {
				other := want.validations[i]
				if skeleton(v.expression) != skeleton(other.expression) || skeleton(v.messageExpression) != skeleton(other.messageExpression) {
					t.Fatalf("%s, with %q: another validation", name, text)
				}
			}
		}
	})
}

// skeleton leaves of every string its quotes.
func skeleton(expression string) string {
	var b strings.Builder
	inside := false
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
			b.WriteByte(c)
		case !inside:
			b.WriteByte(c)
		}
	}
	return b.String()
}
