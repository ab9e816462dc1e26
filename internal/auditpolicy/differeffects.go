package auditpolicy

import (
	"fmt"
	"slices"
)

// effect is what the rule of an index records; -1 is none.
func (p *policy) effect(i int) Effect {
	if i < 0 {
		return Effect{Level: None}
	}
	r := &p.rules[i]
	e := Effect{Level: r.level, OmitManagedFields: p.omitManagedFields}
	if r.omitManagedFields != nil {
		e.OmitManagedFields = *r.omitManagedFields
	}
	for _, stage := range stages() {
		if !slices.Contains(r.omitStages, stage) {
			e.Stages = append(e.Stages, stage)
		}
	}
	if len(e.Stages) == 0 || !slices.Contains(levels()[1:], e.Level) {
		return Effect{Level: None}
	}
	if !above(e.Level, Metadata) {
		e.OmitManagedFields = false
	}
	return e
}

// effectsOf returns a text for each effect, the first that of no rule: equal effects have equal ones.
func effectsOf(p *policy) []string {
	out := make([]string, 0, len(p.rules)+1)
	for i := -1; i < len(p.rules); i++ {
		out = append(out, fmt.Sprint(p.effect(i)))
	}
	return out
}

// leak says which bodies that do not belong into a log the found level records and the wanted one does not.
func leak(a Attributes, verbs class, want, have string) (what, id string) {
	if !above(have, want) || !above(have, Metadata) {
		return "", ""
	}
	for _, s := range sensitive() {
		if s.target.Group != a.Group || s.target.Resource != a.Resource || s.target.Subresource != a.Subresource {
			continue
		}
		for _, v := range verbs.values {
			var by Attributes
			v.set(&by)
			if s.carried(by.Verb, have) && !s.carried(by.Verb, want) {
				return s.what, s.id
			}
		}
	}
	return "", ""
}

// carried reports whether a level records a body that carries the secret.
func (s *secrecy) carried(verb, level string) bool {
	switch level {
	case Request:
		return slices.Contains(s.request, verb)
	case RequestResponse:
		return slices.Contains(s.request, verb) || slices.Contains(s.response, verb)
	}
	return false
}

// secretKind tells apart the objects whose bodies do not belong into a log.
func secretKind(a Attributes) string {
	for _, s := range sensitive() {
		if s.target.Group == a.Group && s.target.Resource == a.Resource && s.target.Subresource == a.Subresource {
			return s.name()
		}
	}
	return ""
}
