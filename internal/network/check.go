package network

import (
	"fmt"
	"slices"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Check holds a NetworkPolicy against what this room promises, whoever wrote it. It returns a
// sentence for each place where something empty would mean everything, or where a rule is not
// of any direction; nothing where all is well.
//
// Three things are empty on purpose and pass: the policy's own podSelector {} (every pod of the
// namespace), a peer that is namespaceSelector {} (every namespace) and a peer that is
// podSelector {} alone (every pod of the same namespace). A rule without from or to means any
// peer and passes only with ports.
func Check(policy *settings.Value) []string {
	c := &check{}
	spec := policy.Get("spec")
	if spec == nil || spec.Kind != settings.Map {
		return []string{"spec: is missing"}
	}
	c.selector(spec.Get("podSelector"), "spec.podSelector")
	types := spec.Get("policyTypes").Strings()
	if len(types) == 0 {
		c.fault("spec.policyTypes", "is missing: upstream would guess the directions from what else stands here")
	}
	for _, side := range []struct{ rules, peers, direction string }{
		{"ingress", "from", string(Ingress)}, {"egress", "to", string(Egress)},
	} {
		at := "spec." + side.rules
		rules := spec.Get(side.rules)
		switch {
		case rules == nil:
			continue
		case rules.Kind != settings.List || len(rules.Items) == 0:
			c.fault(at, "is empty: leave it out to deny")
			continue
		case !slices.Contains(types, side.direction):
			c.fault(at, "is of no effect: policyTypes does not have "+side.direction)
		}
		for i, rule := range rules.Items {
			c.rule(rule, side.peers, fmt.Sprintf("%s[%d]", at, i))
		}
	}
	return c.faults
}

type check struct{ faults []string }

func (c *check) fault(at, text string) { c.faults = append(c.faults, at+": "+text) }

func (c *check) rule(rule *settings.Value, side, at string) {
	peers, ports := rule.Get(side), rule.Get("ports")
	if ports != nil && len(ports.Items) == 0 {
		c.fault(at+".ports", "is empty: every port would be allowed")
	}
	if peers == nil {
		if ports == nil {
			c.fault(at, "has neither "+side+" nor ports: everything would be allowed")
		}
		return
	}
	if peers.Kind != settings.List || len(peers.Items) == 0 {
		c.fault(at+"."+side, "is empty: any peer would be allowed")
		return
	}
	for i, peer := range peers.Items {
		c.peer(peer, fmt.Sprintf("%s.%s[%d]", at, side, i))
	}
}

func (c *check) peer(peer *settings.Value, at string) {
	block, namespaces, pods := peer.Get("ipBlock"), peer.Get("namespaceSelector"), peer.Get("podSelector")
	switch {
	case block == nil && namespaces == nil && pods == nil:
		c.fault(at, "is empty")
	case block != nil:
		if cidr := block.Get("cidr"); cidr == nil || cidr.Text == "" {
			c.fault(at+".ipBlock.cidr", "is missing")
		}
		if except := block.Get("except"); except != nil && len(except.Items) == 0 {
			c.fault(at+".ipBlock.except", "is empty: nothing would be left out")
		}
		if namespaces != nil || pods != nil {
			c.fault(at, "has a selector beside ipBlock")
		}
		return
	}
	if namespaces != nil {
		c.selector(namespaces, at+".namespaceSelector")
	}
	if pods != nil {
		c.selector(pods, at+".podSelector")
		if namespaces != nil && len(pods.Entries) == 0 {
			c.fault(at+".podSelector", "is empty: every pod of the namespaces would be meant; leave it out to mean that")
		}
	}
}

// selector refuses a selector that came out empty: {} is meant, an empty part of it is not.
func (c *check) selector(selector *settings.Value, at string) {
	if selector == nil || selector.Kind != settings.Map {
		c.fault(at, "is missing")
		return
	}
	for _, e := range selector.Entries {
		if len(e.Value.Entries) == 0 && len(e.Value.Items) == 0 {
			c.fault(at+"."+e.Key, "is empty: everything would be selected")
		}
	}
	if expressions := selector.Get("matchExpressions"); expressions != nil {
		for i, e := range expressions.Items {
			operator, values := e.Get("operator"), e.Get("values")
			if operator != nil && (operator.Text == "In" || operator.Text == "NotIn") && (values == nil || len(values.Items) == 0) {
				c.fault(fmt.Sprintf("%s.matchExpressions[%d].values", at, i), "is empty")
			}
		}
	}
}
