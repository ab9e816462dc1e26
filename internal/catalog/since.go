package catalog

import "slices"

// The kinds of things that Since knows.
const (
	ThingFlag                = "flag"                // component and flag name
	ThingField               = "field"               // configuration kind and path
	ThingGate                = "gate"                // feature gate; the component is not looked at, but for etcd and kubeadm
	ThingPlugin              = "plugin"              // admission plugin; the component is not looked at
	ThingEncryptionAlgorithm = "encryptionAlgorithm" // of kubeadm; the component is not looked at
	ThingKind                = "kind"                // configuration kind; the component is not looked at
)

// Since returns the first and the last minor of the catalog that have a thing, for a message about one that lacks it;
// known is false where no minor has it. It decodes every minor, so it is for faults only.
func Since(component, thing, name string) (first, last string, known bool) {
	for _, minor := range Minors() {
		m, err := For(minor)
		if err != nil || !m.has(component, thing, name) {
			continue
		}
		if first == "" {
			first = minor
		}
		last = minor
	}
	return first, last, first != ""
}

func (m *Minor) has(component, thing, name string) bool {
	ok := false
	switch thing {
	case ThingFlag:
		_, ok = m.Flag(component, name)
	case ThingField:
		_, ok = m.Field(component, name)
		if component == etcdComponent {
			_, ok = m.Etcd.ConfigKey(name)
		}
	case ThingGate:
		switch component {
		case etcdComponent:
			_, ok = m.Etcd.FeatureGate(name)
		case "kubeadm":
			_, ok = m.KubeadmFeatureGate(name)
		default:
			_, ok = m.FeatureGate(name)
		}
	case ThingPlugin:
		ok = slices.Contains(m.facts.Admission.get().Plugins, name)
	case ThingEncryptionAlgorithm:
		ok = slices.Contains(m.facts.Kubeadm.EncryptionAlgorithms, name)
	case ThingKind:
		ok = len(m.facts.APIVersions[name]) > 0
	}
	return ok
}
