package meaning

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/admissionpolicy"
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// podSecurityLabels begins the labels of namespaces that Pod Security reads (k8s.io/pod-security-admission v0.37.0,
// api/constants.go).
const podSecurityLabels = "pod-security.kubernetes.io/"

// managedBy is the label by which tools know their own; it selects nothing.
const managedBy = "app.kubernetes.io/managed-by"

func podSecurityModes() []string { return []string{"enforce", "audit", "warn"} }

// strict ranks a level; -1 is none that there is.
func strict(level string) int {
	return slices.Index([]string{"privileged", "baseline", "restricted"}, level)
}

// podSecurities compares the levels of namespaces without a label, and who is exempt from all of them (defaults:
// k8s.io/pod-security-admission v0.37.0, admission/api/v1/defaults.go).
func podSecurities(c *comparer, want, have *settings.Value) {
	w, h := want.Get("defaults"), have.Get("defaults")
	for _, mode := range podSecurityModes() {
		level := func(v *settings.Value) string { return or(v.Get(mode), "privileged") }
		c.level("defaults."+mode, mode, level(w), level(h), origin(h.Get(mode), h, have))
		version := mode + "-version"
		if strict(level(w)) > 0 && strict(level(h)) > 0 { // privileged is the same in every version
			c.differ("defaults."+version, or(w.Get(version), "latest"), or(h.Get(version), "latest"), origin(h.Get(version), h, have), "the level is that of another minor")
		}
	}
	for _, name := range []string{"usernames", "runtimeClasses", "namespaces"} {
		c.members("exemptions."+name, texts(want.Lookup("exemptions", name)), texts(have.Lookup("exemptions", name)),
			origin(have.Lookup("exemptions", name), have.Get("exemptions"), have), catalog.Weaker, catalog.Stronger, "exempt from every level", "no longer exempt")
	}
}

// level compares two levels of a mode.
func (c *comparer) level(part, mode, want, have string, at settings.Origin) {
	if want == have {
		return
	}
	if strict(want) < 0 || strict(have) < 0 {
		c.differ(part, want, have, at, "a level that there is not")
		return
	}
	weaker, stronger := "pods beyond "+want+" are let in", "pods beyond "+have+" are refused"
	switch mode {
	case "audit":
		weaker, stronger = "pods beyond "+want+" are not marked in the audit log", "pods beyond "+have+" are marked in the audit log"
	case "warn":
		weaker, stronger = "nobody is warned of pods beyond "+want, "people are warned of pods beyond "+have
	}
	c.ranked(part, want, have, strict(want), strict(have), at, weaker, stronger)
}

// namespaces compares the labels that decide what is let into a namespace, and those that are wanted besides. Others,
// and annotations, are anybody's.
func namespaces(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	w, h := index(want.Lookup("metadata", "labels")), index(have.Lookup("metadata", "labels"))
	at := origin(have.Lookup("metadata", "labels"), have.Get("metadata"), have)
	for _, mode := range podSecurityModes() {
		c.namespaceLevel(mode, w[podSecurityLabels+mode], h[podSecurityLabels+mode], at)
		version := podSecurityLabels + mode + "-version"
		levels := []string{text(w[podSecurityLabels+mode]), text(h[podSecurityLabels+mode])}
		lost := levels[0] != "" && levels[1] == ""
		if !lost && !slices.Equal(levels, []string{"privileged", "privileged"}) && text(w[version]) != text(h[version]) {
			c.differ("label "+version, or(w[version], "the cluster's default"), or(h[version], "the cluster's default"), origin(h[version], placed(at)), "the level is that of another minor")
		}
	}
	for _, key := range sortedKeys(w, h) {
		switch {
		case strings.HasPrefix(key, podSecurityLabels), key == managedBy:
		case strings.HasPrefix(key, admissionpolicy.LabelPrefix):
			c.exemption(key, text(w[key]), text(h[key]), origin(h[key], placed(at)))
		case w[key] != nil && text(w[key]) != text(h[key]):
			c.add(Delta{Part: "label " + short(key), Relation: catalog.Different, Want: short(text(w[key])), Have: short(text(h[key])),
				At: origin(h[key], placed(at)), Opens: "what selects the namespace by this label may not hold for it"})
		}
	}
}

// namespaceLevel compares a label. Without one the cluster's default holds, which is the API server's to know; what is
// no level counts as restricted for enforcing and as privileged for the rest (k8s.io/pod-security-admission v0.37.0,
// api/helpers.go, ParseLevel and PolicyToEvaluate).
func (c *comparer) namespaceLevel(mode string, want, have *settings.Value, at settings.Origin) {
	part := "label " + podSecurityLabels + mode
	at = origin(have, placed(at))
	d := Delta{Part: part, Relation: catalog.Different, Want: short(text(want)), Have: short(text(have)), At: at}
	switch {
	case want == nil && have == nil:
		return
	case have == nil && text(want) == "privileged":
		d.Opens = "the cluster's default holds instead"
	case have == nil:
		d.Relation, d.Opens = catalog.Weaker, "the cluster's default holds, whatever it is"
	case want == nil && text(have) == "privileged":
		d.Relation, d.Opens = catalog.Weaker, "the label takes the namespace out of the cluster's default"
	case want == nil && text(have) == "restricted":
		d.Relation, d.Opens = catalog.Stronger, "the label is at least as strict as the cluster's default"
	case want == nil:
		d.Opens = "the label counts and not the cluster's default"
	default:
		c.level(part, mode, text(want), text(have), at)
		return
	}
	c.add(d)
}

// exemption compares a label that takes a namespace out of an admission policy; only one value does.
func (c *comparer) exemption(key, want, have string, at settings.Origin) {
	rank := func(value string) int {
		if value == admissionpolicy.Exempt {
			return 0
		}
		return 1
	}
	c.ranked("label "+short(key), cmp.Or(want, "not exempt"), cmp.Or(have, "not exempt"), rank(want), rank(have), at,
		"the namespace is exempt from the policy", "the namespace is no longer exempt from the policy")
}

// identity compares an object's name and namespace, where both say them.
func (c *comparer) identity(want, have *settings.Value) {
	for _, name := range []string{"namespace", "name"} {
		w, h := want.Lookup("metadata", name), have.Lookup("metadata", name)
		if w != nil && h != nil {
			c.differ("metadata."+name, text(w), text(h), h.Origin, "it is another object")
		}
	}
}
