package preflight

import (
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// cgroup finds version 1 of the hierarchy, on which kubelets do not start unless failCgroupV1 is false:
// it is false unless set up to 1.34, and true since 1.35 (kubernetes v1.34.4 and v1.35.4,
// pkg/kubelet/apis/config/v1beta1/defaults.go; v1.37.0,
// pkg/kubelet/apis/config/validation/validation_linux.go). Version 2 has cgroup.controllers at its root.
func cgroup(n *Node) (diag.List, error) {
	if n.Role == settings.Etcd || !n.exists("sys/fs/cgroup") || n.exists("sys/fs/cgroup/cgroup.controllers") {
		return nil, nil
	}
	if !n.Running && !n.exists("sys/fs/cgroup/cpu") && !n.exists("sys/fs/cgroup/unified") {
		return nil, nil // an empty directory of an image
	}
	otherwise := "false"
	if v := exact.FindStringSubmatch(n.Version); v != nil {
		if minor, err := strconv.Atoi(v[2]); err == nil && minor >= 35 {
			otherwise = "true"
		}
	}
	if n.kubelet("failCgroupV1", otherwise) != "true" {
		return nil, nil
	}
	return diag.List{fault("boot with systemd.unified_cgroup_hierarchy=1, or set kubelet.config.failCgroupV1 to false",
		"the node has control groups of version 1, and kubelet %s does not start there", n.Version)}, nil
}

// swap finds swap that is on: with failSwapOn, which is true unless set, the kubelet does not start
// (kubernetes v1.37.0, pkg/kubelet/cm/container_manager_linux.go; the default in
// pkg/kubelet/apis/config/v1beta1/defaults.go, the same in 1.33).
func swap(n *Node) (diag.List, error) {
	if n.Role == settings.Etcd || n.kubelet("failSwapOn", "true") != "true" {
		return nil, nil
	}
	data, err := n.read("proc/swaps")
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(data), "\n") // the first line is the head of the table
	var out diag.List
	for line := range strings.Lines(rest) {
		if f := strings.Fields(line); len(f) > 0 {
			out.Add(fault("swapoff "+f[0]+", and take it out of /etc/fstab; or set kubelet.config.failSwapOn to false",
				"swap is on, and the kubelet does not start with it: %q", f[0]))
		}
	}
	return out, nil
}
