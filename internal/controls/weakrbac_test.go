package controls

import (
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/rbac"
)

// clusterRole is a role of rules, each "groups resources verbs [names]" with commas, "core" for the core group.
func clusterRole(rules ...string) tree {
	var list []any
	for _, rule := range rules {
		words := strings.Fields(rule)
		split := func(i int) []string { return strings.Split(strings.ReplaceAll(words[i], "core", ""), ",") }
		r := tree{"apiGroups": split(0), "resources": split(1), "verbs": split(2)}
		if len(words) > 3 {
			r["resourceNames"] = split(3)
		}
		list = append(list, r)
	}
	return tree{"kind": "ClusterRole", "rules": list}
}

func binding(role string, subjects ...string) tree {
	var list []any
	for _, s := range subjects {
		kind, name, _ := strings.Cut(s, " ")
		list = append(list, tree{"kind": kind, "name": name})
	}
	return tree{"roleRef": tree{"kind": "ClusterRole", "name": role}, "subjects": list}
}

func TestWeakRBAC(t *testing.T) {
	for _, tc := range []struct {
		name     string
		settings values
		want     []string // rule=text of the node
		liftedBy []string // controls any of whose waivers lifts the first
	}{
		{"a wildcard", values{"cluster:ClusterRole/a": clusterRole("core pods *")}, []string{"wildcard=*"}, []string{"cis-1.12/5.1.3", "cis-2.0.1/5.1.3"}},
		{"in a Role", values{"cluster:Role/shop/a": clusterRole("core * get")}, []string{"wildcard=*"}, nil},
		{"escalation", values{"cluster:ClusterRole/a": clusterRole("rbac.authorization.k8s.io clusterroles bind")}, []string{"escalation=bind"}, []string{"cis-1.12/5.1.8", "owasp-k8s-top10/K02.5"}},
		{"nodes/proxy", values{"cluster:ClusterRole/a": clusterRole("core nodes/proxy get")}, []string{"nodes-proxy=nodes/proxy"}, []string{"cis-1.12/5.1.10", "owasp-k8s-top10/K02.4"}},
		{"tokens", values{"cluster:Role/shop/a": clusterRole("core serviceaccounts/token create")}, []string{"token-creation=serviceaccounts/token"}, []string{"cis-1.12/5.1.13"}},
		{"signers", values{"cluster:ClusterRole/a": clusterRole("certificates.k8s.io signers approve")}, []string{"csr-approval=signers"}, []string{"cis-1.12/5.1.11"}},
		{"webhooks", values{"cluster:ClusterRole/a": clusterRole("admissionregistration.k8s.io mutatingwebhookconfigurations patch")}, []string{"webhooks=mutatingwebhookconfigurations"}, []string{"cis-1.12/5.1.12"}},
		{"volumes", values{"cluster:ClusterRole/a": clusterRole("core persistentvolumes create")}, []string{"persistent-volumes=persistentvolumes"}, []string{"cis-1.12/5.1.9", "bsi-app.4.4/APP.4.4.A3(3)"}},
		{"listed secrets, bound or not", values{"cluster:Role/shop/a": clusterRole("core secrets list")}, []string{"secrets=secrets"}, []string{"cis-1.12/5.1.2", "disa-stig/V-274884", "owasp-k8s-top10/K02.3", "owasp-k8s-top10/K03.4"}},
		{"secrets by name, bound in a namespace", values{
			"cluster:ClusterRole/a": clusterRole("core secrets get"), "cluster:RoleBinding/shop/a": binding("a", "Group g"),
		}, nil, nil},
		{"secrets by name, bound everywhere", values{
			"cluster:ClusterRole/a": clusterRole("core secrets get"), "cluster:ClusterRoleBinding/x": binding("a", "Group g"),
		}, []string{"secrets=a"}, []string{"cis-1.12/5.1.2"}},
		{"one secret, bound everywhere", values{
			"cluster:ClusterRole/a": clusterRole("core secrets get one"), "cluster:ClusterRoleBinding/x": binding("a", "Group g"),
		}, nil, nil},
		{"a role that is not rendered", values{"cluster:ClusterRoleBinding/x": binding("cluster-admin", "Group g")}, nil, nil},
		{"Kubernetes' own subjects", values{
			"cluster:ClusterRoleBinding/x": binding("a", "Group system:authenticated"), "cluster:RoleBinding/shop/x": binding("a", "User system:anonymous", "Group oidc:g"),
		}, []string{"system-groups=system:authenticated", "system-groups=system:anonymous"}, []string{"weak/rbac-system-groups"}},
		{"an object of another kind", values{"cluster:NetworkPolicy/shop/a": clusterRole("core pods *"), "companion:Role/shop/a": clusterRole("core pods *")}, nil, nil},
		{"an object that is no tree of a role", values{"cluster:ClusterRole/a": "text", "cluster:RoleBinding/shop/a": tree{"subjects": "text"}}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			weak := Weak(tc.settings.set(t))
			for _, w := range weak {
				got = append(got, strings.TrimPrefix(w.Rule, "weak/rbac-")+"="+w.Value.Text)
				if !Known(w.Rule) || w.LiftedBy("cis-1.12/1.2.1") || w.Why == "" || w.Instead == "" || w.Value.Origin.File != "p.yaml" {
					t.Errorf("%+v is not complete", w)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Fatalf("found %v, want %v", got, tc.want)
			}
			for _, control := range tc.liftedBy {
				if !weak[0].LiftedBy(control) {
					t.Errorf("a waiver for %s does not lift it; %v do", control, weak[0].Controls)
				}
			}
		})
	}
}

// The ready-made roles keep the rules, the operator's, which is bound in namespaces, too.
func TestStandardRolesAreNotWeak(t *testing.T) {
	for minor := 33; minor <= 37; minor++ {
		all := values{}
		for _, r := range rbac.Standard() {
			var rules []any
			for _, rule := range r.Rules(minor) {
				rules = append(rules, tree{
					"apiGroups": rule.APIGroups, "resources": rule.Resources, "resourceNames": rule.ResourceNames,
					"nonResourceURLs": rule.NonResourceURLs, "verbs": rule.Verbs,
				})
			}
			all["cluster:ClusterRole/"+r.ObjectName()] = tree{"rules": rules}
			if r.Name != "operator" {
				all["cluster:ClusterRoleBinding/"+r.Name] = binding(r.ObjectName(), "Group oidc:"+r.Name)
			}
		}
		for _, w := range Weak(all.set(t)) {
			t.Errorf("1.%d: %s: %s at %q", minor, w.Key, w.Rule, w.Value.Text)
		}
		all["cluster:ClusterRoleBinding/operator"] = binding("hardstrap:operator", "Group oidc:operator")
		if weak := Weak(all.set(t)); len(weak) != 1 || weak[0].Rule != "weak/rbac-secrets" {
			t.Errorf("1.%d: of an operator of the whole cluster, who reads every secret, is said %v", minor, weak)
		}
	}
}

// Every rule over objects is lifted by controls that exist, or by its own name alone.
func TestWeakRulesOverObjectsNameSubjects(t *testing.T) {
	for _, r := range rbacRules() {
		if len(r.controls) > 0 {
			t.Errorf("weak/%s names controls by id, which objects have not", r.id)
		}
		if r.subject != "" && !slices.ContainsFunc(Controls(), func(c Control) bool { return c.SettingKey == r.subject }) {
			t.Errorf("weak/%s: no control is about %s", r.id, r.subject)
		}
	}
}
