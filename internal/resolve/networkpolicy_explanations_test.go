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
