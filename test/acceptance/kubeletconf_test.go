//go:build !k133 && !k134

package acceptance

import (
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet/certificate/bootstrap"
)

// writeKubeletConf has the kubelet's own code make kubelet.conf of bootstrap-kubelet.conf, as it does before it asks for
// its certificate.
func writeKubeletConf(conf, bootstrapConf, certificates string) error {
	_, _, err := bootstrap.LoadClientConfig(klog.Background(), conf, bootstrapConf, certificates)
	return err
}
