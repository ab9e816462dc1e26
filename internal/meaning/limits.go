package meaning

import (
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// limitRanges compares what containers, pods and claims may have, by their type. Of several limits of one type all hold,
// but the last default counts (k8s.io/kubernetes v1.37.0, plugin/pkg/admission/limitranger/admission.go).
func limitRanges(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	w, names := limitsOf(want)
	h, found := limitsOf(have)
	at := origin(have.Lookup("spec", "limits"), have.Get("spec"), have)
	for _, kind := range either(names, found) {
		for _, field := range []string{"max", "maxLimitRequestRatio", "default", "min", "defaultRequest"} {
			c.quantities(short(kind)+" "+field, w[kind][field], h[kind][field], at, limitWords(field))
		}
	}
}

// bounds are the words for quantities of a field; none where higher is no worse than lower.
type bounds struct{ missing, added, higher, lower string }

func limitWords(field string) bounds {
	switch field {
	case "max":
		return bounds{"there is no limit", "there is a limit", "the limit is higher", "the limit is lower"}
	case "maxLimitRequestRatio":
		return bounds{"limits may be any multiple of requests", "limits are held to the requests", "limits may be a higher multiple of requests", "limits are held closer to the requests"}
	case "default":
		return bounds{"what sets no limit has none", "what sets no limit gets one", "what sets no limit gets a higher one", "what sets no limit gets a lower one"}
	}
	return bounds{}
}

// limitsOf reads the limits by type and field, with the defaults that the API server fills in for containers
// (k8s.io/kubernetes v1.37.0, pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem).
func limitsOf(doc *settings.Value) (map[string]map[string]map[string]*settings.Value, []string) {
	out := make(map[string]map[string]map[string]*settings.Value)
	var names []string
	for _, item := range items(doc.Lookup("spec", "limits")) {
		kind := text(item.Get("type"))
		fields := make(map[string]map[string]*settings.Value)
		for _, field := range []string{"max", "min", "default", "defaultRequest", "maxLimitRequestRatio"} {
			fields[field] = index(item.Get(field))
		}
		if kind == "Container" {
			standIn(fields["default"], fields["max"])
			standIn(fields["defaultRequest"], fields["default"])
			standIn(fields["defaultRequest"], fields["min"])
		}
		if out[kind] == nil {
			out[kind] = fields
			names = append(names, kind)
			continue
		}
		for field, values := range fields {
			for name, v := range values {
				if held := out[kind][field][name]; held == nil || tighter(field, v, held) {
					out[kind][field][name] = v
				}
			}
		}
	}
	return out, names
}

func standIn(values, others map[string]*settings.Value) {
	for name, v := range others {
		if values[name] == nil {
			values[name] = v
		}
	}
}

// tighter reports whether, of two quantities of a type, the second takes the place of the first.
func tighter(field string, v, held *settings.Value) bool {
	a, ok := quantity(v)
	b, alsoOK := quantity(held)
	switch field {
	case "max", "maxLimitRequestRatio":
		return ok && alsoOK && a.Cmp(b) < 0
	case "min":
		return ok && alsoOK && a.Cmp(b) > 0
	}
	return true
}

// resourceQuotas compares what a namespace may have in all, and of what.
func resourceQuotas(c *comparer, want, have *settings.Value) {
	c.identity(want, have)
	w, h := want.Get("spec"), have.Get("spec")
	at := origin(h.Get("hard"), h, have)
	c.quantities("hard", index(w.Get("hard")), index(h.Get("hard")), at,
		bounds{"the namespace is not limited in it", "the namespace is limited in it", "the namespace may have more of it", "the namespace may have less of it"})
	c.members("scopes", unique(texts(w.Get("scopes"))), unique(texts(h.Get("scopes"))), origin(h.Get("scopes"), h, have),
		catalog.Weaker, catalog.Stronger, "only pods of this scope are counted", "pods beyond this scope are counted too")
	if a, b := scopeSelector(w), scopeSelector(h); a != b {
		c.differ("scopeSelector", a, b, origin(h.Get("scopeSelector"), h, have), "other pods are counted")
	}
}

func scopeSelector(spec *settings.Value) string {
	var out selector
	for _, e := range items(spec.Lookup("scopeSelector", "matchExpressions")) {
		out = append(out, requirement{text(e.Get("scopeName")), text(e.Get("operator")), unique(texts(e.Get("values")))})
	}
	list := make([]string, len(out))
	for i, r := range out {
		list[i] = r.String()
	}
	return listed(unique(list))
}

// quantities compares quantities by resource.
func (c *comparer) quantities(part string, want, have map[string]*settings.Value, at settings.Origin, words bounds) {
	for _, name := range sortedKeys(want, have) {
		w, h := want[name], have[name]
		d := Delta{Part: part + " " + short(name), Relation: catalog.Different, Want: short(text(w)), Have: short(text(h)), At: origin(h, placed(at)), Opens: "it differs"}
		a, ok := quantity(w)
		b, alsoOK := quantity(h)
		switch {
		case ok && alsoOK && a.Cmp(b) == 0, text(w) == text(h) && w != nil && h != nil && !ok:
			continue
		case words == bounds{}:
		case h == nil:
			d.Relation, d.Opens = catalog.Weaker, words.missing
		case w == nil:
			d.Relation, d.Opens = catalog.Stronger, words.added
		case ok && alsoOK && b.Cmp(a) > 0:
			d.Relation, d.Opens = catalog.Weaker, words.higher
		case ok && alsoOK:
			d.Relation, d.Opens = catalog.Stronger, words.lower
		}
		c.add(d)
	}
}
