package meaning

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// plainly is the provider that encrypts nothing.
const plainly = "identity"

// provider is one entry of a list of providers.
type provider struct {
	name string // as in the document
	node *settings.Value
	keys []*settings.Value
}

// String names a provider with the key, or the plugin, it writes with.
func (p provider) String() string {
	switch {
	case p.name == "kms":
		return strings.TrimRight("kms "+or(p.node.Get("apiVersion"), "v1")+" "+text(p.node.Get("name")), " ")
	case len(p.keys) > 0:
		return p.name + " (" + text(p.keys[0].Get("name")) + ")"
	}
	return p.name
}

// strength ranks what writes: plain text, CBC that nothing authenticates, GCM whose random nonces wear a key out, a
// cipher without either fault, and keys that are not on the node. KMS v1 is off by default since 1.29 and has no rank
// (k8s.io/apiserver v0.37.0, pkg/features/kube_features.go, KMSv1, and pkg/storage/value/encrypt/aes/aes.go).
func (p provider) strength() (rank int, ok bool) {
	switch p.name {
	case plainly:
		return 0, true
	case "aescbc":
		return 1, true
	case "aesgcm":
		return 2, true
	case "secretbox":
		return 3, true
	case "kms":
		return 4, or(p.node.Get("apiVersion"), "v1") == "v2"
	}
	return 0, false
}

// encryption is what an EncryptionConfiguration says of each resource.
type encryption struct {
	byResource map[string][]provider // "secrets", "*.apps", "*."
	order      []string
	large      bool // too large to compare
}

// encryptionOf reads a document. Entries that name one resource follow each other (k8s.io/apiserver v0.37.0,
// pkg/server/options/encryptionconfig/config.go, getTransformerOverridesAndKMSPluginProbes).
func encryptionOf(doc *settings.Value) encryption {
	e := encryption{byResource: make(map[string][]provider)}
	for _, entry := range items(doc.Get("resources")) {
		var providers []provider
		for _, p := range items(entry.Get("providers")) {
			if one, ok := providerOf(p); ok {
				e.large = e.large || len(one.keys) > maxProviders
				providers = append(providers, one)
			}
		}
		for _, resource := range texts(entry.Get("resources")) {
			resource = strings.TrimSuffix(resource, ".")
			if resource == "*" {
				resource = "*."
			}
			before, ok := e.byResource[resource]
			if !ok {
				e.order = append(e.order, resource)
			}
			if e.large = e.large || len(before)+len(providers) > maxProviders; e.large {
				return e
			}
			if len(before) == 0 { // shared with the entry's other resources, which are then compared once
				e.byResource[resource] = providers
				continue
			}
			e.byResource[resource] = append(before[:len(before):len(before)], providers...)
		}
	}
	return e
}

// providerOf reads an entry. Of several providers, which validation refuses, it is the first in the order in which the API
// server looks (prefixTransformersAndProbes of the same file); one that there is not comes last.
func providerOf(entry *settings.Value) (provider, bool) {
	found := index(entry)
	for _, name := range append([]string{"aesgcm", "aescbc", "secretbox", "kms", plainly}, sortedKeys(found)...) {
		if node := found[name]; node != nil {
			return provider{name: name, node: node, keys: items(node.Get("keys"))}, true
		}
	}
	return provider{}, false
}

// Bounds of a document.
const (
	maxProviders = 100 // of a resource, and keys of a provider
	maxResources = 500
)

// of returns the providers of a resource: its own, those of its group, or those of everything (transformerFromOverrides
// of the same file). Without any it is stored in plain text.
func (e encryption) of(resource string) []provider {
	_, group, _ := strings.Cut(resource, ".")
	for _, name := range []string{resource, "*." + group, "*.*"} {
		if p, ok := e.byResource[name]; ok {
			return p
		}
	}
	return nil
}

// encryptions compares, resource by resource, what writes and what reads.
func encryptions(c *comparer, want, have *settings.Value) {
	w, h := encryptionOf(want), encryptionOf(have)
	resources := either(w.order, h.order)
	if w.large || h.large || len(resources) > maxResources {
		c.add(Delta{Part: "resources", Relation: catalog.Different, At: have.Origin, Opens: tooLarge})
		return
	}
	// One resource after another says much the same: what is said of several is said once.
	said := make(map[string][]string)
	var order []string
	deltas := make(map[string]Delta)
	known := make(map[pair][]Delta)
	for _, resource := range resources {
		wanted, found := w.of(resource), h.of(resource)
		both := pair{firstProvider(wanted), firstProvider(found)}
		if _, ok := known[both]; !ok {
			inner := &comparer{kind: c.kind, minor: c.minor}
			inner.providers(wanted, found, origin(have.Get("resources"), have))
			known[both] = inner.deltas
		}
		for _, d := range known[both] {
			key := d.Part + "\n" + string(d.Relation) + "\n" + d.Want + "\n" + d.Have + "\n" + d.Opens
			if _, ok := said[key]; !ok {
				order = append(order, key)
				deltas[key] = d
			}
			said[key] = append(said[key], resource)
		}
	}
	for _, key := range order {
		d := deltas[key]
		d.Part = strings.TrimSuffix("providers of "+listed(said[key])+": "+d.Part, ": ")
		c.add(d)
	}
}

// pair is two lists of providers, each by its first.
type pair struct{ want, have *provider }

func firstProvider(list []provider) *provider {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// providers compares two lists. The first writes; all of them read.
func (c *comparer) providers(want, have []provider, at settings.Origin) {
	writes, found := writer(want), writer(have)
	if found.node != nil {
		at = found.node.Origin
	}
	c.writers(writes, found, at)
	wantKeys, wantAt := keysOf(want)
	haveKeys, haveAt := keysOf(have)
	if writes.name != plainly || found.name != plainly {
		c.readers(want, have, at)
	}
	for _, key := range beyond(wantKeys, haveKeys) {
		c.add(Delta{Part: "keys", Relation: catalog.Different, Want: key, At: at, Opens: "what was written with this key cannot be read"})
	}
	for _, key := range beyond(haveKeys, wantKeys) {
		c.add(Delta{Part: "keys", Relation: catalog.Different, Have: key, At: haveAt[key].Origin, Opens: "one more key reads what is stored"})
	}
	for _, key := range unique(wantKeys) {
		w, h := wantAt[key], haveAt[key]
		if h == nil {
			continue
		}
		if w.Kind == settings.Map && digest(w) != digest(h) && digest(w) != "" && digest(h) != "" {
			c.add(Delta{Part: "keys", Relation: catalog.Different, Want: key, Have: key, At: h.Origin, Opens: "another key of that name"})
		}
	}
}

// writer returns the provider that writes.
func writer(list []provider) provider {
	if len(list) == 0 {
		return provider{name: plainly}
	}
	return list[0]
}

func (c *comparer) writers(want, have provider, at settings.Origin) {
	d := Delta{Want: want.String(), Have: have.String(), At: at}
	if want.name == have.name && want.name != "kms" {
		if d.Want != d.Have {
			d.Relation, d.Opens = catalog.Different, "new objects are written with another key"
			c.add(d)
		}
		return
	}
	if want.name == have.name {
		c.kms(want, have)
		return
	}
	rank, ok := want.strength()
	found, alsoOK := have.strength()
	switch {
	case have.name == plainly:
		d.Relation, d.Opens = catalog.Weaker, "new objects are stored in plain text"
	case want.name == plainly:
		d.Relation, d.Opens = catalog.Stronger, "new objects are encrypted"
	case !ok || !alsoOK:
		d.Relation, d.Opens = catalog.Different, "another provider writes"
	case found < rank:
		d.Relation, d.Opens = catalog.Weaker, "a weaker provider writes"
	default:
		d.Relation, d.Opens = catalog.Stronger, "a stronger provider writes"
	}
	c.add(d)
}

// kms compares two plugins that write (defaults: k8s.io/apiserver v0.37.0, pkg/apis/apiserver/v1/defaults.go).
func (c *comparer) kms(want, have provider) {
	for _, f := range []struct{ name, standin, opens string }{
		{"apiVersion", "v1", "another version of the KMS protocol"},
		{"name", "", "another KMS plugin writes"},
		{"endpoint", "", "another socket is asked for keys"},
		{"timeout", "3s", "the plugin gets another time to answer"},
	} {
		w, h := or(want.node.Get(f.name), f.standin), or(have.node.Get(f.name), f.standin)
		if f.name == "timeout" {
			w, h = duration(w), duration(h)
		}
		c.differ("kms "+f.name, w, h, origin(have.node.Get(f.name), have.node), f.opens)
	}
}

// readers compares whether plain text is read. identity authenticates nothing: with it, who can write to etcd past the
// API server puts objects of their own there, and objects from before encryption go unnoticed (k8s.io/apiserver v0.37.0,
// pkg/storage/value/encrypt/identity/identity.go). Without it what is still plain cannot be read at all.
func (c *comparer) readers(want, have []provider, at settings.Origin) {
	w, h := reads(want), reads(have)
	switch {
	case writer(want).name == plainly || writer(have).name == plainly: // said of the writer
	case w && !h:
		c.add(Delta{Part: plainly, Relation: catalog.Stronger, Want: "reads", At: at, Opens: "what is still stored in plain text cannot be read"})
	case h && !w:
		c.add(Delta{Part: plainly, Relation: catalog.Weaker, Have: "reads", At: at, Opens: "plain text in etcd is taken for what the API server wrote"})
	}
}

// reads reports whether plain text is read.
func reads(list []provider) bool {
	for _, p := range list {
		if p.name == plainly {
			return true
		}
	}
	return len(list) == 0
}

// keysOf returns the keys of a list by provider and name; of kms the plugin.
func keysOf(list []provider) ([]string, map[string]*settings.Value) {
	var names []string
	at := make(map[string]*settings.Value)
	for i, p := range list {
		switch {
		case p.name == plainly:
		case p.name == "kms" && i == 0: // compared as the writer
		case p.name == "kms":
			name := p.String()
			names, at[name] = append(names, name), p.node
		default:
			for _, key := range p.keys {
				name := p.name + " " + text(key.Get("name"))
				if at[name] == nil {
					names, at[name] = append(names, name), key
				}
			}
		}
	}
	return names, at
}

// digest returns what stands for a key where its text would, if it is a digest: two of them can be compared.
func digest(key *settings.Value) string {
	if secret := text(key.Get("secret")); strings.HasPrefix(secret, "hmac:") {
		return secret
	}
	return ""
}
