package resolve

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// checkKernelDefaults refuses a kubelet that demands values nothing sets: it would not start.
func checkKernelDefaults(b *builder) {
	for _, role := range roles() {
		k := settings.Key{Component: settings.Kubelet, Role: role, Path: "protectKernelDefaults"}
		v := b.set.Value(k)
		if v != nil && v.Text == "true" && b.set.Value(hostKey(role, "sysctl/kernel.panic")) == nil {
			b.faultAt(v, k, "set host.sysctls: true", "the kubelet would not start: nothing sets the six sysctls it demands")
		}
	}
}

// checkStaticPodPath refuses a kubelet that would not see the control plane's pods where kubeadm
// writes them (kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go, GetStaticPodDirectory).
func checkStaticPodPath(b *builder) {
	const written = "/etc/kubernetes/manifests"
	k := settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "staticPodPath"}
	if v := b.set.Value(k); v != nil && v.Text != written {
		b.faultAt(v, k, "set it in kubelet.worker.config, or remove it", "kubeadm writes the control plane's pods to %s, and this kubelet would not start them", written)
	}
}

// checkTaints says that kubeadm's own taints outrank the kubelet's field: it passes them as a flag
// where a node joins as a control plane (kubernetes v1.37.0, cmd/kubeadm/app/phases/kubelet/flags.go).
func checkTaints(b *builder) {
	k := settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "registerWithTaints"}
	if v := b.set.Value(k); v != nil {
		b.report(diag.Warning, v.Origin, k.String(), "set it in kubelet.worker.config, and taint control planes with kubectl",
			"kubeadm gives control planes its own taints by a flag, which outranks this field")
	}
}

// checkNodeLabels refuses labels with which a kubelet does not start: of Kubernetes' own it takes
// a few alone, since whoever holds a node could else draw pods of others to it (kubernetes
// v1.37.0, cmd/kubelet/app/options/options.go, and k8s.io/kubelet v0.37.0,
// pkg/apis/well_known_labels.go; the same in 1.33).
func checkNodeLabels(b *builder) {
	for _, role := range roles() {
		k := settings.Key{Component: settings.Kubelet, Role: role, Path: "--node-labels"}
		v := b.set.Value(k)
		if v == nil {
			continue
		}
		for _, e := range v.Entries {
			if reservedLabel(e.Key) {
				b.report(diag.Error, e.Origin, k.String(), "remove it, and set it with kubectl label node, or use a domain of your own", "a kubelet does not start with label %q of itself", e.Key)
			}
		}
	}
}

func reservedLabel(name string) bool {
	domain, _, found := strings.Cut(name, "/")
	of := func(parent string) bool { return domain == parent || strings.HasSuffix(domain, "."+parent) }
	if !found || !of("kubernetes.io") && !of("k8s.io") || of("kubelet.kubernetes.io") || of("node.kubernetes.io") {
		return false
	}
	return !slices.Contains([]string{
		"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
		"beta.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
	}, name)
}
