package generate

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// objectsView is a file of Kubernetes objects.
type objectsView struct {
	About   []string
	Objects []*settings.Value
}

// place says where objects of some kinds stand within a bundle: in one file, or in one for each
// namespace (or, where they have none, each name).
type place struct {
	dir   string
	file  string // "" for one a namespace
	kinds []string
	about string
}

// manifestPlaces lists the directories of manifests in the order in which they are applied, and
// the files of each in the order of their names: namespaces before what stands in them, rights
// before limits, and what refuses pods last.
func manifestPlaces() []place {
	return []place{
		{"manifests/00-namespaces", "namespaces.yaml", []string{"Namespace"},
			"Namespaces, with their labels of Pod Security and of exemption from admission policies."},
		{"manifests/10-cluster-rbac", "cluster-rbac.yaml", []string{"ClusterRole", "ClusterRoleBinding"},
			"Roles, which grant nothing alone, and who has which of them in the whole cluster."},
		{"manifests/20-rbac", "", []string{"ServiceAccount", "Role", "RoleBinding"},
			"Who may do what in a namespace, and whether pods without a service account of their own get a token."},
		{"manifests/30-network-policies", "", []string{"NetworkPolicy"},
			"Who may talk to whom. Only a network plugin that enforces NetworkPolicies gives this effect; the API server accepts them with any."},
		{"manifests/40-limits", "", []string{"LimitRange", "ResourceQuota"},
			"What a container may take, and the namespace in all."},
		{"manifests/50-admission-policies", "", []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"},
			"What the API server refuses, warns of or writes to the audit log."},
	}
}

// manifestDrafts makes a file for every place that has objects.
func manifestDrafts(in *Input) ([]draft, error) {
	return objectDrafts(in, settings.Cluster, manifestPlaces())
}

func objectDrafts(in *Input, component string, places []place) ([]draft, error) {
	var out []draft
	for _, p := range places {
		files := map[string]*source{}
		objects := map[string][]*settings.Value{}
		for _, kind := range p.kinds {
			for _, setting := range in.Settings.Of(component, "") {
				k, namespace, name, ok := setting.Key.Object()
				if !ok || k != kind {
					continue
				}
				file := p.file
				switch {
				case file != "":
				case namespace != "":
					file = namespace + ".yaml"
				default:
					file = name + ".yaml"
				}
				if files[file] == nil {
					files[file] = &source{in: in}
				}
				if _, err := fileName(file); err != nil {
					files[file].fail(setting, "%v", err)
				}
				objects[file] = append(objects[file], files[file].value(component, "", setting.Key.Path))
			}
		}
		for _, file := range sortedKeys(files) {
			drafts, err := files[file].draft(draft{
				path:     p.dir + "/" + file,
				template: "manifests/objects.yaml.tmpl",
				view:     objectsView{strings.Split(p.about, "\n"), objects[file]},
				mode:     0o644,
			})
			if err != nil {
				return nil, err
			}
			out = append(out, drafts...)
		}
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
