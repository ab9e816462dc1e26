package wire

import (
	"strings"
	"unicode"
)

// maxText bounds what a server may put into a message.
const maxText = 200

// plain makes text from elsewhere harmless in a terminal and on one line.
func plain(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
