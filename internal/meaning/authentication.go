package meaning

import (
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// authentications compares who is trusted to say who somebody is (fields: k8s.io/apiserver v0.37.0,
// pkg/apis/apiserver/v1/types.go).
func authentications(c *comparer, want, have *settings.Value) {
	c.anonymous(want.Get("anonymous"), have.Get("anonymous"), have)
	w, names := byName(items(want.Get("jwt")), "issuer", "url")
	h, found := byName(items(have.Get("jwt")), "issuer", "url")
	for _, url := range either(names, found) {
		part := "jwt " + short(url)
		switch {
		case h[url] == nil:
			c.add(Delta{Part: part, Relation: catalog.Different, Want: "trusted", At: origin(have.Get("jwt"), have), Opens: "the issuer is no longer trusted"})
		case w[url] == nil:
			c.add(Delta{Part: part, Relation: catalog.Weaker, Have: "trusted", At: h[url].Origin, Opens: "one more issuer is trusted"})
		default:
			c.issuer(part, w[url], h[url])
		}
	}
}

// anonymous compares where requests without credentials are let in. Without the block the flag decides, which lets them
// in everywhere by default; a condition is a path, compared exactly (k8s.io/apiserver v0.37.0,
// pkg/authentication/request/anonymous/anonymous.go).
func (c *comparer) anonymous(want, have, doc *settings.Value) {
	wantEverywhere, wantPaths := openPaths(want)
	haveEverywhere, havePaths := openPaths(have)
	d := Delta{Part: "anonymous", Want: saidOpen(want, wantEverywhere, wantPaths), Have: saidOpen(have, haveEverywhere, havePaths), At: origin(have, doc)}
	switch {
	case wantEverywhere && haveEverywhere:
		c.differ("anonymous", d.Want, d.Have, d.At, "the flag decides in one, the file in the other")
	case haveEverywhere:
		d.Relation, d.Opens = catalog.Weaker, "requests without credentials are let in everywhere"
		c.add(d)
	case wantEverywhere:
		d.Relation, d.Opens = catalog.Stronger, "requests without credentials are let in at fewer paths"
		c.add(d)
	default:
		c.members("anonymous", wantPaths, havePaths, d.At, catalog.Weaker, catalog.Stronger,
			"requests without credentials are let in there too", "requests without credentials are turned away there")
	}
}

func openPaths(block *settings.Value) (everywhere bool, paths []string) {
	if block == nil {
		return true, nil
	}
	if !isTrue(block.Get("enabled")) {
		return false, nil
	}
	conditions := items(block.Get("conditions"))
	for _, condition := range conditions {
		paths = append(paths, text(condition.Get("path")))
	}
	return len(conditions) == 0, paths
}

func saidOpen(block *settings.Value, everywhere bool, paths []string) string {
	switch {
	case block == nil:
		return "as --anonymous-auth says"
	case everywhere:
		return "everywhere"
	case len(paths) == 0:
		return "nowhere"
	}
	return short(listed(paths))
}

func (c *comparer) issuer(part string, want, have *settings.Value) {
	w, h := want.Get("issuer"), have.Get("issuer")
	at := origin(h, have)
	c.members(part+": audiences", texts(w.Get("audiences")), texts(h.Get("audiences")), origin(h.Get("audiences"), placed(at)),
		catalog.Weaker, catalog.Stronger, "tokens for this audience are taken too", "tokens for this audience are refused")
	if w.Get("certificateAuthority") != nil && h.Get("certificateAuthority") == nil {
		c.add(Delta{Part: part + ": certificateAuthority", Relation: catalog.Weaker, Want: "given", At: at, Opens: "every authority that the system trusts can vouch for the issuer"})
	} else if text(w.Get("certificateAuthority")) != text(h.Get("certificateAuthority")) {
		c.add(Delta{Part: part + ": certificateAuthority", Relation: catalog.Different, At: origin(h.Get("certificateAuthority"), have), Opens: "another authority vouches for the issuer"})
	}
	for _, name := range []string{"discoveryURL", "egressSelectorType"} {
		c.differ(part+": "+name, text(w.Get(name)), text(h.Get(name)), origin(h.Get(name), have), "the issuer is reached otherwise")
	}
	c.rules(part+": claimValidationRules", want.Get("claimValidationRules"), have.Get("claimValidationRules"), have)
	c.rules(part+": userValidationRules", want.Get("userValidationRules"), have.Get("userValidationRules"), have)
	c.mappings(part, want.Get("claimMappings"), have.Get("claimMappings"), have)
}

// placed is a place as a node, for origin.
func placed(o settings.Origin) *settings.Value { return &settings.Value{Origin: o} }

// rules compares what a token or a user must be like: all of the rules must hold, in whatever order. Messages do nothing.
func (c *comparer) rules(part string, want, have, parent *settings.Value) {
	read := func(v *settings.Value) (names []string, values map[string]string, at map[string]*settings.Value) {
		values, at = make(map[string]string), make(map[string]*settings.Value)
		for _, r := range items(v) {
			name, value := "expression "+trimmed(r.Get("expression")), ""
			if claim := text(r.Get("claim")); claim != "" {
				name, value = "claim "+claim, text(r.Get("requiredValue"))
			}
			names = append(names, name)
			values[name], at[name] = value, r
		}
		return names, values, at
	}
	w, wantValues, _ := read(want)
	h, haveValues, at := read(have)
	for _, name := range either(w, h) {
		wanted, inWant := wantValues[name]
		found, inHave := haveValues[name]
		switch {
		case !inHave:
			c.add(Delta{Part: part, Relation: catalog.Weaker, Want: short(name), At: origin(have, parent), Opens: "a rule that tokens must keep is missing"})
		case !inWant:
			c.add(Delta{Part: part, Relation: catalog.Stronger, Have: short(name), At: at[name].Origin, Opens: "tokens must keep one more rule"})
		case wanted != found:
			c.add(Delta{Part: part, Relation: catalog.Different, Want: short(name + " " + wanted), Have: short(name + " " + found), At: at[name].Origin, Opens: "another value is asked for"})
		}
	}
}

// mappings compares how a token becomes a user.
func (c *comparer) mappings(part string, want, have, parent *settings.Value) {
	for _, name := range []string{"username", "groups", "uid"} {
		w, h := want.Get(name), have.Get(name)
		at := origin(h, have, parent)
		c.differ(part+": "+name, source(w), source(h), at, "it is taken from another place of the token")
		switch wanted, found := text(w.Get("prefix")), text(h.Get("prefix")); {
		case wanted == found:
		case found == "":
			c.add(Delta{Part: part + ": " + name, Relation: catalog.Weaker, Want: "prefix " + short(wanted), Have: "no prefix", At: at, Opens: "the issuer can name users and groups that are not its own"})
		default:
			c.differ(part+": "+name, "prefix "+wanted, "prefix "+found, at, "bindings to these names hold for others")
		}
	}
	extras := func(v *settings.Value) map[string]string {
		out := make(map[string]string)
		for _, e := range items(v.Get("extra")) {
			out[text(e.Get("key"))] = trimmed(e.Get("valueExpression"))
		}
		return out
	}
	w, h := extras(want), extras(have)
	for _, key := range sortedKeys(w, h) {
		c.differ(part+": extra "+short(key), w[key], h[key], origin(have.Get("extra"), have, parent), "what is known of users besides differs")
	}
}

// source says where a mapping takes its value from.
func source(mapping *settings.Value) string {
	if claim := text(mapping.Get("claim")); claim != "" {
		return "claim " + claim
	}
	return trimmed(mapping.Get("expression"))
}
