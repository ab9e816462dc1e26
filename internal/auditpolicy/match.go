package auditpolicy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Attributes are what the API server knows of a request when it picks the audit rule (k8s.io/apiserver,
// pkg/authorization/authorizer/interfaces.go; how they come from a URL is in
// pkg/endpoints/request/requestinfo.go). Path is set for requests that are not for a resource, Resource
// for those that are. Verb is get, list, watch, create, update, patch, delete or deletecollection for
// resources, the HTTP method in lower case for other paths. A request that failed authentication has no
// User.
type Attributes struct {
	User        *User  `json:"user,omitempty"`
	Verb        string `json:"verb"`
	Group       string `json:"apiGroup,omitempty"`
	Resource    string `json:"resource,omitempty"`
	Subresource string `json:"subresource,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	Name        string `json:"name,omitempty"`
	Path        string `json:"path,omitempty"`
}

// User is who sent a request, before any impersonation: auditing comes first.
type User struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups,omitempty"`
}

// Decision is what a policy records of a request.
type Decision struct {
	Level             string
	OmitStages        []string
	OmitManagedFields bool
	Rule              int // number of the rule that matched, from 1; 0 when none did
}

// Level says what a policy (a tree of Parse or Tier) records of a request in a minor such as "1.36".
// It is the API server's own first-match evaluation (k8s.io/apiserver v0.33.13 to v0.37.0,
// pkg/audit/policy/checker.go): without a match nothing is recorded. The error is a minor that is none.
func Level(tree *settings.Value, minor string, a Attributes) (Decision, error) {
	n, err := parseMinor(minor)
	if err != nil {
		return Decision{}, fmt.Errorf("audit policy: %w", err)
	}
	p := compile(tree, n)
	return p.decide(a), nil
}

func (p *policy) decide(a Attributes) Decision {
	for i := range p.rules {
		r := &p.rules[i]
		if p.matches(r, a) {
			d := Decision{Level: r.level, OmitStages: r.omitStages, OmitManagedFields: p.omitManagedFields, Rule: r.number}
			if r.omitManagedFields != nil {
				d.OmitManagedFields = *r.omitManagedFields
			}
			return d
		}
	}
	return Decision{Level: None, OmitStages: p.omitStages, OmitManagedFields: p.omitManagedFields}
}

// matches is the conjunction of what a rule asks of who, how, where and what. The API server decides
// the same in one go; apart, each can be asked for a candidate alone (reach.go).
func (p *policy) matches(r *rule, a Attributes) bool {
	if !matchesUser(r, a.User) || !matchesVerb(r, a.Verb) {
		return false
	}
	if a.Resource == "" {
		return matchesPath(r, a.Path)
	}
	return matchesNamespace(r, a.Namespace) && p.matchesObject(r, a)
}

func matchesUser(r *rule, user *User) bool {
	if user == nil {
		return len(r.users) == 0 && len(r.userGroups) == 0
	}
	if len(r.users) > 0 && !slices.Contains(r.users, user.Name) {
		return false
	}
	return len(r.userGroups) == 0 || slices.ContainsFunc(user.Groups, func(g string) bool {
		return slices.Contains(r.userGroups, g)
	})
}

func matchesVerb(r *rule, verb string) bool {
	return len(r.verbs) == 0 || slices.Contains(r.verbs, verb)
}

func matchesNamespace(r *rule, namespace string) bool {
	return len(r.namespaces) == 0 || slices.Contains(r.namespaces, namespace)
}

// matchesObject decides on group, resource, subresource and name of a request for a resource.
func (p *policy) matchesObject(r *rule, a Attributes) bool {
	if len(r.resources) == 0 {
		return len(r.namespaces) > 0 || len(r.nonResourceURLs) == 0
	}
	for i := range r.resources {
		if p.entryMatches(&r.resources[i], a) {
			return true
		}
	}
	return false
}

func (p *policy) entryMatches(e *groupResources, a Attributes) bool {
	if e.group != a.Group && (e.group != "*" || !p.groupStar) {
		return false
	}
	if len(e.resources) == 0 {
		return true
	}
	if len(e.names) > 0 && !slices.Contains(e.names, a.Name) {
		return false
	}
	return slices.ContainsFunc(e.resources, func(spec string) bool {
		return resourceMatches(spec, a.Resource, a.Subresource)
	})
}

// resourceMatches compares with one spelling of a rule. "pods" has no subresource in it; "pods/*" is
// the subresources and, surprisingly, pods too; "*/status" one subresource of everything; "*" all.
func resourceMatches(spec, resource, subresource string) bool {
	combined := resource
	if subresource != "" {
		combined += "/" + subresource
	}
	if spec == "*" || spec == combined {
		return true
	}
	if sub, ok := strings.CutPrefix(spec, "*/"); ok && subresource != "" && sub == subresource {
		return true
	}
	base, ok := strings.CutSuffix(spec, "/*")
	return ok && base == resource
}

// matchesPath decides on a request that is not for a resource.
func matchesPath(r *rule, path string) bool {
	if len(r.resources) > 0 || len(r.namespaces) > 0 {
		return false
	}
	return len(r.nonResourceURLs) == 0 || slices.ContainsFunc(r.nonResourceURLs, func(spec string) bool {
		if spec == "*" || spec == path {
			return true
		}
		prefix := strings.TrimRight(spec, "*")
		return prefix != spec && strings.HasPrefix(path, prefix)
	})
}
