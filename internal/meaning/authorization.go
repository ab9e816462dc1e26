package meaning

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// authorizations compares who is asked, in which order, whether a request is allowed (fields: k8s.io/apiserver v0.37.0,
// pkg/apis/apiserver/v1/types.go).
func authorizations(c *comparer, want, have *settings.Value) {
	w, names := authorizersOf(want)
	h, found := authorizersOf(have)
	for _, name := range either(names, found) {
		switch {
		case h[name] == nil:
			c.missingAuthorizer(name, w[name], origin(have.Get("authorizers"), have))
		case w[name] == nil:
			c.addedAuthorizer(name, h[name])
		case strings.HasPrefix(name, "Webhook"):
			c.webhook(name, w[name].Get("webhook"), h[name].Get("webhook"), h[name])
		}
	}
	common := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return w[n] == nil || h[n] == nil })
	}
	if a, b := common(names), common(found); !slices.Equal(a, b) {
		c.add(Delta{Part: "authorizers", Relation: catalog.Different, Want: listed(a), Have: listed(b), At: origin(have.Get("authorizers"), have), Opens: "they are asked in another order"})
	}
}

// authorizersOf returns the authorizers by type, webhooks by type and name: of the others there is one each.
func authorizersOf(doc *settings.Value) (map[string]*settings.Value, []string) {
	out := make(map[string]*settings.Value)
	var names []string
	for _, a := range items(doc.Get("authorizers")) {
		name := text(a.Get("type"))
		if name == "Webhook" {
			name += " " + text(a.Get("name"))
		}
		if out[name] == nil {
			out[name] = a
			names = append(names, name)
		}
	}
	return out, names
}

func (c *comparer) missingAuthorizer(name string, want *settings.Value, at settings.Origin) {
	d := Delta{Part: "authorizers", Relation: catalog.Different, Want: short(name), At: at, Opens: "it is not asked any more"}
	switch {
	case name == "Node":
		d.Relation, d.Opens = catalog.Weaker, "kubelets are not held to what is on their own node"
	case name == "RBAC":
		d.Relation, d.Opens = catalog.Weaker, "roles and bindings have no effect"
	case name == "AlwaysAllow" || name == "ABAC":
		d.Relation, d.Opens = catalog.Stronger, "what it allowed is no longer allowed by it"
	case name == "AlwaysDeny":
		d.Opens = "requests that nobody allows are refused all the same"
	case text(want.Lookup("webhook", "failurePolicy")) == "Deny":
		d.Relation, d.Opens = catalog.Weaker, "what it refused may be allowed by others"
	}
	c.add(d)
}

func (c *comparer) addedAuthorizer(name string, have *settings.Value) {
	d := Delta{Part: "authorizers", Relation: catalog.Weaker, Have: short(name), At: have.Origin}
	switch name {
	case "AlwaysAllow":
		d.Opens = "every request is allowed"
	case "ABAC":
		d.Opens = "a file on the node allows requests"
	case "Node", "RBAC":
		d.Relation, d.Opens = catalog.Different, "one more authorizer is asked"
	case "AlwaysDeny":
		d.Relation, d.Opens = catalog.Stronger, "every request that gets there is refused"
	default:
		d.Opens = "one more webhook may allow requests"
	}
	c.add(d)
}

// webhook compares one webhook's fields (defaults: k8s.io/apiserver v0.37.0, pkg/apis/apiserver/v1/defaults.go).
func (c *comparer) webhook(part string, want, have, parent *settings.Value) {
	at := func(name string) settings.Origin { return origin(have.Get(name), have, parent) }
	if w, h := text(want.Get("failurePolicy")), text(have.Get("failurePolicy")); w != h {
		rank := func(policy string) int { return slices.Index([]string{"NoOpinion", "Deny"}, policy) }
		c.ranked(part+": failurePolicy", w, h, rank(w), rank(h), at("failurePolicy"), "where it cannot be asked, others decide", "where it cannot be asked, requests are refused")
	}
	c.cached(part+": authorizedTTL", want, have, "authorizedTTL", "cacheAuthorizedRequests", "5m", at("authorizedTTL"), true)
	c.cached(part+": unauthorizedTTL", want, have, "unauthorizedTTL", "cacheUnauthorizedRequests", "30s", at("unauthorizedTTL"), false)
	c.differ(part+": timeout", duration(text(want.Get("timeout"))), duration(text(have.Get("timeout"))), at("timeout"), "it gets another time to answer")
	for _, name := range []string{"subjectAccessReviewVersion", "matchConditionSubjectAccessReviewVersion"} {
		c.differ(part+": "+name, text(want.Get(name)), text(have.Get(name)), at(name), "it is asked in another version")
	}
	for _, name := range []string{"type", "kubeConfigFile"} {
		c.differ(part+": "+name, text(want.Lookup("connectionInfo", name)), text(have.Lookup("connectionInfo", name)), at("connectionInfo"), "another webhook is asked")
	}
	c.conditions(part+": matchConditions", want.Get("matchConditions"), have.Get("matchConditions"), at("matchConditions"), "it is asked about fewer requests", "it is asked about more requests", catalog.Different)
}

// cached compares how long an answer is kept; 0 stands for not at all. An allowance that is kept outlives the right.
func (c *comparer) cached(part string, want, have *settings.Value, ttl, use, standin string, at settings.Origin, allowed bool) {
	keeps := func(v *settings.Value) string {
		if text(v.Get(use)) == "false" {
			return "0s"
		}
		if d := duration(text(v.Get(ttl))); d != "0s" && d != "" {
			return d
		}
		return duration(standin)
	}
	w, h := keeps(want), keeps(have)
	longer, ok := longer(w, h)
	switch {
	case w == h:
	case !allowed || !ok:
		c.differ(part, w, h, at, "refusals are kept for another time")
	case longer:
		c.add(Delta{Part: part, Relation: catalog.Weaker, Want: w, Have: h, At: at, Opens: "what was allowed stays allowed for longer"})
	default:
		c.add(Delta{Part: part, Relation: catalog.Stronger, Want: w, Have: h, At: at, Opens: "what was allowed is asked again sooner"})
	}
}
