package rbac

import (
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// role makes a tree of rules, each "groups resources verbs [names]" with commas, "core" for the core group; or
// "paths /a,/b verbs".
func role(rules ...string) *settings.Value {
	var list []any
	for _, rule := range rules {
		words := strings.Fields(rule)
		split := func(i int) []string { return strings.Split(strings.ReplaceAll(words[i], "core", ""), ",") }
		r := map[string]any{"verbs": split(2)}
		if words[0] == "paths" {
			r["nonResourceURLs"] = split(1)
		} else {
			r["apiGroups"], r["resources"] = split(0), split(1)
		}
		if len(words) > 3 {
			r["resourceNames"] = split(3)
		}
		list = append(list, r)
	}
	return settings.Of(map[string]any{"kind": "ClusterRole", "rules": list})
}

func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name  string
		judge func(*settings.Value) []*settings.Value
		role  *settings.Value
		want  string // texts of the nodes that are found
	}{
		{"wildcards everywhere", Wildcards, role("* * *", "paths *,/* get"), "* * * * /*"},
		{"a subresource of everything", Wildcards, role("core */scale get"), "*/scale"},
		{"paths below one", Wildcards, role("paths /livez/*,/metrics get"), ""},
		{"names", Wildcards, role("core,apps pods,deployments get,list"), ""},

		{"escalation", Escalation, role("rbac.authorization.k8s.io clusterroles escalate,bind,get"), "escalate bind"},
		{"impersonation", Escalation, role("core users impersonate"), "impersonate"},
		{"impersonation of 1.36", Escalation, role("authentication.k8s.io users impersonate:user-info", "core pods impersonate-on:user-info:list"), "impersonate:user-info impersonate-on:user-info:list"},
		{"writing roles", Escalation, role("rbac.authorization.k8s.io roles create,update"), ""},

		{"nodes/proxy", NodesProxy, role("core nodes/proxy get"), "nodes/proxy"},
		{"everything's proxy", NodesProxy, role("* */proxy create"), "*/proxy"},
		{"a group without nodes", NodesProxy, role("metrics.k8s.io nodes/proxy get"), ""},
		{"instead of it", NodesProxy, role("core nodes,nodes/metrics,nodes/stats get"), ""},

		{"listing secrets", ListedSecrets, role("core secrets list"), "secrets"},
		{"watching secrets among others", ListedSecrets, role("core,apps pods,secrets watch"), "secrets"},
		{"emptying a namespace of secrets", ListedSecrets, role("core secrets deletecollection"), "secrets"},
		{"every verb", ListedSecrets, role("core secrets *"), "secrets"},
		{"one secret", ListedSecrets, role("core secrets list,watch one"), ""},
		{"secrets by name", ListedSecrets, role("core secrets get,create,update,patch,delete"), ""},
		{"secrets of an extension", ListedSecrets, role("example.org secrets list"), ""},
		{"any secret by name", NamedSecrets, role("core secrets get"), "secrets"},
		{"patching answers with the secret", NamedSecrets, role("core secrets patch"), "secrets"},
		{"updating answers with the secret", NamedSecrets, role("core secrets update"), "secrets"},
		{"creating secrets", NamedSecrets, role("core secrets create,delete"), ""},
		{"named secrets", NamedSecrets, role("core secrets get,update one,two"), ""},

		{"tokens", TokenCreation, role("core serviceaccounts/token create"), "serviceaccounts/token"},
		{"every token", TokenCreation, role("* */token *"), "*/token"},
		{"accounts", TokenCreation, role("core serviceaccounts create"), ""},

		{"every signer", CSRApproval, role("certificates.k8s.io signers approve"), "signers"},
		{"signing for clients", CSRApproval, role("certificates.k8s.io signers sign kubernetes.io/kube-apiserver-client"), "kubernetes.io/kube-apiserver-client"},
		{"all of kubernetes.io", CSRApproval, role("certificates.k8s.io signers approve kubernetes.io/*"), "kubernetes.io/*"},
		{"kubelets' serving certificates", CSRApproval, role("certificates.k8s.io signers approve kubernetes.io/kubelet-serving", "certificates.k8s.io certificatesigningrequests/approval update"), ""},
		{"a signer of one's own", CSRApproval, role("certificates.k8s.io signers approve,sign example.org/team"), ""},

		{"webhooks", Webhooks, role("admissionregistration.k8s.io validatingwebhookconfigurations,mutatingwebhookconfigurations patch"), "mutatingwebhookconfigurations validatingwebhookconfigurations"},
		{"mutating policies", Webhooks, role("admissionregistration.k8s.io mutatingadmissionpolicies create"), "mutatingadmissionpolicies"},
		{"a whole group's requests", Webhooks, role("apiregistration.k8s.io apiservices create"), "apiservices"},
		{"reading them", Webhooks, role("admissionregistration.k8s.io validatingwebhookconfigurations,mutatingadmissionpolicies get,list,watch"), ""},
		{"validating policies", Webhooks, role("admissionregistration.k8s.io validatingadmissionpolicies create"), ""},

		{"volumes", PersistentVolumes, role("core persistentvolumes create"), "persistentvolumes"},
		{"volumes that are there", PersistentVolumes, role("core persistentvolumes get,update,delete"), ""},
		{"claims", PersistentVolumes, role("core persistentvolumeclaims create"), ""},

		{"no rules", Wildcards, settings.Of(map[string]any{"rules": nil}), ""},
		{"no tree of a role", NamedSecrets, settings.Of("text"), ""},
		{"nothing", ListedSecrets, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, node := range tc.judge(tc.role) {
				got = append(got, node.Text)
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("found %q, want %q", strings.Join(got, " "), tc.want)
			}
		})
	}
}

func TestRunsPods(t *testing.T) {
	for rule, want := range map[string]bool{
		"core pods create": true, "core pods get,list,watch,delete": false, "apps deployments patch": true, "apps deployments get": false,
		"batch cronjobs update": true, "core pods/exec get": true, "core pods/exec create": true, "core pods/attach create": true, "core pods/log get": false,
		"core pods/ephemeralcontainers patch": true, "* * *": true, "core services create": false, "apps pods create": false,
	} {
		if got := RunsPods(role(rule)); got != want {
			t.Errorf("%s: %t", rule, got)
		}
	}
}

func TestKeptNames(t *testing.T) {
	for name, want := range map[string]bool{
		"cluster-admin": true, "view": true, "edit": true, "admin": true, "system:node": true, "kubeadm:get-nodes": true, "kube-proxy": true,
		"viewer": false, "hardstrap:viewer": false, "team": false,
	} {
		if got := KeptRole(name); got != want {
			t.Errorf("role %s: %t", name, got)
		}
	}
	binding := settings.Of(map[string]any{"subjects": []any{
		map[string]any{"kind": "Group", "name": "system:authenticated"},
		map[string]any{"kind": "User", "name": "system:anonymous"},
		map[string]any{"kind": "ServiceAccount", "namespace": "x", "name": "system:odd"},
		map[string]any{"kind": "Group", "name": "oidc:team"},
		map[string]any{"kind": "Group"},
	}})
	var got []string
	for _, node := range KeptSubjects(binding) {
		got = append(got, node.Text)
	}
	if !slices.Equal(got, []string{"system:authenticated", "system:anonymous"}) {
		t.Errorf("subjects %v", got)
	}
}

func TestKnownVerb(t *testing.T) {
	for verb, want := range map[string]bool{
		"get": true, "deletecollection": true, "impersonate:user-info": true, "impersonate-on:serviceaccount:list": true, "*": true,
		"approve": true, "read": false, "GET": false, "impersonate-": false, "": false,
	} {
		if got := KnownVerb(verb); got != want {
			t.Errorf("%q: %t", verb, got)
		}
	}
}
