package connectivity

import (
	"github.com/mattfenwick/cyclonus/pkg/matcher"
)

// actor is somebody at one end of a connection: a pod, or an address that no selector matches.
type actor struct {
	name      string
	namespace string // "" for an address
	labels    map[string]string
	v4, v6    string
	inside    bool // an address of the cluster's own: a node's, or one that a node answers for
}

// peer returns the actor as the evaluator sees it. A namespace has the label that the API server gives it, no other.
func (a actor) peer(ip string) *matcher.TrafficPeer {
	p := &matcher.TrafficPeer{IP: ip}
	if a.namespace != "" {
		p.Internal = &matcher.InternalPeer{
			Namespace: a.namespace, NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": a.namespace}, PodLabels: a.labels,
		}
	}
	return p
}

func pod(namespace, name, v4, v6 string, labels map[string]string) actor {
	return actor{name: name, namespace: namespace, labels: labels, v4: v4, v6: v6}
}

func app(name string) map[string]string    { return map[string]string{"app": name} }
func k8sApp(name string) map[string]string { return map[string]string{"k8s-app": name} }

// cast is everybody, in the order of the tables.
func cast() []actor {
	return []actor{
		pod("frontend", "web", "10.244.1.10", "fd00:244::10", app("web")),
		pod("backend", "api", "10.244.1.11", "fd00:244::11", app("api")),
		pod("backend", "batch", "10.244.1.12", "fd00:244::12", app("batch")),
		pod("db", "postgres", "10.244.2.13", "fd00:244::13", app("postgres")),
		pod("monitoring", "prometheus", "10.244.2.14", "fd00:244::14", app("prometheus")),
		pod("ingress", "ingress", "10.244.2.15", "fd00:244::15", app("ingress")),
		pod("hooks", "webhook", "10.244.2.16", "fd00:244::16", app("webhook")),
		pod("kube-system", "coredns", "10.244.2.17", "fd00:244::17", k8sApp("kube-dns")),
		pod("kube-system", "metrics-server", "10.244.2.18", "fd00:244::18", k8sApp("metrics-server")),
		pod("kube-system", "controllers", "10.244.2.19", "fd00:244::19", k8sApp("calico-kube-controllers")),
		pod("plain", "plain", "10.244.2.20", "fd00:244::20", nil),
		{name: "api-server", v4: "192.0.2.5", v6: "fd00:2::5", inside: true},
		{name: "node", v4: "192.0.2.70", v6: "fd00:2:0:1::70", inside: true},
		{name: "tunnel", v4: "10.244.0.1", v6: "fd00:244:0:1::1", inside: true}, // the API server's node, in an overlay
		{name: "node-dns", v4: "169.254.20.10", v6: "fd00:53::10", inside: true},
		{name: "dns-service", v4: "10.96.0.10", v6: "fd00:96::a", inside: true}, // where a node answers for it
		{name: "internet", v4: "203.0.113.9", v6: "2001:db8:1::9"},
		{name: "mail", v4: "198.51.100.25", v6: "2001:db8:2::25"},
		{name: "metadata", v4: "169.254.169.254", v6: "fd00:ec2::254"},
	}
}

// target is a port that somebody is asked on.
type target struct {
	who      string
	port     int
	protocol string
}

// targets is what is asked of everybody, in the order of the tables.
func targets() []target {
	return []target{
		{"web", 8080, "TCP"}, {"api", 8080, "TCP"}, {"api", 9090, "TCP"}, {"batch", 8080, "TCP"},
		{"postgres", 5432, "TCP"}, {"postgres", 5432, "UDP"}, {"postgres", 9187, "TCP"}, {"prometheus", 9090, "TCP"},
		{"ingress", 443, "TCP"}, {"ingress", 10254, "TCP"}, {"webhook", 9443, "TCP"}, {"webhook", 8080, "TCP"},
		{"coredns", 53, "UDP"}, {"coredns", 53, "TCP"}, {"coredns", 9153, "TCP"},
		{"metrics-server", 10250, "TCP"}, {"controllers", 9094, "TCP"}, {"plain", 80, "TCP"},
		{"api-server", 6443, "TCP"}, {"api-server", 22, "TCP"}, {"node", 10250, "TCP"}, {"node", 22, "TCP"}, {"node", 6443, "TCP"},
		{"node-dns", 53, "UDP"}, {"dns-service", 53, "TCP"},
		{"internet", 443, "TCP"}, {"internet", 53, "UDP"}, {"internet", 6443, "TCP"}, {"mail", 25, "TCP"}, {"mail", 443, "TCP"},
		{"metadata", 80, "TCP"}, {"metadata", 53, "UDP"},
	}
}
