package rbac

import (
	"slices"
)

// Prefix stands before the names of what hardstrap renders: its ready-made ClusterRoles, and all bindings.
const Prefix = "hardstrap:"

// Rule is upstream's PolicyRule (rbac.authorization.k8s.io/v1).
type Rule struct {
	APIGroups       []string
	Resources       []string
	ResourceNames   []string
	NonResourceURLs []string
	Verbs           []string
}

// Role is a ready-made role.
type Role struct {
	Name        string // as a profile says it: viewer
	About       string // one or two sentences: what it is for, and what it opens that its rules do not say
	ClusterOnly bool   // of no use, or a danger, in one namespace
	grants      []grant
}

// ObjectName is the name of the role's ClusterRole.
func (r Role) ObjectName() string { return Prefix + r.Name }

// Rules returns the role's rules for a minor (37 for 1.37), without what that minor does not have.
func (r Role) Rules(minor int) []Rule {
	var out []Rule
	for _, g := range r.grants {
		if g.since > minor {
			continue
		}
		out = append(out, Rule{
			APIGroups: slices.Clone(g.groups), Resources: slices.Clone(g.resources), ResourceNames: slices.Clone(g.names),
			NonResourceURLs: slices.Clone(g.urls), Verbs: slices.Clone(g.verbs),
		})
	}
	return out
}

// Standard returns the ready-made roles, those for namespaces first.
func Standard() []Role {
	return []Role{viewer(), operator(), debugger(), deployer(), auditor(), nodeReader(), administrator()}
}

// Find returns the ready-made role of a name.
func Find(name string) (Role, bool) {
	all := Standard()
	i := slices.IndexFunc(all, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{}, false
	}
	return all[i], true
}

// grant is a rule, and the first minor that has all it names.
type grant struct {
	since     int // 0: every supported minor
	groups    []string
	resources []string
	names     []string
	urls      []string
	verbs     []string
}

// Verbs. No ready-made role has deletecollection: one request would empty a namespace, and its answer holds what it
// deleted (k8s.io/apiserver v0.37.0, pkg/registry/generic/registry/store.go, DeleteCollection).
func read() []string { return []string{"get", "list", "watch"} }
func manage() []string {
	return []string{"get", "list", "watch", "create", "update", "patch", "delete"}
}
func scale() []string  { return []string{"get", "update", "patch"} }
func get() []string    { return []string{"get"} }
func create() []string { return []string{"create"} }

// of is a grant over resources of one group ("" is the core group).
func of(group string, verbs []string, resources ...string) grant {
	return grant{groups: []string{group}, resources: resources, verbs: verbs}
}

func (g grant) from(minor int) grant {
	g.since = minor
	return g
}

func (g grant) named(names ...string) grant {
	g.names = names
	return g
}
