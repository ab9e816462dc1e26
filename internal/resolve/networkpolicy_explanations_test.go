package resolve_test

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// explanation returns what a NetworkPolicy of namespace "a" of a profile says of itself.
func explanation(t *testing.T, body, name string) string {
	t.Helper()
	r, err := resolveText(t, "1.37", "extends: [baseline]\n"+body)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Settings.Of(settings.Cluster, "") {
		if kind, namespace, n, ok := s.Key.Object(); ok && kind == "NetworkPolicy" && namespace == "a" && n == name {
			return s.Value.Lookup("metadata", "annotations", "hardstrap.dev/explanation").Text
		}
	}
	t.Fatalf("there is no policy %q", name)
	return ""
}

// TestExplanationsOfDirections holds the words against the direction that is denied: whoever
// reviews a policy reads them first.
func TestExplanationsOfDirections(t *testing.T) {
	const rest = " every pod of the namespace are denied unless another policy allows them; answers to what is allowed need no rule."
	for denied, want := range map[string]string{
		"[Ingress]":         "Connections to" + rest,
		"[Egress]":          "Connections from" + rest,
		"[Ingress, Egress]": "Connections from and to" + rest,
	} {
		body := "namespaces: [{name: a, networkPolicy: {defaultDeny: " + denied + "}}]"
		if got := explanation(t, body, "default-deny"); got != want {
			t.Errorf("%s: %s\nwant %s", denied, got, want)
		}
	}
}

// TestExplanationsOfAllowances has a sentence of each kind: two directions, and hosts by address
// and by port.
func TestExplanationsOfAllowances(t *testing.T) {
	const body = `namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress, Egress], sameNamespace: true}}, {name: b}]
networkPolicy:
  cni: calico
  controlPlaneCIDRs: [192.0.2.0/28]
  tunnelCIDRs: [10.244.0.0/16]
  allow:
  - {name: web, from: {namespaces: [b]}, to: {namespaces: [a], pods: {app: web}}, ports: [8080/TCP]}
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: kubelets, from: {namespaces: [a]}, to: {entity: nodes}, ports: [10250/TCP]}`
	for name, want := range map[string]string{
		"same-namespace-from": "Pods of the namespace may be reached from each other, on every port.",
		"allow-web-from":      "Pods with app=web of namespace a may be reached from every pod of namespace b on 8080/TCP (networkPolicy.allow, web).",
		"allow-hook-from":     "Every pod of namespace a may be reached from API servers on 9443/TCP; they connect from 192.0.2.0/28, 10.244.0.0/16 (networkPolicy.allow, hook).",
		"allow-api-to":        "Every pod of namespace a may connect to API servers on 6443/TCP; they stand in 192.0.2.0/28 (networkPolicy.allow, api).",
		"allow-kubelets-to": "Every pod of namespace a may connect to nodes on 10250/TCP, known by the port alone: they run in the host's network," +
			" where no selector matches, and networkPolicy.nodeCIDRs is not set (networkPolicy.allow, kubelets).",
	} {
		if got := explanation(t, body, name); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}
