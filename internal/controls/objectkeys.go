package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// carried returns the setting keys of the controls that an object of the cluster has to do with,
// by its kind and, where kinds serve several ends, its name.
func carried(kind, name string) []string {
	switch kind {
	case "Namespace":
		return []string{
			"podsecurity:mechanism", "podsecurity:privileged", "podsecurity:hostPID", "podsecurity:hostIPC", "podsecurity:hostNetwork",
			"podsecurity:hostProcess", "podsecurity:hostPath", "podsecurity:hostPorts", "podsecurity:allowPrivilegeEscalation",
			"podsecurity:runAsNonRoot", "podsecurity:NET_RAW", "podsecurity:capabilities", "podsecurity:seccompProfile",
		}
	case "ServiceAccount":
		if name == "default" {
			return []string{"rbac:default-serviceaccount", "pod:automountServiceAccountToken"}
		}
	case "LimitRange":
		return []string{"namespace:limitrange"}
	case "ResourceQuota":
		return []string{"namespace:resourcequota"}
	case "NetworkPolicy":
		return carriedByNetworkPolicy(name)
	case "Role", "ClusterRole":
		return []string{"rbac:least-privilege", "rbac:wildcards"}
	case "RoleBinding":
		return []string{"rbac:least-privilege"}
	case "ClusterRoleBinding":
		return []string{"rbac:least-privilege", "rbac:cluster-admin-bindings"}
	case "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding":
		if policy, ours := strings.CutPrefix(name, policyPrefix); ours {
			return append([]string{"admission:vap"}, carriedByPolicy(policy)...)
		}
	}
	return nil
}

// carriedByNetworkPolicy tells a default deny and a block of metadata, which isolate, from policies
// that allow something beside one.
func carriedByNetworkPolicy(name string) []string {
	switch name {
	case "default-deny":
		return []string{"networkpolicy:per-namespace", "networkpolicy:default-deny", "networkpolicy:metadata-block", "networkpolicy:ports", "networkpolicy:micro"}
	case "block-metadata":
		return []string{"networkpolicy:per-namespace", "networkpolicy:metadata-block"}
	}
	return []string{"networkpolicy:ports", "networkpolicy:micro"}
}

func carriedByPolicy(name string) []string {
	const images = "apiserver:--enable-admission-plugins:ImagePolicyWebhook"
	switch name {
	case "privilege-escalation":
		return []string{"podsecurity:allowPrivilegeEscalation"}
	case "privileged":
		return []string{"podsecurity:mechanism", "podsecurity:privileged", "podsecurity:hostProcess"}
	case "read-only-root-filesystem":
		return []string{"pod:readOnlyRootFilesystem"}
	case "allowed-registries", "image-digests":
		return []string{images, "admission:image-provenance"}
	case "resources":
		return []string{"namespace:limitrange"}
	case "host-path":
		return []string{"podsecurity:mechanism", "podsecurity:hostPath"}
	case "host-namespaces":
		return []string{"podsecurity:mechanism", "podsecurity:hostPID", "podsecurity:hostIPC", "podsecurity:hostNetwork"}
	case "host-ports":
		return []string{"podsecurity:mechanism", "podsecurity:hostPorts"}
	case "seccomp":
		return []string{"podsecurity:seccompProfile"}
	case "apparmor":
		return []string{"pod:mac"}
	case "default-service-account":
		return []string{"rbac:default-serviceaccount", "rbac:own-serviceaccount"}
	case "token-automount":
		return []string{"pod:automountServiceAccountToken"}
	case "namespace-labels":
		return []string{"admission:label-guard", "rbac:namespaces-patch"}
	}
	return nil
}

// carriedBy returns the controls that an object's key carries, in the order of Controls.
func (in *index) carriedBy(kind, name string) []string {
	var at []int
	for _, settingKey := range carried(kind, name) {
		at = append(at, in.bySettingKey[settingKey]...)
	}
	slices.Sort(at)
	var out []string
	for _, i := range slices.Compact(at) {
		out = append(out, Controls()[i].Name())
	}
	return out
}

// objectKeys returns the rendered objects of the cluster that have to do with a control.
func (in Input) objectKeys(c Control) []settings.Key {
	if in.Settings == nil {
		return nil
	}
	var out []settings.Key
	for _, s := range in.Settings.Of(settings.Cluster, "") {
		if kind, _, name, ok := s.Key.Object(); ok && slices.Contains(carried(kind, name), c.SettingKey) {
			out = append(out, s.Key)
		}
	}
	return out
}
