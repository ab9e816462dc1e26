package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/network"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// packs makes what known components of a namespace need where it is denied.
func (x *networks) packs(namespace string, n *profiles.NamespaceNetwork, p place) {
	ingress, egress := n.Denies("Ingress"), n.Denies("Egress")
	for _, pack := range n.Packs {
		switch pack {
		case "coredns":
			x.coreDNS(namespace, ingress, egress, n.BlocksMetadata(), p)
		case "metrics-server":
			x.metricsServer(namespace, ingress, egress || x.cilium && n.BlocksMetadata(), p)
		}
	}
}

// coreDNS is what kubeadm's CoreDNS needs (kubernetes v1.37.0,
// cmd/kubeadm/app/phases/addons/dns/manifests.go): it answers on 53, forwards to the resolvers of
// its node's /etc/resolv.conf (dnsPolicy Default) and watches the API server. Its metrics on 9153
// are scraped by an allowance; 8080 and 8181 are the kubelet's.
func (x *networks) coreDNS(namespace string, ingress, egress, blocked bool, p place) {
	if ingress {
		x.policy(namespace, "coredns-queries-from",
			"CoreDNS may be asked by everyone: pods in the host's network, NodeLocal DNSCache among them, ask too, and no selector matches those.",
			network.Allow(network.Ingress, dnsPods(), network.Anyone(), dnsPorts()...), p)
	}
	if egress || blocked {
		x.policy(namespace, "coredns-upstream-to",
			"CoreDNS may ask resolvers anywhere; the metadata addresses are not taken out, as on some clouds 169.254.169.254 is the resolver.",
			network.Allow(network.Egress, dnsPods(), network.Anyone(), dnsPorts()...), p)
	}
	if egress {
		peers, said := x.apiServers(network.Egress, p)
		x.policy(namespace, "coredns-api-server-to", fmt.Sprintf("CoreDNS watches services and endpoints at API servers on %s%s.", x.apiPort(), said),
			network.Allow(network.Egress, dnsPods(), peers, x.apiPort()), p)
	}
}

// metricsServer is what metrics-server needs, as kubernetes v1.37.0,
// cluster/addons/metrics-server/metrics-server-deployment.yaml and upstream's components.yaml run
// it: label k8s-app: metrics-server, --secure-port=10250. The API server asks it as an aggregated
// API, and it asks kubelets.
func (x *networks) metricsServer(namespace string, ingress, egress bool, p place) {
	pods := network.Labelled(map[string]string{"k8s-app": "metrics-server"})
	if ingress {
		peers, said := x.apiServers(network.Ingress, p)
		x.policy(namespace, "metrics-server-api-server-from", "metrics-server answers for the API metrics.k8s.io on 10250/TCP to API servers"+said+".",
			network.Allow(network.Ingress, pods, peers, network.TCP(10250)), p)
	}
	if egress {
		kubelets := x.kubeletPorts()
		peers, said := x.nodes(network.Egress, p)
		x.policy(namespace, "metrics-server-kubelets-to", fmt.Sprintf("metrics-server asks kubelets for what pods use: nodes on %s%s.", portList(kubelets), said),
			network.Allow(network.Egress, pods, peers, kubelets...), p)
		peers, said = x.apiServers(network.Egress, p)
		x.policy(namespace, "metrics-server-api-server-to", fmt.Sprintf("metrics-server lists nodes and pods, and has requests authorized, at API servers on %s%s.", x.apiPort(), said),
			network.Allow(network.Egress, pods, peers, x.apiPort()), p)
	}
}

// kubeletPorts is where kubelets listen, 10250 unless the profile says otherwise (k8s.io/kubelet
// v0.37.0, config/v1beta1/types.go, Port).
func (x *networks) kubeletPorts() []network.Port {
	var out []network.Port
	for _, role := range roles() {
		port := network.TCP(10250)
		for _, k := range []settings.Key{{Component: settings.Kubelet, Role: role, Path: "port"}, {Component: settings.Kubelet, Role: role, Path: "--port"}} {
			if v := x.set.Value(k); v != nil {
				if said, err := network.ParsePort(v.Text + "/TCP"); err == nil {
					port = said
				}
			}
		}
		if !slices.Contains(out, port) {
			out = append(out, port)
		}
	}
	return out
}

func portList(ports []network.Port) string {
	if len(ports) == 0 {
		return "every port"
	}
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = p.String()
	}
	return strings.Join(out, ", ")
}
