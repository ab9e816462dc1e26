package meaning

import (
	"strconv"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// serviceAccounts compares whether pods get a token unasked; not set is true (k8s.io/kubernetes v1.37.0,
// plugin/pkg/admission/serviceaccount/admission.go, shouldAutomount). Secrets and image pull secrets are added by
// controllers.
func serviceAccounts(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	const field = "automountServiceAccountToken"
	mounts := func(v *settings.Value) bool { return text(v.Get(field)) != "false" }
	rank := func(mounted bool) int {
		if mounted {
			return 0
		}
		return 1
	}
	w, h := mounts(want), mounts(have)
	c.ranked(field, strconv.FormatBool(w), strconv.FormatBool(h), rank(w), rank(h), origin(have.Get(field), have),
		"pods get a token for the API server unasked", "pods get no token for the API server unasked")
	for _, name := range beyond(referred(want.Get("imagePullSecrets")), referred(have.Get("imagePullSecrets"))) {
		c.differ("imagePullSecrets", name, "", origin(have.Get("imagePullSecrets"), have), "images are pulled without this credential")
	}
}

// referred returns the names of a list of references.
func referred(list *settings.Value) []string {
	var out []string
	for _, item := range items(list) {
		out = append(out, text(item.Get("name")))
	}
	return out
}
