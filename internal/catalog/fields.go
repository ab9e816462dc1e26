package catalog

import (
	"encoding/json"
)

// Field is one field of a configuration kind.
type Field struct {
	// Path is the dotted JSON path: authentication.anonymous.enabled; registerWithTaints[].key below a list, x{}.y below
	// a map of objects.
	Path string
	// Type is string, bool, int32 and its kin, float, duration, quantity, object, any, []T or map[string]T.
	Type string
	// Default is the value the component's own defaulting gives, as encoding/json decodes it; nil where HasDefault is
	// false. A plain string or number that is not set has its zero value as default.
	Default    any
	HasDefault bool
}

// Field returns a field of KubeletConfiguration or KubeProxyConfiguration by its path, an object's or a leaf's.
func (m *Minor) Field(kind, path string) (Field, bool) {
	return field(m.facts.Fields[kind].get(), path)
}

// Fields returns the paths of a kind, objects and leaves, sorted; none for a kind the catalog does not know.
func (m *Minor) Fields(kind string) []string { return sortedKeys(m.facts.Fields[kind].get()) }

func field(fields map[string]rawField, path string) (Field, bool) {
	raw, ok := fields[path]
	if !ok {
		return Field{}, false
	}
	f := Field{Path: path, Type: raw.Type}
	if len(raw.Default) > 0 {
		f.HasDefault = json.Unmarshal(raw.Default, &f.Default) == nil
	}
	return f, true
}

// ConfigKey returns a key of etcd's configuration file, client-transport-security.cert-file for a nested one. The file
// gives no defaults of its own.
func (e *Etcd) ConfigKey(path string) (Field, bool) {
	return field(e.facts.Fields["EtcdConfig"].get(), path)
}

// ConfigKeys returns the keys of etcd's configuration file, sorted.
func (e *Etcd) ConfigKeys() []string { return sortedKeys(e.facts.Fields["EtcdConfig"].get()) }
