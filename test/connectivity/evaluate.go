package connectivity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// plugin is how a network plugin reads policies.
type plugin struct {
	all     *matcher.Policy // as they are written
	inside  *matcher.Policy // without ranges: for pods and nodes, where ranges are for the outside only
	outside bool            // ranges are for the outside only
}

// read prepares policies. outside plays a plugin that matches neither pods nor nodes by a range of addresses, as Cilium
// does; others match them as any address.
func read(policies []*networkingv1.NetworkPolicy, outside bool) *plugin {
	bare := make([]*networkingv1.NetworkPolicy, len(policies))
	for i, p := range policies {
		bare[i] = outsideOnly(p)
	}
	return &plugin{all: matcher.BuildNetworkPolicies(false, policies), inside: matcher.BuildNetworkPolicies(false, bare), outside: outside}
}

// outsideOnly returns a policy without its ranges. A rule that had nothing else is dropped: left empty it would allow everyone.
func outsideOnly(policy *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	p := policy.DeepCopy()
	isRange := func(peer networkingv1.NetworkPolicyPeer) bool { return peer.IPBlock != nil }
	p.Spec.Ingress = slices.DeleteFunc(p.Spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool {
		return len(r.From) > 0 && !slices.ContainsFunc(r.From, func(peer networkingv1.NetworkPolicyPeer) bool { return !isRange(peer) })
	})
	for i := range p.Spec.Ingress {
		p.Spec.Ingress[i].From = slices.DeleteFunc(p.Spec.Ingress[i].From, isRange)
	}
	p.Spec.Egress = slices.DeleteFunc(p.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool {
		return len(r.To) > 0 && !slices.ContainsFunc(r.To, func(peer networkingv1.NetworkPolicyPeer) bool { return !isRange(peer) })
	})
	for i := range p.Spec.Egress {
		p.Spec.Egress[i].To = slices.DeleteFunc(p.Spec.Egress[i].To, isRange)
	}
	return p
}

// verdict is what comes of a connection: whether both sides allow it, and which does not.
func (g *plugin) verdict(from, to actor, v6 bool, t target) string {
	source, destination := from.v4, to.v4
	if v6 {
		source, destination = from.v6, to.v6
	}
	traffic := &matcher.Traffic{
		Source: from.peer(source), Destination: to.peer(destination), ResolvedPort: t.port, Protocol: corev1.Protocol(t.protocol),
	}
	of := func(peer actor, isIngress bool) bool {
		policy := g.all
		if g.outside && (peer.namespace != "" || peer.inside) {
			policy = g.inside
		}
		return policy.IsIngressOrEgressAllowed(traffic, isIngress).IsAllowed()
	}
	switch out, in := of(to, false), of(from, true); {
	case from.name == to.name:
		return "self" // a pod cannot be kept from itself
	case from.namespace == "" && to.namespace == "":
		return "-" // no pod, no policy
	case out && in:
		return "yes"
	case in:
		return "out"
	case out:
		return "in"
	}
	return "both"
}

// matrix has a row for each target and a column for each actor.
type matrix [][]string

func (g *plugin) matrix(v6 bool) matrix {
	byName := map[string]actor{}
	for _, a := range cast() {
		byName[a.name] = a
	}
	var out matrix
	for _, t := range targets() {
		var row []string
		for _, from := range cast() {
			row = append(row, g.verdict(from, byName[t.who], v6, t))
		}
		out = append(out, row)
	}
	return out
}

// table writes a matrix for people. What nobody sends from is left out.
func (m matrix) table() string {
	var b strings.Builder
	columns := cast()
	var shown []int
	for i, a := range columns {
		if a.name != "metadata" && a.name != "mail" && a.name != "dns-service" {
			shown = append(shown, i)
		}
	}
	line := func(first string, cell func(i int) string) {
		text := fmt.Sprintf("%-24s", first)
		for _, i := range shown {
			text += fmt.Sprintf(" %-*s", max(4, len(columns[i].name)), cell(i))
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	line("to, from:", func(i int) string { return columns[i].name })
	for r, t := range targets() {
		line(fmt.Sprintf("%s %d/%s", t.who, t.port, t.protocol), func(i int) string { return m[r][i] })
	}
	return b.String()
}
