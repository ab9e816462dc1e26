package rbac

import (
	"slices"
	"strings"
)

// Masters is the group that the API server asks no authorizer about
// (k8s.io/apiserver v0.37.0, pkg/authentication/user/user.go, SystemPrivilegedGroup).
const Masters = "system:masters"

// ClusterAdmin is upstream's role that may do everything.
const ClusterAdmin = "cluster-admin"

// KeptRole reports whether a Role or ClusterRole of a name is Kubernetes' or kubeadm's own, which a role of the same
// name would overwrite (k8s.io/kubernetes v1.37.0, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go and
// namespace_policy.go; kubeadm's are in cmd/kubeadm/app/phases).
func KeptRole(name string) bool {
	return slices.Contains([]string{ClusterAdmin, "admin", "edit", "view", "extension-apiserver-authentication-reader", "kube-proxy"}, name) ||
		strings.HasPrefix(name, "system:") || strings.HasPrefix(name, "kubeadm:")
}

// KeptSubject reports whether a user's or group's name is Kubernetes' own.
func KeptSubject(name string) bool { return strings.HasPrefix(name, "system:") }

// VirtualResources are what authorization is asked about besides what a group's API serves.
func VirtualResources(group string) []string {
	switch group {
	case "":
		return append(kubeletPaths(), "nodes/checkpoint", "nodes/log", "nodes/statusz", "users", "groups")
	case "authentication.k8s.io": // impersonation: k8s.io/apiserver v0.37.0, pkg/endpoints/filters/impersonation/mode.go
		return []string{"users", "groups", "serviceaccounts", "nodes", "uids", "userextras"}
	case "certificates.k8s.io":
		return []string{"signers"}
	}
	return nil
}

// ResourceVerbs are those of requests (k8s.io/apiserver v0.37.0, pkg/endpoints/request/requestinfo.go), and those
// that are asked besides: bind and escalate of roles, impersonate, approve, sign and attest of signers, and use and
// request-serviceaccounts-token-audience of what a name stands for.
func ResourceVerbs() []string {
	return []string{
		"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection",
		"approve", "attest", "bind", "escalate", "impersonate", "proxy", "request-serviceaccounts-token-audience", "sign", "use",
	}
}

// KnownVerb reports whether requests for resources can have a verb. Impersonation has, since 1.36, verbs that hold
// another one: impersonate:user-info, impersonate-on:user-info:list.
func KnownVerb(verb string) bool {
	return verb == "*" || slices.Contains(ResourceVerbs(), verb) ||
		strings.HasPrefix(verb, "impersonate:") || strings.HasPrefix(verb, "impersonate-on:")
}

// PathVerbs are the methods of requests for paths, in lower case.
func PathVerbs() []string {
	return []string{"get", "head", "post", "put", "patch", "delete", "options"}
}
