package generate

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// readmeManifests is what the README tells about the objects that go into the cluster.
type readmeManifests struct {
	Folders         []readmeFolder
	NetworkPolicies bool
	Policies        bool
	Labels          bool     // a policy says who may set labels of namespaces
	Denies          bool     // something refuses pods
	Spared          []string // namespaces that no policy looks at
	Static          string   // where policies stand as files of the API server, or ""
}

// readmeFolder is a folder of a bundle and what is in it.
type readmeFolder struct {
	Path  string
	About string
}

// manifestsOf returns nil where the bundle has no manifests.
func manifestsOf(in *Input) *readmeManifests {
	out := &readmeManifests{}
	kinds := map[string]bool{}
	for _, setting := range in.Settings.Of(settings.Cluster, "") {
		kind, _, name, _ := setting.Key.Object()
		kinds[kind] = true
		switch kind {
		case "NetworkPolicy":
			out.NetworkPolicies = true
		case "ValidatingAdmissionPolicyBinding":
			out.Policies = true
			out.Denies = out.Denies || slices.Contains(setting.Value.Lookup("spec", "validationActions").Strings(), "Deny")
			out.Labels = out.Labels || name == "hardstrap-namespace-labels"
			out.spare(setting.Value)
		case "Namespace":
			if level := setting.Value.Lookup("metadata", "labels", "pod-security.kubernetes.io/enforce"); level != nil && level.Text != "privileged" {
				out.Denies = true
			}
		case "ResourceQuota":
			out.Denies = true
		}
	}
	for _, setting := range in.Settings.Of(settings.APIServer, "") {
		if strings.HasPrefix(setting.Key.Path, "static/") {
			out.Static = layout.StaticPolicies
		}
	}
	out.Folders = foldersOf(manifestPlaces(), kinds)
	if len(out.Folders) == 0 {
		return nil
	}
	return out
}

// foldersOf lists the folders of places that have objects of these kinds.
func foldersOf(places []place, kinds map[string]bool) []readmeFolder {
	var out []readmeFolder
	for _, p := range places {
		if !slices.ContainsFunc(p.kinds, func(kind string) bool { return kinds[kind] }) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Path == p.dir {
			out[n-1].About += " " + p.about
			continue
		}
		out = append(out, readmeFolder{p.dir, p.about})
	}
	return out
}

// companionsOf lists the folders of companions, each with the first sentence of what it is.
func companionsOf(in *Input) []readmeFolder {
	kinds := map[string]bool{}
	for _, setting := range in.Settings.Of(settings.Companion, "") {
		kind, _, _, _ := setting.Key.Object()
		kinds[kind] = true
	}
	out := foldersOf(companionPlaces(), kinds)
	for i := range out {
		first, _, _ := strings.Cut(out[i].About, ".")
		out[i].About = first + "."
	}
	if kinds["falco"] {
		out = append(out, readmeFolder{falcoDir, "Rules for Falco."})
	}
	if in.FileIntegrity {
		out = append(out, readmeFolder{integrityDir, "The files of each kind of node with mode, owner and digest, for mtree and sha256sum."})
	}
	return out
}

// spare notes which namespaces a binding leaves out by name.
func (m *readmeManifests) spare(binding *settings.Value) {
	for _, e := range itemsOf(binding.Lookup("spec", "matchResources", "namespaceSelector", "matchExpressions")) {
		if textOf(e.Get("key")) != "kubernetes.io/metadata.name" || textOf(e.Get("operator")) != "NotIn" {
			continue
		}
		for _, name := range e.Get("values").Strings() {
			if !slices.Contains(m.Spared, name) {
				m.Spared = append(m.Spared, name)
			}
		}
	}
	slices.Sort(m.Spared)
}
