package observe

import (
	"github.com/hardstrap/hardstrap/internal/settings"
)

// objects reads a file of Kubernetes objects; each is a setting of its own.
func (r *reader) objects(component string, data []byte) []settings.Setting {
	var out []settings.Setting
	for _, doc := range r.documents(data) {
		kind, name := doc.Get("kind"), doc.Lookup("metadata", "name")
		if kind == nil || name == nil || doc.Get("apiVersion") == nil {
			r.failAt(doc.Origin, "no object of Kubernetes: apiVersion, kind and metadata.name are wanted")
			continue
		}
		namespace := ""
		if v := doc.Lookup("metadata", "namespace"); v != nil {
			namespace = v.Text
		}
		k := settings.ObjectKey(kind.Text, namespace, name.Text)
		k.Component = component
		out = append(out, settings.Setting{Key: k, Shape: settings.Document, Value: doc})
	}
	return out
}
