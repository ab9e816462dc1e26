package controls

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Directions of a NetworkPolicy, with the field of its rules and of their peers.
const (
	ingress = "Ingress"
	egress  = "Egress"
)

// onlyByPlugin is what every judgement over NetworkPolicies has to say.
const onlyByPlugin = "only a network plugin that enforces NetworkPolicies gives them effect"

// policyTypes returns the directions of a policy. Unset, they are Ingress, and Egress where it has
// rules (k8s.io/kubernetes v1.37.0, pkg/apis/networking/v1/defaults.go).
func policyTypes(policy *settings.Value) []string {
	spec := policy.Get("spec")
	if types := spec.Get("policyTypes").Strings(); len(types) > 0 {
		return types
	}
	if len(items(spec.Get("egress"))) > 0 {
		return []string{ingress, egress}
	}
	return []string{ingress}
}

// everyPod reports whether a selector selects every pod; one that is not there does not say so.
func everyPod(selector *settings.Value) bool {
	return selector != nil && selector.Kind == settings.Map &&
		entries(selector.Get("matchLabels")) == 0 && len(items(selector.Get("matchExpressions"))) == 0
}

// rulesOf returns a policy's rules of a direction, and the field in which their peers stand.
func rulesOf(policy *settings.Value, direction string) (rules []*settings.Value, peers string) {
	if direction == egress {
		return items(policy.Lookup("spec", "egress")), "to"
	}
	return items(policy.Lookup("spec", "ingress")), "from"
}

// everything reports whether a rule allows everything, or every pod, or every address, on every port.
func everything(rule *settings.Value, peers string) bool {
	if len(items(rule.Get("ports"))) > 0 {
		return false
	}
	list := items(rule.Get(peers))
	return len(list) == 0 || slices.ContainsFunc(list, func(peer *settings.Value) bool {
		if cidr := peer.Lookup("ipBlock", "cidr"); cidr != nil {
			return strings.HasSuffix(cidr.Text, "/0")
		}
		pods := peer.Get("podSelector")
		return everyPod(peer.Get("namespaceSelector")) && (pods == nil || everyPod(pods))
	})
}

// isolated reports whether a namespace has a policy that selects every pod in a direction: from
// then on only what some policy allows gets through.
func (in Input) isolated(namespace, direction string) bool {
	return slices.ContainsFunc(in.inNamespace("NetworkPolicy", namespace), func(p *settings.Value) bool {
		return everyPod(p.Lookup("spec", "podSelector")) && slices.Contains(policyTypes(p), direction)
	})
}

// denied reports whether a direction is denied by default: every pod is isolated, and no policy for
// every pod allows everything again.
func (in Input) denied(namespace, direction string) bool {
	return in.isolated(namespace, direction) && !slices.ContainsFunc(in.inNamespace("NetworkPolicy", namespace), func(p *settings.Value) bool {
		rules, peers := rulesOf(p, direction)
		return everyPod(p.Lookup("spec", "podSelector")) && slices.Contains(policyTypes(p), direction) &&
			slices.ContainsFunc(rules, func(r *settings.Value) bool { return everything(r, peers) })
	})
}

// defaultDeny: what is not allowed is denied, in the directions that the control asks for, in every
// namespace that is known.
func defaultDeny(in Input, c Control) verdict {
	what, holds := "default deny of ingress and egress", func(n string) bool { return in.denied(n, ingress) && in.denied(n, egress) }
	switch c.ID {
	case "5.3.2", "APP.4.4.A7(3)": // at least one policy; between namespaces, which ingress decides
		what, holds = "default deny of ingress", func(n string) bool { return in.denied(n, ingress) }
	case "NSA-NET-03":
		what, holds = "NetworkPolicy", func(n string) bool { return len(in.inNamespace("NetworkPolicy", n)) > 0 }
	case "KC-NET-2":
		what, holds = "NetworkPolicy of ingress and egress for every pod", func(n string) bool { return in.isolated(n, ingress) && in.isolated(n, egress) }
	}
	return withPlugin(inEach(in.allNamespaces(), what, holds))
}

func withPlugin(v verdict) verdict {
	if v.state == Met {
		v.evidence += "; " + onlyByPlugin
	}
	return v
}

// metadataBlocked: egress is limited in every namespace, and no rule reaches the addresses at which
// clouds give out credentials. Pods in the host's network are not held by it.
func metadataBlocked(in Input, _ Control) verdict {
	return withPlugin(inEach(in.allNamespaces(), "block of the clouds' metadata addresses", func(n string) bool {
		if !in.isolated(n, egress) {
			return false
		}
		for _, p := range in.inNamespace("NetworkPolicy", n) {
			rules, peers := rulesOf(p, egress)
			if slices.Contains(policyTypes(p), egress) && slices.ContainsFunc(rules, func(r *settings.Value) bool { return reachesMetadata(r, peers) }) {
				return false
			}
		}
		return true
	}))
}

// reachesMetadata reports whether a rule lets pods reach a metadata service, which is HTTP. A range
// that cannot be read counts as reaching it.
func reachesMetadata(rule *settings.Value, peers string) bool {
	ports := items(rule.Get("ports"))
	if len(ports) > 0 && !slices.ContainsFunc(ports, coversHTTP) {
		return false
	}
	list := items(rule.Get(peers))
	if len(list) == 0 {
		return true
	}
	for _, peer := range list {
		block := peer.Get("ipBlock")
		if block == nil {
			continue // pods only
		}
		for _, metadata := range []string{"169.254.169.254", "fd00:ec2::254"} {
			if inRange(block.Get("cidr"), metadata, true) &&
				!slices.ContainsFunc(items(block.Get("except")), func(e *settings.Value) bool { return inRange(e, metadata, false) }) {
				return true
			}
		}
	}
	return false
}

// coversHTTP reports whether a port of a rule is, or may be, 80/TCP. A port by name is one of a pod.
func coversHTTP(port *settings.Value) bool {
	if protocol := port.Get("protocol"); protocol != nil && protocol.Text != "TCP" {
		return false
	}
	first := port.Get("port")
	if first == nil {
		return true
	}
	low, err := strconv.Atoi(first.Text)
	if err != nil {
		return false
	}
	high := low
	if end := port.Get("endPort"); end != nil {
		if high, err = strconv.Atoi(end.Text); err != nil {
			return true
		}
	}
	return low <= 80 && 80 <= high
}

// inRange reports whether an address is in a CIDR; unknown is what counts where it cannot be read.
func inRange(cidr *settings.Value, address string, unknown bool) bool {
	if cidr == nil {
		return unknown
	}
	prefix, err := netip.ParsePrefix(cidr.Text)
	if err != nil {
		return unknown
	}
	return prefix.Contains(netip.MustParseAddr(address))
}

// allowances: where ingress is denied, what is open is what rules allow; whether each is needed,
// and fine enough, people decide.
func allowances(in Input, _ Control) verdict {
	deny := inEach(in.allNamespaces(), "default deny of ingress", func(n string) bool { return in.denied(n, ingress) })
	if deny.state == NotMet {
		return deny
	}
	rules, loose := 0, []string{}
	for _, s := range in.rendered("NetworkPolicy") {
		list, _ := rulesOf(s.Value, ingress)
		rules += len(list)
		if slices.ContainsFunc(list, func(r *settings.Value) bool { return len(items(r.Get("ports"))) == 0 }) {
			_, namespace, name, _ := s.Key.Object()
			loose = append(loose, namespace+"/"+name)
		}
	}
	evidence := fmt.Sprintf("%s; whether each of the %d rules that allow ingress is needed is decided by people", deny.evidence, rules)
	if len(loose) > 0 {
		evidence += "; without ports: " + strings.Join(loose, ", ")
	}
	return verdict{Organisational, evidence}
}
