package catalog

// Flag is one command line flag of a component.
type Flag struct {
	Name string `json:"-"`
	// Type is what the flag's own value says it is: pflag's names for Kubernetes (bool, int32, duration, stringSlice,
	// mapStringBool ...), the type's for etcd (bool, duration, uint, Strings, UniqueURLs, SelectiveString ...).
	Type string `json:"type"`
	// Default is the flag's default as its help prints it. A kubelet flag's is the one of a kubelet without a
	// configuration file, which is weaker than the file's: anonymous-auth true, authorization-mode AlwaysAllow.
	Default string `json:"default"`
	// Deprecated is the flag's own message, empty for a flag that is not deprecated.
	Deprecated string `json:"deprecated"`
	// Hidden tells that the component's help leaves the flag out.
	Hidden bool `json:"hidden"`
}

// Flag returns a flag by component and name without dashes. etcd's are those of the etcd this minor's kubeadm deploys.
func (m *Minor) Flag(component, name string) (Flag, bool) {
	f, ok := m.flagsOf(component)[name]
	f.Name = name
	if !ok {
		return Flag{}, false
	}
	return f, true
}

// Flags returns the names of a component's flags, sorted; none for a component the catalog does not know.
func (m *Minor) Flags(component string) []string { return sortedKeys(m.flagsOf(component)) }

func (m *Minor) flagsOf(component string) map[string]Flag {
	if component == etcdComponent {
		return m.Etcd.facts.Flags[etcdComponent].get()
	}
	return m.facts.Flags[component].get()
}

// Usage returns the first sentence of a flag's help, or "" where there is none. It is for explaining, not rendering:
// the help texts are decoded at the first call.
func (m *Minor) Usage(component, name string) (string, error) {
	book := "kubernetes-" + m.Name
	if component == etcdComponent {
		book = "etcd-" + m.Etcd.Name
	}
	texts, err := books().usage[book]()
	return texts[component][name], err
}
