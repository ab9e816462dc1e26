package resolve

import (
	"path"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// expandHost sets what the node needs around the components.
func expandHost(b *builder) {
	h := b.profile.Host
	for _, role := range roles() {
		if h.Sysctls != nil && *h.Sysctls {
			b.sysctls(role)
		}
		if h.FileModes != nil && *h.FileModes {
			b.fileModes(role)
		}
	}
	switch {
	case h.EtcdUser != "":
		b.etcdUser(h.EtcdUser, at("host", "etcdUser"))
	case b.profile.Etcd.External != nil:
		b.etcdUser("etcd", at("etcd", "external")) // its unit names the user, who cannot make the directory
	}
	if h.Firewall != nil {
		b.firewall()
	}
}

func hostKey(role, path string) settings.Key {
	return settings.Key{Component: settings.Host, Role: role, Path: path}
}

// sysctls are the values that a kubelet with protectKernelDefaults demands, by equality
// (kubernetes v1.37.0, pkg/kubelet/cm/container_manager_linux.go, and component-helpers
// v0.37.0, node/util/sysctl/sysctl.go; the same in 1.33 to 1.36).
func (b *builder) sysctls(role string) {
	for name, value := range map[string]int{
		"vm.overcommit_memory":      1,
		"vm.panic_on_oom":           0,
		"kernel.panic":              10,
		"kernel.panic_on_oops":      1,
		"kernel.keys.root_maxkeys":  1000000,
		"kernel.keys.root_maxbytes": 25000000,
	} {
		b.derive(hostKey(role, "sysctl/"+name), settings.Scalar, value, at("host", "sysctls"))
	}
}

// tmpfile is a line of tmpfiles.d: type z sets mode and owner where the path exists, d makes a
// directory, Z sets owners below a directory.
type tmpfile struct{ kind, path, mode, user, group string }

// fileModes are modes and owners that CIS 1.1 and 4.1 and the STIG ask for and kubeadm or its
// packages leave loose; kubeadm init, join and upgrade write some of them anew.
func (b *builder) fileModes(role string) {
	lines := []tmpfile{
		{"z", "/var/lib/kubelet/config.yaml", "0600", "root", "root"},
		{"z", "/etc/kubernetes/kubelet.conf", "0600", "root", "root"},
		{"z", "/usr/lib/systemd/system/kubelet.service", "0600", "root", "root"},
		{"z", "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", "0600", "root", "root"},
		{"z", "/etc/systemd/system/kubelet.service.d/*.conf", "0600", "root", "root"},
		{"z", layout.ClusterCA, "0644", "root", "root"},
	}
	if role == settings.ControlPlane {
		lines = append(lines,
			tmpfile{"z", "/etc/kubernetes/manifests/*.yaml", "0600", "root", "root"},
			tmpfile{"z", "/etc/kubernetes/*.conf", "0600", "root", "root"},
			tmpfile{"z", "/etc/cni/net.d/*", "0600", "root", "root"},
			tmpfile{"z", layout.PKI, "0755", "root", "root"},
			tmpfile{"z", layout.PKI + "/*.crt", "0644", "root", "root"},
			tmpfile{"z", layout.PKI + "/*.key", "0600", "root", "root"},
			tmpfile{"z", layout.PKI + "/etcd/*.crt", "0644", "root", "root"},
			tmpfile{"z", layout.PKI + "/etcd/*.key", "0600", "root", "root"},
			tmpfile{"d", layout.Config, "0700", "root", "root"},
		)
		if file := b.set.Flag(settings.APIServer, "audit-log-path"); file != nil && file.Text != "-" {
			dir := path.Dir(file.Text)
			lines = append(lines, tmpfile{"d", dir, "0700", "root", "root"}, tmpfile{"z", dir + "/*", "0600", "root", "root"})
		}
		if b.profile.Host.EtcdUser == "" && b.profile.Etcd.External == nil {
			lines = append(lines, tmpfile{"z", b.etcdDataDir(), "0700", "root", "root"})
		}
	}
	for _, line := range lines {
		b.tmpfile(role, line, at("host", "fileModes"))
	}
}

func (b *builder) tmpfile(role string, t tmpfile, p place) {
	b.derive(hostKey(role, "tmpfile/"+t.path), settings.Mapping, map[string]any{
		"type": t.kind, "mode": t.mode, "user": t.user, "group": t.group,
	}, p)
}

func (b *builder) etcdDataDir() string {
	if dir := b.set.Flag(settings.Etcd, "data-dir"); dir != nil {
		return dir.Text
	}
	return "/var/lib/etcd"
}

// etcdUser makes the user and gives it the data directory. The static pod still runs as root;
// benchmarks ask for the owner alone.
func (b *builder) etcdUser(name string, p place) {
	role := settings.ControlPlane
	if b.profile.Etcd.External != nil {
		role = settings.Etcd
	}
	b.put(hostKey(role, "user/etcd"), settings.Scalar, name, p)
	if modes := b.profile.Host.FileModes; role == settings.Etcd && modes != nil && *modes {
		b.tmpfile(role, tmpfile{"z", etcdPKI + "/*.key", "0600", name, name}, at("host", "fileModes"))
		b.tmpfile(role, tmpfile{"z", etcdPKI + "/*.crt", "0644", name, name}, at("host", "fileModes"))
	}
	b.tmpfile(role, tmpfile{"d", b.etcdDataDir(), "0700", name, name}, p)
}

// firewall sets which CIDRs may reach which of a node's ports. Pods reach the API server and
// kubelets (metrics) from the pod subnet, so that is always admitted there.
func (b *builder) firewall() {
	f, p := b.profile.Host.Firewall, at("host", "firewall")
	pods := splitComma(b.profile.Cluster.PodSubnet)
	if len(pods) == 0 && (len(f.APIServer) > 0 || len(f.Kubelet) > 0) {
		b.fault(p, "set cluster.podSubnet", "a firewall that does not know the pods' addresses would cut them off from the API server and from metrics")
	}
	port := 6443
	if b.profile.Cluster.BindPort != nil {
		port = *b.profile.Cluster.BindPort
	}
	sshPort := 22
	if f.SSHPort != nil {
		sshPort = *f.SSHPort
	}
	external := b.profile.Etcd.External != nil
	for _, role := range append(roles(), settings.Etcd) {
		if role == settings.Etcd && !external {
			continue
		}
		set := func(name string, cidrs []string, here bool) {
			if len(cidrs) > 0 && here {
				b.put(hostKey(role, "firewall/"+name), settings.Unordered, cidrs, p.in(name))
			}
		}
		set("apiServer", f.APIServer, role == settings.ControlPlane)
		set("etcd", f.Etcd, role == settings.Etcd || role == settings.ControlPlane && !external)
		set("kubelet", f.Kubelet, role != settings.Etcd)
		set("ssh", f.SSH, true)
		named := func(name string) bool { return b.set.Value(hostKey(role, "firewall/"+name)) != nil }
		if len(pods) > 0 && (named("apiServer") || named("kubelet")) {
			b.derive(hostKey(role, "firewall/pods"), settings.Unordered, pods, at("cluster", "podSubnet"))
		}
		if named("apiServer") {
			b.derive(hostKey(role, "firewall/apiServerPort"), settings.Scalar, port, p)
		}
		if named("ssh") {
			b.derive(hostKey(role, "firewall/sshPort"), settings.Scalar, sshPort, p.in("sshPort"))
		}
	}
}

func splitComma(text string) []string {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
