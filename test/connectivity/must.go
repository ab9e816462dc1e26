package connectivity

// must is a connection that has to be, or must not be, whatever a table says: written by hand, from what the profile is for.
type must struct {
	from string
	to   target
	want bool
}

func yes(from, who string, port int, protocol string) must {
	return must{from, target{who, port, protocol}, true}
}

func no(from, who string, port int, protocol string) must {
	return must{from, target{who, port, protocol}, false}
}

// shop is what all profiles based on addresses.yaml share.
func shop() []must {
	out := []must{
		yes("internet", "ingress", 443, "TCP"), no("internet", "web", 8080, "TCP"),
		yes("ingress", "web", 8080, "TCP"), no("ingress", "api", 8080, "TCP"), no("web", "ingress", 443, "TCP"),
		yes("web", "api", 8080, "TCP"), no("web", "batch", 8080, "TCP"), no("api", "web", 8080, "TCP"), no("web", "postgres", 5432, "TCP"),
		yes("api", "batch", 8080, "TCP"), yes("batch", "api", 8080, "TCP"), // sameNamespace
		yes("api", "postgres", 5432, "TCP"), no("api", "postgres", 5432, "UDP"), no("batch", "postgres", 5432, "TCP"), no("plain", "postgres", 5432, "TCP"),
		yes("batch", "mail", 25, "TCP"), no("batch", "mail", 443, "TCP"), no("api", "mail", 25, "TCP"),
		yes("web", "internet", 443, "TCP"), no("web", "internet", 6443, "TCP"), no("api", "internet", 443, "TCP"), yes("web", "mail", 443, "TCP"),
		yes("prometheus", "api", 9090, "TCP"), yes("prometheus", "postgres", 9187, "TCP"), no("web", "postgres", 9187, "TCP"),
		yes("prometheus", "coredns", 9153, "TCP"), no("web", "coredns", 9153, "TCP"),
		yes("prometheus", "api-server", 6443, "TCP"), yes("webhook", "api-server", 6443, "TCP"), yes("controllers", "api-server", 6443, "TCP"),
		no("web", "api-server", 6443, "TCP"), no("prometheus", "api-server", 22, "TCP"), no("web", "node", 22, "TCP"),
		yes("prometheus", "node", 10250, "TCP"), yes("metrics-server", "node", 10250, "TCP"), no("web", "node", 10250, "TCP"),
		yes("metrics-server", "api-server", 6443, "TCP"), yes("coredns", "api-server", 6443, "TCP"),
		yes("plain", "webhook", 8080, "TCP"), no("web", "webhook", 8080, "TCP"),
		yes("plain", "internet", 443, "TCP"), yes("plain", "metadata", 80, "TCP"), yes("internet", "plain", 80, "TCP"), // nothing holds for plain
		yes("coredns", "internet", 53, "UDP"), yes("coredns", "metadata", 53, "UDP"), no("coredns", "metadata", 80, "TCP"),
		no("postgres", "coredns", 53, "UDP"), // dns: false
	}
	for _, pod := range []string{"web", "api", "batch", "prometheus", "ingress", "webhook", "metrics-server", "controllers", "plain"} {
		out = append(out, yes(pod, "coredns", 53, "UDP"), yes(pod, "coredns", 53, "TCP"))
	}
	for _, pod := range []string{"web", "api", "batch", "postgres", "prometheus", "ingress", "webhook", "coredns", "metrics-server", "controllers"} {
		out = append(out, no(pod, "metadata", 80, "TCP"))
	}
	return append(out, yes("node", "coredns", 53, "UDP"), yes("node-dns", "coredns", 53, "TCP")) // in the host's network
}

// plan is a profile of testdata, how its plugin reads ranges, and what must hold.
type plan struct {
	name    string
	outside bool // ranges match neither pods nor nodes
	must    []must
	v4      []must // of IPv4 alone
}

func plans() []plan {
	byAddress := []must{
		no("web", "node-dns", 53, "UDP"), no("prometheus", "node", 6443, "TCP"), no("prometheus", "internet", 6443, "TCP"),
	}
	apiServerFromItself := []must{
		yes("api-server", "webhook", 9443, "TCP"), yes("api-server", "metrics-server", 10250, "TCP"), yes("node", "ingress", 10254, "TCP"),
		no("web", "webhook", 9443, "TCP"), no("web", "metrics-server", 10250, "TCP"), no("internet", "webhook", 9443, "TCP"),
		no("internet", "ingress", 10254, "TCP"),
	}
	// By port alone: everybody who is not held back on his own side.
	byPort := []must{
		yes("api-server", "webhook", 9443, "TCP"), yes("tunnel", "webhook", 9443, "TCP"), yes("plain", "webhook", 9443, "TCP"),
		no("web", "webhook", 9443, "TCP"), yes("api-server", "metrics-server", 10250, "TCP"), yes("tunnel", "metrics-server", 10250, "TCP"),
		yes("prometheus", "internet", 6443, "TCP"), no("web", "internet", 6443, "TCP"),
	}
	open := []must{
		yes("web", "api", 8080, "TCP"), yes("plain", "web", 8080, "TCP"), yes("web", "node", 22, "TCP"), yes("web", "api-server", 6443, "TCP"),
		yes("web", "internet", 443, "TCP"), yes("web", "coredns", 53, "UDP"), yes("web", "node-dns", 53, "UDP"), yes("web", "dns-service", 53, "TCP"),
		no("web", "metadata", 80, "TCP"), no("web", "metadata", 53, "UDP"), no("coredns", "metadata", 80, "TCP"), yes("coredns", "metadata", 53, "UDP"),
		yes("batch", "metadata", 80, "TCP"), no("batch", "metadata", 53, "UDP"), no("postgres", "metadata", 80, "TCP"),
		yes("api", "postgres", 5432, "TCP"), no("batch", "postgres", 5432, "TCP"), no("plain", "postgres", 5432, "TCP"), no("api", "postgres", 9187, "TCP"),
	}
	nodes := func(want bool, list []must) []must { // the nodes' own ports, with and without Cilium
		out := append([]must(nil), list...)
		for i, m := range out {
			if m.to == (target{"node", 22, "TCP"}) || m.to.who == "node-dns" || m.to.who == "dns-service" {
				out[i].want = want
			}
		}
		return out
	}
	return []plan{
		{name: "addresses", must: join(shop(), byAddress, apiServerFromItself, []must{no("tunnel", "webhook", 9443, "TCP")})},
		{name: "ports-alone", must: join(shop(), byPort, []must{yes("prometheus", "internet", 6443, "TCP"), no("prometheus", "internet", 443, "TCP")})},
		{name: "overlay", must: join(shop(), byAddress, apiServerFromItself, []must{yes("tunnel", "webhook", 9443, "TCP"), yes("tunnel", "metrics-server", 10250, "TCP")})},
		{name: "node-local-dns", must: join(shop(), apiServerFromItself),
			v4: []must{yes("web", "node-dns", 53, "UDP"), yes("web", "dns-service", 53, "TCP"), no("postgres", "node-dns", 53, "UDP")}},
		{name: "cilium", outside: true, must: join(shop(), byPort)},
		{name: "metadata", must: open},
		{name: "metadata-cilium", outside: true, must: join(nodes(false, open), []must{yes("batch", "node", 10250, "TCP"), no("web", "node", 10250, "TCP")})},
	}
}

func join(lists ...[]must) []must {
	var out []must
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}
