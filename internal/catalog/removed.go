package catalog

import (
	"sync"
)

// Removed is an old name that older guides still give: what it was, since when it is gone, and what does its work today.
type Removed struct {
	// Component is where the name stood: a component for a flag, a configuration kind for a field, or admission-plugins,
	// feature-gates, kubeadm.
	Component string `yaml:"component"`
	Name      string `yaml:"name"`
	// Since is the first minor without it; "" where no source says.
	Since string `yaml:"since"`
	// Instead says in a few words what to write today.
	Instead string `yaml:"instead"`
	// Source is where Since comes from.
	Source string `yaml:"source"`
}

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var removedNames = sync.OnceValues(func() ([]Removed, error) {
	var rows []Removed
	return rows, decodeYAML("removed.yaml", &rows)
})

// Removed returns what is known of an old name that this minor no longer has. component is a component (flags), a
// configuration kind (fields), admission-plugins, feature-gates or kubeadm. It is for faults: it parses removed.yaml at
// the first call.
func (m *Minor) Removed(component, name string) (Removed, bool) {
	rows, err := removedNames()
	if err != nil {
		return Removed{}, false
	}
	for _, r := range rows {
		if r.Component == component && r.Name == name && (r.Since == "" || compareMinors(m.Name, r.Since) >= 0) {
			return r, true
		}
	}
	return Removed{}, false
}

// RemovedNames returns every row of removed.yaml, for documents and tests.
func RemovedNames() ([]Removed, error) { return removedNames() }
