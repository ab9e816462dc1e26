package resolve

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// addWhatKubeadmSets notes the flags and fields that kubeadm of the minor sets by itself and
// that nothing here replaces: controls look at them, and nobody renders them.
func addWhatKubeadmSets(b *builder) {
	from := settings.Origin{Source: settings.FromKubeadm}
	components := []string{settings.APIServer, settings.ControllerManager, settings.Scheduler}
	if b.profile.Etcd.External == nil {
		components = append(components, settings.Etcd)
	}
	for _, component := range components {
		for _, arg := range b.minor.KubeadmArgs(component) {
			k := settings.Flag(component, arg.Name)
			if _, replaced := b.set.Get(k); replaced || !b.kubeadmSays(arg) {
				continue
			}
			if arg.Name == "authorization-mode" && b.set.Flag(component, "authorization-config") != nil {
				continue // kubeadm leaves it out then
			}
			flag, _ := b.minor.Flag(component, arg.Name)
			b.kubeadm.Put(settings.Setting{Key: k, Shape: flagShape(flag), Value: parseArg(flag, arg.Value).At(from)})
		}
	}
	for _, kind := range []struct {
		name, component string
		roles           []string
	}{
		{"KubeletConfiguration", settings.Kubelet, roles()},
		{"KubeProxyConfiguration", settings.KubeProxy, []string{""}},
	} {
		for path, value := range b.minor.KubeadmFields(kind.name) {
			for _, role := range kind.roles {
				k := settings.Key{Component: kind.component, Role: role, Path: path}
				if _, replaced := b.set.Get(k); !replaced {
					field, _ := b.minor.Field(kind.name, path)
					b.kubeadm.Put(settings.Setting{Key: k, Shape: settings.FieldShape(field.Type, catalog.Ordered(path)), Value: settings.Of(value).At(from)})
				}
			}
		}
	}
}

// kubeadmSays reports whether kubeadm sets an argument for this cluster with a value that is
// known here: some depend on a field of its configuration, and some on the node it runs on.
func (b *builder) kubeadmSays(arg catalog.Arg) bool {
	if arg.When != "" && b.set.Value(kubeadmKey(arg.When)) == nil {
		return false
	}
	for _, sample := range b.minor.KubeadmSample() {
		if strings.Contains(arg.Value, sample) {
			return false
		}
	}
	return true
}

// parseArg reads the one string of a command line into the tree of its flag's type.
func parseArg(f catalog.Flag, text string) *settings.Value {
	switch {
	case isList(f.Type):
		return settings.Of(strings.Split(text, ","))
	case isMap(f.Type):
		out := &settings.Value{Kind: settings.Map}
		for _, pair := range strings.Split(text, ",") {
			name, value, _ := strings.Cut(pair, "=")
			out.Put(name, &settings.Value{Kind: settings.String, Text: value})
		}
		return out
	case f.Type == "bool":
		return settings.Of(text == "true")
	}
	return settings.Of(text)
}
