package install

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Next lists the commands that take over what has changed on a node, as the bundle's README has them.
// joined tells that kubeadm has been there; the list is then not complete, since which flags and
// kubelets follow is for the README to say.
func (p *Plan) Next(joined bool) []string {
	changed := func(prefix string) bool {
		return slices.ContainsFunc(p.Changes, func(c Change) bool { return !c.Dir && strings.HasPrefix("/"+c.Name, prefix) })
	}
	there := func(name string) bool { return p.Files[name] != nil }
	var out []string
	say := func(command string, when bool) {
		if when {
			out = append(out, command)
		}
	}
	say("systemd-sysusers "+layout.Sysusers, there(layout.Sysusers) && changed(layout.Sysusers))
	say("systemd-tmpfiles --create "+layout.Tmpfiles, there(layout.Tmpfiles) && changed(layout.Tmpfiles))
	say("systemctl restart systemd-sysctl.service", changed(layout.Sysctl))
	say("systemctl daemon-reload", changed("/etc/systemd/"))
	if there(layout.Firewall) && (changed(layout.Firewall) || changed(layout.FirewallUnit)) {
		say("nft --check --file "+layout.Firewall, true)
		say("systemctl enable hardstrap-firewall.service", true)
		say("systemctl reload-or-restart hardstrap-firewall.service", true)
	}
	if p.Role == settings.Etcd {
		say("systemctl enable etcd.service", there(layout.EtcdUnit) && changed(layout.EtcdUnit))
		say("systemctl restart etcd.service", there(layout.EtcdUnit) && (changed(layout.EtcdConfig) || changed(layout.EtcdUnit)))
		return out
	}
	initial, joining := layout.Kubeadm+"/init.yaml", layout.Kubeadm+"/join.yaml"
	if !joined {
		say("kubeadm config validate --config "+initial, there(initial))
		say("kubeadm init --config "+initial+" --upload-certs    # on the first control plane", there(initial))
		also := "    # once its marks are filled in"
		if there(initial) {
			also = "    # on a further one instead, once its marks are filled in"
		}
		say("kubeadm join --config "+joining+also, there(joining))
	}
	return out
}

// Joined reports whether kubeadm has been on the node with that root.
func Joined(root string) bool {
	t, err := openTree(root)
	if err != nil {
		return false
	}
	defer t.root.Close()
	s := &surveyor{tree: t}
	return s.exists(apiServerManifest) || s.exists("etc/kubernetes/kubelet.conf")
}
