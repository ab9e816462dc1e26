package settings

import (
	"cmp"
	"slices"
	"strings"
)

// Components. The six of Kubernetes, and those that carry what is not a component's: what
// kubeadm is told of the cluster, the host's own files, the objects of a cluster, and what is
// for software besides Kubernetes.
const (
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kubelet           = "kubelet"
	KubeProxy         = "kube-proxy"
	Etcd              = "etcd"
	Kubeadm           = "kubeadm"
	Host              = "host"
	Cluster           = "cluster"
	Companion         = "companion"
)

// Roles of nodes. A setting that does not differ by role has none.
const (
	ControlPlane = "control-plane"
	Worker       = "worker"
)

// Key names a setting. Path is, by its spelling, one of
//
//	--profiling                       a command-line flag
//	authentication.anonymous.enabled  a field of the component's configuration file (kubelet,
//	                                  kube-proxy) or of ClusterConfiguration and its
//	                                  companions (kubeadm)
//	EncryptionConfiguration           a whole document, by its kind (or plugin's name)
//	sysctl/vm.panic_on_oom            something of the host
//	NetworkPolicy/shop/default-deny   an object of the cluster: kind, namespace if it has one, name
type Key struct {
	Component string
	Role      string
	Path      string
}

// Flag returns the key of a command-line flag, given without dashes.
func Flag(component, name string) Key { return Key{Component: component, Path: "--" + name} }

// String returns component:path, with the role in brackets when there is one.
func (k Key) String() string {
	if k.Role != "" {
		return k.Component + "[" + k.Role + "]:" + k.Path
	}
	return k.Component + ":" + k.Path
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Path, b.Path))
}

// ObjectKey returns the key of an object of the cluster; namespace is "" where it has none.
func ObjectKey(kind, namespace, name string) Key {
	path := kind + "/" + name
	if namespace != "" {
		path = kind + "/" + namespace + "/" + name
	}
	return Key{Component: Cluster, Path: path}
}

// Object returns what an object's key names; ok is false for any other key.
func (k Key) Object() (kind, namespace, name string, ok bool) {
	if k.Component != Cluster && k.Component != Companion {
		return "", "", "", false
	}
	switch parts := strings.Split(k.Path, "/"); len(parts) {
	case 2:
		return parts[0], "", parts[1], true
	case 3:
		return parts[0], parts[1], parts[2], true
	}
	return "", "", "", false
}

// Shape tells how two values of a setting are compared.
type Shape uint8

// Shapes of values.
const (
	Scalar    Shape = iota
	Unordered       // a list whose order has no meaning
	Ordered         // a list whose order has a meaning
	Mapping         // a map
	Document        // a whole document with rules of its own
)

// FieldShape tells how the values of a field of a configuration file are compared, given its type as the catalog has it
// ([]T, map[string]T or a scalar's) and whether the order of a list means something.
func FieldShape(fieldType string, ordered bool) Shape {
	switch {
	case strings.HasPrefix(fieldType, "map["):
		return Mapping
	case strings.HasPrefix(fieldType, "[]") && ordered:
		return Ordered
	case strings.HasPrefix(fieldType, "[]"):
		return Unordered
	}
	return Scalar
}

// Setting is one thing that is set.
type Setting struct {
	Key   Key
	Shape Shape
	Value *Value
}

// Set is settings by key. The zero value is empty and ready to use.
type Set struct {
	byKey map[Key]Setting
}

// Put adds or replaces a setting.
func (s *Set) Put(setting Setting) {
	if s.byKey == nil {
		s.byKey = make(map[Key]Setting)
	}
	s.byKey[setting.Key] = setting
}

// Delete removes a setting.
func (s *Set) Delete(k Key) { delete(s.byKey, k) }

// Get returns a setting.
func (s *Set) Get(k Key) (Setting, bool) {
	got, ok := s.byKey[k]
	return got, ok
}

// Value returns a setting's value, or nil.
func (s *Set) Value(k Key) *Value { return s.byKey[k].Value }

// Flag returns the value of a component's flag, or nil.
func (s *Set) Flag(component, name string) *Value { return s.Value(Flag(component, name)) }

// Len returns the number of settings.
func (s *Set) Len() int { return len(s.byKey) }

// All returns every setting, ordered by key.
func (s *Set) All() []Setting {
	out := make([]Setting, 0, len(s.byKey))
	for _, setting := range s.byKey {
		out = append(out, setting)
	}
	slices.SortFunc(out, func(a, b Setting) int { return compareKeys(a.Key, b.Key) })
	return out
}

// Of returns the settings of one component and role, ordered by path.
func (s *Set) Of(component, role string) []Setting {
	var out []Setting
	for k, setting := range s.byKey {
		if k.Component == component && k.Role == role {
			out = append(out, setting)
		}
	}
	slices.SortFunc(out, func(a, b Setting) int { return compareKeys(a.Key, b.Key) })
	return out
}
