package report

import (
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// notSet is what stands for a value that is not there.
const notSet = "not set"

// inline returns a value in one line, complete: lists in brackets, maps in braces with sorted
// keys, texts in quotes only where they could be taken for something else.
func inline(v *settings.Value) string {
	if v == nil {
		return notSet
	}
	var b strings.Builder
	writeInline(&b, v, false)
	return b.String()
}

func writeInline(b *strings.Builder, v *settings.Value, nested bool) {
	switch {
	case v == nil, v.Kind == settings.Null:
		b.WriteString("null")
	case v.Kind == settings.List:
		b.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			writeInline(b, item, true)
		}
		b.WriteByte(']')
	case v.Kind == settings.Map:
		b.WriteByte('{')
		for i, e := range v.Sorted() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(word(e.Key, true))
			b.WriteString(": ")
			writeInline(b, e.Value, true)
		}
		b.WriteByte('}')
	case v.Kind == settings.String:
		b.WriteString(word(v.Text, nested))
	default:
		b.WriteString(clean(v.Text))
	}
}

// word returns a text, in quotes where it could be taken for something else.
func word(s string, nested bool) string {
	if s == "" || strings.TrimSpace(s) != s || hides(s) || looksTyped(s) || strings.ContainsAny(s[:1], `"[{`) ||
		nested && (strings.ContainsAny(s, `,[]{}"`) || strings.Contains(s, ": ")) {
		return quoted(s)
	}
	return s
}

// looksTyped reports whether a text looks like a boolean, a number or nothing, or like the words
// for a value that is not there.
func looksTyped(s string) bool {
	switch s {
	case "":
		return false
	case "true", "false", "null", notSet, notKnown:
		return true
	}
	if !strings.ContainsAny(s[:1], "0123456789+-.iInN") {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// notKnown is what stands for a value that could not be read or has no known default.
const notKnown = "not known"

// found returns what a sighting shows, in one line.
func found(s compare.Sighting) string {
	if s.Said.Value == nil && s.Direction == compare.Unknown {
		return notKnown
	}
	return inline(s.Said.Value)
}

// size says of a list or a map how large it is.
func size(v *settings.Value) string {
	switch v.Kind {
	case settings.List:
		return counted(len(v.Items), "member", "members")
	case settings.Map:
		return counted(len(v.Entries), "field", "fields")
	}
	return ""
}

// counted returns a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// short returns a value in at most limit cells: of a long text there is the beginning, of a long
// list or map what has room, with the number of the rest.
func short(v *settings.Value, limit int) string {
	text := inline(v)
	if v == nil || width(text) <= limit {
		return text
	}
	var parts []string
	switch v.Kind {
	case settings.List:
		for _, item := range v.Items {
			parts = append(parts, inline(item))
		}
		return "[" + fitting(parts, limit-2) + "]"
	case settings.Map:
		for _, e := range v.Sorted() {
			parts = append(parts, word(e.Key, true)+": "+inline(e.Value))
		}
		return "{" + fitting(parts, limit-2) + "}"
	}
	return cut(text, limit)
}

// shown returns what is wanted and what is found in at most limit cells each, so that the
// difference is seen. Where the members of lists or maps are told one by one below, as
// changeLines does, those too long to be read are said by their size alone.
func shown(wanted, found *settings.Value, limit int) (string, string) {
	w, f := inline(wanted), inline(found)
	switch list := changes(wanted, found); {
	case width(w) <= limit && width(f) <= limit:
		return w, f
	case len(list) > 0 && !list[0].orderOfAll():
		return size(wanted), size(found)
	case wanted.IsScalar() && found.IsScalar():
		return shortPair(w, f, limit)
	}
	return short(wanted, limit), short(found, limit)
}

// shortPair returns two texts in at most limit cells each. Where they begin alike for long, the
// beginning is left out, so that the difference is seen.
func shortPair(a, b string, limit int) (string, string) {
	if width(a) <= limit && width(b) <= limit {
		return a, b
	}
	ra, rb := []rune(a), []rune(b)
	same := 0
	for same < len(ra) && same < len(rb) && ra[same] == rb[same] {
		same++
	}
	if from := same - limit/4; same > limit/2 && from > 0 {
		a, b = "…"+string(ra[from:]), "…"+string(rb[from:])
	}
	return cut(a, limit), cut(b, limit)
}
