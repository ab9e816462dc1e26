package mutation

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const (
	kubeletFile  = "/var/lib/kubelet/config.yaml"
	instanceFile = "/var/lib/kubelet/instance-config.yaml"
	kubeadmEnv   = "/var/lib/kubelet/kubeadm-flags.env"
	defaultEnv   = "/etc/default/kubelet"
	kubeletUnit  = "/etc/systemd/system/kubelet.service.d/90-site.conf"
	kubeletDrops = "/etc/kubernetes/kubelet.conf.d"
)

// fieldOf is one field of the kubelet's or kube-proxy's configuration, and how values of it are judged.
type fieldOf struct {
	*subject
	component, role, path, typ string
	of                         shape
	rule                       rule
	known                      bool
	want                       value
	flag                       string // that sets it too, without dashes; "" for none
	precedence                 catalog.Precedence
}

// fields returns the fields of a kind of configuration that have one value each.
func (s *subject) fields(component, role, kind string) []fieldOf {
	var out []fieldOf
	for _, p := range s.minor.Fields(kind) {
		f, _ := s.minor.Field(kind, p)
		if f.Type == "map[string][]string" { // staticPodURLHeader: without staticPodURL nothing reads it
			continue
		}
		if strings.Contains(p, "[]") || strings.Contains(p, "{}") || f.Type == "object" || f.Type == "any" || strings.HasPrefix(f.Type, "map[string]object") {
			continue
		}
		one := fieldOf{subject: s, component: component, role: role, path: p, typ: f.Type, of: shapeOf(f.Type, p)}
		one.flag, _ = s.minor.FlagOfField(component, p)
		if of, ok := s.minor.FlagField(component, one.flag); ok && one.flag != "" {
			one.precedence = of.Precedence
		}
		if one.rule, one.known = s.rows[component+":"+p]; !one.known {
			one.rule, one.known = s.rows[component+":--"+one.flag]
		}
		standard, known := defaultOf(s.minor, component, p)
		for _, set := range []*settings.Set{s.wanted.Kubeadm, s.wanted.Settings} {
			if v := set.Value(one.key()); v != nil {
				standard, known = valueOf(plainOf(v)), true
			}
		}
		if known {
			one.want = one.canonical(standard)
			out = append(out, one)
		}
	}
	return out
}

// plainOf is a tree as encoding/json would have it.
func plainOf(v *settings.Value) any {
	switch v.Kind {
	case settings.List:
		out := []any{}
		for _, item := range v.Items {
			out = append(out, plainOf(item))
		}
		return out
	case settings.Map:
		out := map[string]any{}
		for _, e := range v.Entries {
			out[e.Key] = plainOf(e.Value)
		}
		return out
	case settings.Null:
		return nil
	}
	return v.Text
}

func (f fieldOf) key() settings.Key {
	return settings.Key{Component: f.component, Role: f.role, Path: f.path}
}

// canonical gives durations one spelling and lists without order one order.
func (f fieldOf) canonical(v value) value {
	out := slices.Clone(v)
	switch f.of {
	case isList, isNumbers, isMap:
		slices.Sort(out)
	case isDuration:
		if len(out) == 1 {
			out[0] = durationText(out[0])
		}
	}
	if f.of == isMap && (f.path == "featureGates") {
		out = slices.DeleteFunc(out, func(pair string) bool {
			name, text, _ := strings.Cut(pair, "=")
			g, ok := f.minor.FeatureGate(name)
			return ok && strconv.FormatBool(g.DefaultFor(f.component)) == text
		})
	}
	return out
}

func (f fieldOf) judge(have value) compare.Direction {
	have = f.canonical(have)
	if f.minor.MeansDefault(f.component, f.path, only(have)) {
		have = nil
	}
	if len(have) == 0 {
		standard, known := defaultOf(f.minor, f.component, f.path)
		if !known && len(f.want) > 0 {
			return different
		}
		have = f.canonical(standard)
	}
	switch {
	case slices.Equal(f.want, have):
		return same
	case !f.known:
		return different
	}
	return f.rule.relate(f.want, have)
}

// free reports whether kubeadm takes a value from the machine.
func (f fieldOf) free() bool {
	return f.component == settings.Kubelet && slices.Contains([]string{"containerRuntimeEndpoint", "resolvConf", "imageServiceEndpoint"}, f.path) &&
		f.wanted.Settings.Value(f.key()) == nil
}

func (f fieldOf) expect(have value) []expected {
	if !f.free() {
		return f.strictly(have)
	}
	if len(have) == 0 {
		have, _ = defaultOf(f.minor, f.component, f.path)
	}
	// What kubeadm keeps of the node alone comes back at the next upgrade.
	if kept := f.files.field(instanceFile, f.path); kept != "" && kept != only(have) {
		return []expected{{f.key(), different}}
	}
	return nil
}

// strictly is of a source that does not agree with the node's files.
func (f fieldOf) strictly(have value) []expected {
	if d := f.judge(have); d != same {
		return []expected{{f.key(), d}}
	}
	return nil
}

// typed is a value as the file has it.
func (f fieldOf) typed(v value) any {
	switch {
	case f.of == isMap:
		out := map[string]any{}
		for _, pair := range v {
			name, text, _ := strings.Cut(pair, "=")
			out[name] = text
			if b, err := strconv.ParseBool(text); err == nil && strings.HasSuffix(f.typ, "bool") {
				out[name] = b
			}
		}
		return out
	case strings.HasPrefix(f.typ, "[]"):
		out := []any{}
		for _, part := range v {
			out = append(out, scalarOf(strings.TrimPrefix(f.typ, "[]"), part))
		}
		return out
	}
	return scalarOf(f.typ, only(v))
}

func scalarOf(typ, text string) any {
	switch {
	case typ == "bool":
		return text == "true"
	case strings.HasPrefix(typ, "int") || strings.HasPrefix(typ, "uint"):
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case typ == "float":
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}

// set changes a field of a file; nil removes it.
func (m memory) set(file, at string, v any) {
	doc := map[string]any{}
	if err := yaml.Unmarshal([]byte(m[file].data), &doc); err != nil {
		panic(err)
	}
	in := doc
	parts := strings.Split(at, ".")
	for _, p := range parts[:len(parts)-1] {
		next, ok := in[p].(map[string]any)
		if !ok {
			next = map[string]any{}
			in[p] = next
		}
		in = next
	}
	last := parts[len(parts)-1]
	if v == nil {
		delete(in, last)
	} else {
		in[last] = v
	}
	data, err := yaml.Marshal(doc)
	if err != nil {
		panic(err)
	}
	m.write(file, string(data))
}

// field returns a field of a file at its top.
func (m memory) field(file, name string) string {
	doc := map[string]any{}
	if err := yaml.Unmarshal([]byte(m[file].data), &doc); err != nil {
		panic(err)
	}
	text, _ := doc[name].(string)
	return text
}

// dropIn has the kubelet read a directory, and puts a file with one field there.
func (m memory) dropIn(name, at string, v any) {
	m.write(kubeletUnit, "[Service]\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml --config-dir="+kubeletDrops+"\"\n")
	file := path.Join(kubeletDrops, name)
	m.write(file, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n")
	m.set(file, at, v)
}

// arguments adds flags to an environment file of the kubelet's unit.
func (m memory) environmentOf(file, variable string, list ...string) {
	var before string
	for line := range strings.Lines(m[file].data) {
		if name, text, ok := strings.Cut(strings.TrimSpace(line), "="); ok && name == variable {
			before = strings.Trim(text, `"`) + " "
		}
	}
	m.write(file, variable+`="`+before+strings.Join(list, " ")+"\"\n")
}

// kubeletMutations change every field of the kubelet's configuration, in every place that carries it.
func (s *subject) kubeletMutations(c *score) []mutation {
	var out []mutation
	for _, f := range s.fields(settings.Kubelet, s.Role, "KubeletConfiguration") {
		if !f.known || f.rule.Rule == "none" {
			c.without["kubelet:"+f.path] = true
		}
		if f.path == "staticPodPath" && s.Role == settings.ControlPlane {
			continue // in structure_test.go
		}
		out = append(out, f.unset()...)
		for i, v := range f.values() {
			if !f.known && i > 0 || slices.Equal(f.canonical(v), f.want) || len(v) == 0 {
				continue
			}
			out = append(out, f.changes(v)...)
		}
		out = append(out, f.writings()...)
	}
	return out
}

// values are those to try.
func (f fieldOf) values() []value {
	switch {
	case f.path == "logging.vmodule":
		return nil // in structure_test.go
	case f.path == "featureGates":
		return []value{append(slices.Clone(f.want), "AllAlpha=true")}
	case f.of == isMap:
		return []value{append(slices.Clone(f.want), "memory.available=7Mi")}
	}
	return f.rule.variants(f.of, f.want)
}

func (f fieldOf) unset() []mutation {
	want := f.expect(nil)
	out := []mutation{{
		place: "kubelet's file", kind: "unset (" + kindOf(f.inFile(nil)) + ")", what: f.key().String(), want: f.inFile(nil),
		change: func(s *state) { s.files.set(kubeletFile, f.path, nil) },
	}}
	if f.free() {
		return out
	}
	if !f.patched() && f.wanted.Settings.Value(f.key()) != nil {
		out = append(out, mutation{
			place: "kubelet-config", kind: "unset", what: f.key().String(), want: f.bothRoles(nil),
			change: func(s *state) { s.kubeletConfig(f, nil) },
		})
	}
	return append(out, mutation{
		place: "configz", kind: "unset (" + kindOf(want) + ")", what: f.key().String(), want: want,
		change: func(s *state) { s.configz(f, nil) },
	})
}

func (f fieldOf) changes(v value) []mutation {
	want := f.expect(v)
	what := f.key().String() + "=" + only(v)
	out := []mutation{{
		place: "kubelet's file", kind: kindOf(f.inFile(v)), what: what, want: f.inFile(v),
		change: func(s *state) { s.files.set(kubeletFile, f.path, f.typed(v)) },
	}, {
		place: "kubelet's drop-in", kind: kindOf(f.inFile(v)), what: what, want: f.inFile(v),
		change: func(s *state) { s.files.dropIn("50-site.conf", f.path, f.typed(v)) },
	}, {
		place: "configz", kind: kindOf(want), what: what, want: f.disagreeing(want),
		change: func(s *state) { s.configz(f, v) },
	}}
	if !f.patched() {
		out = append(out, mutation{
			place: "kubelet-config", kind: kindOf(want), what: what, want: f.bothRoles(v),
			change: func(s *state) { s.kubeletConfig(f, v) },
		})
	}
	if list, ok := f.flagWords(v); ok {
		byFlag := want
		if f.precedence == catalog.EitherTrue && only(f.want) == "true" {
			byFlag = nil // true in one of both is true
		}
		for _, file := range []string{kubeadmEnv, defaultEnv} {
			variable := map[string]string{kubeadmEnv: "KUBELET_KUBEADM_ARGS", defaultEnv: "KUBELET_EXTRA_ARGS"}[file]
			out = append(out, mutation{
				place: "flag in " + path.Base(file), kind: kindOf(byFlag), what: what, want: byFlag,
				change: func(s *state) { s.files.environmentOf(file, variable, list...) },
			})
		}
		out = append(out, mutation{
			place: "kubelet's process", kind: kindOf(byFlag), what: what, want: f.processExpect(v),
			change: func(s *state) {
				p := process.Process{PID: 4711, Component: settings.Kubelet, Args: append([]string{"/usr/bin/kubelet", "--kubeconfig=/etc/kubernetes/kubelet.conf", "--config=" + kubeletFile}, list...)}
				s.layers = append(s.layers, process.Layers([]process.Process{p}, s.Role)...)
			},
		})
	}
	return out
}

// bothRoles is of what stands for both roles: each has a wanted value of its own.
func (f fieldOf) bothRoles(v value) []expected {
	var out []expected
	if f.free() {
		return nil // each node's own does not stand there
	}
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		for _, other := range f.fields(f.component, role, "KubeletConfiguration") {
			if other.path == f.path {
				out = append(out, other.expect(v)...)
			}
		}
	}
	return out
}

// disagreeing is what is found where what runs does not say what the files do: of the node's own values that is a
// difference too.
func (f fieldOf) disagreeing(want []expected) []expected {
	if f.free() {
		return []expected{{f.key(), different}}
	}
	return want
}

// inFile is what a value in the file, or in a drop-in over it, is found as: nothing where a flag of the node wins.
func (f fieldOf) inFile(v value) []expected {
	if f.flag != "" && f.precedence == catalog.FlagWins && strings.Contains(f.files[kubeadmEnv].data, "--"+f.flag+"=") {
		return nil
	}
	return f.expect(v)
}

// processExpect is of a flag of the process alone, whose file nobody has read.
func (f fieldOf) processExpect(v value) []expected {
	if f.precedence == catalog.EitherTrue && only(f.want) == "true" {
		return nil
	}
	return f.disagreeing(f.expect(v))
}

// flagWords says a value by the flag that sets the field.
func (f fieldOf) flagWords(v value) ([]string, bool) {
	if f.flag == "" || f.of == isObjects || f.path == "staticPodPath" {
		return nil, false
	}
	flag, ok := f.minor.Flag(f.component, f.flag)
	if !ok {
		return nil, false
	}
	return words(f.flag, f.of, settings.Repeated(flag.Type), v), true
}

func (f fieldOf) writings() []mutation {
	what := f.key().String()
	var out []mutation
	if len(f.want) == 0 || f.of == isObjects || f.free() {
		return nil
	}
	out = append(out, mutation{
		place: "kubelet's drop-in", kind: "moved", what: what,
		change: func(s *state) {
			s.files.set(kubeletFile, f.path, nil)
			s.files.dropIn("50-site.conf", f.path, f.typed(f.want))
		},
	}, mutation{
		place: "kubelet's drop-in", kind: "the last one wanted", what: what,
		change: func(s *state) {
			if values := f.values(); len(values) > 0 && f.of != isMap {
				s.files.dropIn("50-site.conf", f.path, f.typed(values[0]))
			}
			s.files.dropIn("60-site.conf", f.path, f.typed(f.want))
		},
	})
	if list, ok := f.flagWords(f.want); ok {
		out = append(out, mutation{
			place: "flag in kubeadm-flags.env", kind: "moved", what: what,
			change: func(s *state) {
				s.files.set(kubeletFile, f.path, nil)
				s.files.environmentOf(kubeadmEnv, "KUBELET_KUBEADM_ARGS", list...)
			},
		}, mutation{
			place: "flag in the unit", kind: "moved", what: what,
			change: func(s *state) {
				s.files.set(kubeletFile, f.path, nil)
				s.files.write(kubeletUnit, "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS \\\n  "+strings.Join(list, " ")+"\n")
			},
		})
	}
	if f.of == isList && len(f.want) > 1 {
		out = append(out, mutation{
			place: "kubelet's file", kind: "reordered", what: what,
			change: func(s *state) {
				turned := slices.Clone(f.want)
				slices.Reverse(turned)
				s.files.set(kubeletFile, f.path, f.typed(turned))
			},
		})
	}
	if f.of == isDuration {
		for _, text := range spellings(f.of, f.want) {
			out = append(out, mutation{
				place: "kubelet's file", kind: "written " + text, what: what,
				change: func(s *state) { s.files.set(kubeletFile, f.path, text) },
			})
		}
	}
	return out
}

// patched reports whether the roles differ in a field, which then stands in patches.
func (f fieldOf) patched() bool {
	texts := map[string]string{}
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		k := f.key()
		k.Role = role
		if v := f.wanted.Settings.Value(k); v != nil {
			texts[role] = only(valueOf(plainOf(v))) + " is said"
		}
	}
	return texts[settings.ControlPlane] != texts[settings.Worker]
}

// kubeletWanted is what the profile and kubeadm say of a role's kubelet, with one field replaced.
func (s *state) kubeletWanted(role string, f fieldOf, v value) []settings.Setting {
	byKey := map[settings.Key]settings.Setting{}
	for _, set := range []*settings.Set{s.wanted.Kubeadm, s.wanted.Settings} {
		for _, one := range set.Of(f.component, role) {
			if !strings.HasPrefix(one.Key.Path, "--") {
				byKey[one.Key] = one
			}
		}
	}
	k := f.key()
	k.Role = role
	delete(byKey, k)
	for _, own := range []string{"containerRuntimeEndpoint", "resolvConf"} { // what the node's file says
		if v := s.files.field(kubeletFile, own); own != f.path && v != "" && f.component == settings.Kubelet {
			k := settings.Key{Component: f.component, Role: role, Path: own}
			byKey[k] = settings.Setting{Key: k, Value: settings.Of(v)}
		}
	}
	var out []settings.Setting
	for _, one := range byKey {
		out = append(out, one)
	}
	if v != nil {
		out = append(out, settings.Setting{Key: k, Value: settings.Of(f.typed(v)).At(settings.Origin{Source: settings.FromAPI})})
	}
	return out
}

// configz adds what a kubelet says it runs with.
func (s *state) configz(f fieldOf, v value) {
	s.layers = append(s.layers, observe.Layer{
		View: observe.View{Source: settings.FromAPI, Component: settings.Kubelet, Account: "configz"}, Rank: observe.Flags, Place: "configz of node",
		Settings: s.kubeletWanted(s.Role, f, v),
	})
}

// kubeletConfig adds kubeadm's ConfigMap of the kubelets, which is the same for both roles.
func (s *state) kubeletConfig(f fieldOf, v value) {
	layer := observe.Layer{
		View: observe.View{Source: settings.FromAPI, Component: settings.Kubelet, Account: "kubelet-config", Partial: true}, Rank: observe.ConfigFile,
		Place: "ConfigMap kube-system/kubelet-config",
	}
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		layer.Settings = append(layer.Settings, s.kubeletWanted(role, f, v)...)
	}
	s.cluster = append(s.cluster, layer)
}
