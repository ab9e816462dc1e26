package preflight

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// runtimeSocket looks for the container runtime's socket: the one the settings name, else one that kubeadm
// would find (kubernetes v1.37.0, cmd/kubeadm/app/constants/constants_unix.go).
func runtimeSocket(n *Node) (diag.List, error) {
	if !n.Running || n.Role == settings.Etcd {
		return nil, nil
	}
	sockets := []string{"unix:///var/run/containerd/containerd.sock", "unix:///var/run/crio/crio.sock", "unix:///var/run/cri-dockerd.sock"}
	named := n.kubelet("containerRuntimeEndpoint", n.text(settings.Kubeadm, "", "nodeRegistration.criSocket", ""))
	if named != "" {
		sockets = []string{named}
	}
	for _, socket := range sockets {
		// /var/run is a link to /run, often one that names it from the root.
		if file := strings.TrimPrefix(socket, "unix://"); n.exists(strings.Replace(file, "/var/run/", "/run/", 1)) {
			return nil, nil
		}
	}
	return diag.List{warning("install and start containerd or CRI-O before kubeadm runs", "no container runtime listens at %s", strings.Join(sockets, ", "))}, nil
}
