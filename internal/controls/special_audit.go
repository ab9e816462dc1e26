package controls

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// auditPredicate returns what a benchmark asks of the audit policy's rules.
func auditPredicate(c Control) (predicate, bool) {
	switch c.ID {
	case "3.2.2":
		return auditSensitive, true
	case "K10.2":
		return auditCredentials, true
	case "NSA-LOG-02":
		return auditCritical, true
	case "V-242403":
		return auditEverything, true
	}
	return nil, false
}

// auditPolicyGiven: the flag, and a policy with rules behind it.
func auditPolicyGiven(in Input, c Control) verdict {
	flag := in.api("--audit-policy-file")
	if !flag.written() {
		return verdict{NotMet, flag.describe()}
	}
	rules := items(in.api("Policy").value.Get("rules"))
	return either(len(rules) > 0, fmt.Sprintf("%s; rules in the policy: %d", flag.describe(), len(rules)))
}

// somebody is an authenticated user no rule of a policy singles out.
func somebody() *auditpolicy.User {
	return &auditpolicy.User{Name: "somebody", Groups: []string{"system:authenticated"}}
}

// anybody are the kinds of users that policies single out.
func anybody() []*auditpolicy.User {
	user := func(name string, groups ...string) *auditpolicy.User {
		return &auditpolicy.User{Name: name, Groups: append(groups, "system:authenticated")}
	}
	return []*auditpolicy.User{
		somebody(),
		user("kubernetes-admin", "kubeadm:cluster-admins"),
		user("kubernetes-super-admin", "system:masters"),
		user("system:node:node-1", "system:nodes"),
		user("system:apiserver", "system:masters"),
		user("system:kube-controller-manager"),
		user("system:kube-scheduler"),
		user("system:serviceaccount:kube-system:generic-garbage-collector", "system:serviceaccounts", "system:serviceaccounts:kube-system"),
		user("system:serviceaccount:default:default", "system:serviceaccounts", "system:serviceaccounts:default"),
	}
}

// request is one request an audit policy is asked about.
type request struct{ group, resource, subresource string }

func (r request) String() string {
	return strings.Trim(strings.TrimPrefix(r.group+"/", "/")+r.resource+"/"+r.subresource, "/")
}

// level returns what the policy records of a request by a user.
func (in Input) level(policy *settings.Value, user *auditpolicy.User, verb string, r request) string {
	d, err := auditpolicy.Level(policy, in.Minor, auditpolicy.Attributes{
		User: user, Verb: verb, Group: r.group, Resource: r.resource, Subresource: r.subresource,
		Namespace: "default", Name: "name",
	})
	if err != nil {
		return "None"
	}
	return d.Level
}

// atLeast compares audit levels.
func atLeast(level, floor string) bool {
	order := []string{"None", "Metadata", "Request", "RequestResponse"}
	return slices.Index(order, level) >= slices.Index(order, floor)
}

func changes() []string { return []string{"create", "update", "patch", "delete"} }

func reads() []string { return []string{"get", "list", "watch"} }

// below returns a complaint when a request by somebody is recorded below a level.
func (in Input) below(policy *settings.Value, floor string, verbs []string, requests ...request) string {
	for _, r := range requests {
		for _, verb := range verbs {
			if got := in.level(policy, somebody(), verb, r); !atLeast(got, floor) {
				return fmt.Sprintf("%s of %s is recorded at %s, not %s", verb, r, got, floor)
			}
		}
	}
	return ""
}

// leaks returns a complaint when anybody's request would be recorded with its body.
func (in Input) leaks(policy *settings.Value, requests ...request) string {
	for _, r := range requests {
		for _, verb := range append(reads(), changes()...) {
			for _, user := range anybody() {
				if got := in.level(policy, user, verb, r); atLeast(got, "Request") {
					return fmt.Sprintf("%s of %s by %s is recorded at %s, with its body", verb, r, user.Name, got)
				}
			}
		}
	}
	return ""
}

// audited runs checks on the policy and returns the first complaint.
func (in Input) audited(praise string, checks func(policy *settings.Value) []string) verdict {
	policy := in.api("Policy").value
	if policy == nil || !in.api("--audit-policy-file").written() {
		return verdict{NotMet, "no audit policy is rendered"}
	}
	for _, complaint := range checks(policy) {
		if complaint != "" {
			return verdict{NotMet, complaint}
		}
	}
	return verdict{Met, praise}
}

func core(resources ...string) []request {
	var out []request
	for _, r := range resources {
		name, sub, _ := strings.Cut(r, "/")
		out = append(out, request{"", name, sub})
	}
	return out
}

// rest are requests that stand for everything else. What components renew all day (leases,
// events) is not among them: the benchmark speaks of most requests.
func rest() []request {
	return append(core("services", "nodes", "namespaces", "serviceaccounts", "persistentvolumes"),
		request{"rbac.authorization.k8s.io", "clusterrolebindings", ""}, request{"networking.k8s.io", "networkpolicies", ""},
		request{"admissionregistration.k8s.io", "validatingwebhookconfigurations", ""}, request{"example.org", "things", ""})
}

// auditSensitive: Secrets, ConfigMaps and TokenReviews without bodies; changes of pods and
// deployments, the ways into containers, and at least metadata of everything else. Version 2.0.1
// adds certificate requests and service account tokens.
func auditSensitive(in Input, c Control) verdict {
	quiet := append(core("secrets", "configmaps"), request{"authentication.k8s.io", "tokenreviews", ""})
	return in.audited("sensitive resources are recorded without bodies, the rest at Metadata or above", func(policy *settings.Value) []string {
		complaints := []string{
			in.leaks(policy, quiet...),
			in.below(policy, "Metadata", append(reads(), changes()...), quiet[:2]...),
			in.below(policy, "Metadata", []string{"create"}, quiet[2]),
			in.below(policy, "Metadata", changes(), append(core("pods"), request{"apps", "deployments", ""})...),
			in.below(policy, "Metadata", []string{"create", "get"}, core("pods/exec", "pods/portforward", "pods/proxy", "services/proxy")...),
			in.below(policy, "Metadata", append(reads(), changes()...), rest()...),
		}
		if c.Benchmark == "cis-2.0.1" {
			complaints = append(complaints, credentials(in, policy)...)
		}
		return complaints
	})
}

// credentials are complaints about what makes credentials.
func credentials(in Input, policy *settings.Value) []string {
	return []string{
		in.below(policy, "Metadata", []string{"create"}, core("serviceaccounts/token")...),
		in.below(policy, "Metadata", []string{"create"}, request{"certificates.k8s.io", "certificatesigningrequests", ""}),
		in.below(policy, "Metadata", []string{"update"}, request{"certificates.k8s.io", "certificatesigningrequests", "approval"}),
	}
}

// auditCredentials: certificate requests and service account tokens are recorded.
func auditCredentials(in Input, _ Control) verdict {
	return in.audited("certificate requests and service account tokens are recorded", func(policy *settings.Value) []string {
		return credentials(in, policy)
	})
}

// auditCritical: changes of permissions in full, of workloads with what was asked for, Secrets
// without bodies.
func auditCritical(in Input, _ Control) verdict {
	return in.audited("critical changes are recorded in full, Secrets without bodies", func(policy *settings.Value) []string {
		return []string{
			in.leaks(policy, core("secrets")...),
			in.below(policy, "Metadata", append(reads(), changes()...), core("secrets")...),
			in.below(policy, "RequestResponse", changes(),
				request{"rbac.authorization.k8s.io", "clusterrolebindings", ""}, request{"rbac.authorization.k8s.io", "roles", ""}),
			in.below(policy, "Request", changes(), append(core("pods"), request{"apps", "deployments", ""})...),
		}
	})
}

// auditEverything: exactly one rule, RequestResponse for everything.
func auditEverything(in Input, _ Control) verdict {
	rules := items(in.api("Policy").value.Get("rules"))
	ok := len(rules) == 1 && len(rules[0].Entries) == 1 && rules[0].Get("level") != nil &&
		rules[0].Get("level").Text == "RequestResponse"
	return either(ok, fmt.Sprintf("rules in the audit policy: %d; the control wants one, RequestResponse for everything", len(rules)))
}
