package cluster

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// most is how many nodes a cluster of these tests may have.
const most = 3

// endpoint is cluster.controlPlaneEndpoint of testdata/site.yaml.
const endpoint = "api.cluster.test"

// machine describes a node as a site's image would have it before hardstrap: container runtime, kubelet's packages,
// a network plugin's files. Version is that of the packages.
func (c *cluster) machine(name string, number int, version string) node.Config {
	config := node.Config{
		Name: name, Group: c.profile + "-" + name, Number: number, Nodes: most, NodeInit: c.part("nodeinit"), Target: "node.target",
		Scratch: filepath.Join(c.scratch, name),
		Binds:   map[string]string{"/opt/parts": c.parts, "/opt/bundles": c.bundles, "/boot": "/boot"}, // kubeadm looks at the kernel's configuration
		Files: map[string]string{
			"/etc/hosts": fmt.Sprintf("127.0.0.1 localhost\n::1 localhost\n%s %s\n%s %s\n",
				node.Address(number), name, node.Address(1), endpoint),
			"/etc/systemd/system/node.target":                           nodeTarget,
			"/etc/systemd/system/containerd.service":                    containerdUnit,
			"/etc/containerd/config.toml":                               fmt.Sprintf(containerdConfig, c.pause, !c.cgroupV1),
			"/usr/lib/systemd/system/kubelet.service":                   kubeletUnit,
			"/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": kubeadmDropIn,
			"/etc/crictl.yaml":                                          "runtime-endpoint: unix:///run/containerd/containerd.sock\n",
			"/etc/sysctl.d/80-kubernetes.conf":                          "net.ipv4.ip_forward = 1\n",
			"/etc/cni/net.d/10-ptp.conflist":                            fmt.Sprintf(networkPlugin, node.PodSubnet(number)),
		},
		Links: map[string]string{
			"/opt/cni/bin":                                          "/opt/parts/cni",
			"/usr/local/sbin/containerd":                            "/opt/parts/containerd/containerd",
			"/usr/local/sbin/ctr":                                   "/opt/parts/containerd/ctr",
			"/usr/local/sbin/etcdctl":                               "/opt/parts/etcdctl/etcdctl",
			"/usr/local/sbin/crictl":                                "/opt/parts/crictl/crictl",
			"/usr/local/sbin/hardstrap":                             "/opt/parts/hardstrap",
			"/etc/systemd/system/node.target.wants/kubelet.service": "/usr/lib/systemd/system/kubelet.service",
			"/usr/local/sbin/containerd-shim-runc-v2":               "/opt/parts/containerd/containerd-shim-runc-v2",
		},
	}
	for path, content := range c.registry.Mirror("registry.k8s.io", "registry.test") {
		config.Files[path] = content
	}
	for _, program := range packages() {
		config.Links["/usr/bin/"+program] = filepath.Join("/opt/parts/kubernetes-"+version, program)
	}
	return config
}

// packages are what Kubernetes' package repository has for a node.
func packages() []string { return []string{"kubeadm", "kubelet", "kubectl"} }

// upgradePackage installs another version of a package, as a package manager would.
func upgradePackage(n *node.Node, program, version string) error {
	_, err := n.Run("ln -sf /opt/parts/kubernetes-%s/%s /usr/bin/%s", version, program, program)
	return err
}

const nodeTarget = `[Unit]
Description=What a node of a cluster starts
Requires=basic.target
After=basic.target
Wants=dbus.service systemd-logind.service containerd.service
AllowIsolate=yes
`

const containerdUnit = `[Unit]
Description=containerd
After=network.target dbus.service

[Service]
ExecStart=/usr/local/sbin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
`

// containerdConfig does without the right to raise a process' chance to survive when memory runs out, which sandboxes
// often have not.
const containerdConfig = `version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = %q
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
    SystemdCgroup = %t
`

// kubeletUnit and kubeadmDropIn do what those of Kubernetes' packages do.
const kubeletUnit = `[Unit]
Description=kubelet
After=containerd.service

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=2
`

const kubeadmDropIn = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`

// networkPlugin gives each pod a link of its own and no translation of addresses: the lan routes to every pod.
const networkPlugin = `{
  "cniVersion": "1.0.0",
  "name": "lan",
  "plugins": [
    {"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
  ]
}
`

// lines returns the lines of text that are not empty.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// firstLine returns the first line of text that says something.
func firstLine(text string) string {
	if all := lines(text); len(all) > 0 {
		return all[0]
	}
	return ""
}
