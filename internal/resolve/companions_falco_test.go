package resolve

import (
	"strings"
	"testing"
)

// quotedEnd returns where a quoted text ends that starts at the first byte of s, as
// falcosecurity/libs reads it (filter/parser.cpp, lex_quoted_str), or -1.
func quotedEnd(s string) int {
	previous := byte('\\')
	for i := 0; i < len(s); i++ {
		if s[i] == s[0] && previous != '\\' {
			return i
		}
		previous = s[i]
	}
	return -1
}

// replaceable reports whether Falco would take some word of s for the name of a list, if one were
// called so: what stands between two of its delimiters, or one and an end of s
// (falcosecurity/falco, rule_loader_compiler.cpp, resolve_list).
func replaceable(s string) bool {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n\r(),=", r) }) {
		if !strings.HasPrefix(word, "'") || !strings.HasSuffix(word, "'") || len(word) < 2 {
			return true
		}
	}
	return false
}

func checkFalcoText(t *testing.T, text string) bool {
	quoted, err := falcoText(text)
	if err != nil {
		return false
	}
	condition := "proc.name in (" + quoted + ") and evt.num = 0"
	start := strings.Index(condition, "'")
	end := quotedEnd(condition[start:])
	if end < 0 || condition[start+1:start+end] != text {
		t.Fatalf("%q is read as something else in %s", text, condition)
	}
	if condition[start+end+1:] != ") and evt.num = 0" {
		t.Fatalf("%q goes on after its end in %s", text, condition)
	}
	if replaceable(quoted) {
		t.Fatalf("a word of %q could be replaced by a list in %s", text, condition)
	}
	return true
}

func TestFalcoText(t *testing.T) {
	for text, accepted := range map[string]bool{
		"nginx": true, "/etc/kubernetes/admin.conf": true, "runc:[2:INIT]": true, "shell_binaries": true, "größe": true, "*": true, "a%b": true, "-x": true,
		"": false, "a b": false, "a\tb": false, "a\nb": false, "a'b": false, `a"b`: false, `a\`: false, `\`: false, "a,b": false, "a)": false, "(a": false,
		"a=b": false, "\xff": false, "\x00": false, "a\u2028b": false, "') or evt.num >= 0 or proc.name in ('": false, "x shell_binaries y": false,
	} {
		if checkFalcoText(t, text) != accepted {
			t.Errorf("%q: accepted should be %v", text, accepted)
		}
	}
}

func FuzzFalcoText(f *testing.F) {
	for _, text := range []string{"nginx", "a'b", `a\`, `a\'`, "a b", "/a/b", "') or (", "shell_binaries"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkFalcoText(t, text) })
}
