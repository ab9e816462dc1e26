//go:build k133 || k134

package acceptance

import "k8s.io/kubernetes/pkg/kubelet/certificate/bootstrap"

// writeKubeletConf is as in kubeletconf_test.go.
func writeKubeletConf(conf, bootstrapConf, certificates string) error {
	_, _, err := bootstrap.LoadClientConfig(conf, bootstrapConf, certificates)
	return err
}
