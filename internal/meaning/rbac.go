package meaning

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// roles compares what two roles grant, however their rules are cut. The rules of a role that aggregates others are the
// controller's to write (k8s.io/kubernetes v1.37.0, pkg/controller/clusterroleaggregation).
func roles(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	c.members("aggregated into", aggregatedInto(want), aggregatedInto(have), origin(have.Lookup("metadata", "labels"), have), catalog.Weaker, catalog.Stronger,
		"its rules are added to this role", "its rules are no longer added to this role")
	w, h := want.Get("aggregationRule"), have.Get("aggregationRule")
	at := origin(h, have.Get("rules"), have)
	switch {
	case w != nil && h != nil:
		c.members("aggregationRule", aggregated(w), aggregated(h), at, catalog.Weaker, catalog.Stronger,
			"roles with these labels add their rules", "roles with these labels no longer add their rules")
		return
	case w != nil:
		c.add(Delta{Part: "aggregationRule", Relation: catalog.Different, Want: short(listed(aggregated(w))), At: at, Opens: "its rules are its own, and not those of other roles"})
		return
	case h != nil:
		c.add(Delta{Part: "aggregationRule", Relation: catalog.Weaker, Have: short(listed(aggregated(h))), At: at, Opens: "whoever may label a role adds its rules"})
	}
	c.granted(want.Get("rules"), have.Get("rules"), at)
}

// aggregatedInto returns the built-in roles that a role's labels add its rules to (k8s.io/kubernetes v1.37.0,
// plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
func aggregatedInto(role *settings.Value) []string {
	var out []string
	for _, e := range entries(role.Lookup("metadata", "labels")) {
		if name, ok := strings.CutPrefix(e.Key, "rbac.authorization.k8s.io/aggregate-to-"); ok && text(e.Value) == "true" {
			out = append(out, name)
		}
	}
	return out
}

// aggregated returns the selectors of the roles that a role is made of.
func aggregated(rule *settings.Value) []string {
	var out []string
	for _, s := range items(rule.Get("clusterRoleSelectors")) {
		out = append(out, selectorOf(s).String())
	}
	return unique(out)
}

// granted compares two lists of rules. How they match: k8s.io/kubernetes v1.37.0, pkg/apis/rbac/v1/evaluation_helpers.go.
func (c *comparer) granted(want, have *settings.Value, at settings.Origin) {
	rules := slices.Concat(items(want), items(have))
	sizes := grid{want: len(items(want)), have: len(items(have))}
	verbs, groups, resources, names, urls := fieldsOf(rules, "verbs"), fieldsOf(rules, "apiGroups"), fieldsOf(rules, "resources"), fieldsOf(rules, "resourceNames"), fieldsOf(rules, "nonResourceURLs")
	other := unnamed(verbs, groups, resources, names, urls)

	verb := textAxis(verbs, false, valuesOf(verbs, other), exactOr("*"))
	objects := sizes
	objects.axes = []axis{
		textAxis(resources, false, grantedResources(resources, other), matchesGranted),
		verb,
		textAxis(groups, false, valuesOf(groups, other), exactOr("*")),
		textAxis(names, true, valuesOf(names, other, ""), func(term, value string) bool { return term == value }),
	}
	paths := sizes
	paths.axes = []axis{textAxis(urls, false, grantedPaths(urls, other), matchesURL), verb}

	var more, less []string
	place := at
	for i, g := range []grid{objects, paths} {
		phrase := grantedObjects
		if i == 1 {
			phrase = func(e excess) string { return strings.Join(e.words[1], ",") + " " + strings.Join(e.words[0], ",") }
		}
		exceeds, lacks, ok := g.compare()
		if !ok {
			c.add(Delta{Part: "rules", Relation: catalog.Different, At: at, Opens: tooLarge})
			return
		}
		for _, e := range exceeds {
			if len(more) == 0 {
				place = items(have)[e.rule].Origin
			}
			more = append(more, phrase(e))
		}
		for _, e := range lacks {
			less = append(less, phrase(e))
		}
	}
	if len(more) > 0 {
		c.add(Delta{Part: "rules: " + short(requests(telling(more))), Relation: catalog.Weaker, Have: "granted", At: place, Opens: "more is granted"})
	}
	if len(less) > 0 {
		c.add(Delta{Part: "rules: " + short(requests(telling(less))), Relation: catalog.Stronger, Want: "granted", At: at, Opens: "less is granted"})
	}
}

// telling puts first what opens the most: wildcards, other identities and rights, secrets and tokens, ways into pods and
// nodes.
func telling(phrases []string) []string {
	has := func(s string, words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(s, word) })
	}
	rank := func(phrase string) int {
		switch verbs, objects, _ := strings.Cut(phrase, " "); {
		case has(phrase, "*"):
			return 0
		case has(verbs, "escalate", "bind", "impersonate"):
			return 1
		case has(objects, "secrets", "/token"):
			return 2
		case has(objects, "pods/exec", "pods/attach", "/proxy"):
			return 3
		}
		return 4
	}
	out := unique(phrases)
	slices.SortStableFunc(out, func(a, b string) int { return rank(a) - rank(b) })
	return out
}

// fieldsOf returns a list of texts of each rule.
func fieldsOf(rules []*settings.Value, name string) [][]string {
	out := make([][]string, len(rules))
	for i, r := range rules {
		out[i] = texts(r.Get(name))
	}
	return out
}

// grantedResources returns the resources that stand for all: each that is spelled out, and for "*/scale" the subresource
// of one that is not.
func grantedResources(terms [][]string, other string) []string {
	out := []string{other, other + "/" + other}
	for _, term := range valuesOf(terms) {
		if sub, ok := strings.CutPrefix(term, "*/"); ok {
			out = append(out, other+"/"+sub)
		}
		out = append(out, term)
	}
	return unique(out)
}

func matchesGranted(term, value string) bool {
	if term == "*" || term == value {
		return true
	}
	sub, ok := strings.CutPrefix(term, "*/")
	_, of, slash := strings.Cut(value, "/")
	return ok && slash && sub == of && sub != ""
}

// grantedPaths returns the paths that stand for all: of a pattern one that begins with it, and its beginning itself.
func grantedPaths(terms [][]string, other string) []string {
	out := []string{other}
	for _, term := range valuesOf(terms) {
		prefix := strings.TrimRight(term, "*")
		if prefix != term {
			out = append(out, prefix+other)
		}
		out = append(out, prefix)
	}
	return unique(out)
}

func matchesURL(term, value string) bool {
	prefix := strings.TrimRight(term, "*")
	return term == value || prefix != term && strings.HasPrefix(value, prefix)
}

// grantedObjects says what a rule grants beyond: "create pods/exec", "get,list secrets named a", "* *.*".
func grantedObjects(e excess) string {
	resources, verbs, groups, names := e.words[0], e.words[1], e.words[2], e.words[3]
	out := strings.Join(verbs, ",") + " "
	if len(groups) == 1 && groups[0] != "" {
		for i, r := range resources {
			base, sub, slash := strings.Cut(r, "/")
			if slash {
				sub = "/" + sub
			}
			resources[i] = base + "." + groups[0] + sub
		}
	}
	out += strings.Join(resources, ",")
	if len(groups) > 1 {
		for i, g := range groups {
			if g == "" {
				groups[i] = "core"
			}
		}
		out += " of groups " + strings.Join(groups, ",")
	}
	if len(names) > 0 {
		out += " named " + strings.Join(names, ",")
	}
	return out
}
