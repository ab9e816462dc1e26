package catalog

import (
	"maps"
	"slices"
)

// Arg is one argument that kubeadm gives a component by itself.
type Arg struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// When names the field of kubeadm's configuration that makes the argument appear, empty for always.
	When string `json:"when"`
}

type kubeadmFacts struct {
	EtcdVersion          string                    `json:"etcdVersion"`
	MinimumKubernetes    string                    `json:"minimumKubernetes"`
	EncryptionAlgorithms []string                  `json:"encryptionAlgorithms"`
	ConfigVersions       []string                  `json:"configVersions"`
	ExperimentalVersions []string                  `json:"experimentalVersions"`
	FeatureGates         map[string]Gate           `json:"featureGates"`
	Sample               map[string]string         `json:"sample"`
	Args                 map[string][]Arg          `json:"args"`
	Configs              map[string]map[string]any `json:"configs"`
}

// KubeadmArgs returns what kubeadm sets on a component by itself, with the sample values of KubeadmSample where a value
// is a node's or a cluster's own. Those that appear only with a field of the user's come last and say so in When.
func (m *Minor) KubeadmArgs(component string) []Arg {
	return slices.Clone(m.facts.Kubeadm.Args[component])
}

// KubeadmFields returns the fields that kubeadm fills in the KubeletConfiguration or KubeProxyConfiguration it stores, by
// path, as encoding/json decodes their values.
func (m *Minor) KubeadmFields(kind string) map[string]any {
	return maps.Clone(m.facts.Kubeadm.Configs[kind])
}

// KubeadmSample returns the values that stand in KubeadmArgs for a node's or a cluster's own, by field of kubeadm's
// configuration.
func (m *Minor) KubeadmSample() map[string]string { return maps.Clone(m.facts.Kubeadm.Sample) }

// EncryptionAlgorithms returns the values of kubeadm's encryptionAlgorithm, sorted.
func (m *Minor) EncryptionAlgorithms() []string {
	return slices.Clone(m.facts.Kubeadm.EncryptionAlgorithms)
}

// ExperimentalKubeadmVersions returns the kubeadm API versions that only `kubeadm config validate` and `migrate` take, and
// those only when asked to.
func (m *Minor) ExperimentalKubeadmVersions() []string {
	return slices.Clone(m.facts.Kubeadm.ExperimentalVersions)
}

// OldestDeployable returns the oldest Kubernetes version that this minor's kubeadm deploys, as in 1.36.0.
func (m *Minor) OldestDeployable() string { return m.facts.Kubeadm.MinimumKubernetes }
