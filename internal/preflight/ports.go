package preflight

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// ports finds those that something else listens on. Where kubeadm has been, what listens is its own. The
// ports are those of the settings, else kubeadm's (kubernetes v1.37.0,
// cmd/kubeadm/app/preflight/checks.go looks at the same).
func ports(n *Node) (diag.List, error) {
	if !n.Running || n.joined() {
		return nil, nil
	}
	if n.Role == settings.Etcd && n.exists("var/lib/etcd/member") {
		return nil, nil // the member itself
	}
	taken, err := n.Probes.Listening()
	if err != nil {
		return nil, err
	}
	var out diag.List
	for _, p := range n.ports() {
		number, err := strconv.Atoi(p.number)
		if err == nil && taken[number] {
			out.Add(fault("see what it is with ss -ltnp, and stop it", "port %d is in use, and %s is to listen on it", number, p.who))
		}
	}
	return out, nil
}

type port struct{ who, number string }

func (n *Node) ports() []port {
	etcd := []port{{"etcd", "2379"}, {"etcd", "2380"}}
	kubelet := port{settings.Kubelet, n.kubelet("port", "10250")}
	switch n.Role {
	case settings.Etcd:
		var out []port
		for _, flag := range []string{"listen-client-urls", "listen-peer-urls"} {
			for url := range strings.SplitSeq(n.text(settings.Etcd, "", "--"+flag, ""), ",") {
				if i := strings.LastIndexByte(url, ':'); i >= 0 {
					out = append(out, port{"etcd", url[i+1:]})
				}
			}
		}
		if len(out) == 0 {
			return etcd
		}
		slices.SortFunc(out, func(a, b port) int { return strings.Compare(a.number, b.number) })
		return slices.Compact(out)
	case settings.Worker:
		return []port{kubelet}
	}
	out := []port{
		{settings.APIServer, n.text(settings.Kubeadm, "", "localAPIEndpoint.bindPort", "6443")},
		kubelet,
		{settings.ControllerManager, n.text(settings.ControllerManager, "", "--secure-port", "10257")},
		{settings.Scheduler, n.text(settings.Scheduler, "", "--secure-port", "10259")},
	}
	if n.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "etcd.external"}) == nil {
		out = append(out, etcd...)
	}
	return out
}
