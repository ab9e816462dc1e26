package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/rbac"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

const rbacVersion = "rbac.authorization.k8s.io/v1"

// expandRBAC makes roles and bindings, the ready-made roles first.
func expandRBAC(b *builder) {
	r := b.profile.RBAC
	for i, name := range r.StandardRoles {
		b.standardRole(string(name), at("rbac", "standardRoles", strconv.Itoa(i)))
	}
	if len(r.Administrators) > 0 {
		p := at("rbac", "administrators")
		if !slices.Contains(r.StandardRoles, "administrator") {
			b.standardRole("administrator", p)
		}
		b.clusterBinding("administrators", b.text(rbac.Prefix+"administrator", p), b.groups(r.Administrators, p),
			"Administrators have a role of named rights instead of "+rbac.ClusterAdmin+".", p)
	}
	if len(r.BreakGlass) > 0 {
		p := at("rbac", "breakGlass")
		b.clusterBinding("break-glass", b.text(rbac.ClusterAdmin, p), b.groups(r.BreakGlass, p),
			"For emergencies: who is in these groups may do everything. Keep them empty until then.", p)
		b.warn(p, "keep the groups empty outside of emergencies, and watch who joins them",
			"everybody in %s may do everything in the cluster, reading every secret included", strings.Join(r.BreakGlass, ", "))
	}
	for i, role := range r.Roles {
		b.ownRole(role, at("rbac", "roles", strconv.Itoa(i)))
	}
	for i, binding := range r.Bindings {
		b.binding(binding, at("rbac", "bindings", strconv.Itoa(i)))
	}
}

// text is a scalar that stands for a place of the profile.
func (b *builder) text(text string, p place) *settings.Value {
	return settings.Of(text).At(b.origin(p))
}

// texts are the elements of a list, each with its own origin.
func (b *builder) texts(list []string, p place) *settings.Value {
	out := &settings.Value{Kind: settings.List, Origin: b.origin(p)}
	for i, text := range list {
		out.Items = append(out.Items, b.text(text, p.in(strconv.Itoa(i))))
	}
	return out
}

func (b *builder) standardRole(name string, p place) {
	role, ok := rbac.Find(name)
	if !ok {
		return
	}
	var rules []any
	for _, r := range role.Rules(minorNumber(b.minor.Name)) {
		rules = append(rules, ruleOf(r))
	}
	b.object(object{
		apiVersion: rbacVersion, kind: "ClusterRole", name: role.ObjectName(), why: role.About,
		body: map[string]any{"rules": rules},
	}, p)
}

// ruleOf is a rule as a tree, without the fields that are empty.
func ruleOf(r rbac.Rule) map[string]any {
	out := map[string]any{"verbs": r.Verbs}
	for name, list := range map[string][]string{
		"apiGroups": r.APIGroups, "resources": r.Resources, "resourceNames": r.ResourceNames, "nonResourceURLs": r.NonResourceURLs,
	} {
		if len(list) > 0 {
			out[name] = list
		}
	}
	return out
}

// minorNumber is 37 for 1.37.
func minorNumber(minor string) int {
	_, n, _ := strings.Cut(minor, ".")
	number, _ := strconv.Atoi(n)
	return number
}

// ownRole makes a ClusterRole, or a Role in each of its namespaces.
func (b *builder) ownRole(role profiles.Role, p place) {
	var rules []*settings.Value
	for i, r := range role.Rules {
		at := p.in("rules", strconv.Itoa(i))
		b.checkRule(r, len(role.Namespaces) > 0, at)
		rule := &settings.Value{Kind: settings.Map, Origin: b.origin(at)}
		for _, f := range []struct {
			name string
			list []string
		}{
			{"apiGroups", r.APIGroups}, {"resources", r.Resources}, {"resourceNames", r.ResourceNames},
			{"nonResourceURLs", r.NonResourceURLs}, {"verbs", r.Verbs},
		} {
			if len(f.list) > 0 {
				rule.Put(f.name, b.texts(f.list, at.in(f.name)))
			}
		}
		rules = append(rules, rule)
	}
	add := func(kind, namespace string, p place) {
		b.object(object{
			apiVersion: rbacVersion, kind: kind, namespace: namespace, name: role.Name,
			why:  fmt.Sprintf("Role %q of the profile.", role.Name),
			body: map[string]any{"rules": rules},
		}, p)
	}
	if len(role.Namespaces) == 0 {
		add("ClusterRole", "", p)
	}
	for i, namespace := range role.Namespaces {
		at := p.in("namespaces", strconv.Itoa(i))
		b.awaitNamespace(namespace, at)
		add("Role", namespace, at)
	}
}

// awaitNamespace says that an object stands in a namespace that nothing here makes.
func (b *builder) awaitNamespace(name string, p place) {
	if slices.ContainsFunc(b.profile.Namespaces, func(n profiles.Namespace) bool { return n.Name == name }) ||
		slices.Contains([]string{"default", "kube-system", "kube-public", "kube-node-lease"}, name) {
		return
	}
	b.warn(p, "list it in namespaces, or make it first", "the manifests do not make the namespace %q, and applying fails where it does not exist", name)
}

// binding makes a ClusterRoleBinding, or a RoleBinding in each of its namespaces.
func (b *builder) binding(binding profiles.Binding, p place) {
	kind, name, namespaced := b.roleOf(binding.Role)
	subjects := b.groups(binding.Groups, p.in("groups"))
	for i, user := range binding.Users {
		subjects = append(subjects, b.subject("User", user, p.in("users", strconv.Itoa(i))))
	}
	for i, account := range binding.ServiceAccounts {
		subjects = append(subjects, b.serviceAccount(account, p.in("serviceAccounts", strconv.Itoa(i))))
	}
	ref, why := b.text(name, p.in("role")), fmt.Sprintf("Binding %q of the profile: who has the role %s here.", binding.Name, name)
	if binding.ClusterWide != nil && *binding.ClusterWide {
		b.clusterBinding(binding.Name, ref, subjects, strings.Replace(why, "here", "in the whole cluster", 1), p)
		if (binding.Role != "administrator" || len(binding.ServiceAccounts) > 0) && b.runsPods(kind, "", name) {
			b.warn(p.in("clusterWide"), "name the namespaces that are meant",
				"role %q can run commands in pods of every namespace, kube-system too: that is root on the nodes", binding.Role)
		}
		return
	}
	b.pathsInNamespaces(binding, p)
	for i, namespace := range binding.Namespaces {
		at := p.in("namespaces", strconv.Itoa(i))
		if namespaced != nil && !slices.Contains(namespaced, namespace) {
			b.fault(at, fmt.Sprintf("the role is for %s; add the namespace to the role's", strings.Join(namespaced, ", ")),
				"role %q does not exist in namespace %q", binding.Role, namespace)
			continue
		}
		b.awaitNamespace(namespace, at)
		if namespace == "kube-system" && b.runsPods(kind, namespace, name) {
			b.warn(at, "", "role %q can run commands in pods of kube-system: that is root on the nodes", binding.Role)
		}
		b.object(object{
			apiVersion: rbacVersion, kind: "RoleBinding", namespace: namespace, name: rbac.Prefix + binding.Name, why: why,
			body: map[string]any{"roleRef": roleRef(kind, ref), "subjects": subjects},
		}, at)
	}
}

// runsPods reports whether a role can get into the pods of a namespace, or make them.
func (b *builder) runsPods(kind, namespace, name string) bool {
	if kind == "ClusterRole" {
		namespace = ""
	}
	return rbac.RunsPods(b.set.Value(settings.ObjectKey(kind, namespace, name)))
}

// pathsInNamespaces says when a role grants paths and is bound in namespaces, which gives none of them: a request for
// a path has no namespace, and without one no RoleBinding is looked at (k8s.io/kubernetes v1.37.0,
// pkg/registry/rbac/validation/rule.go, VisitRulesFor).
func (b *builder) pathsInNamespaces(binding profiles.Binding, p place) {
	for i, role := range b.profile.RBAC.Roles {
		if role.Name != binding.Role {
			continue
		}
		for j, r := range role.Rules {
			if len(r.NonResourceURLs) > 0 {
				b.warn(p.in("namespaces"), "bind the role with clusterWide: true, or put the paths into a role of their own",
					"bound in namespaces, role %q gives none of the paths of %s", binding.Role, at("rbac", "roles", strconv.Itoa(i), "rules", strconv.Itoa(j)))
			}
		}
	}
}

// roleOf tells which object a role of the profile is, and in which namespaces it is where it is no ClusterRole.
func (b *builder) roleOf(role string) (kind, name string, namespaces []string) {
	if ready, ok := rbac.Find(role); ok {
		return "ClusterRole", ready.ObjectName(), nil
	}
	for _, own := range b.profile.RBAC.Roles {
		if own.Name == role && len(own.Namespaces) > 0 {
			return "Role", role, own.Namespaces
		}
	}
	return "ClusterRole", role, nil
}

func (b *builder) clusterBinding(name string, role *settings.Value, subjects []any, why string, p place) {
	b.object(object{
		apiVersion: rbacVersion, kind: "ClusterRoleBinding", name: rbac.Prefix + name, why: why,
		body: map[string]any{"roleRef": roleRef("ClusterRole", role), "subjects": subjects},
	}, p)
}

func roleRef(kind string, name *settings.Value) map[string]any {
	return map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
}

func (b *builder) groups(groups []string, p place) []any {
	var out []any
	for i, group := range groups {
		out = append(out, b.subject("Group", group, p.in(strconv.Itoa(i))))
	}
	return out
}

func (b *builder) subject(kind, name string, p place) map[string]any {
	return map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": b.text(name, p)}
}

func (b *builder) serviceAccount(account string, p place) map[string]any {
	namespace, name, _ := strings.Cut(account, "/")
	if name == "default" {
		b.warn(p, "make a service account for what needs the role", "every pod of namespace %q that names no service account has the rights of %q", namespace, account)
	}
	return map[string]any{"kind": "ServiceAccount", "namespace": b.text(namespace, p), "name": b.text(name, p)}
}
