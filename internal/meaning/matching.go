package meaning

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// matched compares which requests a policy, or a binding, is for: fewer is weaker. Where no rules stand, none or all of
// the policy's are meant. Defaults: k8s.io/kubernetes v1.37.0, pkg/apis/admissionregistration/v1/defaults.go.
func (c *comparer) matched(part string, want, have *settings.Value, noneIsAll bool, at settings.Origin) {
	place := func(name string) settings.Origin { return origin(have.Get(name), placed(at)) }
	const fewer, more = "fewer requests are judged", "more requests are judged"
	for _, name := range []string{"namespaceSelector", "objectSelector"} {
		w, h := selectorOf(want.Get(name)), selectorOf(have.Get(name))
		d := Delta{Part: part + "." + name, Relation: catalog.Different, Want: short(w.String()), Have: short(h.String()), At: place(name), Opens: "other objects are judged"}
		narrower, wider := w.covers(h), h.covers(w)
		switch {
		case narrower && wider:
			continue
		case narrower:
			d.Relation, d.Opens = catalog.Weaker, fewer
		case wider:
			d.Relation, d.Opens = catalog.Stronger, more
		}
		c.add(d)
	}
	c.oneOf(part+".matchPolicy", []string{"Exact", "Equivalent"}, or(want.Get("matchPolicy"), "Equivalent"), or(have.Get("matchPolicy"), "Equivalent"), place("matchPolicy"),
		"requests in another version of the API are not judged", "requests in another version of the API are judged too")
	c.judged(part+".resourceRules", items(want.Get("resourceRules")), items(have.Get("resourceRules")), noneIsAll, place("resourceRules"), catalog.Stronger, more, fewer)
	c.judged(part+".excludeResourceRules", items(want.Get("excludeResourceRules")), items(have.Get("excludeResourceRules")), false, place("excludeResourceRules"), catalog.Weaker, fewer, more)
}

// judged compares two lists of rules. How they match: k8s.io/apiserver v0.37.0,
// pkg/admission/plugin/webhook/predicates/rules/rules.go.
func (c *comparer) judged(part string, want, have []*settings.Value, noneIsAll bool, at settings.Origin, added catalog.Relation, addedOpens, removedOpens string) {
	all := []*settings.Value{settings.Of(map[string]any{
		"apiGroups": []string{"*"}, "apiVersions": []string{"*"}, "operations": []string{"*"}, "resources": []string{"*/*"},
	})}
	if noneIsAll && len(want) == 0 {
		want = all
	}
	if noneIsAll && len(have) == 0 {
		have = all
	}
	rules := slices.Concat(want, have)
	resources, operations := fieldsOf(rules, "resources"), fieldsOf(rules, "operations")
	groups, versions, names := fieldsOf(rules, "apiGroups"), fieldsOf(rules, "apiVersions"), fieldsOf(rules, "resourceNames")
	scopes := make([][]string, len(rules))
	for i, r := range rules {
		scopes[i] = []string{or(r.Get("scope"), "*")}
	}
	other := unnamed(resources, operations, groups, versions, names)
	values, ok := judgedResources(resources, other)
	g := grid{want: len(want), have: len(have), axes: []axis{
		textAxis(resources, false, values, matchesJudged),
		textAxis(operations, false, []string{"CREATE", "UPDATE", "DELETE", "CONNECT"}, exactOr("*")),
		textAxis(groups, false, valuesOf(groups, other), exactOr("*")),
		textAxis(versions, false, valuesOf(versions, other), exactOr("*")),
		textAxis(names, true, valuesOf(names, other, ""), func(term, value string) bool { return term == value }),
		textAxis(scopes, true, []string{"Cluster", "Namespaced"}, exactOr("*")),
	}}
	more, less, small := g.compare()
	if !ok || !small {
		c.add(Delta{Part: part, Relation: catalog.Different, At: at, Opens: tooLarge})
		return
	}
	phrases := func(list []excess) string {
		var out []string
		for _, e := range list {
			out = append(out, strings.Join(e.words[1], ",")+" "+grouped(e.words[0], e.words[2]))
		}
		return short(requests(unique(out)))
	}
	if len(more) > 0 {
		place := have[more[0].rule].Origin
		if place == (settings.Origin{}) {
			place = at
		}
		c.add(Delta{Part: part, Relation: added, Have: phrases(more), At: place, Opens: addedOpens})
	}
	if len(less) > 0 {
		c.add(Delta{Part: part, Relation: inverse(added), Want: phrases(less), At: at, Opens: removedOpens})
	}
}

// grouped names resources with their groups.
func grouped(resources, groups []string) string {
	if len(groups) == 1 && groups[0] == "" {
		return strings.Join(resources, ",")
	}
	named := make([]string, len(groups))
	for i, g := range groups {
		named[i] = g
		if g == "" {
			named[i] = "core"
		}
	}
	return strings.Join(resources, ",") + " of " + strings.Join(named, ",")
}

// judgedResources returns the resources that stand for all: every one that is named with every subresource.
func judgedResources(terms [][]string, other string) ([]string, bool) {
	bases, subs := []string{other}, []string{"", other}
	for _, term := range valuesOf(terms) {
		base, sub, _ := strings.Cut(term, "/")
		if base != "*" {
			bases = append(bases, base)
		}
		if sub != "*" {
			subs = append(subs, sub)
		}
	}
	bases, subs = unique(bases), unique(subs)
	if len(bases)*len(subs) > maxValues {
		return nil, false
	}
	var out []string
	for _, base := range bases {
		for _, sub := range subs {
			out = append(out, base+"/"+sub)
		}
	}
	return out, true
}

// matchesJudged matches "pods", which has no subresource in it, "pods/*", which has all and none, "*/scale" and "*/*".
func matchesJudged(term, value string) bool {
	base, sub, _ := strings.Cut(term, "/")
	of, subOf, _ := strings.Cut(value, "/")
	return (base == "*" || base == of) && (sub == "*" || sub == subOf)
}
