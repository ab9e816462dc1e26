package controls

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// preparedObjects says of a control that only a live cluster shows what the bundle's objects do
// towards it, or "".
func (in Input) preparedObjects(c Control) string {
	switch c.SettingKey {
	case "rbac:default-serviceaccount":
		return joined(in.defaultAccounts(), in.policySeen("default-service-account"), in.defaultBound())
	case "rbac:own-serviceaccount":
		return in.policySeen("default-service-account")
	case "pod:automountServiceAccountToken":
		return joined(in.defaultAccounts(), in.policySeen("token-automount"))
	case "pod:readOnlyRootFilesystem":
		return in.policySeen("read-only-root-filesystem")
	case "pod:mac":
		return in.policySeen("apparmor")
	case "namespace:limitrange":
		if len(in.rendered("LimitRange")) > 0 {
			return in.memoryRatio()
		}
	case "networkpolicy:cni":
		if n := len(in.rendered("NetworkPolicy")); n > 0 {
			return fmt.Sprintf("the bundle has %d NetworkPolicies, and %s: which plugin runs is seen on a live cluster only", n, onlyByPlugin)
		}
	}
	if key, ok := strings.CutPrefix(c.SettingKey, "rbac:"); ok && in.hasRBAC() {
		seen := in.rbacSeen(key)
		if key == "namespaces-patch" {
			seen = joined(seen, in.policySeen("namespace-labels"))
		}
		return seen
	}
	return ""
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "; ")
}

// policySeen says how an admission policy stands that is rendered.
func (in Input) policySeen(name string) string {
	if !in.hasPolicy(name) {
		return ""
	}
	_, evidence := in.refuses(name)
	return evidence
}

// defaultAccounts says which service accounts named default get no token mounted.
func (in Input) defaultAccounts() string {
	var off, on []string
	for _, s := range in.rendered("ServiceAccount") {
		_, namespace, name, _ := s.Key.Object()
		token := s.Value.Get("automountServiceAccountToken")
		switch {
		case name != "default":
		case token != nil && isFalse(token.Text):
			off = append(off, namespace)
		default:
			on = append(on, namespace)
		}
	}
	var out []string
	if len(off) > 0 {
		out = append(out, "the bundle's service account default mounts no token by itself in "+strings.Join(off, ", "))
	}
	if len(on) > 0 {
		out = append(out, "it does in "+strings.Join(on, ", "))
	}
	return strings.Join(out, "; ")
}

// defaultBound says which rendered bindings give rights to a service account named default.
func (in Input) defaultBound() string {
	if !in.hasRBAC() {
		return ""
	}
	return said("bindings of the bundle to a service account default: ", "no binding of the bundle names a service account default",
		in.bindings(func(b *settings.Value) bool {
			return slices.ContainsFunc(items(b.Get("subjects")), func(s *settings.Value) bool {
				return text(s, "kind") == "ServiceAccount" && text(s, "name") == "default"
			})
		}))
}

func said(some, none string, names []string) string {
	if len(names) == 0 {
		return none
	}
	return some + strings.Join(names, ", ")
}

func (in Input) hasRBAC() bool {
	return len(in.rendered("ClusterRole"))+len(in.rendered("Role"))+len(in.rendered("ClusterRoleBinding"))+len(in.rendered("RoleBinding")) > 0
}

// objectsThat returns the names of the rendered objects of some kinds for which something holds.
func (in Input) objectsThat(holds func(*settings.Value) bool, kinds ...string) []string {
	var out []string
	for _, kind := range kinds {
		for _, s := range in.rendered(kind) {
			if holds(s.Value) {
				out = append(out, strings.Replace(s.Key.Path, "/", " ", 1))
			}
		}
	}
	return out
}

func (in Input) bindings(holds func(*settings.Value) bool) []string {
	return in.objectsThat(holds, "ClusterRoleBinding", "RoleBinding")
}

// right is what a control over RBAC asks who has: any of the verbs on any of the resources.
type right struct {
	verbs, groups, resources []string
}

// rightOf returns the right of a setting key, without rbac: before it.
func rightOf(key string) (right, bool) {
	core, write := []string{""}, []string{"create", "update", "patch", "delete"}
	switch key {
	case "secrets-read":
		return right{[]string{"get", "list", "watch"}, core, []string{"secrets"}}, true
	case "pods-create":
		return right{[]string{"create"}, []string{"", "apps", "batch"}, []string{
			"pods", "replicationcontrollers", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs",
		}}, true
	case "persistentvolumes-create":
		return right{[]string{"create"}, core, []string{"persistentvolumes"}}, true
	case "nodes-proxy":
		return right{[]string{"get", "list", "watch", "create", "update", "patch", "delete"}, core, []string{"nodes/proxy"}}, true
	case "csr-approval":
		return right{[]string{"update", "patch"}, []string{"certificates.k8s.io"}, []string{"certificatesigningrequests/approval"}}, true
	case "webhook-configs":
		return right{write, []string{"admissionregistration.k8s.io"}, []string{"validatingwebhookconfigurations", "mutatingwebhookconfigurations"}}, true
	case "serviceaccounts-token":
		return right{[]string{"create"}, core, []string{"serviceaccounts/token"}}, true
	case "namespaces-patch":
		return right{[]string{"update", "patch"}, core, []string{"namespaces"}}, true
	case "networkpolicies":
		return right{write, []string{"networking.k8s.io"}, []string{"networkpolicies"}}, true
	}
	return right{}, false
}

// gives reports whether a rule gives a right, wildcards included
// (k8s.io/kubernetes v1.37.0, pkg/apis/rbac/v1/evaluation_helpers.go).
func (r right) gives(rule *settings.Value) bool {
	has := func(field, want string) bool {
		list := rule.Get(field).Strings()
		return slices.Contains(list, "*") || slices.Contains(list, want)
	}
	resource := func(want string) bool {
		_, sub, isSub := strings.Cut(want, "/")
		return has("resources", want) || isSub && slices.Contains(rule.Get("resources").Strings(), "*/"+sub)
	}
	return slices.ContainsFunc(r.verbs, func(v string) bool { return has("verbs", v) }) &&
		slices.ContainsFunc(r.groups, func(g string) bool { return has("apiGroups", g) }) &&
		slices.ContainsFunc(r.resources, resource)
}

// rbacSeen says what the bundle's own roles and bindings do of what a control asks about.
func (in Input) rbacSeen(key string) string {
	roles := func(holds func(rule *settings.Value) bool) []string {
		return in.objectsThat(func(role *settings.Value) bool { return slices.ContainsFunc(items(role.Get("rules")), holds) }, "ClusterRole", "Role")
	}
	toRole := func(names ...string) []string {
		return in.bindings(func(b *settings.Value) bool {
			return text(b.Get("roleRef"), "kind") == "ClusterRole" && slices.Contains(names, text(b.Get("roleRef"), "name"))
		})
	}
	if r, ok := rightOf(key); ok {
		return said("roles of the bundle that give it: ", "no role of the bundle gives it", roles(r.gives))
	}
	switch key {
	case "cluster-admin-bindings":
		return said("bindings of the bundle to cluster-admin: ", "no binding of the bundle to cluster-admin", toRole("cluster-admin"))
	case "builtin-roles":
		return said("bindings of the bundle to view, edit or admin: ", "no binding of the bundle to view, edit or admin", toRole("view", "edit", "admin"))
	case "wildcards":
		return said("roles of the bundle with a wildcard: ", "no role of the bundle has a wildcard", roles(func(rule *settings.Value) bool {
			return slices.ContainsFunc([]string{"apiGroups", "resources", "verbs"}, func(field string) bool {
				return slices.ContainsFunc(rule.Get(field).Strings(), func(s string) bool { return strings.Contains(s, "*") })
			})
		}))
	case "escalation-verbs":
		return said("roles of the bundle with bind, escalate or impersonate: ", "no role of the bundle has bind, escalate or impersonate",
			roles(func(rule *settings.Value) bool {
				return slices.ContainsFunc(rule.Get("verbs").Strings(), func(v string) bool {
					return v == "*" || v == "bind" || v == "escalate" || strings.HasPrefix(v, "impersonate")
				})
			}))
	case "least-privilege":
		return fmt.Sprintf("the bundle has %d roles and %d bindings to review", len(in.objectsThat(everyObject, "ClusterRole", "Role")), len(in.bindings(everyObject)))
	}
	return ""
}

func everyObject(*settings.Value) bool { return true }
