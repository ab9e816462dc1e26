package meaning

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// duration returns the canonical text of a duration, or the text where it is none.
func duration(s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return s
	}
	return d.String()
}

// longer reports whether the second of two durations is the longer; ok is false where one is none.
func longer(a, b string) (is, ok bool) {
	x, err := time.ParseDuration(a)
	y, alsoErr := time.ParseDuration(b)
	return y > x, err == nil && alsoErr == nil
}

// integer reads a number; what is none is not ok.
func integer(v *settings.Value) (n int64, ok bool) {
	n, err := strconv.ParseInt(text(v), 10, 64)
	return n, err == nil
}

// trimmed is an expression without the space around it.
func trimmed(v *settings.Value) string { return strings.TrimSpace(text(v)) }

// sortedKeys returns the keys of some maps, once.
func sortedKeys[T any](maps ...map[string]T) []string {
	var out []string
	for _, m := range maps {
		for k := range m {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
