package meaning

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const rbacGroup = "rbac.authorization.k8s.io"

// bindings compares who gets the rights of which role (defaults: k8s.io/kubernetes v1.37.0, pkg/apis/rbac/v1/defaults.go).
func bindings(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	c.members("subjects", subjectsOf(want), subjectsOf(have), origin(have.Get("subjects"), have), catalog.Weaker, catalog.Stronger,
		"they get its rights too", "they lack its rights")
	w, h := roleOf(want.Get("roleRef")), roleOf(have.Get("roleRef"))
	d := Delta{Part: "roleRef", Relation: catalog.Different, Want: short(w), Have: short(h), At: origin(have.Get("roleRef"), have), Opens: "they get the rights of another role"}
	switch all := "ClusterRole cluster-admin"; {
	case w == h:
		return
	case h == all:
		d.Relation, d.Opens = catalog.Weaker, "they get every right"
	case w == all:
		d.Relation, d.Opens = catalog.Stronger, "they do not get every right"
	}
	c.add(d)
}

func roleOf(ref *settings.Value) string {
	out := text(ref.Get("kind")) + " " + text(ref.Get("name"))
	if group := or(ref.Get("apiGroup"), rbacGroup); group != rbacGroup {
		out += " of group " + group
	}
	return strings.TrimSpace(out)
}

// subjectsOf names a binding's subjects. One without a namespace is in none: validation of a role binding asks for it.
func subjectsOf(binding *settings.Value) []string {
	var out []string
	for _, s := range items(binding.Get("subjects")) {
		kind := text(s.Get("kind"))
		name, standin := text(s.Get("name")), rbacGroup
		if kind == "ServiceAccount" {
			name, standin = text(s.Get("namespace"))+"/"+name, ""
		}
		name = kind + " " + name
		if group := or(s.Get("apiGroup"), standin); group != standin {
			name += " of group " + group
		}
		out = append(out, name)
	}
	return unique(out)
}
