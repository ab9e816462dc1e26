package catalog

import "slices"

// Gate is one feature gate.
type Gate struct {
	Name string `json:"-"`
	// Stage is ALPHA, BETA, GA or DEPRECATED.
	Stage string `json:"stage"`
	// Default is the gate's value when nothing sets it; Locked tells that setting another one stops the component.
	Default bool `json:"default"`
	Locked  bool `json:"locked"`
	// Components are those that know the gate, nil where all do. Naming a gate to one that does not stops it.
	Components []string `json:"components"`
	// DefaultIn names the components that start with another default: kube-controller-manager overrides some.
	DefaultIn map[string]bool `json:"defaultIn"`
}

// DefaultFor returns the gate's value in a component when nothing sets it.
func (g Gate) DefaultFor(component string) bool {
	if value, ok := g.DefaultIn[component]; ok {
		return value
	}
	return g.Default
}

// Known reports whether a component knows the gate.
func (g Gate) Known(component string) bool {
	return g.Components == nil || slices.Contains(g.Components, component)
}

// FeatureGate returns a gate of the Kubernetes components. etcd's and kubeadm's own are not among them.
func (m *Minor) FeatureGate(name string) (Gate, bool) { return gate(m.facts.Gates.get(), name) }

// FeatureGates returns the names of the Kubernetes components' gates, sorted.
func (m *Minor) FeatureGates() []string { return sortedKeys(m.facts.Gates.get()) }

// FeatureGate returns a gate of etcd. 3.5 has none.
func (e *Etcd) FeatureGate(name string) (Gate, bool) { return gate(e.facts.Gates.get(), name) }

// FeatureGates returns the names of etcd's gates, sorted.
func (e *Etcd) FeatureGates() []string { return sortedKeys(e.facts.Gates.get()) }

// KubeadmFeatureGate returns a gate of kubeadm's own featureGates field.
func (m *Minor) KubeadmFeatureGate(name string) (Gate, bool) {
	return gate(m.facts.Kubeadm.FeatureGates, name)
}

// KubeadmFeatureGates returns the names of kubeadm's own gates, sorted.
func (m *Minor) KubeadmFeatureGates() []string { return sortedKeys(m.facts.Kubeadm.FeatureGates) }

func gate(gates map[string]Gate, name string) (Gate, bool) {
	g, ok := gates[name]
	if !ok {
		return Gate{}, false
	}
	g.Name = name
	return g, true
}
