package meaning

import (
	"fmt"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// structure compares two trees node by node: maps in any order, lists in theirs. It knows no better or worse.
func (c *comparer) structure(path string, want, have *settings.Value) {
	if len(c.deltas) >= maxDeltas || canonical(want) == canonical(have) {
		return
	}
	switch {
	case want != nil && have != nil && want.Kind == settings.Map && have.Kind == settings.Map:
		other := index(have)
		for _, e := range entries(want) {
			c.field(path, e.Key, e.Value, other[e.Key])
		}
		mine := index(want)
		for _, e := range entries(have) {
			if mine[e.Key] == nil {
				c.field(path, e.Key, nil, e.Value)
			}
		}
	case want != nil && have != nil && want.Kind == settings.List && have.Kind == settings.List:
		for i := range max(len(want.Items), len(have.Items)) {
			var w, h *settings.Value
			if i < len(want.Items) {
				w = want.Items[i]
			}
			if i < len(have.Items) {
				h = have.Items[i]
			}
			c.structure(fmt.Sprintf("%s[%d]", path, i), w, h)
		}
	default:
		c.add(Delta{Part: path, Relation: catalog.Different, Want: shown(want), Have: shown(have), At: origin(have), Opens: changed(want, have)})
	}
}

func (c *comparer) field(path, key string, want, have *settings.Value) {
	at := key
	if path != "" {
		at = path + "." + key
	}
	if !secretKey(key) {
		c.structure(at, want, have)
		return
	}
	if canonical(want) != canonical(have) {
		c.add(Delta{Part: at, Relation: catalog.Different, Want: present(want), Have: present(have), At: origin(have), Opens: changed(want, have)})
	}
}

// present says of a secret only whether it is there.
func present(v *settings.Value) string {
	if v == nil {
		return ""
	}
	return hidden
}

func changed(want, have *settings.Value) string {
	switch {
	case want == nil:
		return "more than is wanted"
	case have == nil:
		return "it is missing"
	}
	return "it differs"
}

// withoutBookkeeping returns an object without what the API server and controllers keep in it
// (k8s.io/apimachinery v0.37.0, pkg/apis/meta/v1/types.go, ObjectMeta).
func withoutBookkeeping(v *settings.Value) *settings.Value {
	metadata := v.Get("metadata")
	if v.Kind != settings.Map || metadata == nil || v.Get("kind") == nil {
		return v
	}
	out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
	for _, e := range v.Entries {
		switch e.Key {
		case "status":
		case "metadata":
			kept := &settings.Value{Kind: settings.Map, Origin: metadata.Origin}
			for _, m := range entries(metadata) {
				if m.Key == "name" || m.Key == "namespace" {
					kept.Entries = append(kept.Entries, m)
				}
			}
			e.Value = kept
			out.Entries = append(out.Entries, e)
		default:
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}
