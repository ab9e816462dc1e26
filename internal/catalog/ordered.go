package catalog

import "slices"

// Ordered reports whether the order of a list in KubeletConfiguration or KubeProxyConfiguration means something; that of
// most does not (k8s.io/kubelet v0.37.0, config/v1beta1/types.go).
func Ordered(path string) bool {
	return slices.Contains([]string{"clusterDNS", "registerWithTaints", "reservedMemory", "shutdownGracePeriodByPodPriority"}, path)
}
