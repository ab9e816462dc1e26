package admissionpolicy

import (
	"fmt"
	"strings"
)

// literal encodes text as a CEL string (https://github.com/google/cel-spec/blob/v0.24.0/doc/langdef.md#string-and-bytes-values).
// Whatever the text holds, the result is one string that stands on one line: everything but
// printable ASCII is an escape. What is not UTF-8 becomes U+FFFD.
func literal(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// literals encodes texts as a CEL list, one on a line.
func literals(texts []string) string {
	if len(texts) == 0 {
		return "[]"
	}
	lines := make([]string, 0, len(texts))
	for _, text := range texts {
		lines = append(lines, "  "+literal(text))
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]"
}
