package auditpolicy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Levels of auditing, from nothing to both bodies (k8s.io/apiserver, pkg/apis/audit/v1/types.go).
const (
	None            = "None"
	Metadata        = "Metadata"
	Request         = "Request"
	RequestResponse = "RequestResponse"
)

// Stages of a request at which an event can be written (same file).
const (
	RequestReceived  = "RequestReceived"
	ResponseStarted  = "ResponseStarted"
	ResponseComplete = "ResponseComplete"
	Panic            = "Panic"
)

func levels() []string { return []string{None, Metadata, Request, RequestResponse} }

func stages() []string {
	return []string{RequestReceived, ResponseStarted, ResponseComplete, Panic}
}

// above reports whether level a records more than level b.
func above(a, b string) bool { return slices.Index(levels(), a) > slices.Index(levels(), b) }

// firstMinorWithGroupStar is the first minor in which `group: "*"` is every group (k8s.io/apiserver
// v0.36.3, pkg/audit/policy/checker.go); before, validation refuses it.
const firstMinorWithGroupStar = 36

// policy is a policy's tree as types.
type policy struct {
	rules             []rule
	omitStages        []string
	omitManagedFields bool
	groupStar         bool // this minor reads group "*" as every group
	at                settings.Origin
}

type rule struct {
	number            int // from 1, as people count
	level             string
	users             []string
	userGroups        []string
	verbs             []string
	resources         []groupResources
	namespaces        []string
	nonResourceURLs   []string
	omitStages        []string
	omitManagedFields *bool
	at, levelAt       settings.Origin
}

type groupResources struct {
	group     string
	resources []string
	names     []string
}

// compile turns a tree into a policy. What has the wrong kind is left out: validate says so.
func compile(tree *settings.Value, minor int) policy {
	p := policy{groupStar: minor >= firstMinorWithGroupStar}
	if tree == nil {
		return p
	}
	p.at = tree.Origin
	p.omitStages = tree.Get("omitStages").Strings()
	p.omitManagedFields = isTrue(tree.Get("omitManagedFields"))
	rules := tree.Get("rules")
	if rules == nil {
		return p
	}
	p.at = rules.Origin
	for i, node := range rules.Items {
		r := rule{
			number:          i + 1,
			level:           text(node.Get("level")),
			users:           node.Get("users").Strings(),
			userGroups:      node.Get("userGroups").Strings(),
			verbs:           node.Get("verbs").Strings(),
			namespaces:      node.Get("namespaces").Strings(),
			nonResourceURLs: node.Get("nonResourceURLs").Strings(),
			omitStages:      union(p.omitStages, node.Get("omitStages").Strings()),
			at:              node.Origin,
			levelAt:         node.Origin,
		}
		if l := node.Get("level"); l != nil {
			r.levelAt = l.Origin
		}
		if omit := node.Get("omitManagedFields"); omit != nil {
			value := isTrue(omit)
			r.omitManagedFields = &value
		}
		if resources := node.Get("resources"); resources != nil {
			for _, item := range resources.Items {
				r.resources = append(r.resources, groupResources{
					group:     text(item.Get("group")),
					resources: item.Get("resources").Strings(),
					names:     item.Get("resourceNames").Strings(),
				})
			}
		}
		p.rules = append(p.rules, r)
	}
	return p
}

// silent reports whether a rule leaves no event of a request that goes well: level None, or every
// stage omitted that such a request has.
func (r *rule) silent() bool {
	if r.level == None || r.level == "" {
		return true
	}
	for _, stage := range []string{RequestReceived, ResponseStarted, ResponseComplete} {
		if !slices.Contains(r.omitStages, stage) {
			return false
		}
	}
	return true
}

func text(v *settings.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}

func isTrue(v *settings.Value) bool { return v != nil && v.Kind == settings.Bool && v.Text == "true" }

// union keeps the order of first appearance.
func union(lists ...[]string) []string {
	var out []string
	for _, list := range lists {
		for _, s := range list {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// parseMinor reads "1.36" as 36.
func parseMinor(minor string) (int, error) {
	number, ok := strings.CutPrefix(minor, "1.")
	if n, err := strconv.Atoi(number); ok && err == nil && n >= 33 {
		return n, nil
	}
	return 0, fmt.Errorf("%q is not a Kubernetes minor; allowed: 1.33 and later", minor)
}

// quote quotes a text of the user's, cut where it is very long.
func quote(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
