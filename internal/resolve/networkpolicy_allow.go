package resolve

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/network"
	"github.com/hardstrap/hardstrap/profiles"
)

// allowance makes an egress policy in each namespace of one side that is denied egress, and an
// ingress policy in each of the other that is denied ingress. Elsewhere a policy would isolate
// pods that nothing isolates.
func (x *networks) allowance(a profiles.Allowance, p place) {
	var ports []network.Port
	for _, text := range a.Ports {
		if port, err := network.ParsePort(text); err == nil {
			ports = append(ports, port)
		}
	}
	if a.To.Entity == profiles.EntityAPIServer && len(ports) == 0 {
		ports = []network.Port{x.apiPort()}
	}
	made := false
	for _, namespace := range x.subjects(a.From) {
		if !x.heldBack(namespace, a.To) {
			continue
		}
		made = true
		peers, said, ok := x.peers(network.Egress, a.To, ports, p.in("to"))
		if !ok {
			return
		}
		x.policy(namespace, "allow-"+a.Name+"-to", fmt.Sprintf("%s may connect to %s on %s%s (networkPolicy.allow, %s).",
			upper(who(podsOf(a.From, namespace))), who(a.To), portList(ports), said, a.Name),
			network.Allow(network.Egress, subjectPods(a.From), peers, ports...), p)
	}
	for _, namespace := range x.subjects(a.To) {
		if !x.network(namespace).Denies("Ingress") {
			continue
		}
		made = true
		peers, said, ok := x.peers(network.Ingress, a.From, ports, p.in("from"))
		if !ok {
			return
		}
		x.policy(namespace, "allow-"+a.Name+"-from", fmt.Sprintf("%s may be reached from %s on %s%s (networkPolicy.allow, %s).",
			upper(who(podsOf(a.To, namespace))), who(a.From), portList(ports), said, a.Name),
			network.Allow(network.Ingress, subjectPods(a.To), peers, ports...), p)
	}
	x.overlap(a.From, p.in("from", "cidr"))
	x.overlap(a.To, p.in("to", "cidr"))
	if !made {
		x.fault(p, "deny the direction by namespaces[].networkPolicy.defaultDeny, or remove the allowance",
			"%q becomes no policy: %s", a.Name, x.open(a))
	}
}

// subjects lists the namespaces of a side's pods, in the profile's order.
func (x *networks) subjects(side profiles.NetworkPeer) []string {
	if side.Entity != profiles.EntityPods && side.Entity != profiles.EntityAll {
		return side.Namespaces
	}
	var out []string
	for _, ns := range x.profile.Namespaces {
		out = append(out, ns.Name)
	}
	return out
}

// network returns what the profile says of a namespace's network, or nil.
func (x *networks) network(namespace string) *profiles.NamespaceNetwork {
	for _, ns := range x.profile.Namespaces {
		if ns.Name == namespace {
			return ns.NetworkPolicy
		}
	}
	return nil
}

// heldBack reports whether pods of a namespace need a rule to connect to a side: where egress is
// denied, and where the metadata addresses are and the side is more than what that leaves open.
func (x *networks) heldBack(namespace string, to profiles.NetworkPeer) bool {
	n := x.network(namespace)
	if n.Denies("Egress") {
		return true
	}
	if !n.BlocksMetadata() {
		return false
	}
	switch to.Entity {
	case profiles.EntityAll:
		return true
	case profiles.EntityNodes, profiles.EntityAPIServer:
		return x.cilium
	}
	cidr, err := netip.ParsePrefix(to.CIDR)
	return err == nil && slices.Contains(metadata(), cidr.String())
}

// open says why an allowance becomes nothing.
func (x *networks) open(a profiles.Allowance) string {
	var out []string
	if names := x.subjects(a.From); len(names) > 0 {
		out = append(out, "no rule is needed to connect from "+quoted(names))
	}
	if names := x.subjects(a.To); len(names) > 0 {
		out = append(out, "ingress is not denied in "+quoted(names))
	}
	if len(out) == 0 {
		return "the profile lists no namespaces"
	}
	return strings.Join(out, ", and ")
}

// peers makes a side the other side of a rule, with what an explanation adds of it; ok is false
// where it was refused.
func (x *networks) peers(direction network.Direction, side profiles.NetworkPeer, ports []network.Port, p place) (peers network.Peers, said string, ok bool) {
	switch side.Entity {
	case profiles.EntityAPIServer:
		peers, said = x.apiServers(direction, p)
	case profiles.EntityNodes:
		peers, said = x.nodes(direction, p)
	case profiles.EntityWorld:
		// Many plugins match pods by a range too, and world is not to open other namespaces. On the
		// way in their range stays: what comes over another node comes from that node's tunnel.
		if pods := splitComma(x.profile.Cluster.PodSubnet); direction == network.Egress && len(pods) > 0 {
			return network.Only(world(pods...)...), fmt.Sprintf("; pods, in %s, are taken out", strings.Join(pods, ", ")), true
		}
		if direction == network.Egress && !x.cilium { // which matches no pod by a range
			x.once("world", p, "set cluster.podSubnet, also where the network plugin hands out addresses of its own",
				"without cluster.podSubnet pods are not taken out of entity world: a network plugin that matches pods by a range lets connections through to pods of every namespace")
		}
		if direction == network.Ingress && x.cilium {
			x.once("cilium world", p, "use entity all where connections come over nodes",
				"Cilium matches no node by a range, and connections that another node passes on come from that node's address")
		}
		return network.Only(world()...), "", true
	case profiles.EntityPods:
		return network.Only(network.PodsOf(network.EveryNamespace(), network.EveryPod())), "", true
	case profiles.EntityAll:
		return network.Anyone(), "", true
	default:
		if side.CIDR == "" {
			return network.Only(network.PodsOf(network.Named(side.Namespaces...), subjectPods(side))), "", true
		}
		except := side.Except
		if more := spare(side.CIDR, except); direction == network.Egress && len(more) > 0 {
			except = append(except[:len(except):len(except)], more...)
			said = fmt.Sprintf("; the clouds' metadata addresses %s are taken out", strings.Join(more, ", "))
		}
		return network.Only(network.Range(side.CIDR, except...)), said, true
	}
	if peers.Any() && len(ports) == 0 {
		x.fault(p[:len(p)-1].in("ports"), "name the ports", "%s are known by their port alone here, and no port is named", who(side))
		return peers, said, false
	}
	return peers, said, true
}

// overlap warns of a range with pods in it, unless they are taken out.
func (x *networks) overlap(side profiles.NetworkPeer, p place) {
	cidr, err := netip.ParsePrefix(side.CIDR)
	if err != nil {
		return
	}
	for _, text := range splitComma(x.profile.Cluster.PodSubnet) {
		pods, err := netip.ParsePrefix(text)
		if err == nil && pods.Overlaps(cidr) && !slices.ContainsFunc(side.Except, func(e string) bool {
			out, err := netip.ParsePrefix(e)
			return err == nil && out.Bits() <= pods.Bits() && out.Contains(pods.Addr())
		}) {
			x.warn(p, "name pods by namespaces; take the pods' range out by except",
				"%q overlaps cluster.podSubnet %q: a range is for addresses outside of the cluster, and some plugins match no pod by it", side.CIDR, text)
		}
	}
}

// subjectPods is the pods of a side, within its namespaces.
func subjectPods(side profiles.NetworkPeer) network.Pods {
	if side.Pods == nil {
		return network.EveryPod()
	}
	labels := map[string]string{}
	for _, e := range side.Pods.Entries {
		labels[e.Key] = e.Value.Text
	}
	return network.Labelled(labels)
}

// podsOf is a side's pods in one of its namespaces.
func podsOf(side profiles.NetworkPeer, namespace string) profiles.NetworkPeer {
	return profiles.NetworkPeer{Namespaces: []string{namespace}, Pods: side.Pods}
}

// who names a side in a sentence.
func who(side profiles.NetworkPeer) string {
	switch side.Entity {
	case profiles.EntityAPIServer:
		return "API servers"
	case profiles.EntityNodes:
		return "nodes"
	case profiles.EntityWorld:
		return "every address but the clouds' metadata addresses"
	case profiles.EntityPods:
		return "every pod of every namespace"
	case profiles.EntityAll:
		return "everyone"
	}
	if side.CIDR != "" {
		if len(side.Except) > 0 {
			return side.CIDR + " without " + strings.Join(side.Except, ", ")
		}
		return side.CIDR
	}
	pods := "every pod"
	if side.Pods != nil {
		var labels []string
		for _, e := range side.Pods.Sorted() {
			labels = append(labels, e.Key+"="+e.Value.Text)
		}
		pods = "pods with " + strings.Join(labels, ", ")
	}
	if len(side.Namespaces) == 1 {
		return pods + " of namespace " + side.Namespaces[0]
	}
	names := side.Namespaces
	if len(names) > mostNames {
		return fmt.Sprintf("%s of namespaces %s and %d more", pods, strings.Join(names[:mostNames], ", "), len(names)-mostNames)
	}
	return pods + " of namespaces " + strings.Join(names, ", ")
}

// mostNames is how many namespaces a sentence names: an object's annotations may have 256 KiB in all
// (k8s.io/apimachinery v0.37.0, pkg/api/validation/objectmeta.go).
const mostNames = 50

func upper(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(out, ", ")
}
