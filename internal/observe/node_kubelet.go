package observe

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubelet reads what the kubelet is started with, and the configuration this names. Where no unit is
// there, as in a root that kubeadm alone wrote, its arguments are those that kubeadm's own drop-in gives.
func (n *node) kubelet() {
	n.manifests = "/etc/kubernetes/manifests"
	if n.out.Role == settings.Etcd {
		return
	}
	words := n.kubeletArguments()
	flags := flagsOf(settings.Kubelet, n.out.Role, words)
	n.layer(settings.Kubelet, "files", Flags, "arguments of kubelet.service", withoutNames(flags))
	if name := flagText(flags, "hostname-override"); name != "" {
		n.out.Subject = strings.ToLower(name)
	}
	// Without --config the kubelet has its flags' defaults, which are weaker; nothing here can tell them from fields'.
	file := flagText(flags, "config")
	if file == "" {
		n.unknown(settings.Kubelet, nil, settings.Origin{Source: settings.FromFile}, "the kubelet is started without --config", "let kubeadm write its unit")
		return
	}
	if !path.IsAbs(file) {
		n.unknown(settings.Kubelet, nil, settings.Origin{Source: settings.FromFile, File: file}, "--config="+file+" stands below the unit's working directory", "name the file by its whole path")
		return
	}
	n.kubeletFile(file, ConfigFile)
	n.instanceConfig()
	if dir := flagText(flags, "config-dir"); dir != "" {
		n.kubeletDropIns(dir)
	}
	if dir := flagText(flags, "pod-manifest-path"); dir != "" { // a flag outranks them
		n.manifests = dir
	}
}

// kubeletArguments returns the kubelet's command line, from its unit where there is one.
func (n *node) kubeletArguments() []word {
	s := n.service("kubelet.service")
	if len(s.start) == 0 {
		byKubeadm(&s)
	}
	n.environment(&s)
	if !s.starts("kubelet") {
		n.unknown(settings.Kubelet, nil, s.start[0].origin, "kubelet.service starts "+s.start[0].text+", so that nobody knows what the kubelet is given",
			"start the kubelet itself")
	}
	for _, w := range s.views {
		n.unknown(settings.Kubelet, nil, w.origin, "kubelet.service shows the kubelet other files than the node's: "+w.text, "take it out of the unit")
	}
	n.kubeletEnvironment(&s)
	return s.arguments()
}

// byKubeadm says what the drop-in that kubeadm's packages bring says, for a root without it, as of a disk that /usr is
// not on (k8s.io/release v0.18.0, cmd/krel/templates/latest/kubeadm/10-kubeadm.conf).
func byKubeadm(s *service) {
	at := settings.Origin{Source: settings.FromKubeadm}
	if _, set := s.own["KUBELET_CONFIG_ARGS"]; !set {
		s.own["KUBELET_CONFIG_ARGS"] = []word{{"--config=" + kubeletConfig, at}}
	}
	files := []envFile{{"/var/lib/kubelet/kubeadm-flags.env", true}, {"/etc/default/kubelet", true}, {"/etc/sysconfig/kubelet", true}}
	s.envFiles = append(files, s.envFiles...)
	s.start = wordsAt("/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS", at)
}

// kubeletEnvironment tells of the variables that change what the kubelet does.
func (n *node) kubeletEnvironment(s *service) {
	var found []settings.Setting
	for _, name := range slices.Sorted(mapKeys(s.env)) {
		var texts []string
		var at settings.Origin
		for _, w := range s.env[name] {
			texts, at = append(texts, w.text), w.origin
		}
		if one, ok := Environment(settings.Kubelet, n.out.Role, name, strings.Join(texts, " "), at); ok {
			found = append(found, one)
		}
	}
	n.layer(settings.Kubelet, "files", Flags, "environment of kubelet.service", found)
}

// kubeletFile reads a KubeletConfiguration.
func (n *node) kubeletFile(file string, rank Rank) {
	data, ok := n.read(settings.Kubelet, nil, file)
	if !ok {
		return
	}
	found, ok := n.configuration(settings.Kubelet, file, data, "KubeletConfiguration", kubeletMaps())
	if !ok {
		return
	}
	for _, s := range found {
		if s.Key.Path == "staticPodPath" && s.Value.Kind == settings.String && s.Value.Text != "" {
			n.manifests = s.Value.Text
		}
	}
	n.layer(settings.Kubelet, "files", rank, file, found)
}

// instanceConfig reads what kubeadm keeps of this node alone, and lays over the ConfigMap at each upgrade. The kubelet does
// not read it: it is an account of its own (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/phases/kubelet/config.go).
func (n *node) instanceConfig() {
	const file = "/var/lib/kubelet/instance-config.yaml"
	if !n.exists(file) {
		return
	}
	data, ok := n.read(settings.Kubelet, nil, file)
	if !ok {
		return
	}
	r := &reader{path: file}
	doc := r.document(data)
	if n.faults(settings.Kubelet, nil, r) || doc == nil {
		return
	}
	take(doc, "apiVersion")
	take(doc, "kind")
	n.out.Layers = append(n.out.Layers, Layer{
		View: View{Source: settings.FromFile, Component: settings.Kubelet, Account: "instance-config", Partial: true},
		Rank: ConfigFile, Place: file, Settings: fields(settings.Kubelet, n.out.Role, doc, kubeletMaps()),
	})
}

// kubeletDropIns reads the files of --config-dir in the order the kubelet merges them: by path, those
// that end in .conf, folders too (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/server.go, mergeKubeletConfigurations).
func (n *node) kubeletDropIns(dir string) {
	var files []string
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		names, err := n.tree.ReadDir(dir)
		if err != nil {
			n.unread(settings.Kubelet, nil, dir, err)
			return
		}
		for _, name := range names {
			file := path.Join(dir, name)
			info, err := n.tree.Lstat(file)
			switch {
			case err == nil && info.Mode.IsDir() && depth < 8:
				walk(file, depth+1)
			case err == nil && info.Mode.IsDir():
				n.unknown(settings.Kubelet, nil, settings.Origin{Source: settings.FromFile, File: file}, file+" is not looked into: it is the ninth directory below another", "")
			case strings.HasSuffix(name, ".conf"):
				files = append(files, file)
			}
		}
	}
	walk(dir, 0)
	slices.Sort(files)
	for i, file := range files {
		n.kubeletFile(file, DropIn+Rank(min(i, int(Flags-DropIn)-1)))
	}
}

// configuration reads a file of one kind of component configuration into its fields.
func (n *node) configuration(component, file string, data []byte, kind string, maps []string) ([]settings.Setting, bool) {
	r := &reader{path: file}
	doc := r.document(data)
	if n.faults(component, nil, r) || doc == nil {
		return nil, false
	}
	if take(doc, "apiVersion"); takeText(doc, "kind") != kind {
		n.unknown(component, nil, r.origin0(), file+" holds no "+kind, "")
		return nil, false
	}
	role := n.out.Role
	if component == settings.KubeProxy {
		role = ""
	}
	return fields(component, role, doc, maps), true
}

func (r *reader) origin0() settings.Origin {
	return settings.Origin{Source: settings.FromFile, File: r.path, Line: 1, Column: 1}
}

// withoutNames leaves out the flags that name the node's own files and itself: they belong to kubeadm's
// unit, and what stands in the files is read.
func withoutNames(flags []settings.Setting) []settings.Setting {
	return slices.DeleteFunc(slices.Clone(flags), func(s settings.Setting) bool {
		return slices.Contains([]string{"--config", "--config-dir"}, s.Key.Path)
	})
}

// flagText returns the last value that is given to a flag, or "".
func flagText(flags []settings.Setting, name string) string {
	for _, s := range flags {
		if s.Key.Path == "--"+name {
			texts := s.Value.Strings()
			return texts[len(texts)-1]
		}
	}
	return ""
}
