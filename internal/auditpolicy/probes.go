package auditpolicy

import (
	"slices"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// secrecy is a kind of object whose bodies do not belong into a log.
type secrecy struct {
	id       string
	severity diag.Severity
	what     string
	target   Attributes
	cluster  bool     // not in a namespace
	request  []string // verbs whose request body carries it: from level Request
	response []string // verbs whose answer carries it: only at RequestResponse
}

// sensitive lists them. Which body holds what: k8s.io/apiserver v0.37.0, pkg/endpoints/handlers
// (create.go, update.go, patch.go and delete.go record requests, responsewriters/writers.go answers;
// events of a watch are recorded by none); k8s.io/api, authentication/v1: the token stands in the
// request of a TokenReview and in the answer to a TokenRequest.
func sensitive() []secrecy {
	written := []string{"create", "update", "patch"}
	all := []string{"create", "update", "patch", "get", "list", "delete", "deletecollection"}
	return []secrecy{
		{id: SecretBodies, what: "the contents of Secrets", target: Attributes{Resource: "secrets"}, request: written, response: all},
		{id: TokenBodies, what: "tokens handed in for review", target: Attributes{Group: "authentication.k8s.io", Resource: "tokenreviews"},
			cluster: true, request: []string{"create"}, response: []string{"create"}},
		{id: TokenBodies, what: "tokens issued for service accounts", target: Attributes{Resource: "serviceaccounts", Subresource: "token"},
			response: []string{"create"}},
		{severity: diag.Warning, what: "the contents of ConfigMaps", target: Attributes{Resource: "configmaps"}, request: written, response: all},
	}
}

func (s *secrecy) name() string {
	name := s.target.Resource
	if s.target.Subresource != "" {
		name += "/" + s.target.Subresource
	}
	if s.target.Group != "" {
		name += " (group " + s.target.Group + ")"
	}
	return name
}

// spaces returns the requests whose bodies a level records, one space a verb.
func (s *secrecy) spaces(level string) []space {
	verbs := s.request
	if level == RequestResponse {
		verbs = s.response
	}
	out := make([]space, 0, len(verbs))
	for _, verb := range verbs {
		in := space{targets: []Attributes{s.target}, verbs: []string{verb}, named: with, namespaced: with, authenticated: true}
		switch {
		case verb == "create" && s.target.Subresource == "", verb == "deletecollection":
			in.named = without
		case verb == "list":
			in.named, in.namespaced = either, either
		}
		if s.cluster {
			in.namespaced = without
		}
		out = append(out, in)
	}
	return out
}

// interest is a kind of request that should leave a trace.
type interest struct {
	what   string
	change bool // a kind of change
	space  space
}

func writeVerbs() []string {
	return []string{"create", "update", "patch", "delete", "deletecollection"}
}

// interesting lists what an investigation starts from: CIS 3.2.2 of 1.12 and 2.0.1, NSA/CISA's critical
// events, OWASP K10, and what admission and networks hang on.
func interesting() []interest {
	group := func(group string, resources ...string) []Attributes {
		var out []Attributes
		for _, r := range resources {
			out = append(out, Attributes{Group: group, Resource: r})
		}
		return out
	}
	sub := func(resource string, subresources ...string) []Attributes {
		var out []Attributes
		for _, s := range subresources {
			out = append(out, Attributes{Resource: resource, Subresource: s})
		}
		return out
	}
	requests := func(what string, presence presence, verbs []string, targets ...[]Attributes) interest {
		return interest{what, slices.Equal(verbs, writeVerbs()),
			space{targets: slices.Concat(targets...), verbs: verbs, namespaced: presence, authenticated: true}}
	}
	const certificates, admission, rbac = "certificates.k8s.io", "admissionregistration.k8s.io", "rbac.authorization.k8s.io"
	connect := append([]string{"get"}, writeVerbs()...)
	return []interest{
		requests("reads of Secrets", either, []string{"get", "list", "watch"}, group("", "secrets")),
		requests("changes of Secrets", with, writeVerbs(), group("", "secrets")),
		requests("tokens issued for service accounts", with, []string{"create"}, sub("serviceaccounts", "token")),
		requests("token reviews", without, []string{"create"}, group("authentication.k8s.io", "tokenreviews")),
		requests("certificate requests and their approval", without, writeVerbs(), group(certificates, "certificatesigningrequests"),
			[]Attributes{{Group: certificates, Resource: "certificatesigningrequests", Subresource: "approval"}}),
		requests("changes of roles and role bindings", with, writeVerbs(), group(rbac, "roles", "rolebindings")),
		requests("changes of cluster roles and their bindings", without, writeVerbs(), group(rbac, "clusterroles", "clusterrolebindings")),
		requests("connections into pods and services (exec, attach, port-forward, proxy)", with, connect, sub("pods", "exec", "attach", "portforward", "proxy"), sub("services", "proxy")),
		requests("connections to nodes (proxy)", without, connect, sub("nodes", "proxy")),
		requests("changes of admission webhooks and policies", without, writeVerbs(), group(admission,
			"mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies",
			"mutatingadmissionpolicybindings", "validatingadmissionpolicies", "validatingadmissionpolicybindings")),
		requests("changes of network policies", with, writeVerbs(), group("networking.k8s.io", "networkpolicies")),
		requests("changes of namespaces", either, writeVerbs(), group("", "namespaces")),
		requests("changes of service accounts", with, writeVerbs(), group("", "serviceaccounts")),
		requests("changes of pods and workloads", with, writeVerbs(), group("", "pods"),
			group("apps", "deployments", "daemonsets", "statefulsets"), group("batch", "jobs", "cronjobs")),
	}
}
