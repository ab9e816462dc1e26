package generate

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The formats that are not YAML have no escapes that every reader understands alike. Their
// encoders therefore refuse what they would have to escape; word and line serve all of them.

// wordPattern is one word in sysctl.d, tmpfiles.d, sysusers.d and systemd units: nothing that
// any of them takes for a separator, a quote, a comment, a variable or a specifier.
var wordPattern = regexp.MustCompile(`^[A-Za-z0-9_./:@,=+*-]+$`)

// word returns s when it is one harmless word in every line-based format, or an error.
func word(s string) (string, error) {
	if !wordPattern.MatchString(s) {
		return "", fmt.Errorf("%q cannot be written there; allowed are letters, digits and any of _./:@,=+*-", s)
	}
	return s, nil
}

// line returns s when it is one line of printable text that a systemd unit takes literally,
// for descriptions and comments.
func line(s string) (string, error) {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return "", fmt.Errorf("%q cannot be written there; allowed is one line of printable text", s)
		}
	}
	if strings.ContainsAny(s, `%\$"'`) {
		return "", fmt.Errorf(`%q cannot be written there; it may not hold any of %%\$"'`, s)
	}
	return s, nil
}

// prose returns s for a Markdown text: on one line, with everything escaped that Markdown
// could act upon.
func prose(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%q is not UTF-8", s)
	}
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>()#+!|~&$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteRune(unicode.ReplacementChar)
		}
	}
	return b.String(), nil
}

// shell returns s as one word of a POSIX shell within a Markdown code block.
func shell(s string) (string, error) {
	if wordPattern.MatchString(s) && !strings.ContainsAny(s, "*~") {
		return s, nil
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError || r == '`' {
			return "", fmt.Errorf("%q cannot be written to a command line", s)
		}
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", nil
}

// code returns s as inline code of a Markdown text.
func code(s string) (string, error) {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError || r == '`' || r == '|' {
			return "", fmt.Errorf("%q cannot be shown in a text", s)
		}
	}
	return "`" + s + "`", nil
}
