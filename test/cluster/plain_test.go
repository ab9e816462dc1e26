package cluster

import (
	"fmt"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// plainFiles writes the kubeadm configuration of the control: the site's facts and the sandbox's needs, nothing else.
func (c *cluster) plainFiles(n *node.Node) error {
	kubelet := "failSwapOn: false\nimageGCHighThresholdPercent: 100\n" +
		"evictionHard: {memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi, nodefs.inodesFree: 1%, imagefs.inodesFree: 1%}\n"
	if c.cgroupV1 {
		kubelet += "failCgroupV1: false\ncgroupDriver: cgroupfs\n"
	}
	if err := n.Write("/etc/kubernetes/kubeadm/init.yaml", fmt.Sprintf(plainInit, c.version, kubelet), 0o600); err != nil {
		return err
	}
	return n.Write(joinFile, plainJoin, 0o600)
}

const plainInit = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v%s
controlPlaneEndpoint: api.cluster.test:6443
networking: {podSubnet: 10.244.0.0/16}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
%s---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0, min: 0}
`

const plainJoin = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: REPLACE-ME-bootstrap-token
    apiServerEndpoint: api.cluster.test:6443
    caCertHashes:
    - REPLACE-ME-discovery-token-ca-cert-hash
`
