package controls

import (
	"fmt"
	"slices"
	"strings"
)

// expression is a parsed predicate: an atom, or several joined by all-of or any-of.
type expression struct {
	atom *atom
	any  bool // any-of; otherwise all-of
	of   []expression
}

// atom is one comparison. Subject is empty where it is the control's own setting; otherwise a
// flag (--etcd-keyfile), "flag" (the flag form of a kubelet's field) or "enforce" (the Pod
// Security level); others are parsed, and judged by a function of their own.
type atom struct {
	subject string
	op      string
	args    []string
	written bool // must stand there explicitly; a default does not do
}

// operators that take values, longest first where one begins with another.
func operators() []string {
	return []string{"==", "!=", ">=", "<=", ">", "contains", "not-contains", "one-of", "subset-of", "superset-of"}
}

// parseExpect parses a predicate. The grammar, loosest binding first:
//
//	all  = any { ";" any }
//	any  = both { "or" both }
//	both = atom { "and" atom }
//	atom = [ subject ] ( "present" | "absent" | operator value | pattern ) [ "(written)" ]
//
// Other remarks in parentheses are for people and carry no meaning. Wording beyond this is an
// error: such a control needs a function of its own.
func parseExpect(text string) (expression, error) {
	stripped, err := remarks(text)
	if err != nil {
		return expression{}, err
	}
	return split(stripped, []string{";", " or ", " and "})
}

// split parses one level of joining words and descends to the next.
func split(text string, joiners []string) (expression, error) {
	if len(joiners) == 0 {
		a, err := parseAtom(text)
		return expression{atom: &a}, err
	}
	parts := strings.Split(text, joiners[0])
	if len(parts) == 1 {
		return split(text, joiners[1:])
	}
	joined := expression{any: joiners[0] == " or "}
	for _, part := range parts {
		e, err := split(part, joiners[1:])
		if err != nil {
			return expression{}, err
		}
		joined.of = append(joined.of, e)
	}
	return joined, nil
}

// writtenMark stands in the text for "(written)" while other remarks are dropped.
const writtenMark = "\x00"

// remarks drops what stands in parentheses, but for "(written ...)".
func remarks(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "(")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		remark, after, closed := strings.Cut(rest, ")")
		if !closed {
			return "", fmt.Errorf("a parenthesis is not closed in %q", text)
		}
		if remark == "written" || strings.HasPrefix(remark, "written ") {
			out.WriteString(writtenMark)
		}
		text = after
	}
}

func parseAtom(text string) (atom, error) {
	a := atom{written: strings.Contains(text, writtenMark)}
	text = strings.TrimSpace(strings.ReplaceAll(text, writtenMark, ""))
	head, list, isList := strings.Cut(text, "[")
	words := strings.Fields(head)
	if isList {
		inner, rest, closed := strings.Cut(list, "]")
		if !closed || strings.TrimSpace(rest) != "" {
			return atom{}, fmt.Errorf("a list is not closed, or something follows it, in %q", text)
		}
		a.args = splitList(inner)
	}
	at := slices.IndexFunc(words, func(w string) bool {
		return w == "present" || w == "absent" || slices.Contains(operators(), w)
	})
	switch {
	case at < 0 && len(words) == 1 && !isList && strings.Contains(text, "*"):
		a.op, a.args = "matches", words
		return a, nil
	case at < 0 || at > 1:
		return atom{}, fmt.Errorf("%q is no predicate", text)
	case at == 1:
		a.subject = words[0]
	}
	a.op = words[at]
	rest := words[at+1:]
	wantsList := strings.HasSuffix(a.op, "-of")
	switch {
	case wantsList != isList,
		isList && len(rest) != 0,
		!isList && (a.op == "present" || a.op == "absent") && len(rest) != 0,
		!isList && a.op != "present" && a.op != "absent" && len(rest) != 1:
		return atom{}, fmt.Errorf("%q is no predicate", text)
	}
	a.args = append(a.args, rest...)
	return a, nil
}
