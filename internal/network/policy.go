package network

import (
	"errors"
	"fmt"
)

// Direction is a policy type.
type Direction string

// The directions, as a connection is seen from the pods that a policy holds for.
const (
	Ingress Direction = "Ingress"
	Egress  Direction = "Egress"
)

// Policy is the spec of a NetworkPolicy: it denies, or it has one rule.
type Policy struct {
	pods       Pods
	directions []Direction
	rule       bool
	peers      Peers
	ports      []Port
}

// Deny denies pods what no other policy allows them.
func Deny(pods Pods, directions ...Direction) Policy {
	return Policy{pods: pods, directions: directions}
}

// Allow allows pods to be connected from peers (Ingress) or to connect to them (Egress), on the
// ports given or, without any, on all.
func Allow(direction Direction, pods Pods, peers Peers, ports ...Port) Policy {
	return Policy{pods: pods, directions: []Direction{direction}, rule: true, peers: peers, ports: ports}
}

// Spec returns the policy's spec as Go values, or an error where something that must be said was
// not: pods, directions, peers, or, where any peer is allowed, ports.
func (p Policy) Spec() (map[string]any, error) {
	pods, err := p.pods.selector()
	if err != nil {
		return nil, err
	}
	if len(p.directions) == 0 {
		return nil, errors.New("a policy without a direction")
	}
	spec := map[string]any{"podSelector": pods, "policyTypes": texts(p.directions)}
	if !p.rule {
		return spec, nil
	}
	rule := map[string]any{}
	list, side := "ingress", "from"
	if p.directions[0] == Egress {
		list, side = "egress", "to"
	}
	switch peers, err := p.peers.list(); {
	case err != nil:
		return nil, err
	case peers != nil:
		rule[side] = peers
	case len(p.ports) == 0:
		return nil, errors.New("any peer on any port: the rule would undo every other")
	}
	if len(p.ports) > 0 {
		ports := make([]any, len(p.ports))
		for i, port := range p.ports {
			ports[i] = port.tree()
		}
		rule["ports"] = ports
	}
	spec[list] = []any{rule}
	return spec, nil
}

// Pods says which pods of a namespace are meant. The zero value says nothing and is an error.
type Pods struct {
	every  bool
	labels map[string]string
}

// EveryPod is every pod of the namespace.
func EveryPod() Pods { return Pods{every: true} }

// Labelled is the pods that have all of some labels, of which there must be one at least.
func Labelled(labels map[string]string) Pods { return Pods{labels: labels} }

func (p Pods) selector() (map[string]any, error) {
	switch {
	case p.every:
		return map[string]any{}, nil
	case len(p.labels) == 0:
		return nil, errors.New("pods by no label: every pod would be meant")
	}
	return map[string]any{"matchLabels": p.labels}, nil
}

// Namespaces says where a peer's pods are. The zero value says nothing and is an error.
type Namespaces struct {
	every, own bool
	names      []string
}

// EveryNamespace is all namespaces.
func EveryNamespace() Namespaces { return Namespaces{every: true} }

// OwnNamespace is the one that the policy stands in.
func OwnNamespace() Namespaces { return Namespaces{own: true} }

// Named is namespaces by their names, of which there must be one at least.
func Named(names ...string) Namespaces { return Namespaces{names: names} }

// nameLabel is the label that every namespace has its name in, set by the API server itself
// (k8s.io/api v0.37.0, core/v1/well_known_labels.go, LabelMetadataName).
const nameLabel = "kubernetes.io/metadata.name"

func (n Namespaces) selector() (map[string]any, error) {
	switch {
	case n.every:
		return map[string]any{}, nil
	case len(n.names) == 0:
		return nil, errors.New("namespaces by no name: every namespace would be meant")
	case len(n.names) == 1:
		return map[string]any{"matchLabels": map[string]string{nameLabel: n.names[0]}}, nil
	}
	return map[string]any{"matchExpressions": []any{
		map[string]any{"key": nameLabel, "operator": "In", "values": n.names},
	}}, nil
}

// Peer is pods or a range of addresses.
type Peer struct {
	namespaces Namespaces
	pods       Pods
	cidr       string
	except     []string
}

// PodsOf is pods of namespaces.
func PodsOf(namespaces Namespaces, pods Pods) Peer { return Peer{namespaces: namespaces, pods: pods} }

// Range is the addresses of a CIDR but for those of some ranges within it.
func Range(cidr string, except ...string) Peer { return Peer{cidr: cidr, except: except} }

func (p Peer) tree() (map[string]any, error) {
	if p.cidr != "" {
		block := map[string]any{"cidr": p.cidr}
		if len(p.except) > 0 {
			block["except"] = p.except
		}
		return map[string]any{"ipBlock": block}, nil
	}
	pods, err := p.pods.selector()
	if err != nil {
		return nil, err
	}
	if p.namespaces.own {
		return map[string]any{"podSelector": pods}, nil
	}
	namespaces, err := p.namespaces.selector()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"namespaceSelector": namespaces}
	if !p.pods.every { // without a podSelector every pod is meant; an empty one says no more
		out["podSelector"] = pods
	}
	return out, nil
}

// Peers is the other side of a rule. The zero value says nothing and is an error.
type Peers struct {
	any  bool
	only []Peer
}

// Anyone is any peer: pods, nodes and every address.
func Anyone() Peers { return Peers{any: true} }

// Only is some peers, of which there must be one at least.
func Only(peers ...Peer) Peers { return Peers{only: peers} }

// Any reports whether any peer is meant.
func (p Peers) Any() bool { return p.any }

// list returns the peers as Go values; nil where any peer is meant.
func (p Peers) list() ([]any, error) {
	switch {
	case p.any:
		return nil, nil
	case len(p.only) == 0:
		return nil, errors.New("a rule without peers: it would allow everyone")
	}
	out := make([]any, len(p.only))
	for i, peer := range p.only {
		tree, err := peer.tree()
		if err != nil {
			return nil, fmt.Errorf("peer %d: %w", i, err)
		}
		out[i] = tree
	}
	return out, nil
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}
