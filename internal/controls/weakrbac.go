package controls

import (
	"github.com/hardstrap/hardstrap/internal/rbac"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// rbacRules are about what a role opens, and for whom. They look at all roles and bindings that are rendered: the
// ready-made ones keep them.
func rbacRules() []weakRuleOf {
	roles := objectOf("Role", "ClusterRole")
	return []weakRuleOf{
		{
			id: "rbac-wildcard", why: "a wildcard also grants what is added to Kubernetes, or by an extension, later",
			instead: "the groups, resources and verbs that are needed, by name",
			subject: "rbac:wildcards", looks: roles, weak: rbac.Wildcards,
		},
		{
			id: "rbac-escalation", why: "escalate and bind grant rights that one does not have, impersonate grants those of somebody else",
			instead: "the rights that are needed themselves: without these verbs one can grant what one has",
			subject: "rbac:escalation-verbs", looks: roles, weak: rbac.Escalation,
		},
		{
			id: "rbac-nodes-proxy", why: "nodes/proxy runs commands in every pod of a node, also with get alone, and no admission or audit of the API server sees them",
			instead: "nodes/metrics, nodes/stats, nodes/pods, nodes/configz, nodes/healthz, as the ready-made role node-reader has them",
			subject: "rbac:nodes-proxy", looks: roles, weak: rbac.NodesProxy,
		},
		{
			id: "rbac-secrets", why: "it reads secrets without having to know their names, or those of every namespace",
			instead: "get with resourceNames, or, bound in namespaces, without list, watch and deletecollection, whose answers hold the secrets",
			subject: "rbac:secrets-read", looks: objectOf("Role", "ClusterRole", "ClusterRoleBinding"), among: readSecrets,
		},
		{
			id: "rbac-token-creation", why: "whoever makes tokens of service accounts acts as these",
			instead: "leave it out: kubelets make the tokens that pods mount",
			subject: "rbac:serviceaccounts-token", looks: roles, weak: rbac.TokenCreation,
		},
		{
			id: "rbac-csr-approval", why: "whoever approves or signs for a signer of client certificates makes himself any user",
			instead: "resourceNames with the signers that are meant, as kubernetes.io/kubelet-serving",
			subject: "rbac:csr-approval", looks: roles, weak: rbac.CSRApproval,
		},
		{
			id: "rbac-webhooks", why: "whoever writes webhooks, APIServices or mutating policies sees or changes objects on their way, secrets too",
			instead: "read alone: get, list, watch",
			subject: "rbac:webhook-configs", looks: roles, weak: rbac.Webhooks,
		},
		{
			id: "rbac-persistent-volumes", why: "a volume made by hand can be any directory of a node",
			instead: "claims of a storage class, for which volumes are made",
			subject: "rbac:persistentvolumes-create", looks: roles, weak: rbac.PersistentVolumes,
		},
		{
			id: "rbac-system-groups", why: "a user or group of Kubernetes' own stands for whole kinds of clients: all that are authenticated, all that are not, all nodes, all service accounts",
			instead: "a group of the identity provider, or service accounts by name",
			looks:   objectOf("RoleBinding", "ClusterRoleBinding"), weak: rbac.KeptSubjects,
		},
	}
}

// readSecrets returns what of a role reads secrets it has no name of, and of a binding for the whole cluster the
// name of a role that reads any secret.
func readSecrets(set *settings.Set, v *settings.Value) []*settings.Value {
	ref := v.Lookup("roleRef", "name")
	if ref == nil {
		return rbac.ListedSecrets(v)
	}
	if role := set.Value(settings.ObjectKey("ClusterRole", "", ref.Text)); len(rbac.NamedSecrets(role)) > 0 {
		return []*settings.Value{ref}
	}
	return nil
}
