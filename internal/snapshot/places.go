package snapshot

import (
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/observe"
)

// kind tells how a file's content is taken.
type kind int

const (
	nothing      kind = iota // only what it is, and whose
	structured               // YAML or JSON, see redact.go
	lines                    // one statement a line, without secrets by their nature: the comments go. Links are not followed
	sysctls                  // as sysctl.d(5)
	variables                // NAME=value lines, and units of systemd, see lines.go
	certificates             // PEM blocks that are public
	accounts                 // passwd and group, of which names and numbers stay
)

// place is a pattern of paths, and how files there are taken.
type place struct {
	pattern string
	kind    kind
}

// places are what is taken of every node. Files that flags name come from flags.go.
func places() []place {
	out := []place{
		// kubeadm's (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go).
		{"/etc/kubernetes/manifests/*", structured},
		{"/etc/kubernetes/*.conf", structured},
		{"/etc/kubernetes/*", nothing},
		{"/etc/kubernetes/pki/*.crt", certificates},
		{"/etc/kubernetes/pki/*/*.crt", certificates},
		{"/etc/kubernetes/pki/*.pub", certificates},
		{"/etc/kubernetes/pki/*", nothing},
		{"/etc/kubernetes/pki/*/*", nothing},
		{"/var/lib/kubelet/config.yaml", structured},
		{"/var/lib/kubelet/instance-config.yaml", structured},
		{"/var/lib/kubelet/kubeadm-flags.env", variables},
		{"/var/lib/kubelet/pki/*.crt", certificates},
		{"/var/lib/kubelet/pki/*", nothing},
		{"/etc/default/kubelet", variables},
		{"/etc/sysconfig/kubelet", variables},
		// hardstrap's.
		{layout.Kubeadm + "/*", structured},
		{layout.Patches + "/*", structured},
		{layout.Config + "/*/*.crt", certificates},
		{layout.Config + "/*", structured},
		{layout.Config + "/*/*", structured},
		{layout.Config + "/*/*/*", structured},
		{layout.EtcdConfig, structured},
		{layout.Tmpfiles, lines},
		{layout.Sysusers, lines},
		{layout.Firewall, lines},
		{layout.FirewallUnit, variables},
		// What has no content that matters.
		{"/var/lib/etcd", nothing},
		{"/var/lib/etcd/*", nothing},
		{"/var/lib/etcd/member/*", nothing},
		{"/var/lib/kubelet", nothing},
		{layout.AuditLogDir + "/*", nothing},
		{"/etc/etcd/*", nothing},
		{"/etc/etcd/pki/*.crt", certificates},
		{"/etc/etcd/pki/*", nothing},
		{"/etc/cni/net.d/*", structured},
		{"/opt/cni/bin", nothing},
		{"/etc/sysctl.conf", sysctls},
		{"/etc/systemd/system.conf", variables},
		{"/etc/passwd", accounts},
		{"/etc/group", accounts},
		{"/proc/sys/kernel/hostname", lines},
		{"/etc/hostname", lines},
	}
	for _, dir := range []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"} {
		out = append(out, place{dir + "/sysctl.d/*.conf", sysctls}, place{dir + "/systemd/system.conf.d/*.conf", variables})
	}
	for _, dir := range observe.UnitDirs() {
		for _, unit := range []string{"kubelet", "etcd"} {
			out = append(out, place{dir + "/" + unit + ".service", variables}, place{dir + "/" + unit + ".service.d/*.conf", variables})
		}
		out = append(out,
			place{dir + "/hardstrap-firewall.service.d/*.conf", variables},
			place{dir + "/service.d/*.conf", variables}, // of all services
			place{dir + "/*.service", nothing})          // links give a unit more names
	}
	return out
}

// kernelDefaults are the parameters that a kubelet looks at (k8s.io/kubernetes v1.37.0,
// pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables).
func kernelDefaults() []string {
	return []string{"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"}
}
