package rbac

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeletServing is the one signer whose requests people approve: no controller of Kubernetes does.
const kubeletServing = "kubernetes.io/kubelet-serving"

// judged is one rule of a role's tree.
type judged struct {
	groups, resources, names, urls, verbs *settings.Value
}

// rulesOf returns the rules of a Role or ClusterRole; none of anything else, or of a tree that is no role's.
func rulesOf(object *settings.Value) []judged {
	var out []judged
	for _, r := range items(object.Get("rules")) {
		out = append(out, judged{r.Get("apiGroups"), r.Get("resources"), r.Get("resourceNames"), r.Get("nonResourceURLs"), r.Get("verbs")})
	}
	return out
}

// items returns the elements of a list, or nothing of anything else.
func items(v *settings.Value) []*settings.Value {
	if v == nil || v.Kind != settings.List {
		return nil
	}
	return v.Items
}

func has(list *settings.Value, wanted ...string) bool { return len(pick(list, wanted...)) > 0 }

// pick returns the elements of a list that are one of some texts.
func pick(list *settings.Value, wanted ...string) []*settings.Value {
	var out []*settings.Value
	for _, item := range items(list) {
		if slices.Contains(wanted, item.Text) {
			out = append(out, item)
		}
	}
	return out
}

// grants returns the nodes by which a rule gives one of some verbs on a resource: the resource's, as far as it is
// spelled in any way that upstream matches (k8s.io/kubernetes v1.37.0, pkg/apis/rbac/v1/evaluation_helpers.go).
func (r judged) grants(group, resource string, verbs ...string) []*settings.Value {
	if !has(r.groups, group, "*") || !has(r.verbs, append(verbs, "*")...) {
		return nil
	}
	spellings := []string{resource, "*"}
	if _, sub, ok := strings.Cut(resource, "/"); ok {
		spellings = append(spellings, "*/"+sub)
	}
	return pick(r.resources, spellings...)
}

// Wildcards returns every "*" among a role's groups, resources, verbs and paths. A path that ends in one below a path
// of its own, as /metrics/*, is none.
func Wildcards(role *settings.Value) []*settings.Value {
	var out []*settings.Value
	for _, r := range rulesOf(role) {
		out = append(out, pick(r.groups, "*")...)
		for _, item := range items(r.resources) {
			if strings.HasPrefix(item.Text, "*") {
				out = append(out, item)
			}
		}
		out = append(out, pick(r.urls, "*", "/*")...)
		out = append(out, pick(r.verbs, "*")...)
	}
	return out
}

// Escalation returns the verbs by which a role gives itself, or somebody, the rights of others.
func Escalation(role *settings.Value) []*settings.Value {
	var out []*settings.Value
	for _, r := range rulesOf(role) {
		for _, item := range items(r.verbs) {
			if slices.Contains([]string{"bind", "escalate", "impersonate"}, item.Text) ||
				strings.HasPrefix(item.Text, "impersonate:") || strings.HasPrefix(item.Text, "impersonate-on:") {
				out = append(out, item)
			}
		}
	}
	return out
}

// NodesProxy returns what gives a role nodes/proxy, with whatever verb: kubelets ask for get where a WebSocket that
// runs a command is opened (pkg/kubelet/server/auth.go of k8s.io/kubernetes v1.37.0 takes the verb from the method).
func NodesProxy(role *settings.Value) []*settings.Value {
	var out []*settings.Value
	for _, r := range rulesOf(role) {
		if has(r.groups, "", "*") {
			out = append(out, pick(r.resources, "nodes/proxy", "*/proxy")...)
		}
	}
	return out
}

// TokenCreation returns what lets a role make tokens of service accounts.
func TokenCreation(role *settings.Value) []*settings.Value {
	return granted(role, "", []string{"serviceaccounts/token"}, "create")
}

// Webhooks returns what lets a role write what is called with, or changes, every object on its way; an APIService
// takes the requests for a whole group.
func Webhooks(role *settings.Value) []*settings.Value {
	write := []string{"create", "update", "patch", "delete", "deletecollection"}
	return append(granted(role, "admissionregistration.k8s.io", []string{
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
	}, write...), granted(role, "apiregistration.k8s.io", []string{"apiservices"}, write...)...)
}

// PersistentVolumes returns what lets a role make volumes, of a node's own directories too.
func PersistentVolumes(role *settings.Value) []*settings.Value {
	return granted(role, "", []string{"persistentvolumes"}, "create")
}

// granted returns the nodes by which a role gives one of some verbs on one of some resources, but wildcards, which
// are judged by themselves.
func granted(role *settings.Value, group string, resources []string, verbs ...string) []*settings.Value {
	var out []*settings.Value
	for _, r := range rulesOf(role) {
		for _, resource := range resources {
			for _, node := range r.grants(group, resource, verbs...) {
				if node.Text != "*" {
					out = append(out, node)
				}
			}
		}
	}
	return out
}

// CSRApproval returns what lets a role approve or sign certificates that clients are known by: every signer where
// none is named, and those of kubernetes.io but the one of kubelets' serving certificates. Approving takes the right
// to the signer besides the one to the request (pkg/certauthorization/certauthorization.go of k8s.io/kubernetes
// v1.37.0, which takes kubernetes.io/* for a whole domain).
func CSRApproval(role *settings.Value) []*settings.Value {
	var out []*settings.Value
	for _, r := range rulesOf(role) {
		for _, node := range r.grants("certificates.k8s.io", "signers", "approve", "sign") {
			if node.Text == "*" {
				continue
			}
			named := items(r.names)
			if len(named) == 0 {
				out = append(out, node)
			}
			for _, name := range named {
				if strings.HasPrefix(name.Text, "kubernetes.io/") && name.Text != kubeletServing {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// ListedSecrets returns what lets a role read secrets it has no name of. The answer to deletecollection holds what
// was deleted, so it reads as well (k8s.io/apiserver v0.37.0, pkg/registry/generic/registry/store.go).
func ListedSecrets(role *settings.Value) []*settings.Value {
	return secrets(role, "list", "watch", "deletecollection")
}

// NamedSecrets returns what lets a role read secrets by any name: the answers to an update and a patch hold the
// secret too.
func NamedSecrets(role *settings.Value) []*settings.Value {
	return secrets(role, "get", "update", "patch")
}

// secrets leaves out rules that name the secrets they are for.
func secrets(role *settings.Value, verbs ...string) []*settings.Value {
	var out []*settings.Value
	for _, r := range rulesOf(role) {
		if len(items(r.names)) > 0 {
			continue
		}
		for _, node := range r.grants("", "secrets", verbs...) {
			if node.Text != "*" {
				out = append(out, node)
			}
		}
	}
	return out
}

// RunsPods reports whether a role can run what it wants: create or change what makes pods, or get into their
// containers. In kube-system that is root on the nodes.
func RunsPods(role *settings.Value) bool {
	for _, r := range rulesOf(role) {
		for group, resources := range map[string][]string{
			"":      {"pods", "replicationcontrollers", "pods/ephemeralcontainers"},
			"apps":  {"daemonsets", "deployments", "replicasets", "statefulsets"},
			"batch": {"cronjobs", "jobs"},
		} {
			for _, resource := range resources {
				if len(r.grants(group, resource, "create", "update", "patch")) > 0 {
					return true
				}
			}
		}
		if len(r.grants("", "pods/exec", "create", "get")) > 0 || len(r.grants("", "pods/attach", "create", "get")) > 0 {
			return true
		}
	}
	return false
}

// KeptSubjects returns the names of a binding's users and groups that are Kubernetes' own.
func KeptSubjects(binding *settings.Value) []*settings.Value {
	var out []*settings.Value
	for _, s := range items(binding.Get("subjects")) {
		kind, name := s.Get("kind"), s.Get("name")
		if kind != nil && name != nil && kind.Text != "ServiceAccount" && KeptSubject(name.Text) {
			out = append(out, name)
		}
	}
	return out
}
