package report

import (
	"fmt"
	"strings"
)

// code shows a text as code. Markdown's own backticks cannot hold every text in a table, so it is
// HTML with every character that means something written as an entity.
func code(s string) string { return "<code>" + entities(clean(s)) + "</code>" }

// prose shows a text as it is: no markup, no link, no mention of a person or an issue.
func prose(s string) string {
	s = entities(clean(s))
	return strings.NewReplacer("&#64;", "&#64;&#8203;", "&#35;", "&#35;&#8203;").Replace(s)
}

// entities writes the characters that mean something to Markdown or HTML as entities, which can
// never become markup.
func entities(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("&<>\"'`|\\*_[]!#@~$^{}", r), r == ':' && strings.HasPrefix(s[i:], "://"), r == 'w' && strings.HasPrefix(s[i:], "www."):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
