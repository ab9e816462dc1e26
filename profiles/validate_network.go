package profiles

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/network"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// networkPolicy judges who may talk to whom. Whether an allowance becomes anything is seen when
// it is expanded.
func (v *validator) networkPolicy() {
	n := v.Profile.NetworkPolicy
	root := place("networkPolicy")
	v.is(n.CNI, label, under(root, "cni")...)
	for _, list := range []struct {
		field string
		cidrs []string
	}{{"controlPlaneCIDRs", n.ControlPlaneCIDRs}, {"nodeCIDRs", n.NodeCIDRs}, {"tunnelCIDRs", n.TunnelCIDRs}} {
		at := under(root, list.field)
		v.each(list.cidrs, part, at...)
		v.overlaps(list.cidrs, at...)
		if list.field != "tunnelCIDRs" {
			v.empty(len(list.cidrs), "name where they stand, or remove the line", at...)
		}
	}
	v.is(n.NodeLocalDNS, address, under(root, "nodeLocalDNS")...)
	for i, a := range n.Allow {
		v.allowance(a, under(root, "allow", strconv.Itoa(i))...)
	}
	for i, ns := range v.Profile.Namespaces {
		if ns.NetworkPolicy != nil {
			v.namespaceNetwork(ns.Name, ns.NetworkPolicy, place("namespaces", strconv.Itoa(i), "networkPolicy")...)
		}
	}
}

// part is a range that is not every address: rules that look as if they named somebody would let
// everybody through, on every port where none is named.
func part(text string) *diag.Problem {
	p := cidr(text)
	if p == nil && strings.HasSuffix(text, "/0") {
		p = refuse(text, "a range of machines", "less than every address")
		p.Hint = "name where they stand, or remove the line"
	}
	return p
}

// namespaceNetwork refuses what would have no effect, and what would cut a cluster off from its
// own DNS.
func (v *validator) namespaceNetwork(namespace string, n *NamespaceNetwork, at ...string) {
	v.empty(len(n.DefaultDeny), "write [Ingress], [Egress] or both, or remove the line", under(at, "defaultDeny")...)
	v.empty(len(n.Packs), "name a pack, or remove the line", under(at, "packs")...)
	if v.tainted.has(v.spell(under(at, "defaultDeny"))) {
		return
	}
	denied, blocked := n.Denies("Egress"), n.BlocksMetadata()
	no := func(field, message, hint string) {
		v.fault(diag.Problem{Message: message, Hint: hint}, under(at, field)...)
	}
	if n.DNS != nil && !denied {
		no("dns", "egress is not denied here, and DNS can be asked as anything can", "add Egress to defaultDeny, or remove the line")
	}
	if n.SameNamespace != nil && *n.SameNamespace && len(n.DefaultDeny) == 0 {
		no("sameNamespace", "nothing is denied here, so there is nothing to allow", "write defaultDeny, or remove the line")
	}
	if blocked && denied {
		no("blockMetadata", "egress is denied here, to the metadata addresses too", "remove the line")
	}
	if len(n.Packs) > 0 && len(n.DefaultDeny) == 0 && !blocked {
		no("packs", "nothing is denied here, so there is nothing to allow", "write defaultDeny, or remove the line")
	}
	if namespace != kubeSystem && slices.Contains(n.Packs, "coredns") {
		no("packs", fmt.Sprintf("the cluster's DNS is in %s, not in %q", kubeSystem, namespace), "name coredns there")
	}
	if namespace == kubeSystem && (len(n.DefaultDeny) > 0 || blocked) && !slices.Contains(n.Packs, "coredns") {
		v.missing("add coredns: without its rules the cluster's DNS would be cut off; where another DNS answers, it does no harm", under(at, "packs")...)
	}
}

// allowanceName is a name that still fits a DNS label with "allow-" before it and "-from" behind.
func allowanceName(text string) *diag.Problem {
	if p := label(text); p != nil {
		return p
	}
	if most := 63 - len("allow-") - len("-from"); len(text) > most {
		return refuse(text, "short enough", fmt.Sprintf("at most %d characters: objects are named allow-<name>-from and allow-<name>-to", most))
	}
	return nil
}

func (v *validator) allowance(a Allowance, at ...string) {
	v.is(a.Name, allowanceName, under(at, "name")...)
	v.networkPeer(a.From, under(at, "from")...)
	v.networkPeer(a.To, under(at, "to")...)
	v.networkPorts(a.Ports, under(at, "ports")...)
	if !a.From.said() || !a.To.said() {
		return
	}
	if !a.From.HasPods() && !a.To.HasPods() {
		v.fault(diag.Problem{
			Message: "neither side is pods, and a NetworkPolicy holds for pods alone",
			Hint:    "name namespaces on one side; for the nodes' own ports there is host.firewall",
		}, at...)
	}
	if len(a.Ports) > 0 {
		return
	}
	wide := func(p NetworkPeer) bool { return p.Entity == EntityAll || p.Entity == EntityPods }
	switch {
	case a.From.Entity == EntityAll:
		v.missing("entity all is everyone: name the ports", under(at, "ports")...)
	case a.To.Entity == EntityAll:
		v.missing("entity all is everything: name the ports", under(at, "ports")...)
	case wide(a.From) && wide(a.To):
		v.missing("without ports every pod could reach every pod, and no default deny would be left: name the ports", under(at, "ports")...)
	}
}

// said reports whether a peer names anyone.
func (p NetworkPeer) said() bool { return len(p.Namespaces) > 0 || p.CIDR != "" || p.Entity != "" }

// HasPods reports whether some of a peer are pods that a NetworkPolicy can hold for.
func (p NetworkPeer) HasPods() bool {
	return len(p.Namespaces) > 0 || p.Entity == EntityPods || p.Entity == EntityAll
}

// Denies reports whether a direction is denied by default.
func (n *NamespaceNetwork) Denies(direction PolicyType) bool {
	return n != nil && slices.Contains(n.DefaultDeny, direction)
}

// BlocksMetadata reports whether egress is open but for the clouds' metadata addresses.
func (n *NamespaceNetwork) BlocksMetadata() bool {
	return n != nil && n.BlockMetadata != nil && *n.BlockMetadata
}

func (v *validator) networkPeer(p NetworkPeer, at ...string) {
	namespaces, block, entity := under(at, "namespaces"), under(at, "cidr"), under(at, "entity")
	v.exclusive(block, namespaces, "a side is one of them")
	v.exclusive(entity, namespaces, "a side is one of them")
	v.exclusive(entity, block, "a side is one of them")
	v.empty(len(p.Namespaces), "name at least one; every namespace is entity: pods", namespaces...)
	v.each(p.Namespaces, label, namespaces...)
	v.knownNamespaces(p.Namespaces, namespaces...)
	pods := under(at, "pods")
	switch {
	case v.set(pods...) && !v.set(namespaces...):
		v.fault(diag.Problem{Message: "labels say nothing without namespaces", Hint: "name the namespaces that the pods are in"}, pods...)
	case p.Pods != nil && p.Pods.Kind == settings.Map && len(p.Pods.Entries) == 0:
		v.fault(diag.Problem{
			Message: "no label is named, and every pod would be selected",
			Hint:    "name labels, as {app: frontend}, or remove the line to mean every pod",
		}, pods...)
	default:
		v.textMap(p.Pods, podLabelKey, podLabelValue, false, pods...)
	}
	v.is(p.CIDR, cidr, block...)
	v.exceptions(p, at...)
	if !v.set(namespaces...) && !v.set(block...) && !v.set(entity...) && !v.set(pods...) {
		v.missing("write namespaces: [...], cidr: ..., or entity: "+strings.Join(NetworkEntity("").Allowed(), ", "), at...)
	}
}

// exceptions judges ranges that are taken out of a CIDR (kubernetes v1.37.0,
// pkg/apis/networking/validation, ValidateIPBlock: each must be a strict part of it).
func (v *validator) exceptions(p NetworkPeer, at ...string) {
	except := under(at, "except")
	v.empty(len(p.Except), "name a range within cidr, or remove the line", except...)
	if len(p.Except) == 0 {
		return
	}
	if !v.set(under(at, "cidr")...) {
		v.fault(diag.Problem{Message: "there is no cidr to take it from", Hint: "write cidr, or remove the line"}, except...)
		return
	}
	v.each(p.Except, cidr, except...)
	v.overlaps(p.Except, except...)
	if cidr(p.CIDR) != nil || p.CIDR == "" {
		return
	}
	whole := netip.MustParsePrefix(p.CIDR)
	for i, text := range p.Except {
		if cidr(text) != nil {
			continue
		}
		part := netip.MustParsePrefix(text)
		switch {
		case part == whole:
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is all of cidr: nothing would be left", text)}, under(except, strconv.Itoa(i))...)
		case part.Bits() < whole.Bits() || !whole.Contains(part.Addr()):
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q is not within %q", text, p.CIDR), Allowed: "a part of cidr",
			}, under(except, strconv.Itoa(i))...)
		}
	}
}

// knownNamespaces warns of a namespace that the profile does not list: it may be there all the
// same, but a misspelt one would only be noticed when a connection fails.
func (v *validator) knownNamespaces(names []string, at ...string) {
	known := []string{"default", "kube-node-lease", "kube-public", kubeSystem} // what every cluster has
	for _, ns := range v.Profile.Namespaces {
		known = append(known, ns.Name)
	}
	for i, name := range names {
		if label(name) != nil || slices.Contains(known, name) {
			continue
		}
		hint := "no policy is rendered in it; list it below namespaces to deny and allow there"
		if near := nearest.Name(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		v.fault(diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("namespace %q is not one of the profile's namespaces", name),
			Hint:     hint,
		}, under(at, strconv.Itoa(i))...)
	}
}

func (v *validator) networkPorts(ports []string, at ...string) {
	v.empty(len(ports), "name a port, or remove the line to mean every port", at...)
	seen := map[int]network.Port{}
	for i, text := range ports {
		here := under(at, strconv.Itoa(i))
		port, err := network.ParsePort(text)
		if err != nil {
			p := refuse(text, "a port", network.PortRule)
			p.Hint = err.Error()
			v.fault(*p, here...)
			continue
		}
		for j := range i {
			if other, ok := seen[j]; ok && port.Overlaps(other) {
				v.fault(diag.Problem{
					Message: fmt.Sprintf("%q is covered by %q in part or whole (%s)", port, other, v.Origin(under(at, strconv.Itoa(j))...)),
					Hint:    "write ports that do not overlap",
				}, here...)
				break
			}
		}
		seen[i] = port
	}
}

// kubeSystem is where kubeadm runs its add-ons.
const kubeSystem = "kube-system"

// Labels are as k8s.io/apimachinery v0.37.0, pkg/util/validation takes them (IsQualifiedName,
// IsValidLabelValue).
var podLabelSpelling = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func podLabelKey(text string) *diag.Problem {
	prefix, name, found := strings.Cut(text, "/")
	if !found {
		prefix, name = "", text
	}
	if len(name) <= 63 && podLabelSpelling.MatchString(name) && (!found || subdomain(prefix) == nil) {
		return nil
	}
	return refuse(text, "a label's name", "app, or with a domain app.kubernetes.io/name; letters, digits, ., _ and -, at most 63 characters behind the slash")
}

func podLabelValue(text string) *diag.Problem {
	if text == "" || len(text) <= 63 && podLabelSpelling.MatchString(text) {
		return nil
	}
	return refuse(text, "a label's value", "letters, digits, ., _ and -, a letter or digit at both ends, at most 63 characters")
}
