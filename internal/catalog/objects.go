package catalog

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed objects.tsv
var objectsTable string

// objectKind is a kind of object of one version.
type objectKind struct {
	since      string // minor
	namespaced bool
}

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var objectKinds = sync.OnceValue(func() map[[2]string]objectKind {
	out := map[[2]string]objectKind{}
	for line := range strings.Lines(objectsTable) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) == 4 {
			out[[2]string{cells[0], cells[1]}] = objectKind{cells[3], cells[2] == "Namespaced"}
		}
	}
	return out
})

// Object tells whether the minor's API server takes objects of that kind and apiVersion, of those that are neither
// alpha nor beta, and whether they stand in a namespace (api/discovery of k8s.io/kubernetes).
func (m *Minor) Object(apiVersion, kind string) (namespaced, ok bool) {
	o, ok := objectKinds()[[2]string{apiVersion, kind}]
	if !ok || compareMinors(o.since, m.Name) > 0 {
		return false, false
	}
	return o.namespaced, true
}
