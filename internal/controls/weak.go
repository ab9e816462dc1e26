package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// weakPrefix heads the names by which a waiver lifts a weak-value rule.
const weakPrefix = "weak/"

// WeakValue is a value that is weak on every cluster.
type WeakValue struct {
	Rule     string          // weak/always-allow ...
	Key      settings.Key    // the setting
	Value    *settings.Value // the node that is weak: the whole value, or one element of it
	Why      string          // what it opens, lower case, no full stop
	Instead  string          // what to write instead
	Controls []string        // a waiver for one of these, or for Rule, lifts it
}

// LiftedBy reports whether a waiver for a control lifts the refusal of this value.
func (w WeakValue) LiftedBy(control string) bool {
	return control == w.Rule || slices.Contains(w.Controls, control)
}

// weakRuleOf is one rule: which settings it looks at, and which nodes of them are weak.
type weakRuleOf struct {
	id       string
	why      string
	instead  string
	controls []string // by id, among those that the setting carries
	subject  string   // of a rule over objects: the setting key of the controls that ask for the opposite
	looks    func(k settings.Key) bool
	weak     func(v *settings.Value) []*settings.Value
	among    func(set *settings.Set, v *settings.Value) []*settings.Value // instead of weak, where other settings decide too
}

// nodes returns what of a setting's value is weak.
func (r weakRuleOf) nodes(set *settings.Set, v *settings.Value) []*settings.Value {
	if r.among != nil {
		return r.among(set, v)
	}
	return r.weak(v)
}

// liftedBy returns the names of the controls whose waiver lifts the rule for a setting.
func (r weakRuleOf) liftedBy(k settings.Key) []string {
	var out []string
	if r.subject != "" {
		for _, c := range Controls() {
			if c.SettingKey == r.subject {
				out = append(out, c.Name())
			}
		}
		return out
	}
	for _, control := range ForSetting(k) {
		if _, id, _ := strings.Cut(control, "/"); slices.Contains(r.controls, id) {
			out = append(out, control)
		}
	}
	return out
}

// Weak returns the weak values among settings, ordered by key and then by rule.
func Weak(set *settings.Set) []WeakValue {
	rules := weakRules()
	var out []WeakValue
	for _, s := range set.All() {
		for _, r := range rules {
			if !r.looks(s.Key) {
				continue
			}
			for _, node := range r.nodes(set, s.Value) {
				out = append(out, WeakValue{
					Rule: weakPrefix + r.id, Key: s.Key, Value: node, Why: r.why, Instead: r.instead, Controls: r.liftedBy(s.Key),
				})
			}
		}
	}
	return out
}

// WeakRules returns the names by which a weak value can be waived, in order: the rules here,
// and what auditpolicy refuses of a policy.
func WeakRules() []string {
	var out []string
	for _, r := range weakRules() {
		out = append(out, weakPrefix+r.id)
	}
	for _, id := range []string{auditpolicy.LogsNothing, auditpolicy.SecretBodies, auditpolicy.TokenBodies} {
		out = append(out, weakPrefix+id)
	}
	return out
}

// weakPolicy returns the names of the rules that the audit policy breaks.
func (in Input) weakPolicy() []string {
	policy := in.api("Policy").value
	if policy == nil {
		return nil
	}
	var out []string
	for _, f := range auditpolicy.Inspect(policy, in.Minor) {
		if f.ID != "" {
			out = append(out, weakPrefix+f.ID)
		}
	}
	return out
}

// at looks at one setting of a component, on whichever role.
func at(component string, paths ...string) func(settings.Key) bool {
	return func(k settings.Key) bool { return k.Component == component && slices.Contains(paths, k.Path) }
}

// objectOf looks at all objects of the cluster of some kinds.
func objectOf(kinds ...string) func(settings.Key) bool {
	return func(k settings.Key) bool {
		kind, _, _, ok := k.Object()
		return ok && k.Component == settings.Cluster && slices.Contains(kinds, kind)
	}
}

// anyOf joins several looks.
func anyOf(looks ...func(settings.Key) bool) func(settings.Key) bool {
	return func(k settings.Key) bool {
		return slices.ContainsFunc(looks, func(look func(settings.Key) bool) bool { return look(k) })
	}
}

// texts returns the scalars of a value, splitting a flag's text at commas, that a test picks.
func texts(pick func(string) bool) func(*settings.Value) []*settings.Value {
	return func(v *settings.Value) []*settings.Value {
		if v == nil || v.Kind == settings.Null || v.Kind == settings.Map {
			return nil
		}
		nodes := []*settings.Value{v}
		if v.Kind == settings.List {
			nodes = v.Items
		}
		var out []*settings.Value
		for _, node := range nodes {
			if node.IsScalar() && slices.ContainsFunc(splitList(node.Text), pick) {
				out = append(out, node)
			}
		}
		return out
	}
}

// splitList splits a flag's text at commas, without blanks around the elements.
func splitList(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func is(values ...string) func(string) bool {
	return func(text string) bool { return slices.Contains(values, text) }
}

// isTrue and isFalse read a boolean as the components' flags do (strconv.ParseBool).
func isTrue(text string) bool {
	return slices.Contains([]string{"true", "True", "TRUE", "t", "T", "1"}, text)
}

func isFalse(text string) bool {
	return slices.Contains([]string{"false", "False", "FALSE", "f", "F", "0"}, text)
}

func notEmpty(text string) bool { return text != "" }
