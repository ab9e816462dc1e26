package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean returns a text that a terminal, a log or a reader takes as nothing but text: control
// characters, line breaks, characters without a shape, and those that turn the direction of
// writing are shown as Go escapes, such as \x1b and \u202e.
func clean(s string) string {
	if !hides(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			b.WriteString(escape(r))
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// hides reports whether a text has something that clean shows.
func hides(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, hidden)
}

// hidden reports whether a character has no shape of its own, or acts instead of being seen.
func hidden(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800': // letters and a sign that are blank
		return true
	}
	return !unicode.IsPrint(r)
}

func escape(r rune) string {
	switch {
	case r < 0x80:
		quoted := strconv.QuoteRuneToASCII(r)
		return quoted[1 : len(quoted)-1]
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// quoted returns a text in double quotes, in which nothing is ambiguous.
func quoted(s string) string { return clean(strconv.Quote(s)) }

// cleanAll cleans every text of a list.
func cleanAll(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, clean(s))
	}
	return out
}
