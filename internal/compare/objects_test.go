package compare_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// object reads an object from JSON.
func object(t *testing.T, kind, namespace, name, body string) settings.Setting {
	t.Helper()
	v, err := observe.JSON([]byte(body), settings.Origin{Source: settings.FromAPI})
	if err != nil {
		t.Fatal(err)
	}
	v.Put("kind", settings.Of(kind)).Put("metadata", settings.Of(map[string]string{"namespace": namespace, "name": name}))
	return settings.Setting{Key: settings.ObjectKey(kind, namespace, name), Shape: settings.Document, Value: v}
}

// judged compares one object that no profile has with a profile that denies all connections in one namespace.
func judged(t *testing.T, found settings.Setting) string {
	t.Helper()
	minor, err := catalog.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	deny := object(t, "NetworkPolicy", "shop", "deny", `{"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}}`)
	w := &compare.Wanted{
		Minor: minor, Version: "1.37.0", Settings: &settings.Set{}, Kubeadm: &settings.Set{}, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		File: func(settings.Key) string { return "" },
	}
	w.Settings.Put(deny)
	report := compare.Compare(w, []observe.Observation{{Layers: []observe.Layer{{
		View: observe.View{Source: settings.FromAPI, Component: settings.Cluster, Account: "objects"}, Place: found.Key.Path, Settings: []settings.Setting{deny, found},
	}}}})
	var out []string
	for _, f := range report.Findings {
		out = append(out, string(f.Direction)+": "+f.Message)
	}
	return strings.Join(out, "; ")
}

// TestObjectsBesides has objects that the profile does not have: what opens something is told, and Kubernetes' own is not.
func TestObjectsBesides(t *testing.T) {
	bound := func(role string, groups ...string) string {
		var names []string
		for _, g := range groups {
			names = append(names, `{"kind": "Group", "name": "`+g+`"}`)
		}
		return `{"roleRef": {"kind": "ClusterRole", "name": "` + role + `"}, "subjects": [` + strings.Join(names, ", ") + `]}`
	}
	rule := func(group, resource, verb string) string {
		return `{"rules": [{"apiGroups": ["` + group + `"], "resources": ["` + resource + `"], "verbs": ["` + verb + `"]}]}`
	}
	const authenticated, unauthenticated = "system:authenticated", "system:unauthenticated"
	for _, c := range []struct{ kind, namespace, name, body, want string }{
		{"NetworkPolicy", "shop", "all", `{"spec": {"podSelector": {}, "ingress": [{}]}}`, "weaker: allows connections from anyone"},
		{"NetworkPolicy", "shop", "world", `{"spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}}`, "weaker: allows connections to 0.0.0.0/0"},
		{"NetworkPolicy", "shop", "web", `{"spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]}}`, "different: allows connections from pods"},
		{"NetworkPolicy", "shop", "deny-too", `{"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}`, ""},
		{"NetworkPolicy", "other", "all", `{"spec": {"podSelector": {}, "ingress": [{}]}}`, ""},
		{"ClusterRoleBinding", "", "system:discovery", bound("system:discovery", authenticated), ""},
		{"ClusterRoleBinding", "", "system:discovery", bound("edit", authenticated), "weaker: gives edit"},
		{"ClusterRoleBinding", "", "system:basic-user", bound("system:basic-user", authenticated, unauthenticated), "weaker: gives system:basic-user"},
		{"ClusterRoleBinding", "", "system:public-info-viewer", bound("system:public-info-viewer", authenticated, unauthenticated), ""},
		{"RoleBinding", "shop", "open", bound("edit", "system:serviceaccounts"), "weaker: gives edit"},
		{"RoleBinding", "shop", "team", bound("edit", "team"), ""},
		{"RoleBinding", "kube-public", "kubeadm:bootstrap-signer-clusterinfo", bound("kubeadm:bootstrap-signer-clusterinfo", "system:anonymous"), ""},
		{"ClusterRole", "", "system:discovery", `{"rules": [{"nonResourceURLs": ["/api", "/apis/*", "/livez"], "verbs": ["get"]}]}`, ""},
		{"ClusterRole", "", "system:discovery", `{"rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]}`, "weaker: allows more"},
		{"ClusterRole", "", "system:discovery", rule("", "secrets", "get"), "weaker: allows more"},
		{"ClusterRole", "", "system:basic-user", rule("authorization.k8s.io", "selfsubjectaccessreviews", "create"), ""},
		{"ClusterRole", "", "system:basic-user", rule("authentication.k8s.io", "selfsubjectreviews", "create"), ""},
		{"ClusterRole", "", "system:basic-user", rule("*", "*", "*"), "weaker: allows more"},
		{"ClusterRole", "", "system:cluster-trust-bundle-discovery", rule("certificates.k8s.io", "clustertrustbundles", "list"), ""},
	} {
		t.Run(c.kind+" "+c.name+" "+c.want, func(t *testing.T) {
			got := judged(t, object(t, c.kind, c.namespace, c.name, c.body))
			if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("it is %q", got)
			}
		})
	}
}
