package resolve_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/rbac"
)

// ownRole is a profile with one role of rules, each on a line of its own from line 10.
func ownRole(rules ...string) string {
	return "rbac:\n  roles:\n  - name: own\n    rules:\n    - " + strings.Join(rules, "\n    - ") + "\n"
}

func rbacRefusals() []problemCase {
	return []problemCase{
		{
			name: "groups that mean nothing", minor: "1.36",
			body: ownRole(
				`{apiGroups: [core], resources: [pods], verbs: [get]}`,
				`{apiGroups: [app], resources: [deployments], verbs: [get]}`,
				`{apiGroups: [apps/v1], resources: [deployments], verbs: [get]}`,
				`{apiGroups: [extensions], resources: [ingresses], verbs: [get]}`,
				`{apiGroups: [lifecycle.k8s.io], resources: [evictions], verbs: [get]}`,
				`{apiGroups: [example.org/v1], resources: [things], verbs: [get]}`,
			),
			want: []string{
				`p.yaml:10:20: rbac.roles[own].rules[0].apiGroups[0]: Kubernetes 1.36 has no API group "core"; the core group is written ""`,
				`p.yaml:11:20: rbac.roles[own].rules[1].apiGroups[0]: Kubernetes 1.36 has no API group "app"; did you mean "apps"?`,
				`p.yaml:12:20: rbac.roles[own].rules[2].apiGroups[0]: Kubernetes 1.36 has no API group "apps/v1"; write "apps": RBAC knows no versions`,
				`p.yaml:13:20: rbac.roles[own].rules[3].apiGroups[0]: Kubernetes 1.36 has no API group "extensions"; it has no resources since 1.22: deployments are in apps, ingresses in networking.k8s.io`,
				`p.yaml:14:20: rbac.roles[own].rules[4].apiGroups[0]: Kubernetes 1.36 has no API group "lifecycle.k8s.io"; it exists since 1.37`,
				`p.yaml:15:20: rbac.roles[own].rules[5].apiGroups[0]: Kubernetes 1.36 has no API group "example.org/v1"; RBAC knows no versions: leave out "/v1"`,
			},
		},
		{
			name: "resources that mean nothing", minor: "1.35",
			body: ownRole(
				`{apiGroups: [""], resources: [pod, deployments, pods/logs, nodes/metrics], verbs: [get]}`,
				`{apiGroups: ["", apps], resources: [pods, deployment], verbs: [get]}`,
				`{apiGroups: [scheduling.k8s.io], resources: [podgroups, workloads], verbs: [get]}`,
				`{apiGroups: [apps], resources: [deployments/finalizers, things/finalizers], verbs: [update]}`,
			),
			want: []string{
				`p.yaml:10:37: rbac.roles[own].rules[0].resources[0]: Kubernetes 1.35 has no resource "pod" in group ""; did you mean "pods"?`,
				`p.yaml:10:42: rbac.roles[own].rules[0].resources[1]: Kubernetes 1.35 has no resource "deployments" in group ""; it is in group "apps"`,
				`p.yaml:10:55: rbac.roles[own].rules[0].resources[2]: Kubernetes 1.35 has no resource "pods/logs" in group ""; did you mean "pods/log"?`,
				`p.yaml:11:49: rbac.roles[own].rules[1].resources[1]: Kubernetes 1.35 has no resource "deployment" in group "", "apps"; did you mean "deployments"?`,
				`p.yaml:12:52: rbac.roles[own].rules[2].resources[0]: Kubernetes 1.35 has no resource "podgroups" in group "scheduling.k8s.io"; it exists since 1.36`,
				`p.yaml:13:63: rbac.roles[own].rules[3].resources[1]: Kubernetes 1.35 has no resource "things/finalizers" in group "apps"`,
			},
		},
		{
			name: "verbs that mean nothing", minor: "1.37",
			body: ownRole(
				`{apiGroups: [""], resources: [pods], verbs: [read, lst, GET, write]}`,
				`{nonResourceURLs: [/metrics], verbs: [list]}`,
			),
			want: []string{
				`p.yaml:10:52: rbac.roles[own].rules[0].verbs[0]: requests for resources do not have the verb "read"; write get, list, watch`,
				`p.yaml:10:58: rbac.roles[own].rules[0].verbs[1]: requests for resources do not have the verb "lst"; did you mean "list"?`,
				`p.yaml:10:63: rbac.roles[own].rules[0].verbs[2]: requests for resources do not have the verb "GET"; did you mean "get"?`,
				`p.yaml:10:68: rbac.roles[own].rules[0].verbs[3]: requests for resources do not have the verb "write"; write create, update, patch, delete`,
				`p.yaml:11:45: rbac.roles[own].rules[1].verbs[0]: requests for paths do not have the verb "list"; allowed: get, head, post, put, patch, delete, options`,
			},
		},
		{
			name: "rules that are weak", minor: "1.37",
			body: ownRole(
				`{apiGroups: ["*"], resources: [pods], verbs: [get]}`,
				`{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}`,
				`{apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"]}`,
				`{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}`,
				`{apiGroups: [""], resources: [secrets], verbs: [list]}`,
				`{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}`,
				`{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}`,
				`{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [update]}`,
				`{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}`,
			),
			want: []string{
				`p.yaml:10:20: cluster:ClusterRole/own: a wildcard also grants what is added to Kubernetes, or by an extension, later; instead: the groups, resources and verbs that are needed, by name; or waive "weak/rbac-wildcard" with a reason`,
				`p.yaml:11:83: cluster:ClusterRole/own: escalate and bind grant rights that one does not have, impersonate grants those of somebody else; instead: the rights that are needed themselves: without these verbs one can grant what one has; or waive "weak/rbac-escalation" with a reason`,
				`p.yaml:12:72: cluster:ClusterRole/own: escalate and bind grant rights that one does not have, impersonate grants those of somebody else; instead: the rights that are needed themselves: without these verbs one can grant what one has; or waive "weak/rbac-escalation" with a reason`,
				`p.yaml:13:37: cluster:ClusterRole/own: nodes/proxy runs commands in every pod of a node, also with get alone, and no admission or audit of the API server sees them; instead: nodes/metrics, nodes/stats, nodes/pods, nodes/configz, nodes/healthz, as the ready-made role node-reader has them; or waive "weak/rbac-nodes-proxy" with a reason`,
				`p.yaml:14:37: cluster:ClusterRole/own: it reads secrets without having to know their names, or those of every namespace; instead: get with resourceNames, or, bound in namespaces, without list, watch and deletecollection, whose answers hold the secrets; or waive "weak/rbac-secrets" with a reason`,
				`p.yaml:15:37: cluster:ClusterRole/own: whoever makes tokens of service accounts acts as these; instead: leave it out: kubelets make the tokens that pods mount; or waive "weak/rbac-token-creation" with a reason`,
				`p.yaml:16:54: cluster:ClusterRole/own: whoever approves or signs for a signer of client certificates makes himself any user; instead: resourceNames with the signers that are meant, as kubernetes.io/kubelet-serving; or waive "weak/rbac-csr-approval" with a reason`,
				`p.yaml:17:63: cluster:ClusterRole/own: whoever writes webhooks, APIServices or mutating policies sees or changes objects on their way, secrets too; instead: read alone: get, list, watch; or waive "weak/rbac-webhooks" with a reason`,
				`p.yaml:18:37: cluster:ClusterRole/own: a volume made by hand can be any directory of a node; instead: claims of a storage class, for which volumes are made; or waive "weak/rbac-persistent-volumes" with a reason`,
			},
		},
		{
			name: "an operator of the whole cluster, and Kubernetes' own group", minor: "1.37",
			body: `rbac:
  groups: [system:authenticated]
  standardRoles: [operator, viewer]
  bindings:
  - {name: all, role: operator, users: [u], clusterWide: true}
  - {name: everybody, role: viewer, groups: [system:authenticated], namespaces: [default]}
`,
			want: []string{
				`p.yaml:10:23: cluster:ClusterRoleBinding/hardstrap:all: it reads secrets without having to know their names, or those of every namespace; instead: get with resourceNames, or, bound in namespaces, without list, watch and deletecollection, whose answers hold the secrets; or waive "weak/rbac-secrets" with a reason`,
				`p.yaml:11:46: cluster:RoleBinding/default/hardstrap:everybody: a user or group of Kubernetes' own stands for whole kinds of clients: all that are authenticated, all that are not, all nodes, all service accounts; instead: a group of the identity provider, or service accounts by name; or waive "weak/rbac-system-groups" with a reason`,
			},
		},
		{
			name: "a role where it is not, and a name that is taken", minor: "1.37",
			body: `rbac:
  groups: [oidc:admins]
  administrators: [oidc:admins]
  roles:
  - {name: own, namespaces: [default], rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]}
  bindings:
  - {name: own, role: own, users: [u], namespaces: [default, kube-system]}
  - {name: administrators, role: administrator, users: [u], clusterWide: true}
`,
			want: []string{
				`p.yaml:12:62: rbac.bindings[own].namespaces[1]: role "own" does not exist in namespace "kube-system"; the role is for default; add the namespace to the role's`,
				`p.yaml:13:5: rbac.bindings[administrators]: a second ClusterRoleBinding "hardstrap:administrators" would be rendered; give one of them another name`,
			},
		},
	}
}

func TestRBACRefused(t *testing.T) {
	for _, tc := range rbacRefusals() {
		t.Run(tc.name, tc.refused)
	}
}

func TestRBACWarned(t *testing.T) {
	body := `rbac:
  groups: [oidc:admins]
  standardRoles: [debugger, auditor, node-reader, viewer, administrator]
  breakGlass: [oidc:admins]
  roles:
  - name: own
    namespaces: [shop]
    rules:
    - {apiGroups: [""], resources: [pods], resourceNames: [a], verbs: [get, create, list, deletecollection]}
    - {apiGroups: [apps, aps.k8s.io, metrics.k8s.io, rbac.authorisation.k8s.io], resources: [deployments], verbs: [frobnicate]}
    - {apiGroups: [""], resources: [pods/exec], resourceNames: [a], verbs: [create]}
    - {apiGroups: ["", storage.k8s.io], resources: [namespaces, nodes/metrics, storageclasses], verbs: [get]}
  - name: paths
    rules:
    - {nonResourceURLs: [/livez], verbs: [get]}
    - {apiGroups: [""], resources: [nodes], verbs: [get]}
  bindings:
  - {name: oncall, role: debugger, groups: [oidc:admins], clusterWide: true}
  - {name: audit, role: auditor, groups: [oidc:admins], clusterWide: true}
  - {name: view, role: viewer, groups: [oidc:admins], namespaces: [default, kube-system]}
  - {name: system, role: debugger, groups: [oidc:admins], namespaces: [default, kube-system]}
  - {name: paths, role: paths, groups: [oidc:admins], namespaces: [default]}
  - {name: everybody, role: viewer, serviceAccounts: [default/default], namespaces: [default]}
  - {name: robot, role: administrator, serviceAccounts: [argocd/x], clusterWide: true}
`
	want := []string{
		`p.yaml:9:15: warning: rbac.breakGlass: everybody in oidc:admins may do everything in the cluster, reading every secret included; keep the groups empty outside of emergencies, and watch who joins them`,
		`p.yaml:12:18: warning: rbac.roles[own].namespaces[0]: the manifests do not make the namespace "shop", and applying fails where it does not exist; list it in namespaces, or make it first`,
		`p.yaml:14:77: warning: rbac.roles[own].rules[0].verbs[1]: create together with resourceNames grants nothing: its requests have no name; put it into a rule without resourceNames, or leave it out`,
		`p.yaml:14:85: warning: rbac.roles[own].rules[0].verbs[2]: list together with resourceNames grants only requests with the field selector metadata.name`,
		`p.yaml:14:91: warning: rbac.roles[own].rules[0].verbs[3]: deletecollection together with resourceNames grants nothing: its requests have no name; put it into a rule without resourceNames, or leave it out`,
		`p.yaml:15:54: warning: rbac.roles[own].rules[1].apiGroups[3]: Kubernetes 1.37 has no API group "rbac.authorisation.k8s.io": it is taken for an extension's; did you mean "rbac.authorization.k8s.io"?`,
		`p.yaml:17:65: warning: rbac.roles[own].rules[3].resources[1]: "nodes/metrics" belongs to no namespace: a role for namespaces does not give it; put it into a role without namespaces, bound with clusterWide: true`,
		`p.yaml:17:80: warning: rbac.roles[own].rules[3].resources[2]: "storageclasses" belongs to no namespace: a role for namespaces does not give it; put it into a role without namespaces, bound with clusterWide: true`,
		`p.yaml:23:72: warning: rbac.bindings[oncall].clusterWide: role "debugger" can run commands in pods of every namespace, kube-system too: that is root on the nodes; name the namespaces that are meant`,
		`p.yaml:26:81: warning: rbac.bindings[system].namespaces[1]: role "debugger" can run commands in pods of kube-system: that is root on the nodes`,
		`p.yaml:27:67: warning: rbac.bindings[paths].namespaces: bound in namespaces, role "paths" gives none of the paths of rbac.roles[1].rules[0]; bind the role with clusterWide: true, or put the paths into a role of their own`,
		`p.yaml:28:55: warning: rbac.bindings[everybody].serviceAccounts[0]: every pod of namespace "default" that names no service account has the rights of "default/default"; make a service account for what needs the role`,
		`p.yaml:29:82: warning: rbac.bindings[robot].clusterWide: role "administrator" can run commands in pods of every namespace, kube-system too: that is root on the nodes; name the namespaces that are meant`,
	}
	r, err := resolveText(t, "1.37", "extends: [baseline]\n"+body)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range lines(r.Warnings) {
		if strings.Contains(line, ": rbac.") {
			got = append(got, line)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestRBACObjects(t *testing.T) {
	metadata := func(name, namespace, why string) map[string]any {
		m := map[string]any{
			"name": name, "labels": map[string]any{"app.kubernetes.io/managed-by": "hardstrap"},
			"annotations": map[string]any{"hardstrap.dev/explanation": why},
		}
		if namespace != "" {
			m["namespace"] = namespace
		}
		return m
	}
	const version, group = "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"
	ref := func(kind, name string) map[string]any {
		return map[string]any{"apiGroup": group, "kind": kind, "name": name}
	}
	subject := func(kind, name string) map[string]any {
		return map[string]any{"apiGroup": group, "kind": kind, "name": name}
	}
	body := `extends: [baseline]
rbac:
  groups: [oidc:admins, oidc:devs]
  administrators: [oidc:admins]
  breakGlass: [oidc:admins]
  roles:
  - {name: own, namespaces: [default], rules: [{apiGroups: ["", example.org], resources: [pods, things], resourceNames: [a], verbs: [get]}]}
  - {name: "team:health", rules: [{nonResourceURLs: [/livez], verbs: [get]}]}
  standardRoles: [node-reader]
  bindings:
  - {name: own, role: own, groups: [oidc:devs], users: [u@example.org], serviceAccounts: [ci/deployer], namespaces: [default]}
  - {name: health, role: "team:health", users: [prober], clusterWide: true}
  - {name: nodes, role: node-reader, serviceAccounts: [monitoring/prometheus], clusterWide: true}
`
	want := map[string]any{
		"cluster:Role/default/own": map[string]any{
			"apiVersion": version, "kind": "Role", "metadata": metadata("own", "default", `Role "own" of the profile.`),
			"rules": []any{map[string]any{
				"apiGroups": []any{"", "example.org"}, "resources": []any{"pods", "things"}, "resourceNames": []any{"a"}, "verbs": []any{"get"},
			}},
		},
		"cluster:ClusterRole/team:health": map[string]any{
			"apiVersion": version, "kind": "ClusterRole", "metadata": metadata("team:health", "", `Role "team:health" of the profile.`),
			"rules": []any{map[string]any{"nonResourceURLs": []any{"/livez"}, "verbs": []any{"get"}}},
		},
		"cluster:ClusterRole/own": nil,
		"cluster:RoleBinding/default/hardstrap:own": map[string]any{
			"apiVersion": version, "kind": "RoleBinding",
			"metadata": metadata("hardstrap:own", "default", `Binding "own" of the profile: who has the role own here.`),
			"roleRef":  ref("Role", "own"),
			"subjects": []any{
				subject("Group", "oidc:devs"), subject("User", "u@example.org"),
				map[string]any{"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"},
			},
		},
		"cluster:ClusterRoleBinding/hardstrap:health": map[string]any{
			"apiVersion": version, "kind": "ClusterRoleBinding",
			"metadata": metadata("hardstrap:health", "", `Binding "health" of the profile: who has the role team:health in the whole cluster.`),
			"roleRef":  ref("ClusterRole", "team:health"), "subjects": []any{subject("User", "prober")},
		},
		"cluster:ClusterRoleBinding/hardstrap:nodes": map[string]any{
			"apiVersion": version, "kind": "ClusterRoleBinding",
			"metadata": metadata("hardstrap:nodes", "", `Binding "nodes" of the profile: who has the role hardstrap:node-reader in the whole cluster.`),
			"roleRef":  ref("ClusterRole", "hardstrap:node-reader"),
			"subjects": []any{map[string]any{"kind": "ServiceAccount", "namespace": "monitoring", "name": "prometheus"}},
		},
		"cluster:ClusterRoleBinding/hardstrap:administrators": map[string]any{
			"apiVersion": version, "kind": "ClusterRoleBinding",
			"metadata": metadata("hardstrap:administrators", "", "Administrators have a role of named rights instead of cluster-admin."),
			"roleRef":  ref("ClusterRole", "hardstrap:administrator"), "subjects": []any{subject("Group", "oidc:admins")},
		},
		"cluster:ClusterRoleBinding/hardstrap:break-glass": map[string]any{
			"apiVersion": version, "kind": "ClusterRoleBinding",
			"metadata": metadata("hardstrap:break-glass", "", "For emergencies: who is in these groups may do everything. Keep them empty until then."),
			"roleRef":  ref("ClusterRole", "cluster-admin"), "subjects": []any{subject("Group", "oidc:admins")},
		},
		"cluster:ClusterRole/hardstrap:viewer": nil,
	}
	r, err := resolveText(t, "1.37", body)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range want {
		if diff := cmp.Diff(want, find(t, r.Settings, key).Plain()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	for _, name := range []string{"node-reader", "administrator"} {
		role, _ := rbac.Find(name)
		tree := find(t, r.Settings, "cluster:ClusterRole/"+role.ObjectName())
		if got := len(tree.Get("rules").Items); got != len(role.Rules(37)) {
			t.Errorf("%s has %d rules", name, got)
		}
	}
	if got := find(t, r.Settings, "cluster:Role/default/own").Get("rules").Items[0].Get("resources").Items[1].Origin; got.Line != 11 || got.Column != 97 {
		t.Errorf("a resource stands at %v", got)
	}
}

// A waiver lets a rule of one's own through, with a warning.
func TestRBACWaived(t *testing.T) {
	body := ownRole(`{apiGroups: [""], resources: [secrets], verbs: [list]}`, `{apiGroups: [""], resources: ["*"], verbs: [get]}`) + `waivers:
- {control: weak/rbac-wildcard, reason: r, owner: o}
- {control: cis-1.12/5.1.2, reason: r, owner: o}
`
	r, err := resolveText(t, "1.37", "extends: [baseline]\n"+body)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range lines(r.Warnings) {
		if strings.Contains(line, "ClusterRole/own") || strings.Contains(line, "waivers") {
			got = append(got, line)
		}
	}
	want := []string{
		`p.yaml:10:37: warning: cluster:ClusterRole/own: it reads secrets without having to know their names, or those of every namespace (waived)`,
		`p.yaml:11:37: warning: cluster:ClusterRole/own: a wildcard also grants what is added to Kubernetes, or by an extension, later (waived)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// Everything that the ready-made roles name exists in each minor they are rendered for: what the API server serves,
// or what authorization is asked about besides.
func TestStandardRolesExist(t *testing.T) {
	named := 0
	for _, role := range rbac.Standard() {
		for minor := 33; minor <= 37; minor++ {
			served := auditpolicy.Resources(minor)
			for _, rule := range role.Rules(minor) {
				for _, verb := range rule.Verbs {
					if len(rule.Resources) > 0 && (verb == "*" || !rbac.KnownVerb(verb)) {
						t.Errorf("%s on 1.%d: verb %q", role.Name, minor, verb)
					}
				}
				for _, group := range rule.APIGroups {
					for _, resource := range rule.Resources {
						named++
						if !slices.Contains(served[group], resource) && !slices.Contains(rbac.VirtualResources(group), resource) {
							t.Errorf("%s on 1.%d: no resource %q in group %q", role.Name, minor, resource, group)
						}
					}
				}
			}
		}
	}
	if named < 1000 {
		t.Errorf("only %d resources were looked at", named)
	}
}

// What is said to belong to no namespace exists.
func TestClusterScopedExist(t *testing.T) {
	scoped := 0
	for group, served := range auditpolicy.Resources(37) {
		for _, resource := range rbac.ClusterScoped(group) {
			scoped++
			if !slices.Contains(served, resource) && !slices.Contains(rbac.VirtualResources(group), resource) {
				t.Errorf("no resource %q in group %q", resource, group)
			}
		}
	}
	if scoped < 38 {
		t.Errorf("only %d resources", scoped)
	}
}

// Every ready-made role is rendered for every minor, and nothing is said against it.
func TestStandardRolesInEveryMinor(t *testing.T) {
	var names []string
	for _, role := range rbac.Standard() {
		names = append(names, role.Name)
	}
	for _, minor := range []string{"1.33", "1.34", "1.35", "1.36", "1.37"} {
		r, err := resolveText(t, minor, "extends: [baseline]\nrbac: {standardRoles: ["+strings.Join(names, ", ")+"]}\n")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if find(t, r.Settings, "cluster:ClusterRole/hardstrap:"+name) == nil {
				t.Errorf("%s is not there on %s", name, minor)
			}
		}
	}
}
