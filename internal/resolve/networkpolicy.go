package resolve

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/network"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandNetworkPolicy makes the NetworkPolicies of the namespaces and of the allowances between
// them: one object a rule, so that the explanation of each is of that very rule.
//
// Kubelets' probes need no rule: "traffic to and from the node where a Pod is running is always
// allowed, regardless of the IP address of the Pod or the node" (kubernetes.io, Network
// Policies).
func expandNetworkPolicy(b *builder) {
	x := &networks{builder: b, spec: b.profile.NetworkPolicy, warned: map[string]bool{}}
	x.cilium = x.spec.CNI == "cilium"
	for i, ns := range b.profile.Namespaces {
		if ns.NetworkPolicy != nil {
			x.namespace(ns.Name, ns.NetworkPolicy, at("namespaces", strconv.Itoa(i), "networkPolicy"))
		}
	}
	for i, a := range x.spec.Allow {
		x.allowance(a, at("networkPolicy", "allow", strconv.Itoa(i)))
	}
	x.checkPlugin()
}

// networks makes policies and remembers what was said of them.
type networks struct {
	*builder
	spec   profiles.NetworkPolicy
	cilium bool
	made   int
	warned map[string]bool
}

// policy sets a NetworkPolicy. A spec that says too little or too much never leaves here.
func (x *networks) policy(namespace, name, why string, policy network.Policy, p place) {
	spec, err := policy.Spec()
	if err != nil {
		x.fault(p, "this is a fault of hardstrap: please report it", "NetworkPolicy %q of namespace %q: %v", name, namespace, err)
		return
	}
	o := object{
		apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", namespace: namespace, name: name,
		why: why, body: map[string]any{"spec": spec},
	}
	for _, fault := range network.Check(o.tree()) {
		x.fault(p, "this is a fault of hardstrap: please report it", "NetworkPolicy %q of namespace %q: %s", name, namespace, fault)
	}
	x.object(o, p)
	x.made++
}

// once warns of something that many rules have in common, where it is first met.
func (x *networks) once(what string, p place, hint, format string, args ...any) {
	if !x.warned[what] {
		x.warned[what] = true
		x.warn(p, hint, format, args...)
	}
}

// namespace makes what holds in one namespace, whoever is on the other side.
func (x *networks) namespace(name string, n *profiles.NamespaceNetwork, p place) {
	ingress, egress := n.Denies("Ingress"), n.Denies("Egress")
	if len(n.DefaultDeny) > 0 {
		denied, directions := "from and to", []network.Direction{network.Ingress, network.Egress}
		switch {
		case !egress:
			denied, directions = "to", directions[:1]
		case !ingress:
			denied, directions = "from", directions[1:]
		}
		x.policy(name, "default-deny", fmt.Sprintf(
			"Connections %s every pod of the namespace are denied unless another policy allows them; answers to what is allowed need no rule.", denied),
			network.Deny(network.EveryPod(), directions...), p.in("defaultDeny"))
	}
	if egress && (n.DNS == nil || *n.DNS) {
		x.dns(name, p)
	}
	if n.SameNamespace != nil && *n.SameNamespace {
		own := network.Only(network.PodsOf(network.OwnNamespace(), network.EveryPod()))
		if ingress {
			x.policy(name, "same-namespace-from", "Pods of the namespace may be reached from each other, on every port.",
				network.Allow(network.Ingress, network.EveryPod(), own), p.in("sameNamespace"))
		}
		if egress {
			x.policy(name, "same-namespace-to", "Pods of the namespace may connect to each other, on every port.",
				network.Allow(network.Egress, network.EveryPod(), own), p.in("sameNamespace"))
		}
	}
	if n.BlocksMetadata() {
		x.blockMetadata(name, p.in("blockMetadata"))
	}
	x.packs(name, n, p.in("packs"))
	if name == systemNamespace && egress {
		x.systemEgress(p.in("defaultDeny"))
	}
}

// systemNamespace is where kubeadm runs its add-ons and the cluster's DNS.
const systemNamespace = "kube-system"

// dnsPods are CoreDNS's, by the label that its Deployment has had since it was kube-dns
// (kubernetes v1.37.0, cmd/kubeadm/app/phases/addons/dns/manifests.go).
func dnsPods() network.Pods { return network.Labelled(map[string]string{"k8s-app": "kube-dns"}) }

func dnsPorts() []network.Port { return []network.Port{network.UDP(53), network.TCP(53)} }

// dns lets pods ask the cluster's DNS. Answers of more than one packet come over TCP.
//
// NodeLocal DNSCache runs in the host's network, so no selector matches it. It listens on an
// address of its own and, where kube-proxy uses iptables, on the cluster DNS's service address
// too, which pods keep asking (kubernetes v1.37.0, cluster/addons/dns/nodelocaldns: -localip
// __PILLAR__LOCAL__DNS__,__PILLAR__DNS__SERVER__, and the README's rule for that address); both
// are let through. With Cilium pods are redirected to pods of the cache instead, which its label
// matches.
func (x *networks) dns(namespace string, p place) {
	peers := []network.Peer{network.PodsOf(network.Named(systemNamespace), dnsPods())}
	why := "Pods may ask the cluster's DNS"
	if cache := x.spec.NodeLocalDNS; cache != "" && x.cilium {
		peers = append(peers, network.PodsOf(network.Named(systemNamespace), network.Labelled(map[string]string{"k8s-app": "node-local-dns"})))
		why += ", and the pods of NodeLocal DNSCache that Cilium's local redirect policy sends them to"
	} else if cache != "" {
		peers = append(peers, network.Range(single(cache)))
		why += fmt.Sprintf(", NodeLocal DNSCache on %s", cache)
		if service := x.dnsService(); service != "" && service != cache {
			peers = append(peers, network.Range(single(service)))
			why += fmt.Sprintf(" and on the DNS service's address %s, where it also listens", service)
		}
	}
	x.policy(namespace, "dns", why+", by UDP and by TCP.",
		network.Allow(network.Egress, network.EveryPod(), network.Only(peers...), dnsPorts()...), p.in("dns"))
}

// dnsService is the address of the cluster DNS's service: the tenth of the first range of
// services (kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go, GetDNSIP; the range when
// none is said, app/apis/kubeadm/v1beta4/defaults.go).
func (x *networks) dnsService() string {
	services := splitComma(x.profile.Cluster.ServiceSubnet)
	if len(services) == 0 {
		services = []string{"10.96.0.0/12"}
	}
	prefix, err := netip.ParsePrefix(services[0])
	if err != nil {
		return ""
	}
	address := prefix.Masked().Addr()
	for range 10 {
		address = address.Next()
	}
	return address.String()
}

// single is the range of one address.
func single(address string) string {
	if addr, err := netip.ParseAddr(address); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()).String()
	}
	return address
}

// metadata lists where clouds tell a machine its credentials: AWS, Azure, Google and most
// others; AWS by IPv6 (docs.aws.amazon.com, EC2, Instance metadata); Alibaba (cloud-init,
// doc/rtd/topics/datasources/aliyun.rst).
func metadata() []string {
	return []string{"169.254.169.254/32", "fd00:ec2::254/128", "100.100.100.200/32"}
}

// spare returns the metadata addresses that must be taken out of a range: those within it,
// unless the range is such an address itself or what is taken out covers it already.
func spare(cidr string, except []string) []string {
	whole, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil
	}
	var out []string
	for _, text := range metadata() {
		address := netip.MustParsePrefix(text)
		if address == whole || !whole.Contains(address.Addr()) {
			continue
		}
		covered := false
		for _, e := range except {
			if part, err := netip.ParsePrefix(e); err == nil && part.Contains(address.Addr()) {
				covered = true
			}
		}
		if !covered {
			out = append(out, text)
		}
	}
	return out
}

// world is every address but the metadata addresses and some ranges.
func world(except ...string) []network.Peer {
	var out []network.Peer
	for _, all := range []string{"0.0.0.0/0", "::/0"} {
		whole, parts := netip.MustParsePrefix(all), spare(all, nil)
		for _, text := range except {
			if part, err := netip.ParsePrefix(text); err == nil && whole.Contains(part.Addr()) {
				parts = append(parts, text)
			}
		}
		out = append(out, network.Range(all, parts...))
	}
	return out
}

// blockMetadata leaves egress open but for the metadata addresses. A policy that selects pods for
// egress denies all that it does not name: pods are named by selectors, since a plugin need not
// match them by address, and nodes and services by the ranges. What a plugin does not match by a
// range is lost; for Cilium that is the nodes.
func (x *networks) blockMetadata(namespace string, p place) {
	peers := append([]network.Peer{network.PodsOf(network.EveryNamespace(), network.EveryPod())}, world()...)
	x.policy(namespace, "block-metadata", fmt.Sprintf(
		"Pods may connect to every pod and every address, but not to the clouds' metadata addresses %s, which give away the node's credentials.",
		strings.Join(metadata(), ", ")), network.Allow(network.Egress, network.EveryPod(), network.Only(peers...)), p)
	if !x.cilium {
		return
	}
	x.once("cilium metadata", p, "allow what else they need by an allowance to entity nodes",
		"Cilium matches no node by a range unless policy-cidr-match-mode is nodes: of the nodes, pods of namespace %q keep the API server's port alone", namespace)
	x.policy(namespace, "api-server-to", fmt.Sprintf(
		"Pods may connect to API servers, by the port %s alone: Cilium matches no node by a range, and block-metadata would cut them off.", x.apiPort()),
		network.Allow(network.Egress, network.EveryPod(), network.Anyone(), x.apiPort()), p)
}

// apiPort is where API servers listen. A policy sees this port also of pods that ask the service
// kubernetes.default on 443: most plugins look at connections after the service's address was
// replaced by an endpoint's (kubernetes.io, Network Policies, leaves the order open), and the
// endpoints are the API servers themselves, whatever balancer controlPlaneEndpoint names.
func (x *networks) apiPort() network.Port {
	if port := x.profile.Cluster.BindPort; port != nil {
		return network.TCP(*port)
	}
	return network.TCP(6443)
}

// systemEgress tells of the other pods of kube-system, unless the profile thought of them.
func (x *networks) systemEgress(p place) {
	for _, a := range x.spec.Allow {
		for _, ns := range a.From.Namespaces {
			if ns == systemNamespace && (a.To.Entity == profiles.EntityAPIServer || a.To.Entity == profiles.EntityAll) {
				return
			}
		}
	}
	x.warn(p, "add an allowance from kube-system to entity kube-apiserver; with pods, for some of them",
		"egress is denied in kube-system, where controllers of network, storage and cloud often run: only the packs' pods are allowed the API server")
}

// plugin is a network plugin: whether it enforces NetworkPolicies, and what that takes.
type plugin struct{ name, needs string }

// plugins lists who enforces NetworkPolicies, by kubernetes.io (Cluster Administration, Installing
// Addons; Administer a Cluster, Network Policy Providers), docs.tigera.io (Canal),
// docs.aws.amazon.com (EKS, Kubernetes network policies), learn.microsoft.com (AKS,
// networkPolicy: azure) and kubernetes v1.37.0, cluster/addons/kube-network-policies.
func plugins() []plugin {
	return []plugin{
		{"antrea", ""}, {"calico", ""}, {"canal", ""}, {"cilium", ""}, {"kube-network-policies", ""}, {"kube-router", ""},
		{"ovn-kubernetes", ""}, {"weave-net", ""},
		{"amazon-vpc-cni", "its network policy agent, which enableNetworkPolicy turns on"},
		{"azure-cni", "a network policy manager beside it: azure, calico or cilium"},
	}
}

// checkPlugin says what the policies are worth with the cluster's network plugin.
func (x *networks) checkPlugin() {
	if x.made == 0 {
		return
	}
	p := at("networkPolicy", "cni")
	var names []string
	for _, known := range plugins() {
		names = append(names, known.name)
	}
	cni := x.spec.CNI
	if cni == "" {
		for i, ns := range x.profile.Namespaces { // networkPolicy need not be written at all
			if ns.NetworkPolicy != nil && x.profile.NetworkPolicy.Allow == nil {
				p = at("namespaces", strconv.Itoa(i), "networkPolicy")
				break
			}
		}
		x.warn(p, "name the network plugin in networkPolicy.cni; these enforce: "+strings.Join(names, ", "),
			"NetworkPolicies are rendered for a network plugin that is not named: without one that enforces them they have no effect")
		return
	}
	for _, known := range plugins() {
		if known.name != cni {
			continue
		}
		if known.needs != "" {
			x.warn(p, "see to it that it runs", "%s enforces NetworkPolicies only with %s", cni, known.needs)
		}
		return
	}
	if cni == "flannel" {
		x.warn(p, "run Canal, or kube-network-policies beside it, and name that", "flannel enforces no NetworkPolicy: all that is rendered has no effect")
		return
	}
	hint := "make sure that it enforces NetworkPolicies; these do: " + strings.Join(names, ", ")
	if near := nearest.Name(cni, append(names, "flannel")); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	x.warn(p, hint, "hardstrap does not know the network plugin %q", cni)
}
