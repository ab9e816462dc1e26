package meaning

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// requirement is one condition of a label selector.
type requirement struct {
	key, operator string
	values        []string // sorted
}

// selector is the conjunction of some; none selects everything (k8s.io/apimachinery v0.37.0,
// pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector).
type selector []requirement

func selectorOf(v *settings.Value) selector {
	var out selector
	for _, e := range entries(v.Get("matchLabels")) {
		out = append(out, requirement{e.Key, "In", []string{text(e.Value)}})
	}
	for _, e := range items(v.Get("matchExpressions")) {
		out = append(out, requirement{text(e.Get("key")), text(e.Get("operator")), unique(texts(e.Get("values")))})
	}
	slices.SortFunc(out, func(a, b requirement) int { return cmp.Compare(a.String(), b.String()) })
	return slices.CompactFunc(out, func(a, b requirement) bool { return a.String() == b.String() })
}

func (r requirement) String() string {
	switch {
	case r.operator == "In" && len(r.values) == 1:
		return r.key + "=" + r.values[0]
	case r.operator == "NotIn" && len(r.values) == 1:
		return r.key + "!=" + r.values[0]
	case r.operator == "In" || r.operator == "NotIn":
		return r.key + " " + strings.ToLower(r.operator) + " (" + strings.Join(r.values, ",") + ")"
	}
	return strings.TrimSpace(r.key + " " + r.operator + " " + strings.Join(r.values, ","))
}

func (s selector) String() string {
	if len(s) == 0 {
		return "all"
	}
	out := make([]string, len(s))
	for i, r := range s {
		out[i] = r.String()
	}
	return strings.Join(out, ", ")
}

// implies reports whether whatever keeps one requirement keeps another. NotIn also holds of what has no such label.
func (r requirement) implies(o requirement) bool {
	if r.key != o.key {
		return false
	}
	within := func(a, b []string) bool { return len(beyond(a, b)) == 0 }
	switch o.operator {
	case "In":
		return r.operator == "In" && within(r.values, o.values)
	case "NotIn":
		switch r.operator {
		case "NotIn":
			return within(o.values, r.values)
		case "In":
			return len(beyond(r.values, o.values)) == len(r.values)
		case "DoesNotExist":
			return true
		}
		return false
	case "Exists":
		return r.operator == "Exists" || r.operator == "In" && len(r.values) > 0
	}
	return r.String() == o.String()
}

// covers reports whether a selector selects all that another does. That it does not say so is no proof of the contrary.
func (s selector) covers(o selector) bool {
	if len(s)*len(o) > maxPairs {
		return s.String() == o.String()
	}
	for _, r := range s {
		if !slices.ContainsFunc(o, func(other requirement) bool { return other.implies(r) }) {
			return false
		}
	}
	return true
}

// maxPairs bounds the requirements that are held against each other.
const maxPairs = 100_000

// maxAlternatives bounds what one selector is taken apart into.
const maxAlternatives = 64

// alternatives takes a selector apart: "a in (x,y)" is a=x or a=y.
func (s selector) alternatives() []selector {
	out := []selector{nil}
	for _, r := range s {
		if r.operator != "In" || len(r.values) == 0 || len(out)*len(r.values) > maxAlternatives {
			for i := range out {
				out[i] = append(out[i], r)
			}
			continue
		}
		next := make([]selector, 0, len(out)*len(r.values))
		for _, before := range out {
			for _, value := range r.values {
				next = append(next, append(slices.Clone(before), requirement{r.key, "In", []string{value}}))
			}
		}
		out = next
	}
	return out
}
