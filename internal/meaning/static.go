package meaning

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// staticPolicies compares the objects of a file that the API server reads, by kind and name.
func staticPolicies(c *comparer, want, have *settings.Value) {
	w, names := objectsOf(want)
	h, found := objectsOf(have)
	for _, name := range either(names, found) {
		kind, _, _ := strings.Cut(name, "/")
		if !strings.HasPrefix(kind, "ValidatingAdmissionPolicy") { // webhooks and what changes objects, by structure
			kind = ""
		}
		c.within(short(name), kind, w[name], h[name])
	}
}

// objectsOf returns the objects of a list of documents; one may be a list itself (k8s.io/apiserver v0.37.0,
// pkg/admission/plugin/policy/manifest/loader/loader.go).
func objectsOf(v *settings.Value) (map[string]*settings.Value, []string) {
	out := make(map[string]*settings.Value)
	var names []string
	add := func(object *settings.Value) {
		name := text(object.Get("kind")) + "/" + text(object.Lookup("metadata", "name"))
		if out[name] == nil {
			out[name] = object
			names = append(names, name)
		}
	}
	for _, doc := range items(v) {
		if strings.HasSuffix(text(doc.Get("kind")), "List") && doc.Get("items") != nil {
			for _, object := range items(doc.Get("items")) {
				add(object)
			}
			continue
		}
		add(doc)
	}
	return out, names
}
