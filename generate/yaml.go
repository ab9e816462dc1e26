package generate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// maxKey bounds an encoded key: a YAML reader gives up on an implicit key of more than 1024
// characters (YAML 1.2.2, section 7.4.2).
const maxKey = 1000

// plainPattern is the text that may stand without quotes, before looking at what it could be
// mistaken for: it starts with a letter, a digit, a slash or an underscore, and holds nothing
// that has a meaning in YAML. A colon is looked at by plain.
var plainPattern = regexp.MustCompile(`^[A-Za-z0-9/_][A-Za-z0-9_./@%+=,*:-]*$`)

// scalar encodes one scalar of a YAML document: a *settings.Value by its kind, anything else
// as settings.Of takes it. The result reads back as the same kind and text under YAML 1.1 and
// 1.2, whatever the text holds. It fails on a list or map, on text that is not UTF-8 and on a
// number that is none.
func scalar(v any) (string, error) {
	switch t := v.(type) {
	case string:
		return scalarText(t)
	case bool:
		return strconv.FormatBool(t), nil
	case int:
		return strconv.Itoa(t), nil
	case *settings.Value:
		return scalarValue(t)
	}
	return "", fmt.Errorf("a %T is no scalar", v)
}

func scalarValue(v *settings.Value) (string, error) {
	if v == nil {
		return "", fmt.Errorf("no value")
	}
	switch v.Kind {
	case settings.Null:
		return "null", nil
	case settings.Bool:
		if v.Text != "true" && v.Text != "false" {
			return "", fmt.Errorf("%q is not a boolean", v.Text)
		}
		return v.Text, nil
	case settings.Int:
		if !integerPattern.MatchString(v.Text) {
			return "", fmt.Errorf("%q is not an integer", v.Text)
		}
		return v.Text, nil
	case settings.Float:
		return float(v.Text)
	case settings.String:
		return scalarText(v.Text)
	}
	return "", fmt.Errorf("a %s is no scalar", v.Kind)
}

var integerPattern = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// float writes a number with a decimal point, which both versions of YAML read as one.
func float(text string) (string, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != f || f-f != 0 {
		return "", fmt.Errorf("%q is not a finite number", text)
	}
	out := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(out, ".") {
		out += ".0"
	}
	return out, nil
}

func scalarText(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%q is not UTF-8", s)
	}
	if plain(s) {
		return s, nil
	}
	return quoted(s), nil
}

// plain reports whether s may stand without quotes and still be read as that text.
func plain(s string) bool {
	if len(s) > 200 || !plainPattern.MatchString(s) || strings.HasSuffix(s, ":") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return false
	}
	if s[0] < '0' || s[0] > '9' {
		return true
	}
	return !likeNumber(s)
}

// likeNumber reports whether text that starts with a digit could be a number, a time or a date
// to some reader. Durations and CIDRs are none: the one has a letter that no number has, the
// other a slash.
func likeNumber(s string) bool {
	if len(s) > 4 && s[4] == '-' && strings.Trim(s[:4], "0123456789") == "" {
		return true
	}
	for _, r := range s {
		switch {
		case r == '/', r >= 'g' && r <= 'z' && r != 'o' && r != 'x', r >= 'G' && r <= 'Z' && r != 'O' && r != 'X':
			return false
		}
	}
	return true
}

// quoted writes s between double quotes, with everything escaped that could be folded, shown
// wrongly or read as an end.
func quoted(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"':
			b.WriteString(`\"`)
		case '\\':
			b.WriteString(`\\`)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		case '\r':
			b.WriteString(`\r`)
		case 0:
			b.WriteString(`\0`)
		default:
			quoteRune(&b, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteRune(b *strings.Builder, r rune) {
	switch {
	case r >= ' ' && r < 0x7f:
		b.WriteRune(r)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08X`, r)
	case r < 0x100 && r != 0xa0 && strconv.IsPrint(r), r >= 0x100 && strconv.IsPrint(r):
		b.WriteRune(r)
	case r < 0x100:
		fmt.Fprintf(b, `\x%02X`, r)
	default:
		fmt.Fprintf(b, `\u%04X`, r)
	}
}

// key encodes a key of a mapping.
func key(s string) (string, error) {
	text, err := scalarText(s)
	if err != nil {
		return "", err
	}
	if len(text) > maxKey {
		return "", fmt.Errorf("a key of %d characters is too long", len(s))
	}
	return text, nil
}

// tree encodes a tree as a block of YAML, each line indented by indent spaces, with map
// keys in a fixed order. An empty tree and a scalar are one line.
func tree(indent int, v *settings.Value) (string, error) {
	if v == nil {
		return "", fmt.Errorf("no value")
	}
	w := treeWriter{}
	w.block(indent, v)
	if w.err != nil {
		return "", w.err
	}
	return strings.TrimSuffix(w.b.String(), "\n"), nil
}

// field encodes a key and the tree under it, indented by indent spaces.
func field(indent int, name string, v *settings.Value) (string, error) {
	w := treeWriter{}
	w.pad(indent)
	w.entry(indent, settings.Entry{Key: name, Value: v})
	return strings.TrimSuffix(w.b.String(), "\n"), w.err
}

// ordered returns a map's entries: what tells a reader what this is, then the rest by name.
func ordered(v *settings.Value) []settings.Entry {
	rank := func(key string) int {
		switch key {
		case "apiVersion":
			return 0
		case "kind":
			return 1
		case "name":
			return 2
		case "level":
			return 3
		}
		return 4
	}
	return slices.SortedFunc(slices.Values(v.Entries), func(a, b settings.Entry) int {
		return cmp.Or(cmp.Compare(rank(a.Key), rank(b.Key)), cmp.Compare(a.Key, b.Key))
	})
}

type treeWriter struct {
	b   strings.Builder
	err error
}

const spaces = "                                                                "

func (w *treeWriter) pad(n int) {
	for n > len(spaces) {
		w.b.WriteString(spaces)
		n -= len(spaces)
	}
	w.b.WriteString(spaces[:n])
}

// block writes v on lines of its own.
func (w *treeWriter) block(indent int, v *settings.Value) {
	switch {
	case v.Kind == settings.Map && len(v.Entries) > 0:
		for _, e := range ordered(v) {
			w.pad(indent)
			w.entry(indent, e)
		}
	case v.Kind == settings.List && len(v.Items) > 0:
		for _, item := range v.Items {
			w.pad(indent)
			w.b.WriteString("- ")
			w.item(indent, item)
		}
	default:
		w.pad(indent)
		w.scalar(indent+2, v)
	}
}

// entry writes a key and what is under it; the line has been indented already. A list stands
// at its key's own column, as the Kubernetes documents write it.
func (w *treeWriter) entry(indent int, e settings.Entry) {
	name, err := key(e.Key)
	if err != nil {
		w.fail(e.Key, err)
		return
	}
	w.b.WriteString(name)
	w.b.WriteByte(':')
	switch {
	case e.Value != nil && e.Value.Kind == settings.Map && len(e.Value.Entries) > 0:
		w.b.WriteByte('\n')
		w.block(indent+2, e.Value)
	case e.Value != nil && e.Value.Kind == settings.List && len(e.Value.Items) > 0:
		w.b.WriteByte('\n')
		w.block(indent, e.Value)
	default:
		w.b.WriteByte(' ')
		w.scalar(indent+2, e.Value)
	}
}

// item writes what follows "- ".
func (w *treeWriter) item(indent int, v *settings.Value) {
	switch {
	case v != nil && v.Kind == settings.Map && len(v.Entries) > 0:
		for i, e := range ordered(v) {
			if i > 0 {
				w.pad(indent + 2)
			}
			w.entry(indent+2, e)
		}
	case v != nil && v.Kind == settings.List && len(v.Items) > 0:
		for i, item := range v.Items {
			if i > 0 {
				w.pad(indent + 2)
			}
			w.b.WriteString("- ")
			w.item(indent+2, item)
		}
	default:
		w.scalar(indent+2, v)
	}
}

// scalar writes a scalar or an empty tree, the line's rest. Text of several lines stands on lines of
// its own, indented by indent spaces, where that says the same.
func (w *treeWriter) scalar(indent int, v *settings.Value) {
	switch {
	case v != nil && v.Kind == settings.String && readable(v.Text):
		w.lines(indent, v.Text)
	case v != nil && v.Kind == settings.Map:
		w.b.WriteString("{}\n")
	case v != nil && v.Kind == settings.List:
		w.b.WriteString("[]\n")
	default:
		text, err := scalarValue(v)
		if err != nil {
			w.fail("", err)
			return
		}
		w.b.WriteString(text)
		w.b.WriteByte('\n')
	}
}

// readable reports whether a text of several lines can stand as a literal block (YAML 1.2.2, section
// 8.1.2) and reads back exactly: nothing in it needs an escape, no line ends in a space, the first
// one shows where the block begins, and it does not end in a line break, which a template might
// take away.
func readable(s string) bool {
	if !strings.Contains(s, "\n") {
		return false
	}
	lines := strings.Split(s, "\n")
	if first, last := lines[0], lines[len(lines)-1]; first == "" || first[0] == ' ' || last == "" {
		return false
	}
	for _, line := range lines {
		if strings.HasSuffix(line, " ") {
			return false
		}
		for _, r := range line {
			if r > 0xffff || r == utf8.RuneError || !strconv.IsPrint(r) {
				return false
			}
		}
	}
	return true
}

// lines writes a literal block.
func (w *treeWriter) lines(indent int, s string) {
	w.b.WriteString("|-\n")
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" {
			w.pad(indent)
			w.b.WriteString(line)
		}
		w.b.WriteByte('\n')
	}
}

func (w *treeWriter) fail(key string, err error) {
	if w.err != nil {
		return
	}
	if key != "" {
		err = fmt.Errorf("%.60q: %w", key, err)
	}
	w.err = err
}
