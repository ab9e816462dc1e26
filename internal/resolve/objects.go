package resolve

import (
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Marks of what hardstrap renders into a cluster. The annotation says why an object is there.
const (
	managedByLabel        = "app.kubernetes.io/managed-by"
	managedBy             = "hardstrap"
	explanationAnnotation = "hardstrap.dev/explanation"
)

// object is something to put into a cluster.
type object struct {
	apiVersion string
	kind       string
	namespace  string // "" for what belongs to the whole cluster
	name       string
	why        string // the explanation; "" for an object that Kubernetes makes itself, which is not marked either
	labels     map[string]string
	body       map[string]any // beside apiVersion, kind and metadata
}

func (o object) key() settings.Key { return settings.ObjectKey(o.kind, o.namespace, o.name) }

// tree returns the object as it is applied.
func (o object) tree() *settings.Value {
	metadata := map[string]any{"name": o.name}
	if o.namespace != "" {
		metadata["namespace"] = o.namespace
	}
	labels := map[string]string{}
	for k, v := range o.labels {
		labels[k] = v
	}
	if o.why != "" {
		labels[managedByLabel] = managedBy
		metadata["annotations"] = map[string]string{explanationAnnotation: o.why}
	}
	if len(labels) > 0 {
		metadata["labels"] = labels
	}
	tree := settings.Of(map[string]any{"apiVersion": o.apiVersion, "kind": o.kind})
	tree.Put("metadata", settings.Of(metadata))
	for _, e := range settings.Of(o.body).Entries {
		tree.Put(e.Key, e.Value)
	}
	return tree
}

// object sets an object of the cluster that a place of the profile asks for.
func (b *builder) object(o object, p place) { b.objectOf(o.key(), o, p) }

// companion sets an object for software besides Kubernetes.
func (b *builder) companion(o object, p place) {
	k := o.key()
	k.Component = settings.Companion
	b.objectOf(k, o, p)
}

func (b *builder) objectOf(k settings.Key, o object, p place) {
	if _, there := b.set.Get(k); there {
		b.fault(p, "give one of them another name", "a second %s %q would be rendered", o.kind, o.name)
		return
	}
	b.derive(k, settings.Document, o.tree(), p)
}
