package meaning

import (
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// absent says what it means that one of the two is not there at all.
func (c *comparer) absent(want, have *settings.Value) {
	relation, missing, added := absence(c.kind)
	d := Delta{Relation: relation, Want: "present", Have: "absent", Opens: missing}
	if want == nil {
		d = Delta{Relation: inverse(relation), Want: "absent", Have: "present", Opens: added, At: have.Origin}
	}
	c.add(d)
}

func inverse(r catalog.Relation) catalog.Relation {
	switch r {
	case catalog.Weaker:
		return catalog.Stronger
	case catalog.Stronger:
		return catalog.Weaker
	}
	return r
}

// absence returns what a kind's absence is, and in words what it and an unwanted presence open.
func absence(kind string) (relation catalog.Relation, missing, added string) {
	switch kind {
	case "Policy":
		return catalog.Weaker, "nothing is recorded", "requests are recorded"
	case "EncryptionConfiguration":
		return catalog.Weaker, "everything is stored in plain text", "what is stored is encrypted"
	case "AuthenticationConfiguration":
		// Without it --anonymous-auth decides, and its default is true (k8s.io/kubernetes v1.37.0,
		// pkg/kubeapiserver/options/authentication.go).
		return catalog.Weaker, "anonymous requests are limited by the flag alone, which lets them in everywhere by default", "it decides who is known"
	case "AuthorizationConfiguration":
		// Without it --authorization-mode decides, which is AlwaysAllow where it is not set (k8s.io/kubernetes v1.37.0,
		// pkg/kubeapiserver/options/authorization.go).
		return catalog.Weaker, "the flags alone decide who is allowed what, and allow everything where they are not set", "it decides who is allowed what"
	case "AdmissionConfiguration":
		return catalog.Weaker, "admission plugins run with their defaults", "it configures admission plugins"
	case "PodSecurityConfiguration":
		// k8s.io/pod-security-admission v0.37.0, admission/api/v1/defaults.go
		return catalog.Weaker, "every level is privileged where a namespace has no label", "namespaces without a label get its levels"
	case "EventRateLimit":
		return catalog.Weaker, "events are not limited", "events are limited"
	case "ImagePolicyWebhook":
		return catalog.Weaker, "no webhook judges images", "a webhook judges images"
	case "kubeconfig":
		return catalog.Different, "the webhook cannot be reached", "a webhook is reached"
	case "static":
		return catalog.Weaker, "its admission policies judge nothing", "it has admission policies"
	case "Role", "ClusterRole":
		return catalog.Stronger, "what it grants is missing", "it can be bound"
	case "RoleBinding", "ClusterRoleBinding":
		return catalog.Stronger, "its subjects lack what it grants", "its subjects have more rights"
	case "NetworkPolicy":
		return catalog.Weaker, "it holds for no pod", "it holds for pods too"
	case "LimitRange":
		return catalog.Weaker, "containers are not limited", "containers are limited"
	case "ResourceQuota":
		return catalog.Weaker, "the namespace is not limited", "the namespace is limited"
	case "ValidatingAdmissionPolicy":
		return catalog.Weaker, "it judges nothing", "it judges requests where it is bound"
	case "ValidatingAdmissionPolicyBinding":
		return catalog.Weaker, "the policy is not bound by it", "it binds a policy"
	}
	return catalog.Different, "it is missing", "it is more than is wanted"
}
