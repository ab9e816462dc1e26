package profiles

import (
	"fmt"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// validator judges a merged profile by what holds for every version of Kubernetes: spelling,
// companions that must be there, and values that contradict each other. What depends on a
// version is judged later, against the catalog of that version.
type validator struct {
	*Loaded
	shape   *shape
	tainted *taint
	faults  diag.List
}

func validate(l *Loaded, s *shape, tainted *taint) diag.List {
	v := &validator{Loaded: l, shape: s, tainted: tainted}
	v.top()
	v.cluster()
	v.apiServer()
	v.authentication()
	v.authorization()
	v.admission()
	v.audit()
	v.encryption()
	v.nodes()
	v.namespaces()
	v.rbac()
	v.networkPolicy()
	v.admissionPolicies()
	v.companions()
	v.waivers()
	return v.faults
}

func (v *validator) spell(steps []string) string { return v.shape.spell(v.Tree, steps) }

// fault reports a problem at a path.
func (v *validator) fault(p diag.Problem, steps ...string) {
	p.Path = v.spell(steps)
	p.Position = position(v.Origin(steps...))
	v.faults.Add(p)
}

// is judges the spelling of a text; one that is unset is right.
func (v *validator) is(text string, right format, steps ...string) {
	if text == "" {
		return
	}
	if p := right(text); p != nil {
		v.fault(*p, steps...)
	}
}

// each judges the spelling of every text of a list.
func (v *validator) each(texts []string, right format, steps ...string) {
	for i, text := range texts {
		v.is(text, right, under(steps, strconv.Itoa(i))...)
	}
}

// needed reports a text that must be there.
func (v *validator) needed(text, hint string, steps ...string) {
	if text == "" {
		v.missing(hint, steps...)
	}
}

// missing reports that something must be there, unless what was there was refused already.
func (v *validator) missing(hint string, steps ...string) {
	if !v.tainted.has(v.spell(steps)) {
		v.fault(diag.Problem{Message: "is missing", Hint: hint}, steps...)
	}
}

// empty reports a list that is written and has no items, unless its items were refused.
func (v *validator) empty(n int, hint string, steps ...string) {
	if n == 0 && v.set(steps...) && !v.tainted.has(v.spell(steps)) {
		v.fault(diag.Problem{Message: "the list is empty", Hint: hint}, steps...)
	}
}

// within judges a number; one that is unset is right.
func (v *validator) within(n *int, least, most int, steps ...string) {
	if n != nil && (*n < least || *n > most) {
		v.fault(diag.Problem{Message: fmt.Sprintf("%d is out of range", *n), Allowed: fmt.Sprintf("%d to %d", least, most)}, steps...)
	}
}

// textMap judges a map from texts to texts; one that is unset is right. A value may also be a
// number where numbers says so.
func (v *validator) textMap(m *settings.Value, key, value format, numbers bool, steps ...string) {
	if m == nil {
		return
	}
	if m.Kind != settings.Map || len(m.Entries) == 0 {
		what := describe(m)
		if m.Kind == settings.Map {
			what = "an empty map"
		}
		v.fault(diag.Problem{Message: "a map of names and values is wanted, found " + what, Hint: "leave it out to say nothing"}, steps...)
		return
	}
	for _, e := range m.Entries {
		at := under(steps, e.Key)
		if p := key(e.Key); p != nil {
			v.fault(*p, at...)
		}
		switch {
		case e.Value.Kind == settings.String || numbers && (e.Value.Kind == settings.Int || e.Value.Kind == settings.Float):
			if p := value(e.Value.Text); p != nil {
				v.fault(*p, at...)
			}
		case e.Value.IsScalar() && !numbers && e.Value.Kind != settings.Null:
			v.fault(diag.Problem{Message: "text is wanted, found " + describe(e.Value), Hint: fmt.Sprintf("quote it: %q", e.Value.Text)}, at...)
		default:
			v.fault(diag.Problem{Message: "a value is wanted, found " + describe(e.Value)}, at...)
		}
	}
}

// at returns the node at a path, or nil.
func (v *validator) at(steps ...string) *settings.Value {
	node := v.Tree
	for _, step := range steps {
		if _, node = below(node, step); node == nil {
			return nil
		}
	}
	return node
}

// set reports whether anything stands at a path.
func (v *validator) set(steps ...string) bool { return v.at(steps...) != nil }

// exclusive reports that two places contradict each other; the message stands at the first, or
// at the one that the profile says itself where the other is inherited, and says where the other
// is.
func (v *validator) exclusive(one, other []string, why string) {
	if !v.set(one...) || !v.set(other...) {
		return
	}
	hint := "keep one of them"
	if v.Origin(one...).File != v.Origin(other...).File {
		if v.Origin(other...).File == v.File {
			one, other = other, one
		}
		last := other[len(other)-1]
		hint = fmt.Sprintf("to drop the inherited one write null: %s: null", last)
		if _, err := strconv.Atoi(last); err == nil {
			hint = fmt.Sprintf("to drop the inherited one write %s: {remove: [%s]}", other[len(other)-2], v.at(other...).Text)
		}
	}
	v.fault(diag.Problem{
		Message: fmt.Sprintf("contradicts %s (%s): %s", v.spell(other), v.Origin(other...), why),
		Hint:    hint,
	}, one...)
}

// under returns a path that goes on below another, without touching it.
func under(steps []string, more ...string) []string {
	return append(steps[:len(steps):len(steps)], more...)
}

func place(steps ...string) []string { return steps }
