package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// node is what matters of a Node.
type node struct {
	name      string
	role      string
	version   string
	silent    bool // its kubelet has stopped reporting
	notReady  bool
	addresses []string // where its kubelet may be reached, the likeliest first
	port      int
}

// nodeObject has the fields of a Node that are read (k8s.io/api v0.37.0, core/v1/types.go).
type nodeObject struct {
	Metadata struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Status struct {
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
		Addresses []struct {
			Type    string `json:"type"`
			Address string `json:"address"`
		} `json:"addresses"`
		DaemonEndpoints struct {
			KubeletEndpoint struct {
				Port int `json:"Port"`
			} `json:"kubeletEndpoint"`
		} `json:"daemonEndpoints"`
		NodeInfo struct {
			KubeletVersion string `json:"kubeletVersion"`
		} `json:"nodeInfo"`
	} `json:"status"`
}

// controlPlaneLabel marks the nodes of the control plane (k8s.io/kubernetes v1.37.0,
// cmd/kubeadm/app/constants/constants.go, LabelNodeRoleControlPlane).
const controlPlaneLabel = "node-role.kubernetes.io/control-plane"

// nodes lists the nodes by name; one that cannot be read is a failure beside those that can.
func (c *client) nodes(ctx context.Context) ([]node, *failure) {
	items, failed := c.list(ctx, "api/v1/nodes", "Node", nil)
	var out []node
	for _, item := range items {
		var o nodeObject
		if err := json.Unmarshal(item, &o); err != nil || !isName(o.Metadata.Name) {
			failed = cmp.Or(failed, malformed("a node of the list cannot be read"))
			continue
		}
		out = append(out, nodeOf(o))
	}
	slices.SortFunc(out, func(a, b node) int { return cmp.Compare(a.name, b.name) })
	return slices.CompactFunc(out, func(a, b node) bool { return a.name == b.name }), failed
}

func nodeOf(o nodeObject) node {
	n := node{name: o.Metadata.Name, role: settings.Worker, version: release(o.Status.NodeInfo.KubeletVersion),
		port: o.Status.DaemonEndpoints.KubeletEndpoint.Port}
	if _, ok := o.Metadata.Labels[controlPlaneLabel]; ok {
		n.role = settings.ControlPlane
	}
	for _, condition := range o.Status.Conditions {
		if condition.Type == "Ready" {
			n.notReady = condition.Status != "True"
			n.silent = condition.Status == "Unknown"
		}
	}
	for _, kind := range []string{"InternalIP", "ExternalIP"} {
		for _, a := range o.Status.Addresses {
			if a.Type == kind {
				n.addresses = append(n.addresses, a.Address)
			}
		}
	}
	return n
}

// isName reports whether a name is one that a path of the API can hold as it is: a DNS subdomain.
func isName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return name != "" && len(name) <= 253 && name[0] != '.' && name[0] != '-'
}
