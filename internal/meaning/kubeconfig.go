package meaning

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// connection is what a kubeconfig's current context comes to.
type connection struct{ cluster, user *settings.Value }

// connectionOf follows the current context (k8s.io/client-go v0.37.0, tools/clientcmd/client_config.go). What is not
// there is nil.
func connectionOf(doc *settings.Value) connection {
	named := func(list, name, field string) *settings.Value {
		found, _ := byName(items(doc.Get(list)), "name")
		return found[name].Get(field)
	}
	context := named("contexts", text(doc.Get("current-context")), "context")
	if context == nil {
		return connection{}
	}
	return connection{named("clusters", text(context.Get("cluster")), "cluster"), named("users", text(context.Get("user")), "user")}
}

// kubeconfigs compares whom a component talks to, how it knows them, and by which kind of credential it is known.
func kubeconfigs(c *comparer, want, have *settings.Value) {
	w, h := connectionOf(want), connectionOf(have)
	if w.cluster == nil || h.cluster == nil {
		if (w.cluster == nil) != (h.cluster == nil) {
			said := map[bool]string{true: "a server", false: "none"}
			c.add(Delta{Part: "current-context", Relation: catalog.Different, Want: said[w.cluster != nil], Have: said[h.cluster != nil], At: origin(have.Get("current-context"), have), Opens: "the context leads to no server"})
			return
		}
		c.structure("", want, have)
		return
	}
	at := func(name string) settings.Origin { return origin(h.cluster.Get(name), h.cluster) }
	c.server(text(w.cluster.Get("server")), text(h.cluster.Get("server")), at("server"))
	skips := func(v *settings.Value) int {
		if isTrue(v.Get("insecure-skip-tls-verify")) {
			return 0
		}
		return 1
	}
	said := []string{"true", "false"}
	c.ranked("insecure-skip-tls-verify", said[skips(w.cluster)], said[skips(h.cluster)], skips(w.cluster), skips(h.cluster), at("insecure-skip-tls-verify"),
		"anybody can pose as the server", "the server's certificate is verified")
	c.authority(w.cluster, h.cluster)
	for _, name := range []string{"tls-server-name", "proxy-url"} {
		c.differ(name, withoutUser(text(w.cluster.Get(name))), withoutUser(text(h.cluster.Get(name))), at(name), "the server is reached otherwise")
	}
	c.credentials(w.user, h.user, h.cluster)
}

func (c *comparer) server(want, have string, at settings.Origin) {
	if strings.HasPrefix(want, "https:") && strings.HasPrefix(have, "http:") {
		c.add(Delta{Part: "server", Relation: catalog.Weaker, Want: short(withoutUser(want)), Have: short(withoutUser(have)), At: at, Opens: "the connection is not encrypted"})
		return
	}
	if strings.HasPrefix(want, "http:") && strings.HasPrefix(have, "https:") {
		c.add(Delta{Part: "server", Relation: catalog.Stronger, Want: short(withoutUser(want)), Have: short(withoutUser(have)), At: at, Opens: "the connection is encrypted"})
		return
	}
	if want != have {
		c.add(Delta{Part: "server", Relation: catalog.Different, Want: short(withoutUser(want)), Have: short(withoutUser(have)), At: at, Opens: "another server is asked"})
	}
}

// withoutUser takes the credentials out of a URL.
func withoutUser(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "", url
	} else {
		scheme += "://"
	}
	host, path, slash := strings.Cut(rest, "/")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = hidden + host[i:]
	}
	if i := strings.LastIndex(path, "@"); i >= 0 { // a password may hold a slash
		return scheme + hidden + path[i:]
	}
	if slash {
		host += "/"
	}
	return scheme + host + path
}

// authority compares by whom the server is vouched for. Data count before a file (k8s.io/client-go v0.37.0,
// tools/clientcmd/api/v1/types.go).
func (c *comparer) authority(want, have *settings.Value) {
	of := func(v *settings.Value) string {
		if data := text(v.Get("certificate-authority-data")); data != "" {
			return "data " + data
		}
		return text(v.Get("certificate-authority"))
	}
	said := func(s string) string {
		if strings.HasPrefix(s, "data ") {
			return "in the file"
		}
		return s
	}
	w, h := of(want), of(have)
	at := origin(have.Get("certificate-authority-data"), have.Get("certificate-authority"), have)
	d := Delta{Part: "certificate-authority", Want: short(said(w)), Have: short(said(h)), At: at}
	switch {
	case w == h:
		return
	case h == "":
		d.Relation, d.Opens = catalog.Weaker, "every authority that the system trusts can vouch for the server"
	case w == "":
		d.Relation, d.Opens = catalog.Stronger, "one authority alone can vouch for the server"
	default:
		d.Relation, d.Opens = catalog.Different, "another authority vouches for the server"
	}
	c.add(d)
}

// credentials compares which credentials there are; files by their names, the rest only by whether it is the same.
func (c *comparer) credentials(want, have, parent *settings.Value) {
	w, h := index(want), index(have)
	for _, key := range sortedKeys(w, h) {
		if canonical(w[key]) == canonical(h[key]) {
			continue
		}
		d := Delta{Part: "user." + short(key), Relation: catalog.Different, Want: present(w[key]), Have: present(h[key]), At: origin(h[key], have, parent), Opens: "the component is known otherwise"}
		switch key {
		case "client-certificate", "client-key", "tokenFile", "username", "as", "as-uid":
			d.Want, d.Have = short(text(w[key])), short(text(h[key]))
		}
		c.add(d)
	}
}
