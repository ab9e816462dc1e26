package mutation

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// aside are flags whose addition is no change of a setting alone, and why.
func aside(component, name string) bool {
	return slices.Contains([]string{
		"help", "version", "show-hidden-metrics-for-version", // print and end, or have values of their own
		"config-file",           // of etcd: in structure_test.go
		"initial-cluster-state", // kubeadm gives it to members that join
	}, name) ||
		component == settings.Scheduler && name == "config" || // in structure_test.go
		isDocumentFlag(component, name) || // in documents_test.go
		component == settings.APIServer && name == "anonymous-auth" // in structure_test.go: the file decides
}

// extraMutations add each flag that the minor's catalog has and the node has not: with its default it changes nothing.
func (s *subject) extraMutations(c *score) []mutation {
	var out []mutation
	for _, component := range pods() {
		has := s.files.arguments(component)
		if len(has) == 0 {
			continue // a worker
		}
		for _, name := range s.minor.Flags(component) {
			if aside(component, name) || slices.ContainsFunc(has, func(a argument) bool { return a.name == name }) {
				continue
			}
			f := s.flagOf(argument{name: name}, component)
			standard, known := defaultOf(s.minor, component, "--"+name)
			if !f.known || f.rule.Rule == "none" {
				c.without[component+":--"+name] = true
			}
			if !known {
				continue
			}
			f.want = standard
			if len(standard) > 0 {
				out = append(out, mutation{
					place: "manifest", kind: "added with its default", what: f.key().String(),
					change: func(s *state) { s.files.setWords(component, name, f.said(standard)...) },
				})
			}
			values := f.rule.variants(f.of, f.want)
			if name == "feature-gates" && component != settings.Etcd {
				values = []value{{"AllAlpha=true"}}
			}
			for i, v := range values {
				if slices.Equal(v, f.want) || !f.known && i > 0 {
					continue
				}
				want := f.expect(v)
				if f.isSiteExtra() || strings.HasPrefix(name, "audit-webhook-") && name != "audit-webhook-config-file" {
					// Without a webhook its other flags do nothing.
					want = nil
				}
				out = append(out, mutation{
					place: "manifest", kind: "added (" + kindOf(want) + ")", what: f.key().String() + "=" + only(v), want: want,
					change: func(s *state) { s.files.setWords(component, name, f.said(v)...) },
				})
			}
		}
	}
	return out
}

// isSiteExtra reports whether kubeadm adds a flag where the cluster's own facts ask for it, and the profile says nothing of
// these.
func (f flagOf) isSiteExtra() bool {
	for _, arg := range f.minor.KubeadmArgs(f.component) {
		if arg.Name == f.name {
			return arg.When != ""
		}
	}
	return false
}
