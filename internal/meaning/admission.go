package meaning

import (
	"strconv"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// admissions compares which plugins are configured, and by what (k8s.io/apiserver v0.37.0, pkg/admission/config.go).
func admissions(c *comparer, want, have *settings.Value) {
	w, names := byName(items(want.Get("plugins")), "name")
	h, found := byName(items(have.Get("plugins")), "name")
	for _, name := range either(names, found) {
		part := "plugin " + short(name)
		switch {
		case h[name] == nil:
			c.add(Delta{Part: part, Relation: catalog.Weaker, Want: "configured", At: origin(have.Get("plugins"), have), Opens: "the plugin runs without its configuration"})
		case w[name] == nil:
			c.add(Delta{Part: part, Relation: catalog.Different, Have: "configured", At: h[name].Origin, Opens: "the plugin is configured"})
		default:
			c.plugin(part, name, w[name], h[name])
		}
	}
}

func (c *comparer) plugin(part, name string, want, have *settings.Value) {
	wantInline, haveInline := want.Get("configuration"), have.Get("configuration")
	if wantInline == nil || haveInline == nil {
		said := func(plugin, inline *settings.Value) string {
			if inline != nil {
				return "configuration in place"
			}
			return text(plugin.Get("path"))
		}
		c.differ(part, said(want, wantInline), said(have, haveInline), origin(have.Get("path"), haveInline, have), "the plugin reads another configuration")
		return
	}
	kind := ""
	switch name {
	case "PodSecurity":
		kind = "PodSecurityConfiguration"
	case "EventRateLimit", "ImagePolicyWebhook":
		kind = name
	}
	c.within(part, kind, wantInline, haveInline)
}

// eventRateLimits compares the limits by their type (k8s.io/kubernetes v1.37.0, plugin/pkg/admission/eventratelimit/
// apis/eventratelimit/v1alpha1/types.go). Every limit of the list must be kept, so of two of one type the lower counts.
func eventRateLimits(c *comparer, want, have *settings.Value) {
	w, names := byName(items(want.Get("limits")), "type")
	h, found := byName(items(have.Get("limits")), "type")
	if len(names)+len(found) > maxLimits {
		c.add(Delta{Part: "limits", Relation: catalog.Different, At: origin(have.Get("limits"), have), Opens: tooLarge})
		return
	}
	for _, name := range either(names, found) {
		part := "limit " + short(name)
		switch {
		case h[name] == nil:
			c.add(Delta{Part: part, Relation: catalog.Weaker, Want: rate(w[name]), At: origin(have.Get("limits"), have), Opens: "events are not limited by it"})
			continue
		case w[name] == nil:
			c.add(Delta{Part: part, Relation: catalog.Stronger, Have: rate(h[name]), At: h[name].Origin, Opens: "events are limited by it too"})
			continue
		}
		for _, field := range []string{"qps", "burst"} {
			wanted := lowest(items(want.Get("limits")), name, field)
			is := lowest(items(have.Get("limits")), name, field)
			c.bound(part+": "+field, wanted, is, "more events get through", "fewer events get through")
		}
		// The cache holds a bucket for each user or namespace; 0 is 4096 (limitenforcer.go).
		size := func(v *settings.Value) string {
			if n, ok := integer(v.Get("cacheSize")); v.Get("cacheSize") != nil && (!ok || n != 0) {
				return text(v.Get("cacheSize"))
			}
			return "4096"
		}
		if name != "Server" {
			c.differ(part+": cacheSize", size(w[name]), size(h[name]), h[name].Origin, "another number of senders is remembered")
		}
	}
}

// maxLimits bounds the types of limits; there are four.
const maxLimits = 100

func rate(limit *settings.Value) string {
	return short("qps " + text(limit.Get("qps")) + ", burst " + text(limit.Get("burst")))
}

// lowest returns the lowest number of a field among the limits of a type.
func lowest(limits []*settings.Value, kind, field string) *settings.Value {
	var out *settings.Value
	for _, limit := range limits {
		v := limit.Get(field)
		if text(limit.Get("type")) != kind || v == nil {
			continue
		}
		a, ok := integer(v)
		b, alsoOK := integer(out)
		if out == nil || ok && alsoOK && a < b {
			out = v
		}
	}
	return out
}

// bound compares two upper bounds.
func (c *comparer) bound(part string, want, have *settings.Value, higher, lower string) {
	if text(want) == text(have) {
		return
	}
	a, ok := integer(want)
	b, alsoOK := integer(have)
	d := Delta{Part: part, Relation: catalog.Different, Want: short(text(want)), Have: short(text(have)), At: origin(have), Opens: "the bounds cannot be compared"}
	switch {
	case ok && alsoOK && b > a:
		d.Relation, d.Opens = catalog.Weaker, higher
	case ok && alsoOK && b < a:
		d.Relation, d.Opens = catalog.Stronger, lower
	case ok && alsoOK:
		return
	}
	c.add(d)
}

// imagePolicies compares how a webhook judges images. Of times 0 is the default and -1 none at all (k8s.io/kubernetes
// v1.37.0, plugin/pkg/admission/imagepolicy/config.go).
func imagePolicies(c *comparer, want, have *settings.Value) {
	w, h := want.Get("imagePolicy"), have.Get("imagePolicy")
	at := func(name string) settings.Origin { return origin(h.Get(name), h, have) }
	rank := func(v *settings.Value) int {
		if isTrue(v.Get("defaultAllow")) {
			return 0
		}
		return 1
	}
	said := func(v *settings.Value) string { return strconv.FormatBool(rank(v) == 0) }
	c.ranked("defaultAllow", said(w), said(h), rank(w), rank(h), at("defaultAllow"),
		"images get in where the webhook cannot be asked", "images are refused where the webhook cannot be asked")
	c.differ("kubeConfigFile", text(w.Get("kubeConfigFile")), text(h.Get("kubeConfigFile")), at("kubeConfigFile"), "another webhook is asked")
	allowed, found := kept(w, "allowTTL", 300), kept(h, "allowTTL", 300)
	if d, ok := longer(allowed, found); ok && allowed != found {
		rank := func(isLonger bool) int {
			if isLonger {
				return -1
			}
			return 1
		}
		c.ranked("allowTTL", allowed, found, 0, rank(d), at("allowTTL"), "an image that was allowed stays allowed for longer", "an image that was allowed is asked about sooner")
	} else {
		c.differ("allowTTL", allowed, found, at("allowTTL"), "allowances are kept for another time")
	}
	c.differ("denyTTL", kept(w, "denyTTL", 30), kept(h, "denyTTL", 30), at("denyTTL"), "refusals are kept for another time")
	backoff := func(v *settings.Value) string {
		if t := text(v.Get("retryBackoff")); t != "" && t != "0" {
			return t
		}
		return "500"
	}
	c.differ("retryBackoff", backoff(w), backoff(h), at("retryBackoff"), "it is asked again after another time")
}

// kept returns how long an answer is kept.
func kept(v *settings.Value, name string, standin int64) string {
	n, ok := integer(v.Get(name))
	switch {
	case v.Get(name) != nil && !ok || n > 1<<30 || n < -1:
		return text(v.Get(name))
	case n == 0:
		n = standin
	case n == -1:
		n = 0
	}
	return (time.Duration(n) * time.Second).String()
}
