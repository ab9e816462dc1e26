package resolve

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/network"
)

// hosts is a side that runs in the host's network, where no selector ever matches.
type hosts struct {
	what  string // "API servers"
	field string // where the profile says their addresses
	cidrs []string
}

// apiServers is the API servers as peers, and what an explanation adds of it.
func (x *networks) apiServers(direction network.Direction, p place) (network.Peers, string) {
	return x.hosts(direction, hosts{"API servers", "controlPlaneCIDRs", x.spec.ControlPlaneCIDRs}, p)
}

// nodes is the nodes as peers.
func (x *networks) nodes(direction network.Direction, p place) (network.Peers, string) {
	return x.hosts(direction, hosts{"nodes", "nodeCIDRs", x.spec.NodeCIDRs}, p)
}

// hosts returns addresses where they are known and the plugin matches them, else anyone, so that
// only the port tells.
//
// Ingress has a catch: in an overlay a node connects to a pod of another node from its tunnel's
// address, which is none of the node's own (docs.tigera.io, Use NodeLocal DNSCache: "If you're
// using encapsulation, you will need to allow connectivity from the tunnel IPs"). Where the
// profile does not say whether there are such, addresses would cut webhooks off.
//
// Cilium's ipBlock leaves nodes out unless it is told otherwise (cilium,
// Documentation/network/kubernetes/policy.rst, with policy-cidr-match-mode since 1.15), and the
// API server stays an entity of its own.
func (x *networks) hosts(direction network.Direction, h hosts, p place) (network.Peers, string) {
	field := "networkPolicy." + h.field
	reach := "whatever listens on it can be reached, wherever it is"
	if direction == network.Ingress {
		reach = "whoever can reach the pods may connect to it"
	}
	tunnels := x.loaded.Tree.Lookup("networkPolicy", "tunnelCIDRs") != nil
	switch {
	case x.cilium:
		x.once("cilium "+h.field, p, "where that is too much, write a CiliumNetworkPolicy with the entity instead",
			"Cilium matches no node by a range: %s are known by their port alone, and %s", h.what, reach)
		return network.Anyone(), ", known by the port alone: Cilium matches no node by a range"
	case len(h.cidrs) == 0:
		x.once(string(direction)+h.field, p, "set "+field,
			"without %s %s are known by their port alone, and %s", field, h.what, reach)
		return network.Anyone(), ", known by the port alone: they run in the host's network, where no selector matches, and " + field + " is not set"
	case direction == network.Ingress && !tunnels:
		x.once("tunnels "+h.field, p, "set networkPolicy.tunnelCIDRs to the tunnels' addresses, or to [] where the network is no overlay",
			"in an overlay nodes connect to pods from their tunnels' addresses, which are not said: %s are known by the port alone, and %s", h.what, reach)
		return network.Anyone(), ", known by the port alone: from which addresses nodes connect to pods is not said by networkPolicy.tunnelCIDRs"
	}
	cidrs, said := h.cidrs, "; they stand in "
	if direction == network.Ingress {
		cidrs, said = append(cidrs[:len(cidrs):len(cidrs)], x.spec.TunnelCIDRs...), "; they connect from "
	}
	peers := make([]network.Peer, len(cidrs))
	var without []string
	for i, cidr := range cidrs {
		var except []string
		if direction == network.Egress { // link-local ranges may hold nodes and metadata
			except = spare(cidr, nil)
		}
		peers[i] = network.Range(cidr, except...)
		without = append(without, except...)
	}
	said += strings.Join(cidrs, ", ")
	if len(without) > 0 {
		said += "; the clouds' metadata addresses " + strings.Join(without, ", ") + " are taken out"
	}
	return network.Only(peers...), said
}
