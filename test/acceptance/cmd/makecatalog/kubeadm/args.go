package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	"k8s.io/kubernetes/cmd/kubeadm/app/constants"
	"k8s.io/kubernetes/cmd/kubeadm/app/phases/controlplane"
	"k8s.io/kubernetes/cmd/kubeadm/app/phases/etcd"
	kubeletphase "k8s.io/kubernetes/cmd/kubeadm/app/phases/kubelet"
	kubeadmconfig "k8s.io/kubernetes/cmd/kubeadm/app/util/config"
)

// arg is one argument kubeadm gives a component; When says which field of the user's makes it appear, empty for always.
type arg struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	When  string `json:"when,omitempty"`
}

const (
	sampleAddress   = "192.0.2.10"
	sampleNode      = "hardstrap-sample-node"
	samplePodSubnet = "10.244.0.0/16"

	whenPodSubnet = "networking.podSubnet"
	whenNodeName  = "nodeRegistration.name"
)

// sample names the values that stand for what is a node's or a cluster's own.
func sample() map[string]string {
	return map[string]string{
		"localAPIEndpoint.advertiseAddress": sampleAddress,
		"nodeRegistration.name":             sampleNode,
		"nodeRegistration.criSocket":        constants.DefaultCRISocket,
		"networking.podSubnet":              samplePodSubnet,
	}
}

// sampleConfig is the least kubeadm configuration that needs no look at the machine or the network.
func sampleConfig(apiVersion, podSubnet string) []byte {
	config := fmt.Sprintf(`apiVersion: %[1]s
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: %[2]s}
nodeRegistration: {name: %[3]s, criSocket: %[4]s}
---
apiVersion: %[1]s
kind: ClusterConfiguration
kubernetesVersion: %[5]s
`, apiVersion, sampleAddress, sampleNode, constants.DefaultCRISocket, constants.CurrentKubernetesVersion)
	if podSubnet != "" {
		config += "networking: {podSubnet: " + podSubnet + "}\n"
	}
	return []byte(config)
}

func load(podSubnet string) (*kubeadmapi.InitConfiguration, error) {
	return kubeadmconfig.BytesToInitConfiguration(sampleConfig("kubeadm.k8s.io/v1beta4", podSubnet), true)
}

// args are the arguments of the static pods and of the kubelet's environment file: of a default cluster, and after
// them those that appear only when the user names a pod subnet or the node's name is not the host's.
func args() (map[string][]arg, error) {
	plain, err := argsOf("")
	if err != nil {
		return nil, err
	}
	withSubnet, err := argsOf(samplePodSubnet)
	if err != nil {
		return nil, err
	}
	for component, all := range withSubnet {
		for _, a := range all {
			if !slices.Contains(plain[component], a) {
				a.When = whenPodSubnet
				plain[component] = append(plain[component], a)
			}
		}
	}
	for i, a := range plain["kubelet"] {
		if a.Name == "hostname-override" {
			plain["kubelet"][i].When = whenNodeName
		}
	}
	return plain, nil
}

func argsOf(podSubnet string) (map[string][]arg, error) {
	cfg, err := load(podSubnet)
	if err != nil {
		return nil, err
	}
	pods := controlplane.GetStaticPodSpecs(&cfg.ClusterConfiguration, &cfg.LocalAPIEndpoint, nil)
	pods["etcd"] = etcd.GetEtcdPodSpec(&cfg.ClusterConfiguration, &cfg.LocalAPIEndpoint, cfg.NodeRegistration.Name, nil)
	out := map[string][]arg{}
	for component, pod := range pods {
		if out[component], err = podArgs(component, pod); err != nil {
			return nil, err
		}
	}
	out["kubelet"], err = kubeletArgs(cfg)
	return out, err
}

func podArgs(component string, pod corev1.Pod) ([]arg, error) {
	command := pod.Spec.Containers[0].Command
	if len(command) == 0 || command[0] != component {
		return nil, fmt.Errorf("the command of the %s pod is %q", component, command)
	}
	return parse(command[1:])
}

// kubeletArgs writes kubeadm-flags.env as kubeadm does, and reads it.
func kubeletArgs(cfg *kubeadmapi.InitConfiguration) ([]arg, error) {
	dir, err := os.MkdirTemp("", "makecatalog")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	err = quietly(func() error {
		return kubeletphase.WriteKubeletDynamicEnvFile(&cfg.ClusterConfiguration, &cfg.NodeRegistration, false, dir)
	})
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, constants.KubeletEnvFileName))
	if err != nil {
		return nil, err
	}
	_, value, _ := strings.Cut(strings.TrimSpace(string(b)), "=")
	return parse(strings.Fields(strings.Trim(value, `"`)))
}

func parse(arguments []string) ([]arg, error) {
	out := make([]arg, 0, len(arguments))
	for _, a := range arguments {
		name, value, ok := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if !ok || !strings.HasPrefix(a, "--") {
			return nil, fmt.Errorf("%q is not --name=value", a)
		}
		out = append(out, arg{Name: name, Value: value})
	}
	slices.SortFunc(out, func(a, b arg) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// quietly runs f with what kubeadm says on stdout sent to stderr: stdout carries the part.
func quietly(f func() error) error {
	stdout := os.Stdout
	os.Stdout = os.Stderr
	defer func() { os.Stdout = stdout }()
	return f()
}
