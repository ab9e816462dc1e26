package meaning

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// admissionPolicies compares what is judged, and how (fields: k8s.io/api v0.37.0, admissionregistration/v1/types.go;
// defaults: k8s.io/kubernetes v1.37.0, pkg/apis/admissionregistration/v1/defaults.go).
func admissionPolicies(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	w, h := want.Get("spec"), have.Get("spec")
	at := func(name string) settings.Origin { return origin(h.Get(name), h, have) }
	c.oneOf("spec.failurePolicy", []string{"Ignore", "Fail"}, or(w.Get("failurePolicy"), "Fail"), or(h.Get("failurePolicy"), "Fail"), at("failurePolicy"),
		"what cannot be judged is let through", "what cannot be judged is refused")
	c.matched("spec.matchConstraints", w.Get("matchConstraints"), h.Get("matchConstraints"), false, at("matchConstraints"))
	c.conditions("spec.matchConditions", w.Get("matchConditions"), h.Get("matchConditions"), at("matchConditions"),
		"fewer requests are judged", "more requests are judged", catalog.Weaker)
	for _, name := range []string{"apiVersion", "kind"} {
		c.differ("spec.paramKind."+name, text(w.Lookup("paramKind", name)), text(h.Lookup("paramKind", name)), at("paramKind"), "it is told what to judge by from elsewhere")
	}
	c.variables(w.Get("variables"), h.Get("variables"), at("variables"))
	c.validations(items(w.Get("validations")), items(h.Get("validations")), at("validations"))
	annotations := func(v *settings.Value) map[string]string {
		out := make(map[string]string)
		for _, a := range items(v.Get("auditAnnotations")) {
			out[text(a.Get("key"))] = trimmed(a.Get("valueExpression"))
		}
		return out
	}
	a, b := annotations(w), annotations(h)
	for _, key := range sortedKeys(a, b) {
		c.differ("spec.auditAnnotations "+short(key), a[key], b[key], at("auditAnnotations"), "something else is noted in the audit log")
	}
}

// oneOf compares two words of an order, the weakest first.
func (c *comparer) oneOf(part string, order []string, want, have string, at settings.Origin, weaker, stronger string) {
	a, b := slices.Index(order, want), slices.Index(order, have)
	if a < 0 || b < 0 {
		c.differ(part, want, have, at, "it differs")
		return
	}
	c.ranked(part, want, have, a, b, at, weaker, stronger)
}

// conditions compares expressions that must all hold. One more lets fewer requests through to where they stand, which
// added says the worth of.
func (c *comparer) conditions(part string, want, have *settings.Value, at settings.Origin, fewer, more string, added catalog.Relation) {
	read := func(v *settings.Value) []string {
		var out []string
		for _, condition := range items(v) {
			out = append(out, trimmed(condition.Get("expression")))
		}
		return unique(out)
	}
	c.members(part, read(want), read(have), at, added, inverse(added), fewer, more)
}

func (c *comparer) variables(want, have *settings.Value, at settings.Origin) {
	w, names := byName(items(want), "name")
	h, found := byName(items(have), "name")
	for _, name := range either(names, found) {
		c.differ("spec.variables "+short(name), trimmed(w[name].Get("expression")), trimmed(h[name].Get("expression")), origin(h[name], placed(at)), "expressions that use it mean something else")
	}
}

// validations compares what must hold of a request, in whatever order. Of two that differ and stand at the same place
// one is taken for the other's change.
func (c *comparer) validations(want, have []*settings.Value, at settings.Origin) {
	wanted, found := make(map[string]*settings.Value), make(map[string]*settings.Value)
	for _, v := range want {
		wanted[trimmed(v.Get("expression"))] = v
	}
	for _, v := range have {
		found[trimmed(v.Get("expression"))] = v
	}
	taken := make(map[int]bool)
	for i, w := range want {
		part := fmt.Sprintf("spec.validations[%d]", i)
		expression := trimmed(w.Get("expression"))
		h := found[expression]
		switch {
		case h != nil:
			c.answer(part, w, h)
		case i < len(have) && wanted[trimmed(have[i].Get("expression"))] == nil:
			taken[i] = true
			c.add(Delta{Part: part, Relation: catalog.Different, Want: short(expression), Have: short(trimmed(have[i].Get("expression"))), At: have[i].Origin, Opens: "something else must hold"})
		default:
			c.add(Delta{Part: part, Relation: catalog.Weaker, Want: short(expression), At: at, Opens: "it need not hold any more"})
		}
	}
	for i, h := range have {
		expression := trimmed(h.Get("expression"))
		if wanted[expression] == nil && !taken[i] {
			c.add(Delta{Part: fmt.Sprintf("spec.validations[%d]", i), Relation: catalog.Stronger, Have: short(expression), At: h.Origin, Opens: "one thing more must hold"})
		}
	}
}

// answer compares what somebody is told who is refused.
func (c *comparer) answer(part string, want, have *settings.Value) {
	for _, name := range []string{"message", "messageExpression", "reason"} {
		standin := ""
		if name == "reason" {
			standin = "Invalid" // k8s.io/apiserver v0.37.0, pkg/admission/plugin/policy/validating/validator.go
		}
		c.differ(part+"."+name, strings.TrimSpace(or(want.Get(name), standin)), strings.TrimSpace(or(have.Get(name), standin)), origin(have.Get(name), have), "who is refused is told something else")
	}
}

// admissionBindings compares which policy is bound, where, and what follows.
func admissionBindings(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	w, h := want.Get("spec"), have.Get("spec")
	at := func(name string) settings.Origin { return origin(h.Get(name), h, have) }
	if a, b := text(w.Get("policyName")), text(h.Get("policyName")); a != b {
		c.add(Delta{Part: "spec.policyName", Relation: catalog.Weaker, Want: short(a), Have: short(b), At: at("policyName"), Opens: "the wanted policy is not bound by it"})
	}
	c.actions(unique(texts(w.Get("validationActions"))), unique(texts(h.Get("validationActions"))), at("validationActions"))
	c.matched("spec.matchResources", w.Get("matchResources"), h.Get("matchResources"), true, at("matchResources"))
	c.parameters(w.Get("paramRef"), h.Get("paramRef"), at("paramRef"))
}

func (c *comparer) actions(want, have []string, at settings.Origin) {
	word := func(action string) string {
		switch action {
		case "Deny":
			return "refused"
		case "Warn":
			return "warned of"
		case "Audit":
			return "noted in the audit log"
		}
		return "followed by " + short(action)
	}
	for _, action := range beyond(want, have) {
		c.add(Delta{Part: "spec.validationActions", Relation: catalog.Weaker, Want: short(action), At: at, Opens: "violations are not " + word(action)})
	}
	for _, action := range beyond(have, want) {
		c.add(Delta{Part: "spec.validationActions", Relation: catalog.Stronger, Have: short(action), At: at, Opens: "violations are " + word(action) + " too"})
	}
}

func (c *comparer) parameters(want, have *settings.Value, at settings.Origin) {
	for _, name := range []string{"name", "namespace"} {
		c.differ("spec.paramRef."+name, text(want.Get(name)), text(have.Get(name)), at, "it is told what to judge by from elsewhere")
	}
	said := func(ref *settings.Value) string {
		if ref.Get("selector") == nil {
			return ""
		}
		return selectorOf(ref.Get("selector")).String()
	}
	c.differ("spec.paramRef.selector", said(want), said(have), at, "it is told what to judge by from elsewhere")
	c.oneOf("spec.paramRef.parameterNotFoundAction", []string{"Allow", "Deny"}, text(want.Get("parameterNotFoundAction")), text(have.Get("parameterNotFoundAction")), at,
		"without parameters everything is let through", "without parameters everything is refused")
}
