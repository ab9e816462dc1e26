package catalog

import (
	"slices"
	"strings"
)

// AdmissionPlugins returns every admission plugin in the order kube-apiserver runs them.
func (m *Minor) AdmissionPlugins() []string { return slices.Clone(m.facts.Admission.get().Plugins) }

// DefaultAdmissionPlugins returns the plugins that are on when no flag says otherwise, in the same order. kubeadm turns
// on NodeRestriction beside them.
func (m *Minor) DefaultAdmissionPlugins() []string {
	return slices.Clone(m.facts.Admission.get().DefaultOn)
}

// GroupVersions returns the apiVersion values of a kind that the minor reads, the preferred one first:
// apiserver.config.k8s.io/v1 before apiserver.config.k8s.io/v1beta1. Versions kubeadm calls experimental are left out.
// EventRateLimit's kind, plain Configuration upstream, is EventRateLimitConfiguration here; audit's is Policy.
func (m *Minor) GroupVersions(kind string) []string { return slices.Clone(m.facts.APIVersions[kind]) }

// APIVersions returns the versions alone, without the group, the preferred one first.
func (m *Minor) APIVersions(kind string) []string {
	var out []string
	for _, gv := range m.facts.APIVersions[kind] {
		version := gv[strings.LastIndexByte(gv, '/')+1:]
		if !slices.Contains(out, version) {
			out = append(out, version)
		}
	}
	return out
}

// PreferredAPIVersion returns the version to render a kind in, "" for a kind the minor does not have.
func (m *Minor) PreferredAPIVersion(kind string) string {
	versions := m.APIVersions(kind)
	if len(versions) == 0 {
		return ""
	}
	return versions[0]
}
