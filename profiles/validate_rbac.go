package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/rbac"
)

// rbac judges spelling, companions and names. What a rule may name depends on the minor and is judged later; what a
// rule opens is a weak value.
func (v *validator) rbac() {
	r, root := v.Profile.RBAC, place("rbac")
	v.subjects(r.Groups, under(root, "groups")...)
	for _, list := range []struct {
		field  string
		groups []string
	}{{"administrators", r.Administrators}, {"breakGlass", r.BreakGlass}} {
		at := under(root, list.field)
		v.empty(len(list.groups), "name a group of rbac.groups, or leave the list out", at...)
		v.knownGroups(list.groups, at...)
	}
	for i, role := range r.Roles {
		v.role(role, under(root, "roles", strconv.Itoa(i))...)
	}
	for i, binding := range r.Bindings {
		v.binding(binding, under(root, "bindings", strconv.Itoa(i))...)
	}
}

func standardNames(roles []StandardRole) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

// subjects judges names of groups or users. Upstream takes any text
// (k8s.io/kubernetes v1.37.0, pkg/apis/rbac/validation/validation.go).
func (v *validator) subjects(names []string, steps ...string) {
	for i, name := range names {
		at := under(steps, strconv.Itoa(i))
		account, isAccount := strings.CutPrefix(name, "system:serviceaccount:")
		switch {
		case name == rbac.Masters:
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q may do everything whatever RBAC says, and no binding and no waiver changes that", name),
				Hint:    "use a group of the identity provider; rbac.breakGlass gives one cluster-admin, which can be taken back",
			}, at...)
		case isAccount:
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q is a service account", shorten(name)),
				Hint:    fmt.Sprintf("write serviceAccounts: [%s]", strings.Replace(account, ":", "/", 1)),
			}, at...)
		}
	}
}

// knownGroups judges groups that are given something: only those of rbac.groups can be.
func (v *validator) knownGroups(groups []string, steps ...string) {
	known := v.Profile.RBAC.Groups
	for i, group := range groups {
		if slices.Contains(known, group) || v.tainted.has(v.spell(place("rbac", "groups"))) {
			continue
		}
		p := diag.Problem{
			Message: fmt.Sprintf("unknown group %q", shorten(group)),
			Allowed: "the groups that rbac.groups lists: " + strings.Join(known, ", "),
			Hint:    "list it there if the identity provider has it",
		}
		if len(known) == 0 {
			p.Allowed = "the groups that rbac.groups lists, which is none"
		}
		if hint := nearest.Hint(group, known); hint != "" {
			p.Hint = hint
		}
		v.fault(p, under(steps, strconv.Itoa(i))...)
	}
}

// roleName is a name as upstream takes it for roles and bindings: a segment of a path
// (k8s.io/apimachinery v0.37.0, pkg/api/validate/content/path.go). Blanks and control characters are refused besides.
func roleName(text string) *diag.Problem {
	if len(text) <= 253 && roleSpelling.MatchString(text) && text != "." && text != ".." {
		return nil
	}
	return refuse(text, "a role's name", `letters, digits and - . _ : @, not "." or "..", at most 253 characters`)
}

var (
	roleSpelling    = regexp.MustCompile(`^[A-Za-z0-9._:@-]+$`)
	ruleSpelling    = regexp.MustCompile(`^(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)(/[a-z0-9]([a-z0-9-]*[a-z0-9])?)?$`)
	accountSpelling = regexp.MustCompile(`^[^/]+/[^/]+$`)
)

func ruleResource(text string) *diag.Problem {
	p := spelled(text, ruleSpelling, "a resource", "a plural in lower case as pods, or with its subresource as pods/log")
	if p == nil {
		return nil
	}
	if name, ok := strings.CutSuffix(text, "/*"); ok {
		p.Hint = fmt.Sprintf("RBAC has no pattern for subresources: name each, as %s/status", name)
	} else if resource, group, ok := strings.Cut(text, "."); ok && ruleSpelling.MatchString(resource) && subdomain(group) == nil {
		p.Hint = fmt.Sprintf("write apiGroups: [%s], resources: [%s]", group, resource)
	} else if lower := strings.ToLower(text); lower != text && ruleSpelling.MatchString(lower) {
		p.Hint = fmt.Sprintf("write %q", lower)
	}
	return p
}

func ruleURL(text string) *diag.Problem {
	star := strings.Index(text, "*")
	if text == "*" || strings.HasPrefix(text, "/") && (star < 0 || star == len(text)-1) {
		return nil
	}
	return refuse(text, "a path", "a path as /metrics, or with * at its end as /livez/*")
}

func serviceAccount(text string) *diag.Problem {
	const allowed = "namespace/name, as ci/deployer"
	if !accountSpelling.MatchString(text) {
		return refuse(text, "a service account", allowed)
	}
	namespace, name, _ := strings.Cut(text, "/")
	if label(namespace) != nil || subdomain(name) != nil {
		return refuse(text, "a service account", allowed+", each a DNS name in lower case")
	}
	return nil
}

func (v *validator) role(role Role, at ...string) {
	v.is(role.Name, roleName, under(at, "name")...)
	_, ready := rbac.Find(role.Name)
	switch {
	case ready:
		v.fault(diag.Problem{Message: fmt.Sprintf("%q is a ready-made role", role.Name), Hint: "give this one another name"}, under(at, "name")...)
	case rbac.KeptRole(role.Name):
		v.fault(diag.Problem{Message: fmt.Sprintf("%q is a role of Kubernetes' own, which this one would overwrite", role.Name), Hint: "give this one another name"}, under(at, "name")...)
	case strings.HasPrefix(role.Name, rbac.Prefix):
		v.fault(diag.Problem{Message: fmt.Sprintf("%q is a name of hardstrap's own objects", role.Name), Hint: fmt.Sprintf("leave out %q", rbac.Prefix)}, under(at, "name")...)
	}
	v.empty(len(role.Namespaces), "name a namespace, or leave the list out for a ClusterRole", under(at, "namespaces")...)
	v.each(role.Namespaces, label, under(at, "namespaces")...)
	if len(role.Rules) == 0 {
		v.missing("a role without rules grants nothing: write at least one, as {apiGroups: [\"\"], resources: [pods], verbs: [get]}", under(at, "rules")...)
	}
	for i, rule := range role.Rules {
		v.rule(rule, len(role.Namespaces) > 0, under(at, "rules", strconv.Itoa(i))...)
	}
}

// rule follows ValidatePolicyRule of k8s.io/kubernetes v1.37.0, pkg/apis/rbac/validation/validation.go.
func (v *validator) rule(r PolicyRule, namespaced bool, at ...string) {
	v.each(r.Resources, ruleResource, under(at, "resources")...)
	v.each(r.NonResourceURLs, ruleURL, under(at, "nonResourceURLs")...)
	if len(r.Verbs) == 0 {
		v.missing("name the verbs, as [get, list, watch]", under(at, "verbs")...)
	}
	if v.set(under(at, "nonResourceURLs")...) {
		v.empty(len(r.NonResourceURLs), "name a path, or leave the list out", under(at, "nonResourceURLs")...)
		for _, field := range []string{"apiGroups", "resources", "resourceNames"} {
			v.exclusive(under(at, field), under(at, "nonResourceURLs"), "a rule is for resources or for paths")
		}
		if namespaced {
			v.fault(diag.Problem{
				Message: "paths belong to no namespace, and the role is for namespaces",
				Hint:    "write a role without namespaces for them",
			}, under(at, "nonResourceURLs")...)
		}
		return
	}
	if len(r.APIGroups) == 0 {
		v.missing(`name the resources' groups; the core group is written ""`, under(at, "apiGroups")...)
	}
	if len(r.Resources) == 0 {
		v.missing("name the resources, as [pods]", under(at, "resources")...)
	}
	v.empty(len(r.ResourceNames), "an empty list means every name: name one, or leave the list out", under(at, "resourceNames")...)
}

func (v *validator) binding(b Binding, at ...string) {
	v.is(b.Name, roleName, under(at, "name")...)
	v.boundRole(b, at...)
	v.knownGroups(b.Groups, under(at, "groups")...)
	v.subjects(b.Users, under(at, "users")...)
	v.each(b.ServiceAccounts, serviceAccount, under(at, "serviceAccounts")...)
	if len(b.Groups)+len(b.Users)+len(b.ServiceAccounts) == 0 {
		v.missing("the binding gives the role to nobody: name groups, users or serviceAccounts", under(at, "groups")...)
	}
	v.each(b.Namespaces, label, under(at, "namespaces")...)
	wide := b.ClusterWide != nil && *b.ClusterWide
	switch {
	case wide:
		v.exclusive(under(at, "namespaces"), under(at, "clusterWide"), "a role is given in namespaces or in the whole cluster")
	case len(b.Namespaces) == 0:
		v.missing("name the namespaces in which the role is given, or say clusterWide: true", under(at, "namespaces")...)
	}
}

// boundRole judges the role that a binding names.
func (v *validator) boundRole(b Binding, at ...string) {
	roleAt := under(at, "role")
	v.needed(b.Role, "name a role of rbac.standardRoles or rbac.roles", roleAt...)
	if b.Role == "" {
		return
	}
	wide := b.ClusterWide != nil && *b.ClusterWide
	var own []string
	for _, r := range v.Profile.RBAC.Roles {
		own = append(own, r.Name)
		if r.Name == b.Role && len(r.Namespaces) > 0 && wide {
			v.fault(diag.Problem{
				Message: fmt.Sprintf("the role %q is for namespaces alone", b.Role),
				Hint:    "name namespaces instead, or leave out the role's",
			}, under(at, "clusterWide")...)
		}
	}
	if slices.Contains(own, b.Role) {
		return
	}
	ready, isReady := rbac.Find(strings.TrimPrefix(b.Role, rbac.Prefix))
	listed := slices.Contains(v.Profile.RBAC.StandardRoles, StandardRole(ready.Name)) ||
		ready.Name == "administrator" && len(v.Profile.RBAC.Administrators) > 0
	if v.tainted.has(v.spell(place("rbac", "standardRoles"))) || v.tainted.has(v.spell(place("rbac", "roles"))) {
		return
	}
	switch {
	case isReady && strings.HasPrefix(b.Role, rbac.Prefix):
		v.fault(diag.Problem{Message: fmt.Sprintf("unknown role %q", b.Role), Hint: fmt.Sprintf("write %q", ready.Name)}, roleAt...)
	case isReady && !listed:
		v.fault(diag.Problem{
			Message: fmt.Sprintf("the role %q is not rendered", b.Role),
			Hint:    fmt.Sprintf("add it to rbac.standardRoles: [%s]", b.Role),
		}, roleAt...)
	case isReady && ready.ClusterOnly && !wide:
		v.fault(diag.Problem{
			Message: fmt.Sprintf("the role %q is for the whole cluster", b.Role),
			Hint:    "say clusterWide: true instead of namespaces",
		}, roleAt...)
	case isReady:
	default:
		v.fault(unknownRole(b.Role, append(own, standardNames(v.Profile.RBAC.StandardRoles)...)), roleAt...)
	}
}

func unknownRole(name string, known []string) diag.Problem {
	p := diag.Problem{Message: fmt.Sprintf("unknown role %q", shorten(name)), Allowed: "a role of rbac.standardRoles or rbac.roles"}
	if len(known) > 0 {
		p.Allowed += ": " + strings.Join(known, ", ")
	}
	switch name {
	case rbac.ClusterAdmin:
		p.Hint = "who may do everything stands in rbac.breakGlass; rbac.administrators have a role of named rights"
	case "admin", "edit":
		p.Hint = fmt.Sprintf("Kubernetes' own %s reads every secret of a namespace and acts as its service accounts; take operator", name)
	case "view":
		p.Hint = "Kubernetes' own view takes in whatever extensions add to it; take viewer"
	default:
		p.Hint = nearest.Hint(name, append(known, StandardRole("").Allowed()...))
	}
	return p
}
