package controls

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Objects of a cluster, as upstream's types have them.

func namespace(name string, labels ...string) values {
	set := tree{}
	for i := 0; i < len(labels); i += 2 {
		set[labels[i]] = labels[i+1]
	}
	return values{"cluster:Namespace/" + name: tree{"kind": "Namespace", "metadata": tree{"name": name, "labels": set}}}
}

func networkPolicy(namespace, name string, spec tree) values {
	return values{"cluster:NetworkPolicy/" + namespace + "/" + name: tree{"kind": "NetworkPolicy", "spec": spec}}
}

// deny isolates every pod of some namespaces.
func deny(types []string, namespaces ...string) values {
	out := values{}
	for _, n := range namespaces {
		maps.Copy(out, networkPolicy(n, "default-deny", tree{"podSelector": tree{}, "policyTypes": types}))
	}
	return out
}

func limitRange(namespace string, limits ...any) values {
	return values{"cluster:LimitRange/" + namespace + "/hardstrap": tree{"kind": "LimitRange", "spec": tree{"limits": limits}}}
}

// policy is an admission policy with its binding.
func policy(name string, actions []string, exempt ...string) values {
	return values{
		"cluster:ValidatingAdmissionPolicy/hardstrap-" + name: tree{"spec": tree{"failurePolicy": "Fail"}},
		"cluster:ValidatingAdmissionPolicyBinding/hardstrap-" + name: tree{"spec": tree{
			"policyName": "hardstrap-" + name, "validationActions": actions,
			"matchResources": tree{"namespaceSelector": tree{"matchExpressions": []any{
				tree{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": exempt},
				tree{"key": "policies.hardstrap.dev/" + name, "operator": "NotIn", "values": []string{"exempt"}},
			}}},
		}},
	}
}

func all(parts ...values) values {
	out := values{}
	for _, p := range parts {
		maps.Copy(out, p)
	}
	return out
}

func without(v values, keys ...string) values {
	for _, k := range keys {
		delete(v, k)
	}
	return v
}

func TestObjects(t *testing.T) {
	both := []string{"Ingress", "Egress"}
	four := []string{"default", "kube-node-lease", "kube-public", "kube-system"}
	denied := func() values { return all(namespace("shop"), deny(both, append(four, "shop")...)) }
	toBlock := func(block tree, ports ...any) values {
		rule := tree{"to": []any{tree{"ipBlock": block}}}
		if len(ports) > 0 {
			rule["ports"] = ports
		}
		return networkPolicy("shop", "out", tree{"podSelector": tree{"matchLabels": tree{"app": "a"}}, "policyTypes": []string{"Egress"}, "egress": []any{rule}})
	}
	labelled := func(level string, names ...string) values {
		out := values{}
		for _, n := range names {
			maps.Copy(out, namespace(n, enforceLabel, level))
		}
		return out
	}
	cluster := func(level string) values {
		return values{"kube-apiserver:PodSecurityConfiguration": podSecurity(level)}
	}
	hostPolicies := all(policy("privileged", []string{"Deny"}, "kube-system"), policy("host-namespaces", []string{"Deny"}, "kube-system"),
		policy("host-path", []string{"Deny"}, "kube-system"), policy("host-ports", []string{"Deny", "Audit"}, "kube-system"))
	memory := tree{"type": "Container", "default": tree{"memory": "256Mi"}}
	for _, tc := range []struct {
		name     string
		control  string
		settings values
		state    State
		evidence string // a part of it
	}{
		// Default deny.
		{"everywhere", "nsa-cisa/NSA-NET-04", denied(), Met, "namespaces made later are not covered; only a network plugin that enforces NetworkPolicies gives them effect"},
		{"everywhere, OWASP", "owasp-k8s-top10/K05.1", denied(), Met, ""},
		{"everywhere, CIS", "cis-1.12/5.3.2", denied(), Met, "default deny of ingress in default, kube-node-lease, kube-public, kube-system, shop"},
		{"everywhere, BSI", "bsi-app.4.4/APP.4.4.A7(3)", denied(), Met, ""},
		{"one forgotten", "nsa-cisa/NSA-NET-04", without(denied(), "cluster:NetworkPolicy/shop/default-deny"), NotMet, "no default deny of ingress and egress in shop"},
		{"a system namespace forgotten", "cis-2.0.1/5.3.2", without(denied(), "cluster:NetworkPolicy/kube-system/default-deny"), NotMet, "in kube-system"},
		{"ingress only is not both", "nsa-cisa/NSA-NET-04", all(denied(), deny([]string{"Ingress"}, "kube-system")), NotMet, "in kube-system"},
		{"ingress only is enough for CIS", "cis-1.12/5.3.2", all(denied(), deny([]string{"Ingress"}, "kube-system")), Met, ""},
		{"egress only is not", "cis-1.12/5.3.2", all(denied(), deny([]string{"Egress"}, "shop")), NotMet, "in shop"},
		{"types unset mean ingress", "cis-1.12/5.3.2", all(denied(), networkPolicy("shop", "default-deny", tree{"podSelector": tree{}})), Met, ""},
		{"and egress with rules", "k8s-checklist/KC-NET-2", all(denied(), networkPolicy("shop", "default-deny", tree{"podSelector": tree{}, "egress": []any{tree{}}})), Met, ""},
		{"some pods are not all", "k8s-checklist/KC-NET-3", all(denied(), networkPolicy("shop", "default-deny", tree{"podSelector": tree{"matchLabels": tree{"app": "a"}}, "policyTypes": both})), NotMet, "in shop"},
		{"but a policy", "nsa-cisa/NSA-NET-03", all(denied(), networkPolicy("shop", "default-deny", tree{"podSelector": tree{"matchLabels": tree{"app": "a"}}, "policyTypes": both})), Met, ""},
		{"no selector is no policy for all", "cis-1.12/5.3.2", all(denied(), networkPolicy("shop", "default-deny", tree{"policyTypes": both})), NotMet, "in shop"},
		{"an allowance beside it", "nsa-cisa/NSA-NET-04", all(denied(), networkPolicy("shop", "web", tree{"podSelector": tree{}, "policyTypes": both, "ingress": []any{
			tree{"from": []any{tree{"namespaceSelector": tree{"matchLabels": tree{"a": "b"}}}}}, tree{"ports": []any{tree{"port": 8080}}}}})), Met, ""},
		{"everything allowed again", "nsa-cisa/NSA-NET-04", all(denied(), networkPolicy("shop", "open", tree{"podSelector": tree{}, "policyTypes": both, "ingress": []any{tree{}}})), NotMet, "in shop"},
		{"every pod allowed again", "cis-1.12/5.3.2", all(denied(), networkPolicy("shop", "open", tree{"podSelector": tree{}, "ingress": []any{tree{"from": []any{tree{"namespaceSelector": tree{}}}}}})), NotMet, "in shop"},
		{"every address allowed again", "nsa-cisa/NSA-NET-04", all(denied(), networkPolicy("shop", "open", tree{"podSelector": tree{}, "policyTypes": both, "egress": []any{
			tree{"to": []any{tree{"ipBlock": tree{"cidr": "0.0.0.0/0"}}}}}})), NotMet, "in shop"},
		{"a companion is no policy", "cis-1.12/5.3.2", all(without(denied(), "cluster:NetworkPolicy/shop/default-deny"),
			values{"companion:NetworkPolicy/shop/default-deny": tree{"spec": tree{"podSelector": tree{}, "policyTypes": both}}}), NotMet, "in shop"},

		// Metadata.
		{"denied", "nsa-cisa/NSA-NET-19", denied(), Met, "block of the clouds' metadata addresses in default"},
		{"all but metadata", "owasp-k8s-top10/K08.2", all(denied(), toBlock(tree{"cidr": "0.0.0.0/0", "except": []string{"169.254.169.254/32"}})), Met, ""},
		{"all", "k8s-checklist/KC-NET-6", all(denied(), toBlock(tree{"cidr": "0.0.0.0/0"})), NotMet, "in shop"},
		{"link-local", "nsa-cisa/NSA-NET-19", all(denied(), toBlock(tree{"cidr": "169.254.0.0/16"})), NotMet, "in shop"},
		{"all of IPv6", "nsa-cisa/NSA-NET-19", all(denied(), toBlock(tree{"cidr": "::/0"})), NotMet, "in shop"},
		{"a port apart", "nsa-cisa/NSA-NET-19", all(denied(), toBlock(tree{"cidr": "0.0.0.0/0"}, tree{"port": 443}, tree{"port": 53, "protocol": "UDP"})), Met, ""},
		{"a range of ports with it", "nsa-cisa/NSA-NET-19", all(denied(), toBlock(tree{"cidr": "0.0.0.0/0"}, tree{"port": 1, "endPort": 1024})), NotMet, "in shop"},
		{"a protocol, all ports", "nsa-cisa/NSA-NET-19", all(denied(), toBlock(tree{"cidr": "0.0.0.0/0"}, tree{"protocol": "TCP"})), NotMet, "in shop"},
		{"a range that cannot be read", "nsa-cisa/NSA-NET-19", all(denied(), toBlock(tree{"cidr": "10.0.0.0"})), NotMet, "in shop"},
		{"no peers", "nsa-cisa/NSA-NET-19", all(denied(), networkPolicy("shop", "out", tree{"podSelector": tree{}, "policyTypes": both, "egress": []any{tree{}}})), NotMet, "in shop"},
		{"pods only", "nsa-cisa/NSA-NET-19", all(denied(), networkPolicy("shop", "out", tree{"podSelector": tree{}, "policyTypes": both, "egress": []any{tree{"to": []any{tree{"podSelector": tree{}}}}}})), Met, ""},
		{"egress not limited", "nsa-cisa/NSA-NET-19", all(denied(), deny([]string{"Ingress"}, "shop")), NotMet, "in shop"},

		// What people have to judge.
		{"ports", "bsi-app.4.4/APP.4.4.A7(2)", all(denied(), networkPolicy("shop", "web", tree{"podSelector": tree{"matchLabels": tree{"app": "a"}}, "ingress": []any{tree{"from": []any{tree{"podSelector": tree{}}}}}})),
			Organisational, "whether each of the 1 rules that allow ingress is needed is decided by people; without ports: shop/web"},
		{"ports without a deny", "bsi-app.4.4/APP.4.4.A7(2)", values{}, NotMet, "no default deny of ingress"},
		{"segments", "bsi-app.4.4/APP.4.4.A18", denied(), Organisational, ""},
		{"plugin", "cis-1.12/5.3.1", denied(), NeedsLiveCheck, "the bundle has 5 NetworkPolicies"},

		// Limits.
		{"limits everywhere", "nsa-cisa/NSA-NET-05", all(namespace("shop"), limitRange("shop"), limitRange("default")), Met, "LimitRange in default, shop; namespaces made later are not covered, nor Kubernetes' own"},
		{"limits not in default", "nsa-cisa/NSA-NET-05", all(namespace("shop"), limitRange("shop")), NotMet, "no LimitRange in default"},
		{"a quota is no limit", "nsa-cisa/NSA-NET-05", values{"cluster:ResourceQuota/default/hardstrap": tree{}}, NotMet, "no LimitRange in default"},
		{"quota", "nsa-cisa/NSA-NET-06", values{"cluster:ResourceQuota/default/hardstrap": tree{}}, Met, "ResourceQuota in default"},
		{"no quota", "nsa-cisa/NSA-NET-06", all(namespace("shop"), values{"cluster:ResourceQuota/default/hardstrap": tree{}}), NotMet, "no ResourceQuota in shop"},
		{"memory", "owasp-k8s-top10/K01.7", limitRange("default", memory), Met, ""},
		{"memory by its maximum", "owasp-k8s-top10/K01.7", limitRange("default", tree{"type": "Container", "max": tree{"memory": "1Gi"}}), Met, ""},
		{"memory of pods only", "owasp-k8s-top10/K01.7", limitRange("default", tree{"type": "Pod", "max": tree{"memory": "1Gi"}}), NotMet, "in default"},
		{"memory by policy", "owasp-k8s-top10/K01.7", policy("resources", []string{"Deny"}, "kube-system"), MetAlternative, "policy hardstrap-resources denies, except in kube-system"},
		{"ratio", "k8s-checklist/KC-POD-3", limitRange("default", tree{"type": "Container", "maxLimitRequestRatio": tree{"memory": 1}}), NeedsLiveCheck, "keeps memory limits at the request in default; what else"},
		{"no ratio", "k8s-checklist/KC-POD-3", limitRange("default", memory), NeedsLiveCheck, "no LimitRange of the bundle has maxLimitRequestRatio memory=1"},

		// Pod Security by namespace.
		{"lower by label", "cis-1.12/5.2.2", all(cluster("restricted"), labelled("privileged", "agents")), NotMet, "PodSecurityConfiguration enforces restricted (p.yaml:7:3), except in kube-system; lower by label in agents (privileged)"},
		{"lower by label, high enough", "cis-1.12/5.2.2", all(cluster("restricted"), labelled("baseline", "agents")), Met, ""},
		{"not high enough", "cis-1.12/5.2.6", all(cluster("restricted"), labelled("baseline", "agents")), NotMet, "lower by label in agents (baseline)"},
		{"kube-system may be lower", "cis-1.12/5.2.2", all(cluster("baseline"), labelled("privileged", "kube-system")), Met, ""},
		{"labels only, one missing", "cis-1.12/5.2.1", labelled("baseline", "shop", "default", "kube-public"), NotMet, "the default is privileged; no label in kube-node-lease"},
		{"labels only", "cis-1.12/5.2.1", labelled("baseline", "shop", "default", "kube-public", "kube-node-lease"), MetAlternative, "labels enforce baseline or more in default, kube-node-lease, kube-public, shop; namespaces made later are not covered"},
		{"labels only, higher", "nsa-cisa/NSA-POD-11", labelled("restricted", "default", "kube-public", "kube-node-lease"), MetAlternative, "labels enforce restricted"},
		{"labels only, not for the STIG", "disa-stig/V-254800", labelled("baseline", "default", "kube-public", "kube-node-lease"), NotMet, ""},
		{"labels where the plugin is off", "cis-1.12/5.2.2", all(labelled("restricted", "default", "kube-public", "kube-node-lease"),
			values{"kube-apiserver:--disable-admission-plugins": "PodSecurity"}), NotMet, "disabled"},
		{"a label in an exempt namespace", "cis-1.12/5.2.2", all(labelled("baseline", "default", "kube-public", "kube-node-lease", "shop"),
			values{"kube-apiserver:PodSecurityConfiguration": tree{"exemptions": tree{"namespaces": []string{"shop"}}}}), NotMet, "no label in shop"},
		{"a label that is no level", "cis-1.12/5.2.2", all(cluster("restricted"), labelled("strict", "shop")), NotMet, "lower by label in shop (strict)"},

		// Admission policies in the place of Pod Security.
		{"privileged by policy", "cis-1.12/5.2.2", hostPolicies, MetAlternative, "policy hardstrap-privileged denies, except in kube-system"},
		{"host processes by policy", "cis-1.12/5.2.10", hostPolicies, MetAlternative, ""},
		{"host paths by policy", "nsa-cisa/NSA-POD-09", hostPolicies, MetAlternative, ""},
		{"host ports by policy", "disa-stig/V-242414", hostPolicies, MetAlternative, ""},
		{"host namespaces by policy", "owasp-k8s-top10/K05.2", hostPolicies, MetAlternative, ""},
		{"kernel namespaces by policy", "bsi-app.4.4/APP.4.4.A4", hostPolicies, MetAlternative, ""},
		{"a mechanism by policies", "cis-1.12/5.2.1", hostPolicies, MetAlternative, "hardstrap-host-ports denies"},
		{"a mechanism by half the policies", "cis-1.12/5.2.1", policy("privileged", []string{"Deny"}), NotMet, "the default is privileged; policy hardstrap-privileged denies"},
		{"Pod Security is what OWASP asks for", "owasp-k8s-top10/K04.1", hostPolicies, NotMet, ""},
		{"escalation by policy", "cis-1.12/5.2.6", policy("privilege-escalation", []string{"Deny"}), MetAlternative, ""},
		{"no policy is about root", "cis-1.12/5.2.7", hostPolicies, NotMet, ""},
		{"a policy that warns", "cis-1.12/5.2.2", policy("privileged", []string{"Warn", "Audit"}), NotMet, "policy hardstrap-privileged does not deny"},
		{"a policy that does not hold by name", "cis-1.12/5.2.2", policy("privileged", []string{"Deny"}, "kube-system", "agents"), NotMet, "policy hardstrap-privileged does not hold in agents"},
		{"a policy that does not hold by label", "cis-1.12/5.2.2", all(policy("privileged", []string{"Deny"}), namespace("agents", "policies.hardstrap.dev/privileged", "exempt")), NotMet, "does not hold in agents"},
		{"a policy that holds in named namespaces only", "cis-1.12/5.2.2", all(policy("privileged", []string{"Deny"}), namespace("shop"), values{
			"cluster:ValidatingAdmissionPolicyBinding/hardstrap-privileged": tree{"spec": tree{"policyName": "hardstrap-privileged", "validationActions": []string{"Deny"},
				"matchResources": tree{"namespaceSelector": tree{"matchExpressions": []any{tree{"key": "kubernetes.io/metadata.name", "operator": "In", "values": []string{"shop"}}}}}}},
		}), NotMet, "does not hold in default, kube-node-lease, kube-public"},
		{"another policy's label", "cis-1.12/5.2.2", all(policy("privileged", []string{"Deny"}), namespace("agents", "policies.hardstrap.dev/host-path", "exempt")), MetAlternative, ""},
		{"a policy without a binding", "cis-1.12/5.2.2", without(policy("privileged", []string{"Deny"}), "cluster:ValidatingAdmissionPolicyBinding/hardstrap-privileged"), NotMet, ""},
		{"a policy that fails open", "cis-1.12/5.2.2", all(policy("privileged", []string{"Deny"}), values{"cluster:ValidatingAdmissionPolicy/hardstrap-privileged": tree{"spec": tree{"failurePolicy": "Ignore"}}}), NotMet, ""},
		{"seccomp by kubelet and policy", "cis-1.12/5.6.2", all(values{"kubelet:seccompDefault": true}, policy("seccomp", []string{"Deny"}, "kube-system")), MetAlternative, "kubelet seccompDefault=true (p.yaml:7:3); policy hardstrap-seccomp denies"},
		{"seccomp by policy alone", "cis-1.12/5.6.2", policy("seccomp", []string{"Deny"}), NotMet, ""},

		// Policies as such.
		{"policies", "owasp-k8s-top10/K04.2", all(policy("exec", []string{"Deny"}), policy("host-path", []string{"Warn"})), Met, "admission policies that deny: exec"},
		{"policies that only warn", "bsi-app.4.4/APP.4.4.A13(2)", policy("host-path", []string{"Warn"}), NotMet, "denies anything"},
		{"labels guarded", "owasp-k8s-top10/K04.4", policy("namespace-labels", []string{"Deny"}), Met, "policy hardstrap-namespace-labels denies"},
		{"labels not guarded", "owasp-k8s-top10/K04.4", policy("namespace-labels", []string{"Audit"}), NotMet, "does not deny"},
		{"registries", "nsa-cisa/NSA-POD-04", policy("allowed-registries", []string{"Deny"}, "kube-system"), Met, ""},
		{"registries are no digests", "k8s-checklist/KC-IMG-3", policy("allowed-registries", []string{"Deny"}), NotMet, "ImagePolicyWebhook is not enabled"},
		{"digests", "k8s-checklist/KC-IMG-3", policy("image-digests", []string{"Deny"}), Met, ""},
		{"registries and digests", "cis-1.12/5.5.1", all(policy("allowed-registries", []string{"Deny"}), policy("image-digests", []string{"Deny"})), MetAlternative, ""},
		{"registries alone", "cis-1.12/5.5.1", policy("allowed-registries", []string{"Deny"}), NotMet, "ImagePolicyWebhook is not enabled; policy hardstrap-allowed-registries denies"},
		{"a webhook", "nsa-cisa/NSA-POD-04", values{"kube-apiserver:--enable-admission-plugins": "NodeRestriction,ImagePolicyWebhook"}, Met, ""},
		{"a companion's signatures", "k8s-checklist/KC-IMG-3", values{"companion:ClusterImagePolicy/hardstrap": tree{}}, NotMet, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			expectState(t, Input{Minor: "1.37", Settings: tc.settings.set(t), Kubeadm: kubeadmLike().set(t)}, tc.control, tc.state, tc.evidence)
		})
	}
}

// expectState judges one control.
func expectState(t *testing.T, in Input, control string, state State, evidence string) {
	t.Helper()
	for _, r := range Evaluate(in) {
		if r.Control.Name() != control {
			continue
		}
		if r.State != state || !strings.Contains(r.Evidence, evidence) {
			t.Errorf("%s: %s: %s\nwant %s, with %q", control, r.State, r.Evidence, state, evidence)
		}
		return
	}
	t.Errorf("no control %s", control)
}

// What roles, bindings and service accounts of the bundle say towards controls that only a live
// cluster shows.
func TestPreparedObjects(t *testing.T) {
	role := func(name string, rules ...any) values {
		return values{"cluster:ClusterRole/" + name: tree{"rules": rules}}
	}
	rule := func(group, resource string, verbs ...string) tree {
		return tree{"apiGroups": []string{group}, "resources": []string{resource}, "verbs": verbs}
	}
	binding := func(key, to string, subjects ...any) values {
		return values{"cluster:" + key: tree{"roleRef": tree{"kind": "ClusterRole", "name": to}, "subjects": subjects}}
	}
	account := func(namespace, name string, token bool) values {
		return values{"cluster:ServiceAccount/" + namespace + "/" + name: tree{"automountServiceAccountToken": token}}
	}
	viewer := role("hardstrap:viewer", rule("", "pods", "get", "list"))
	const elsewhere = "; what else the cluster holds is seen there only"
	for _, tc := range []struct {
		name     string
		control  string
		settings values
		evidence string // all of it, or its end
	}{
		{"nothing rendered", "cis-1.12/5.1.3", values{}, "seen on a live cluster only: Role/ClusterRole rules with *"},
		{"no wildcard", "cis-1.12/5.1.3", viewer, "no role of the bundle has a wildcard" + elsewhere},
		{"a wildcard", "cis-1.12/5.1.3", all(viewer, role("x", rule("*", "pods", "get"))), "roles of the bundle with a wildcard: ClusterRole x" + elsewhere},
		{"a wildcard of subresources", "cis-1.12/5.1.3", role("x", rule("", "*/scale", "get")), "roles of the bundle with a wildcard: ClusterRole x" + elsewhere},
		{"no Secrets", "cis-1.12/5.1.2", viewer, "no role of the bundle gives it" + elsewhere},
		{"Secrets", "cis-1.12/5.1.2", all(viewer, role("x", rule("", "secrets", "list"))), "roles of the bundle that give it: ClusterRole x" + elsewhere},
		{"Secrets of another group", "cis-1.12/5.1.2", role("x", rule("example.org", "secrets", "list")), "no role of the bundle gives it" + elsewhere},
		{"Secrets by wildcard", "disa-stig/V-274884", role("x", rule("*", "*", "*")), "roles of the bundle that give it: ClusterRole x" + elsewhere},
		{"writing Secrets is not reading", "owasp-k8s-top10/K02.3", role("x", rule("", "secrets", "create")), "no role of the bundle gives it" + elsewhere},
		{"a namespaced role", "cis-1.12/5.1.4", values{"cluster:Role/shop/x": tree{"rules": []any{rule("apps", "deployments", "create")}}}, "roles of the bundle that give it: Role shop/x" + elsewhere},
		{"a subresource by wildcard", "cis-1.12/5.1.10", role("x", rule("", "*/proxy", "get")), "roles of the bundle that give it: ClusterRole x" + elsewhere},
		{"nodes are not their proxy", "cis-1.12/5.1.10", role("x", rule("", "nodes", "get")), "no role of the bundle gives it" + elsewhere},
		{"impersonation", "cis-1.12/5.1.8", role("x", rule("", "users", "impersonate")), "roles of the bundle with bind, escalate or impersonate: ClusterRole x" + elsewhere},
		{"cluster-admin", "cis-1.12/5.1.1", all(viewer, binding("ClusterRoleBinding/glass", "cluster-admin")), "bindings of the bundle to cluster-admin: ClusterRoleBinding glass" + elsewhere},
		{"no cluster-admin", "owasp-k8s-top10/K02.1", binding("ClusterRoleBinding/x", "hardstrap:viewer"), "no binding of the bundle to cluster-admin" + elsewhere},
		{"built-in roles", "owasp-k8s-top10/K02.2", binding("RoleBinding/shop/x", "edit"), "bindings of the bundle to view, edit or admin: RoleBinding shop/x" + elsewhere},
		{"to review", "bsi-app.4.4/APP.4.4.A3(2)", all(viewer, binding("RoleBinding/shop/x", "edit")), "the bundle has 1 roles and 1 bindings to review" + elsewhere},
		{"labels", "owasp-k8s-top10/K02.6", all(viewer, policy("namespace-labels", []string{"Deny"})), "no role of the bundle gives it; policy hardstrap-namespace-labels denies" + elsewhere},
		{"accounts", "cis-1.12/5.1.5", all(account("shop", "default", false), account("a", "default", false), account("b", "default", true), account("a", "ci", true)),
			"the bundle's service account default mounts no token by itself in a, shop; it does in b" + elsewhere},
		{"accounts, policy and bindings", "bsi-app.4.4/APP.4.4.A9(1)", all(account("shop", "default", false), policy("default-service-account", []string{"Warn"}),
			binding("RoleBinding/shop/x", "view", tree{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}),
			binding("RoleBinding/shop/y", "view", tree{"kind": "Group", "name": "default"})),
			"the bundle's service account default mounts no token by itself in shop; policy hardstrap-default-service-account does not deny; " +
				"bindings of the bundle to a service account default: RoleBinding shop/x" + elsewhere},
		{"tokens", "cis-1.12/5.1.6", policy("token-automount", []string{"Deny"}, "kube-system"), "policy hardstrap-token-automount denies, except in kube-system" + elsewhere},
		{"root file systems", "owasp-k8s-top10/K01.3", policy("read-only-root-filesystem", []string{"Deny"}), "policy hardstrap-read-only-root-filesystem denies" + elsewhere},
		{"AppArmor", "k8s-checklist/KC-POD-6", policy("apparmor", []string{"Deny"}), "policy hardstrap-apparmor denies" + elsewhere},
	} {
		t.Run(tc.name, func(t *testing.T) {
			expectState(t, Input{Minor: "1.37", Settings: tc.settings.set(t)}, tc.control, NeedsLiveCheck, tc.evidence)
		})
	}
}

// TestControlsOfObjects: what the record names beside each object, and a result beside each control.
func TestControlsOfObjects(t *testing.T) {
	for _, tc := range []struct {
		key  settings.Key
		want string // some of them
		not  string
	}{
		{settings.ObjectKey("NetworkPolicy", "shop", "default-deny"), "cis-1.12/5.3.2 cis-2.0.1/5.3.2 nsa-cisa/NSA-NET-04 owasp-k8s-top10/K08.2", "cis-1.12/5.3.1"},
		{settings.ObjectKey("NetworkPolicy", "shop", "block-metadata"), "owasp-k8s-top10/K08.2", "nsa-cisa/NSA-NET-04"},
		{settings.ObjectKey("NetworkPolicy", "shop", "dns"), "bsi-app.4.4/APP.4.4.A7(2)", "cis-1.12/5.3.2"},
		{settings.ObjectKey("Namespace", "", "shop"), "cis-1.12/5.2.2 k8s-checklist/KC-POD-2", ""},
		{settings.ObjectKey("ServiceAccount", "shop", "default"), "cis-1.12/5.1.5 cis-1.12/5.1.6 bsi-app.4.4/APP.4.4.A9(2)", ""},
		{settings.ObjectKey("LimitRange", "shop", "hardstrap"), "nsa-cisa/NSA-NET-05 owasp-k8s-top10/K01.7", "nsa-cisa/NSA-NET-06"},
		{settings.ObjectKey("ResourceQuota", "shop", "hardstrap"), "nsa-cisa/NSA-NET-06", ""},
		{settings.ObjectKey("ClusterRoleBinding", "", "x"), "cis-1.12/5.1.1", ""},
		{settings.ObjectKey("ClusterRole", "", "x"), "cis-1.12/5.1.3", ""},
		{settings.ObjectKey("ValidatingAdmissionPolicy", "", "hardstrap-host-path"), "cis-1.12/5.2.11 owasp-k8s-top10/K04.2", "cis-1.12/5.2.2"},
		{settings.ObjectKey("ValidatingAdmissionPolicyBinding", "", "hardstrap-image-digests"), "cis-1.12/5.5.1 k8s-checklist/KC-IMG-3", ""},
	} {
		t.Run(tc.key.Path, func(t *testing.T) {
			got := ForSetting(tc.key)
			for _, name := range strings.Fields(tc.want) {
				if !slices.Contains(got, name) {
					t.Errorf("%s is not among %v", name, got)
				}
			}
			if tc.not != "" && slices.Contains(got, tc.not) {
				t.Errorf("%s is among %v", tc.not, got)
			}
			position := map[string]int{}
			for i, c := range Controls() {
				position[c.Name()] = i
			}
			if !slices.IsSortedFunc(got, func(a, b string) int { return position[a] - position[b] }) {
				t.Errorf("not in the order of Controls: %v", got)
			}
			companion := tc.key
			companion.Component = settings.Companion
			if got := ForSetting(companion); got != nil {
				t.Errorf("as a companion it carries %v", got)
			}
		})
	}
	for _, key := range []settings.Key{
		settings.ObjectKey("ServiceAccount", "ci", "deployer"), settings.ObjectKey("ValidatingAdmissionPolicy", "", "other"), settings.ObjectKey("Secret", "a", "b"),
	} {
		if got := ForSetting(key); got != nil {
			t.Errorf("%s carries %v", key, got)
		}
	}

	in := Input{Minor: "1.37", Only: []string{"nsa-cisa/NSA-NET-05"}, Settings: all(limitRange("default"), limitRange("shop"), namespace("shop")).set(t)}
	want := []settings.Key{settings.ObjectKey("LimitRange", "default", "hardstrap"), settings.ObjectKey("LimitRange", "shop", "hardstrap")}
	if diff := cmp.Diff(want, Evaluate(in)[0].Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// TestCarriedKeysExist: a setting key that no control has would carry nothing, silently.
func TestCarriedKeysExist(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Controls() {
		known[c.SettingKey] = true
	}
	names := []string{"default", "default-deny", "block-metadata", "dns"}
	for _, policy := range []string{
		"privilege-escalation", "privileged", "read-only-root-filesystem", "allowed-registries", "image-digests", "resources",
		"host-path", "host-namespaces", "host-ports", "runtime-sockets", "ssh-port", "seccomp", "apparmor",
		"default-service-account", "token-automount", "cloud-credentials", "node-ports", "external-ips", "exec", "namespace-labels",
	} {
		names = append(names, policyPrefix+policy)
	}
	for _, kind := range []string{
		"Namespace", "ServiceAccount", "LimitRange", "ResourceQuota", "NetworkPolicy", "Role", "ClusterRole", "RoleBinding",
		"ClusterRoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
	} {
		found := 0
		for _, name := range names {
			for _, key := range carried(kind, name) {
				found++
				if !known[key] {
					t.Errorf("%s %s: no control has %q", kind, name, key)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s carries nothing", kind)
		}
	}
}
