package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Objects of the cluster are judged as far as the bundle renders them: what else a cluster holds,
// and namespaces that are made later, no bundle shows.

// laterNamespaces is what every judgement over namespaces has to say.
const laterNamespaces = "namespaces made later are not covered"

// systemNamespaces are those that Kubernetes makes for itself (kubernetes v1.37.0,
// pkg/controlplane/controller/systemnamespaces).
func systemNamespaces() []string { return []string{"kube-node-lease", "kube-public", "kube-system"} }

// rendered returns the cluster's rendered objects of a kind.
func (in Input) rendered(kind string) []settings.Setting {
	if in.Settings == nil {
		return nil
	}
	var out []settings.Setting
	for _, s := range in.Settings.Of(settings.Cluster, "") {
		if k, _, _, ok := s.Key.Object(); ok && k == kind {
			out = append(out, s)
		}
	}
	return out
}

// inNamespace returns the rendered objects of a kind in a namespace.
func (in Input) inNamespace(kind, namespace string) []*settings.Value {
	var out []*settings.Value
	for _, s := range in.rendered(kind) {
		if _, ns, _, _ := s.Key.Object(); ns == namespace {
			out = append(out, s.Value)
		}
	}
	return out
}

// userNamespaces returns the namespaces that workloads stand in, as far as the bundle knows: those
// it names and default.
func (in Input) userNamespaces() []string {
	out := []string{"default"}
	for _, s := range in.rendered("Namespace") {
		_, _, name, _ := s.Key.Object()
		if !slices.Contains(systemNamespaces(), name) && name != "default" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// allNamespaces returns these and Kubernetes' own.
func (in Input) allNamespaces() []string {
	out := append(in.userNamespaces(), systemNamespaces()...)
	slices.Sort(out)
	return out
}

// inEach judges every one of some namespaces; it is met where none fails.
func inEach(namespaces []string, what string, holds func(namespace string) bool) verdict {
	var without []string
	for _, n := range namespaces {
		if !holds(n) {
			without = append(without, n)
		}
	}
	if len(without) > 0 {
		return verdict{NotMet, "no " + what + " in " + strings.Join(without, ", ")}
	}
	return verdict{Met, what + " in " + strings.Join(namespaces, ", ") + "; " + laterNamespaces}
}

// label returns a label of a namespace that is rendered, or "".
func (in Input) label(namespace, key string) string {
	for _, s := range in.rendered("Namespace") {
		if _, _, name, _ := s.Key.Object(); name == namespace {
			if v := s.Value.Lookup("metadata", "labels", key); v != nil {
				return v.Text
			}
		}
	}
	return ""
}

// entries returns how many keys a map has; nothing has none.
func entries(v *settings.Value) int {
	if v == nil {
		return 0
	}
	return len(v.Entries)
}
