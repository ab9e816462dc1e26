package compare

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/meaning"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// managedBy is the label that every object of a bundle has.
const managedBy = "app.kubernetes.io/managed-by"

// objects compares the objects of the cluster with those of the bundle, and looks for what gives more besides.
func (s *seen) objects(account *effective.Account, unknown func(kind string) bool) {
	place := placeOf(account)
	for _, wanted := range s.w.Settings.Of(settings.Cluster, "") {
		kind, _, _, ok := wanted.Key.Object()
		if !ok || unknown(kind) {
			continue
		}
		s.covered[wanted.Key] = true
		s.deltas(wanted.Key, kind, wanted.Value, account.Set.Value(wanted.Key), account.Source, place)
	}
	for _, found := range account.Set.All() {
		kind, _, name, ok := found.Key.Object()
		if _, wanted := s.w.Settings.Get(found.Key); ok && !wanted {
			s.strangeObject(kind, name, found, account.Source)
		}
	}
}

// strangeObject judges an object that the bundle does not have: what an earlier bundle left, and what gives
// everything to somebody whom neither the bundle nor Kubernetes names.
func (s *seen) strangeObject(kind, name string, found settings.Setting, source settings.Source) {
	f := Finding{Key: found.Key, Found: []Sighting{{Source: source, Said: Said{settings.Of("there"), found.Value.Origin}, Direction: Different}}}
	switch {
	case textOf(found.Value.Lookup("metadata", "labels"), managedBy) == "hardstrap":
		f.Message, f.Opens = "the profile has it no longer", "what it grants or refuses stays in force"
		if strings.HasSuffix(kind, "Binding") && !strings.HasPrefix(kind, "Validating") {
			f.Found[0].Direction = Weaker
		}
	case kind == "ClusterRoleBinding" && textOf(found.Value.Get("roleRef"), "name") == "cluster-admin" && subjects(found.Value) != ownAdmins()[name]:
		f.Message, f.Opens = "gives cluster-admin to "+subjects(found.Value), "whoever it names may do everything"
		f.Found[0].Direction = Weaker
	case kind == "RoleBinding" && strings.HasPrefix(found.Key.Path, "RoleBinding/kube-system/") && textOf(found.Value.Get("roleRef"), "name") == "cluster-admin":
		f.Message, f.Opens = "gives cluster-admin in kube-system to "+subjects(found.Value), "whoever it names reads the Secrets of the control plane"
		f.Found[0].Direction = Weaker
	case kind == "ClusterRole" && slices.Contains(publicBindings(), name) && !public(found.Value):
		f.Message, f.Opens = "allows more than Kubernetes' own does", "everybody who reaches the API server has these rights"
		f.Found[0].Direction = Weaker
	case strings.HasSuffix(kind, "RoleBinding") && anonymous(found.Value) && !ownPublic(found):
		f.Message, f.Opens = "gives "+textOf(found.Value.Get("roleRef"), "name")+" to "+subjects(found.Value), "everybody who reaches the API server has these rights"
		f.Found[0].Direction = Weaker
	case kind == "NetworkPolicy":
		what, everybody := meaning.Admits(found.Value, s.isolated(found.Key))
		if what == "" {
			return
		}
		f.Message, f.Opens = "allows connections "+what+", which the profile does not", "policies add up, so that it opens what the profile's own deny"
		if everybody {
			f.Found[0].Direction = Weaker
		}
	default:
		return
	}
	s.add(f)
}

// ownAdmins are the bindings to cluster-admin of Kubernetes and of kubeadm, and whom they name (k8s.io/kubernetes v1.37.0,
// plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go; cmd/kubeadm/app/constants/constants.go).
func ownAdmins() map[string]string {
	return map[string]string{"cluster-admin": "group system:masters", "kubeadm:cluster-admins": "group kubeadm:cluster-admins"}
}

// publicBindings are Kubernetes' own that name everybody, and the roles of these names (bootstrappolicy/policy.go, ClusterRoleBindings).
func publicBindings() []string {
	return []string{"system:public-info-viewer", "system:basic-user", "system:discovery", "system:service-account-issuer-discovery",
		"system:cluster-trust-bundle-discovery"}
}

// ownPublic reports whether a binding that names everybody is one of Kubernetes' own, as these bring it: to the role of its
// name, and without credentials for one of them alone. kubeadm's shows those who join where the cluster is
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/phases/bootstraptoken/clusterinfo/clusterinfo.go).
func ownPublic(binding settings.Setting) bool {
	kind, namespace, name, _ := binding.Key.Object()
	if kind == "RoleBinding" {
		return namespace == "kube-public" && name == "kubeadm:bootstrap-signer-clusterinfo" && textOf(binding.Value.Get("roleRef"), "name") == name
	}
	withoutCredentials := slices.ContainsFunc(items(binding.Value.Get("subjects")), func(v *settings.Value) bool {
		return slices.Contains([]string{"system:anonymous", "system:unauthenticated"}, textOf(v, "name"))
	})
	return slices.Contains(publicBindings(), name) && textOf(binding.Value.Get("roleRef"), "name") == name &&
		(!withoutCredentials || name == "system:public-info-viewer")
}

// public reports whether a role gives only what Kubernetes gives everybody: to ask about oneself, to read paths that are
// no resources, and to read bundles of authorities.
func public(role *settings.Value) bool {
	return !slices.ContainsFunc(items(role.Get("rules")), func(rule *settings.Value) bool {
		verbs, allowed := []string{"get", "list", "watch"}, []string{"clustertrustbundles"}
		if slices.Equal(rule.Get("apiGroups").Strings(), []string{"authorization.k8s.io"}) || slices.Equal(rule.Get("apiGroups").Strings(), []string{"authentication.k8s.io"}) {
			verbs, allowed = []string{"create"}, []string{"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
		}
		paths := slices.ContainsFunc(rule.Get("nonResourceURLs").Strings(), func(path string) bool {
			first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
			return !slices.Contains([]string{"livez", "readyz", "healthz", "version", "openapi", "api", "apis", ".well-known", "openid"}, first)
		})
		return paths || len(without(rule.Get("verbs").Strings(), verbs)) > 0 || len(without(rule.Get("resources").Strings(), allowed)) > 0
	})
}

// isolated returns the directions in which the profile denies every pod of an object's namespace what it does not allow.
func (s *seen) isolated(k settings.Key) []string {
	_, namespace, _, _ := k.Object()
	var out []string
	for _, wanted := range s.w.Settings.Of(settings.Cluster, "") {
		if kind, of, _, _ := wanted.Key.Object(); kind == "NetworkPolicy" && of == namespace {
			out = append(out, meaning.Isolates(wanted.Value)...)
		}
	}
	return out
}

func anonymous(binding *settings.Value) bool {
	return slices.ContainsFunc(items(binding.Get("subjects")), func(v *settings.Value) bool {
		return slices.Contains([]string{"system:anonymous", "system:unauthenticated", "system:authenticated", "system:serviceaccounts"}, textOf(v, "name"))
	})
}

func subjects(binding *settings.Value) string {
	var out []string
	for _, v := range items(binding.Get("subjects")) {
		out = append(out, strings.ToLower(textOf(v, "kind"))+" "+textOf(v, "name"))
	}
	if len(out) == 0 {
		return "nobody"
	}
	return strings.Join(out, ", ")
}
