package mutation

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// told is what kubeadm was told of the cluster, by its file on the node.
func (s *subject) told() []settings.Setting {
	found, err := observe.Kubeadm("ConfigMap kube-system/kubeadm-config", settings.FromAPI, []byte(s.files[layout.Kubeadm+"/init.yaml"].data))
	if err != nil {
		panic(err)
	}
	return found
}

// kubeadmConfig adds kubeadm's ConfigMap, with one setting replaced, or taken away by nil.
func (s *state) kubeadmConfig(k settings.Key, v *settings.Value) {
	list := slices.DeleteFunc(s.told(), func(one settings.Setting) bool { return one.Key == k })
	if v != nil {
		list = append(list, settings.Setting{Key: k, Value: v})
	}
	for _, component := range append(pods(), settings.Kubeadm) {
		layer := observe.Layer{
			View: observe.View{Source: settings.FromAPI, Component: component, Account: "kubeadm-config", Partial: component != settings.Kubeadm},
			Rank: observe.Flags, Place: "ConfigMap kube-system/kubeadm-config",
		}
		for _, one := range list {
			if one.Key.Component == component && one.Key.Path != "extraVolumes" {
				layer.Settings = append(layer.Settings, one)
			}
		}
		s.cluster = append(s.cluster, layer)
	}
}

// keptMutations change what kubeadm keeps of the cluster.
func (s *subject) keptMutations(c *score) []mutation {
	if s.Role != settings.ControlPlane {
		return nil
	}
	out := []mutation{{place: "kubeadm-config", kind: "as wanted", change: func(s *state) { s.kubeadmConfig(settings.Key{}, nil) }}}
	add := func(kind string, k settings.Key, v *settings.Value, want []expected) {
		out = append(out, mutation{place: "kubeadm-config", kind: kind + " (" + kindOf(want) + ")", what: k.String(), want: want, change: func(s *state) { s.kubeadmConfig(k, v) }})
	}
	for _, component := range pods() {
		for _, one := range s.wanted.Settings.Of(component, "") {
			name, isFlag := strings.CutPrefix(one.Key.Path, "--")
			if !isFlag || isDocumentFlag(component, name) {
				continue
			}
			f := s.flagOf(argument{name: name}, component)
			f.want = f.parts(one.Value.Strings())
			if one.Value.Kind == settings.Map {
				f.want = valueOf(plainOf(one.Value))
			}
			without := f.expect(nil)
			if says := s.kubeadmSays(component, name); says != nil {
				without = f.expect(f.parts(says))
			}
			add("unset", one.Key, nil, without)
			for _, v := range f.rule.variants(f.of, f.want) {
				if want := f.expect(v); len(v) > 0 && len(want) > 0 {
					text := settings.Of(strings.Join(v, ","))
					if f.repeated {
						text = settings.Of([]string(v))
					}
					add(only(v), one.Key, text, want)
				}
			}
		}
	}
	for _, one := range s.wanted.Settings.Of(settings.Kubeadm, "") {
		if strings.HasPrefix(one.Key.Path, "localAPIEndpoint.") || strings.HasPrefix(one.Key.Path, "nodeRegistration.") || !one.Value.IsScalar() {
			continue
		}
		rule, known := s.rows["kubeadm:"+one.Key.Path]
		if !known || rule.Rule == "none" {
			c.without["kubeadm:"+one.Key.Path] = true
		}
		want := value{one.Value.Text}
		expect := func(have value) []expected {
			d := different
			if known {
				d = rule.relate(want, have)
			}
			if d == same {
				return nil
			}
			return []expected{{one.Key, d}}
		}
		if standard, ok := defaultOf(s.minor, settings.Kubeadm, one.Key.Path); ok {
			add("unset", one.Key, nil, expect(standard))
		}
		of := isText
		if strings.HasSuffix(one.Key.Path, "Period") {
			of = isDuration
		}
		values := rule.variants(of, want)
		if rule.Rule == "version" {
			add("an older one", one.Key, settings.Of("v1.30.0"), []expected{{one.Key, weaker}})
			add("a newer one", one.Key, settings.Of("v1.99.0"), []expected{{one.Key, stronger}})
			add("no version", one.Key, settings.Of("stable"), []expected{{one.Key, different}})
			continue
		}
		for _, v := range values {
			if !slices.Equal(v, want) {
				add(only(v), one.Key, settings.Of(only(v)), expect(v))
			}
		}
	}
	return out
}

// kubeadmSays returns what kubeadm gives a flag where nobody tells it otherwise.
func (s *subject) kubeadmSays(component, name string) []string {
	for _, arg := range s.minor.KubeadmArgs(component) {
		if arg.Name == name && arg.When == "" {
			return []string{arg.Value}
		}
	}
	return nil
}

// proxyMutations change every field of kube-proxy's configuration, which stands in a ConfigMap.
func (s *subject) proxyMutations(c *score) []mutation {
	if s.Role != settings.ControlPlane {
		return nil
	}
	var out []mutation
	for _, f := range s.fields(settings.KubeProxy, "", "KubeProxyConfiguration") {
		if !f.known || f.rule.Rule == "none" {
			c.without["kube-proxy:"+f.path] = true
		}
		if f.path == "clusterCIDR" && f.wanted.Settings.Value(f.key()) == nil || f.path == "hostnameOverride" {
			continue // the cluster's own, and each node's
		}
		add := func(kind string, v value, want []expected) {
			out = append(out, mutation{place: "kube-proxy ConfigMap", kind: kind + " (" + kindOf(want) + ")", what: f.key().String(), want: want, change: func(s *state) {
				s.cluster = append(s.cluster, observe.Layer{
					View: observe.View{Source: settings.FromAPI, Component: settings.KubeProxy, Account: "kube-proxy ConfigMap"}, Rank: observe.ConfigFile,
					Place: "ConfigMap kube-system/kube-proxy", Settings: s.kubeletWanted("", f, v),
				})
			}})
		}
		add("unset", nil, f.expect(nil))
		if len(f.want) > 0 && f.of != isObjects {
			add("as wanted", f.want, nil)
		}
		for i, v := range f.values() {
			if !f.known && i > 0 || len(v) == 0 || slices.Equal(f.canonical(v), f.want) {
				continue
			}
			add(only(v), v, f.expect(v))
		}
	}
	return out
}
