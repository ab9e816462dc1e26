package meaning

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// networkPolicies compares for which pods a policy holds, in which directions, and what it lets through.
func networkPolicies(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	w, h := want.Get("spec"), have.Get("spec")
	wantTypes, haveTypes := policyTypes(w), policyTypes(h)
	at := origin(h.Get("policyTypes"), h, have)
	c.selected(selectorOf(w.Get("podSelector")), selectorOf(h.Get("podSelector")), denies(w) && denies(h), origin(h.Get("podSelector"), h, have))
	c.members("policyTypes", wantTypes, haveTypes, at, catalog.Stronger, catalog.Weaker,
		"what nothing allows is denied in this direction too", "it denies nothing in this direction")
	for _, d := range []struct{ kind, rules, peers, word string }{
		{"Ingress", "ingress", "from", "from "}, {"Egress", "egress", "to", "to "},
	} {
		if slices.Contains(wantTypes, d.kind) && slices.Contains(haveTypes, d.kind) {
			c.connections(d.rules, d.peers, d.word, items(w.Get(d.rules)), items(h.Get(d.rules)), origin(h.Get(d.rules), h, have))
		}
	}
}

// Isolates returns the directions in which a NetworkPolicy denies every pod of its namespace what no policy allows.
func Isolates(policy *settings.Value) []string {
	v, small := clean(policy)
	if !small || len(selectorOf(v.Lookup("spec", "podSelector"))) > 0 {
		return nil
	}
	return policyTypes(v.Get("spec"))
}

// Admits says what a NetworkPolicy lets through in some directions, "" for nothing, and whether a rule of it is for
// everybody. Policies add up: one more of them opens what others deny (k8s.io/api v0.37.0, networking/v1/types.go,
// NetworkPolicySpec).
func Admits(policy *settings.Value, directions []string) (what string, everybody bool) {
	v, small := clean(policy)
	if !small {
		return tooLarge, true
	}
	var out []string
	for _, d := range []struct{ kind, rules, peers, word string }{
		{"Ingress", "ingress", "from", "from "}, {"Egress", "egress", "to", "to "},
	} {
		if !slices.Contains(directions, d.kind) || !slices.Contains(policyTypes(v.Get("spec")), d.kind) {
			continue
		}
		for _, rule := range items(v.Lookup("spec", d.rules)) {
			peers := items(rule.Get(d.peers))
			for _, one := range peers {
				p := peerOf(one)
				everybody = everybody || p.block.IsValid() && p.block.Bits() == 0 && len(p.except) == 0
				out = append(out, d.word+p.String())
			}
			if len(peers) == 0 {
				everybody = true
				out = append(out, d.word+"anyone")
			}
		}
	}
	return short(listed(unique(out))), everybody
}

// policyTypes returns the directions of a policy. Unset, they are Ingress, and Egress where it has rules
// (k8s.io/kubernetes v1.37.0, pkg/apis/networking/v1/defaults.go).
func policyTypes(spec *settings.Value) []string {
	if types := texts(spec.Get("policyTypes")); len(types) > 0 {
		return unique(types)
	}
	if len(items(spec.Get("egress"))) > 0 {
		return []string{"Egress", "Ingress"}
	}
	return []string{"Ingress"}
}

// denies reports whether a policy lets nothing through.
func denies(spec *settings.Value) bool {
	return len(items(spec.Get("ingress"))) == 0 && len(items(spec.Get("egress"))) == 0
}

// selected compares for which pods a policy holds. Of one that allows something it is no worse to hold for others: it
// denies what it does not allow, and allows the rest.
func (c *comparer) selected(want, have selector, denying bool, at settings.Origin) {
	fewer, more := want.covers(have), have.covers(want)
	if fewer && more {
		return
	}
	d := Delta{Part: "podSelector", Relation: catalog.Different, Want: short(want.String()), Have: short(have.String()), At: at, Opens: "it holds for other pods"}
	switch {
	case fewer && denying:
		d.Relation, d.Opens = catalog.Weaker, "it holds for fewer pods"
	case more && denying:
		d.Relation, d.Opens = catalog.Stronger, "it holds for more pods"
	case fewer:
		d.Opens = "it holds for fewer pods, which it neither denies nor allows anything"
	case more:
		d.Opens = "it holds for more pods, and allows them what it allows"
	}
	c.add(d)
}

// connections compares what the rules of a direction allow.
func (c *comparer) connections(part, field, word string, want, have []*settings.Value, at settings.Origin) {
	if len(want)+len(have) > maxRules {
		c.add(Delta{Part: part, Relation: catalog.Different, At: at, Opens: tooLarge})
		return
	}
	rules := slices.Concat(want, have)
	sides, ports := make([][]peer, len(rules)), make([][]port, len(rules))
	total := 0
	for i, r := range rules {
		for _, p := range items(r.Get(field)) {
			sides[i] = append(sides[i], peerOf(p))
		}
		for _, p := range items(r.Get("ports")) {
			ports[i] = append(ports[i], portOf(p))
		}
		total += len(sides[i]) + len(ports[i])
	}
	if total > maxValues {
		c.add(Delta{Part: part, Relation: catalog.Different, At: at, Opens: tooLarge})
		return
	}
	peers, ok := peerAxis(sides)
	g := grid{want: len(want), have: len(have), axes: []axis{peers, portAxis(ports)}}
	more, less, small := g.compare()
	if !ok || !small {
		c.add(Delta{Part: part, Relation: catalog.Different, At: at, Opens: tooLarge})
		return
	}
	phrases := func(list []excess) string {
		var out []string
		for _, e := range list {
			out = append(out, word+orEvery(e.words[0], "anyone")+" on "+orEvery(e.words[1], "every port"))
		}
		return short(requests(unique(out)))
	}
	if len(more) > 0 {
		c.add(Delta{Part: part, Relation: catalog.Weaker, Have: phrases(more), At: have[more[0].rule].Origin, Opens: "more connections are allowed"})
	}
	if len(less) > 0 {
		c.add(Delta{Part: part, Relation: catalog.Stronger, Want: phrases(less), At: at, Opens: "fewer connections are allowed"})
	}
}

// orEvery joins words, or says that there is no limit.
func orEvery(words []string, every string) string {
	if len(words) == 0 {
		return every
	}
	return strings.Join(words, " or ")
}

// port is an element of a rule's ports.
type port struct {
	protocol    string
	named       string // instead of a number
	first, last int64  // both 0: every port
}

const lastPort = 65535

// portOf reads a port; the protocol is TCP where none is said (k8s.io/kubernetes v1.37.0,
// pkg/apis/networking/v1/defaults.go).
func portOf(v *settings.Value) port {
	p := port{protocol: or(v.Get("protocol"), "TCP")}
	number := v.Get("port")
	if number == nil {
		return p
	}
	n, ok := integer(number)
	if !ok || n < 1 || n > lastPort || number.Kind == settings.String {
		p.named = text(number)
		return p
	}
	p.first, p.last = n, n
	if end, ok := integer(v.Get("endPort")); ok && end >= n {
		p.last = min(end, lastPort)
	}
	return p
}

func (p port) every() bool {
	return p.named == "" && (p.first == 0 || p.first == 1 && p.last == lastPort)
}

func (p port) String() string {
	switch {
	case p.named != "":
		return p.named + "/" + p.protocol
	case p.first == 0:
		return "every port/" + p.protocol
	case p.first == p.last:
		return fmt.Sprintf("%d/%s", p.first, p.protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.first, p.last, p.protocol)
}

// allows reports whether a port of a rule lets through one that is a name or a single number.
func (p port) allows(o port) bool {
	switch {
	case p.protocol != o.protocol:
		return false
	case p.every():
		return true
	case o.named != "" || p.named != "":
		return p.named == o.named
	}
	return p.first <= o.first && o.first <= p.last
}

// portAxis stands for all ports by the first of each range between two bounds, and by the names.
func portAxis(ports [][]port) axis {
	protocols := []string{"TCP", "UDP", "SCTP"}
	numbers := []int64{1}
	var values []port
	for _, list := range ports {
		for _, p := range list {
			protocols = append(protocols, p.protocol)
			if p.named != "" {
				values = append(values, port{protocol: p.protocol, named: p.named})
				continue
			}
			if p.first > 0 {
				numbers = append(numbers, p.first)
			}
			if p.last > 0 && p.last < lastPort {
				numbers = append(numbers, p.last+1)
			}
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	for _, protocol := range unique(protocols) {
		for _, n := range numbers {
			if len(values) > maxValues { // the grid refuses as much
				break
			}
			values = append(values, port{protocol: protocol, first: n, last: n})
		}
	}
	total := 0
	for _, list := range ports {
		total += len(list)
	}
	return axis{
		n:    len(values),
		cost: total * len(values),
		match: func(rule, value int) bool {
			return len(ports[rule]) == 0 || slices.ContainsFunc(ports[rule], func(p port) bool { return p.allows(values[value]) })
		},
		words: func(rule int, involved []int) []string {
			var out []string
			for _, p := range ports[rule] {
				if slices.ContainsFunc(involved, func(v int) bool { return p.allows(values[v]) }) {
					out = append(out, p.String())
				}
			}
			return out
		},
	}
}
