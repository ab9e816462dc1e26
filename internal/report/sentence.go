package report

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// Limits of texts that are one line of something else.
const (
	sentenceValue = 80
	sentenceNodes = 12
	sentenceLines = 6
	valueInFull   = 1000 // of a value that stands by itself; JSON alone has all of it
)

// sentence says a finding in one line: what differs, where, and what it opens.
func sentence(f compare.Finding) string {
	parts := []string{differs(f)}
	if f.Opens != "" {
		parts = append(parts, clean(f.Opens))
	}
	if on := where(f, sentenceNodes); on != "" {
		parts = append(parts, "on "+on)
	}
	if f.Expired != nil {
		parts = append(parts, "the waiver of "+expiredText(*f.Expired))
	}
	return strings.Join(parts, "; ")
}

// differs says what is wanted and what is found in one line.
func differs(f compare.Finding) string {
	if f.Message != "" {
		if at := places(f.Found); at != "" {
			return clean(f.Message) + " (" + at + ")"
		}
		return clean(f.Message)
	}
	wanted := inline(f.Wanted.Value)
	if disagrees(f) {
		var all []string
		for _, s := range f.Found {
			all = append(all, cut(found(s), sentenceValue)+in(sightingPlace(s)))
		}
		return "wanted " + cut(wanted, sentenceValue) + ", found " + strings.Join(all, " but ")
	}
	if len(f.Found) == 0 {
		return "wanted " + cut(wanted, sentenceValue)
	}
	value := found(f.Found[0])
	if v := f.Found[0].Said.Value; v != nil {
		wanted, value = shown(f.Wanted.Value, v, sentenceValue)
	}
	text := "wanted " + cut(wanted, sentenceValue) + ", found " + value + in(places(f.Found))
	if list := changes(f.Wanted.Value, f.Found[0].Said.Value); len(list) > 0 {
		text += ": " + strings.Join(changeLines(list, sentenceValue, sentenceLines), "; ")
	}
	return text
}

// in puts a place in parentheses.
func in(place string) string {
	if place == "" {
		return ""
	}
	return " (" + place + ")"
}

// title names a finding with its direction.
func title(f compare.Finding) string {
	return setting(f) + " is " + string(direction(f))
}
