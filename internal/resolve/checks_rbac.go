package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/rbac"
	"github.com/hardstrap/hardstrap/profiles"
)

// checkRule judges what a rule of the profile's own names against what the API server of the minor serves: RBAC
// takes any text, and one that means nothing grants nothing. A group with a dot that Kubernetes does not have is
// taken for an extension's, whose resources and verbs are not known here.
func (b *builder) checkRule(r profiles.PolicyRule, namespaced bool, p place) {
	if len(r.NonResourceURLs) > 0 {
		b.checkPathVerbs(r.Verbs, p.in("verbs"))
		return
	}
	served := auditpolicy.Resources(minorNumber(b.minor.Name))
	var known []string // the rule's groups that are Kubernetes' own
	open := false      // the rule names a group whose resources are not known, or was refused one
	for i, group := range r.APIGroups {
		switch _, ok := served[group]; {
		case ok:
			known = append(known, group)
		case group == "*":
			open = true
		default:
			open = true
			b.checkGroup(group, served, p.in("apiGroups", strconv.Itoa(i)))
		}
	}
	if len(known) > 0 && !open {
		for i, resource := range r.Resources {
			at := p.in("resources", strconv.Itoa(i))
			b.checkResource(resource, known, served, at)
			if namespaced {
				b.checkScope(resource, known, at)
			}
		}
		b.checkVerbs(r.Verbs, p.in("verbs"))
	}
	b.checkNames(r, p)
}

// checkGroup judges a group that the minor's API server does not serve.
func (b *builder) checkGroup(group string, served map[string][]string, p place) {
	minors := catalog.Minors()
	for _, minor := range minors {
		if _, ok := auditpolicy.Resources(minorNumber(minor))[group]; ok {
			b.fault(p, "it exists since "+minor, "Kubernetes %s has no API group %q", b.minor.Name, group)
			return
		}
	}
	groups := slices.Sorted(maps.Keys(served))
	hint := nearest.Hint(group, groups)
	name, version, versioned := strings.Cut(group, "/")
	switch {
	case group == "core" || group == "v1":
		hint = `the core group is written ""`
	case group == "extensions":
		hint = "it has no resources since 1.22: deployments are in apps, ingresses in networking.k8s.io"
	case versioned:
		hint = fmt.Sprintf("RBAC knows no versions: leave out %q", "/"+version)
		if _, ok := served[name]; ok {
			hint = fmt.Sprintf("write %q: RBAC knows no versions", name)
		}
	case strings.Contains(group, "."):
		if hint != "" {
			b.warn(p, hint, "Kubernetes %s has no API group %q: it is taken for an extension's", b.minor.Name, group)
		}
		return
	}
	b.fault(p, hint, "Kubernetes %s has no API group %q", b.minor.Name, group)
}

// checkResource judges a resource of a rule all of whose groups are Kubernetes' own. "*" is weak, not unknown.
func (b *builder) checkResource(resource string, groups []string, served map[string][]string, p place) {
	var all []string
	for _, group := range groups {
		all = append(append(all, served[group]...), rbac.VirtualResources(group)...)
	}
	name, sub, _ := strings.Cut(resource, "/")
	switch {
	case name == "*" || slices.Contains(all, resource):
		return
	case sub == "finalizers" && slices.Contains(all, name): // OwnerReferencesPermissionEnforcement asks for it
		return
	case name == "userextras" && slices.Contains(all, name):
		return
	}
	hint := nearest.Hint(resource, all)
	for _, group := range slices.Sorted(maps.Keys(served)) {
		if slices.Contains(served[group], resource) {
			hint = fmt.Sprintf("it is in group %q", group)
			break
		}
	}
	if minor := b.servedSince(groups, resource); minor != "" {
		hint = "it exists since " + minor
	}
	quoted := make([]string, len(groups))
	for i, group := range groups {
		quoted[i] = strconv.Quote(group)
	}
	b.fault(p, hint, "Kubernetes %s has no resource %q in group %s", b.minor.Name, resource, strings.Join(quoted, ", "))
}

// checkScope says when a role for namespaces names what belongs to none: no binding in a namespace gives it.
func (b *builder) checkScope(resource string, groups []string, p place) {
	name, _, _ := strings.Cut(resource, "/")
	for _, group := range groups {
		if slices.Contains(rbac.ClusterScoped(group), name) {
			b.warn(p, "put it into a role without namespaces, bound with clusterWide: true",
				"%q belongs to no namespace: a role for namespaces does not give it", resource)
			return
		}
	}
}

// servedSince returns the first minor of the catalog in which one of the groups has the resource, or "".
func (b *builder) servedSince(groups []string, resource string) string {
	for _, minor := range catalog.Minors() {
		served := auditpolicy.Resources(minorNumber(minor))
		if slices.ContainsFunc(groups, func(group string) bool { return slices.Contains(served[group], resource) }) {
			return minor
		}
	}
	return ""
}

func (b *builder) checkVerbs(verbs []string, p place) {
	for i, verb := range verbs {
		if rbac.KnownVerb(verb) {
			continue
		}
		hint := nearest.Hint(verb, rbac.ResourceVerbs())
		switch verb {
		case "read":
			hint = "write get, list, watch"
		case "write", "edit":
			hint = "write create, update, patch, delete"
		}
		b.fault(p.in(strconv.Itoa(i)), hint, "requests for resources do not have the verb %q", verb)
	}
}

func (b *builder) checkPathVerbs(verbs []string, p place) {
	for i, verb := range verbs {
		if verb == "*" || slices.Contains(rbac.PathVerbs(), verb) {
			continue
		}
		b.fault(p.in(strconv.Itoa(i)), "allowed: "+strings.Join(rbac.PathVerbs(), ", "), "requests for paths do not have the verb %q", verb)
	}
}

// checkNames says where resourceNames do not do what one expects: RBAC compares the name that a request has
// (k8s.io/kubernetes v1.37.0, plugin/pkg/auth/authorizer/rbac/rbac.go; the name of a list is that of its field selector
// metadata.name, k8s.io/apiserver v0.37.0, pkg/endpoints/request/requestinfo.go).
func (b *builder) checkNames(r profiles.PolicyRule, p place) {
	if len(r.ResourceNames) == 0 {
		return
	}
	for i, verb := range r.Verbs {
		at := p.in("verbs", strconv.Itoa(i))
		switch {
		case verb == "create" && !slices.ContainsFunc(r.Resources, func(r string) bool { return strings.Contains(r, "/") }),
			verb == "deletecollection":
			b.warn(at, "put it into a rule without resourceNames, or leave it out", "%s together with resourceNames grants nothing: its requests have no name", verb)
		case verb == "list" || verb == "watch":
			b.warn(at, "", "%s together with resourceNames grants only requests with the field selector metadata.name", verb)
		}
	}
}
