package observe

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// API versions of what stands in kubeadm's files (k8s.io/kubernetes v1.37.0,
// cmd/kubeadm/app/util/config/common.go).
const (
	kubeadmVersion   = "kubeadm.k8s.io/v1beta4"
	kubeletVersion   = "kubelet.config.k8s.io/v1beta1"
	kubeProxyVersion = "kubeproxy.config.k8s.io/v1alpha1"
)

// Kubeadm reads a file of documents that kubeadm takes or keeps: ClusterConfiguration, KubeletConfiguration
// and the like, which also stand in ConfigMaps of the cluster. The place and the source are for origins.
// A KubeletConfiguration is for nodes of both roles. The error is a diag.List.
func Kubeadm(place string, source settings.Source, data []byte) ([]settings.Setting, error) {
	r := &reader{path: place, source: source}
	out := r.kubeadm("", data)
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// KubeletFields returns a setting for each field of a KubeletConfiguration, whatever it was read from.
// The headers for a URL with static pods may authenticate: they are redacted, as in the kubelet's own log
// (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/server.go, marshalKubeletConfigForLog).
func KubeletFields(role string, doc *settings.Value) []settings.Setting {
	doc = doc.Clone()
	take(doc, "apiVersion")
	take(doc, "kind")
	if headers := doc.Get("staticPodURLHeader"); headers != nil {
		for _, e := range headers.Entries {
			*e.Value = settings.Value{Kind: settings.String, Text: settings.Redacted, Origin: e.Value.Origin}
		}
	}
	return fields(settings.Kubelet, role, doc, kubeletMaps())
}

// kubeadm reads the documents kubeadm is given with --config.
func (r *reader) kubeadm(role string, data []byte) []settings.Setting {
	var out []settings.Setting
	for _, doc := range r.documents(data) {
		if doc.Kind != settings.Map {
			r.failAt(doc.Origin, "a %s stands where a document is wanted", doc.Kind)
			continue
		}
		apiVersion, kind := takeText(doc, "apiVersion"), takeText(doc, "kind")
		switch unknownKind(apiVersion, kind) {
		case unknownKind(kubeadmVersion, "InitConfiguration"):
			out = append(out, r.initConfiguration(role, doc)...)
		case unknownKind(kubeadmVersion, "JoinConfiguration"):
			out = append(out, r.joinConfiguration(role, doc)...)
		case unknownKind(kubeadmVersion, "UpgradeConfiguration"):
			out = append(out, r.upgradeConfiguration(doc)...)
		case unknownKind(kubeadmVersion, "ClusterConfiguration"):
			out = append(out, r.clusterConfiguration(doc)...)
		case unknownKind(kubeletVersion, "KubeletConfiguration"):
			for _, each := range []string{settings.ControlPlane, settings.Worker} {
				out = append(out, fields(settings.Kubelet, each, doc, kubeletMaps())...)
			}
		case unknownKind(kubeProxyVersion, "KubeProxyConfiguration"):
			out = append(out, fields(settings.KubeProxy, "", doc, []string{"featureGates"})...)
		default:
			r.failAt(doc.Origin, "no document of apiVersion %q and kind %q is known here", apiVersion, kind)
		}
	}
	return out
}

func (r *reader) initConfiguration(role string, doc *settings.Value) []settings.Setting {
	out := r.nodeRegistration(role, doc)
	r.patchesDirectory(doc)
	return append(out, fields(settings.Kubeadm, "", doc, nil)...)
}

// joinConfiguration leaves out discovery, the certificate key and the node's address: they are for
// one join only, partly secret, and no settings.
func (r *reader) joinConfiguration(role string, doc *settings.Value) []settings.Setting {
	out := r.nodeRegistration(role, doc)
	r.patchesDirectory(doc)
	if take(doc, "discovery") == nil {
		r.failAt(doc.Origin, "discovery is missing")
	}
	if controlPlane := take(doc, "controlPlane"); controlPlane != nil {
		take(controlPlane, "certificateKey")
		take(controlPlane.Get("localAPIEndpoint"), "advertiseAddress")
		prune(controlPlane, "localAPIEndpoint")
		out = append(out, fields(settings.Kubeadm, "", controlPlane, nil)...)
	}
	return append(out, fields(settings.Kubeadm, "", doc, nil)...)
}

func (r *reader) upgradeConfiguration(doc *settings.Value) []settings.Setting {
	var out []settings.Setting
	for _, part := range []string{"apply", "node", "plan"} {
		if of := take(doc, part); of != nil {
			r.patchesDirectory(of)
			out = append(out, fields(settings.Kubeadm, "", of, nil)...)
		}
	}
	return append(out, fields(settings.Kubeadm, "", doc, nil)...)
}

func (r *reader) clusterConfiguration(doc *settings.Value) []settings.Setting {
	var out []settings.Setting
	for _, part := range []struct{ field, component string }{
		{"apiServer", settings.APIServer},
		{"controllerManager", settings.ControllerManager},
		{"scheduler", settings.Scheduler},
	} {
		of := doc.Get(part.field)
		out = append(out, r.arguments(part.component, "", take(of, "extraArgs"))...)
		if volumes := take(of, "extraVolumes"); volumes != nil {
			out = append(out, setting(part.component, "", "extraVolumes", volumes))
		}
		prune(doc, part.field)
	}
	etcd := doc.Get("etcd")
	local := etcd.Get("local")
	out = append(out, r.arguments(settings.Etcd, "", take(local, "extraArgs"))...)
	prune(etcd, "local")
	prune(doc, "etcd")
	return append(out, fields(settings.Kubeadm, "", doc, []string{"etcd.external", "featureGates"})...)
}

// prune removes a map that has been emptied.
func prune(doc *settings.Value, key string) {
	if v := doc.Get(key); v != nil && v.Kind == settings.Map && len(v.Entries) == 0 {
		doc.Delete(key)
	}
}

// nodeRegistration reads what the kubelet is told; the rest stays in doc.
func (r *reader) nodeRegistration(role string, doc *settings.Value) []settings.Setting {
	registration := doc.Get("nodeRegistration")
	out := r.arguments(settings.Kubelet, role, take(registration, "kubeletExtraArgs"))
	prune(doc, "nodeRegistration")
	return out
}

// patchesDirectory drops the directory of patches when it is where a bundle has it.
func (r *reader) patchesDirectory(doc *settings.Value) {
	patches := doc.Get("patches")
	if directory := patches.Get("directory"); directory != nil && directory.Text == layout.Patches {
		take(patches, "directory")
	}
	prune(doc, "patches")
}

// arguments reads a list of {name, value}.
func (r *reader) arguments(component, role string, list *settings.Value) []settings.Setting {
	if list == nil {
		return nil
	}
	if list.Kind != settings.List {
		r.failAt(list.Origin, "a %s stands where a list of name and value is wanted", list.Kind)
		return nil
	}
	var out []settings.Setting
	for _, item := range list.Items {
		name, value := item.Get("name"), item.Get("value")
		if name == nil || value == nil || len(item.Entries) != 2 || name.Kind != settings.String || value.Kind != settings.String {
			r.failAt(item.Origin, "this is no pair of name and value, both text")
			continue
		}
		out = addFlag(out, settings.Key{Component: component, Role: role, Path: "--" + name.Text}, value)
	}
	return out
}

func setting(component, role, path string, v *settings.Value) settings.Setting {
	s := settings.Setting{Key: settings.Key{Component: component, Role: role, Path: path}, Value: v}
	switch v.Kind {
	case settings.List:
		s.Shape = settings.Ordered
	case settings.Map:
		s.Shape = settings.Mapping
	}
	return s
}

// fields returns a setting for each leaf of a document: a scalar, a list, an empty map, or a
// map whose keys are no fields (those named in maps).
func fields(component, role string, doc *settings.Value, maps []string) []settings.Setting {
	var out []settings.Setting
	var walk func(prefix string, v *settings.Value)
	walk = func(prefix string, v *settings.Value) {
		for _, e := range v.Entries {
			path := prefix + e.Key
			if e.Value.Kind == settings.Map && len(e.Value.Entries) > 0 && !slices.Contains(maps, path) {
				walk(path+".", e.Value)
				continue
			}
			out = append(out, setting(component, role, path, e.Value))
		}
	}
	walk("", doc)
	return out
}

// kubeletMaps names the fields of KubeletConfiguration that are maps with keys of their own
// (k8s.io/kubelet v0.37.0, config/v1beta1/types.go; v0.33 has the same but the last).
func kubeletMaps() []string {
	return []string{"staticPodURLHeader", "cpuManagerPolicyOptions", "topologyManagerPolicyOptions", "qosReserved",
		"evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim", "featureGates",
		"systemReserved", "kubeReserved", "defaultPodSysctls"}
}

// patch reads a file of kubeadm's patches directory.
func (r *reader) patch(role, name string, data []byte) []settings.Setting {
	target, _, _ := strings.Cut(name, "+")
	doc := r.document(data)
	if doc == nil {
		return nil
	}
	switch strings.TrimRight(target, "0123456789") {
	case "kubeletconfiguration":
		if v, k := takeText(doc, "apiVersion"), takeText(doc, "kind"); v != kubeletVersion || k != "KubeletConfiguration" {
			r.failAt(doc.Origin, "apiVersion %q and kind %q stand where a KubeletConfiguration is wanted", v, k)
		}
		return fields(settings.Kubelet, role, doc, kubeletMaps())
	case "kube-apiserver":
		return r.probes(doc)
	}
	r.fail(nil, "no patch of %q is known", target)
	return nil
}

// probes reads the patch that makes the API server's probes open a connection and no more.
func (r *reader) probes(doc *settings.Value) []settings.Setting {
	containers := doc.Lookup("spec", "containers")
	if containers == nil || len(containers.Items) != 1 || containers.Items[0].Get("name").Strings() == nil {
		r.failAt(doc.Origin, "one container is wanted under spec.containers")
		return nil
	}
	var port *settings.Value
	container := containers.Items[0]
	for _, name := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		probe := container.Get(name)
		get, at := probe.Get("httpGet"), probe.Lookup("tcpSocket", "port")
		if get == nil || get.Kind != settings.Null || at == nil || at.Kind != settings.Int || port != nil && port.Text != at.Text {
			r.failAt(container.Origin, "%s does not replace httpGet by tcpSocket on the one port", name)
			return nil
		}
		port = at
	}
	out := []settings.Setting{setting(settings.APIServer, "", "probes", &settings.Value{
		Kind: settings.String, Text: "tcpSocket", Origin: container.Origin})}
	if port.Text != defaultBindPort {
		out = append(out, setting(settings.Kubeadm, "", "localAPIEndpoint.bindPort", port))
	}
	return out
}

// defaultBindPort is LocalAPIEndpoint.BindPort unless it is set (k8s.io/kubernetes v1.37.0,
// cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go).
const defaultBindPort = "6443"
