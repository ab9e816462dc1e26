package generate

import (
	"net"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// initView is what init.yaml says.
type initView struct {
	Endpoint          endpoint
	Node              node
	Patches           string
	Cluster           cluster
	APIServer         component
	CertSANs          *settings.Value
	ControllerManager component
	Scheduler         component
	EtcdArgs          []argument
	EtcdExternal      *settings.Value
	Kubelet           *settings.Value // what is the same on every node
	KubeProxy         *settings.Value
}

// endpoint is where an API server listens; nil is kubeadm's choice.
type endpoint struct {
	AdvertiseAddress *settings.Value
	BindPort         *settings.Value
}

// node is what kubeadm registers.
type node struct {
	Name        *settings.Value
	CRISocket   *settings.Value
	KubeletArgs []argument
}

// Any reports whether anything is said of the node.
func (n node) Any() bool { return n.Name != nil || n.CRISocket != nil || len(n.KubeletArgs) > 0 }

// cluster is the part of ClusterConfiguration that is no component's.
type cluster struct {
	KubernetesVersion    *settings.Value
	ClusterName          *settings.Value
	ControlPlaneEndpoint *settings.Value
	PodSubnet            *settings.Value
	ServiceSubnet        *settings.Value
	DNSDomain            *settings.Value
	ImageRepository      *settings.Value
	EncryptionAlgorithm  *settings.Value
	CertificateValidity  *settings.Value
	CAValidity           *settings.Value
}

// Networking reports whether anything is said of the network.
func (c cluster) Networking() bool {
	return c.PodSubnet != nil || c.ServiceSubnet != nil || c.DNSDomain != nil
}

// component is a control-plane component that kubeadm runs.
type component struct {
	Args    []argument
	Volumes *settings.Value
}

// Any reports whether anything is said of the component.
func (c component) Any() bool { return len(c.Args) > 0 || c.Volumes != nil }

func initDrafts(in *Input) ([]draft, error) {
	s := &source{in: in}
	kubeadm := func(path string) *settings.Value { return s.value(settings.Kubeadm, "", path) }
	view := initView{
		Endpoint: endpoint{kubeadm("localAPIEndpoint.advertiseAddress"), kubeadm("localAPIEndpoint.bindPort")},
		Node: node{kubeadm("nodeRegistration.name"), kubeadm("nodeRegistration.criSocket"),
			s.arguments(settings.Kubelet, settings.ControlPlane)},
		Patches: patchesDirectory(in, settings.ControlPlane),
		Cluster: cluster{
			KubernetesVersion:    kubeadm("kubernetesVersion"),
			ClusterName:          kubeadm("clusterName"),
			ControlPlaneEndpoint: kubeadm("controlPlaneEndpoint"),
			PodSubnet:            kubeadm("networking.podSubnet"),
			ServiceSubnet:        kubeadm("networking.serviceSubnet"),
			DNSDomain:            kubeadm("networking.dnsDomain"),
			ImageRepository:      kubeadm("imageRepository"),
			EncryptionAlgorithm:  kubeadm("encryptionAlgorithm"),
			CertificateValidity:  kubeadm("certificateValidityPeriod"),
			CAValidity:           kubeadm("caCertificateValidityPeriod"),
		},
		APIServer:         s.component(settings.APIServer),
		CertSANs:          kubeadm("apiServer.certSANs"),
		ControllerManager: s.component(settings.ControllerManager),
		Scheduler:         s.component(settings.Scheduler),
		EtcdExternal:      kubeadm("etcd.external"),
		Kubelet:           s.nest(commonFields(in)),
		KubeProxy:         s.nest(fieldsOf(in, settings.KubeProxy, "")),
	}
	for _, k := range slices.Clone(s.keys) {
		if k.Component == settings.Kubelet && k.Role == settings.ControlPlane && !strings.HasPrefix(k.Path, "--") {
			s.took(settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: k.Path})
		}
	}
	if in.Settings.Value(membersKey()) == nil {
		view.EtcdArgs = s.arguments(settings.Etcd, "")
	}
	return s.draft(draft{
		path:     hostPath(settings.ControlPlane, layout.Kubeadm+"/init.yaml"),
		template: "host/control-plane/kubeadm/init.yaml.tmpl",
		view:     view,
	})
}

// component returns what kubeadm is told of a control-plane component.
func (s *source) component(name string) component {
	return component{s.arguments(name, ""), s.value(name, "", "extraVolumes")}
}

// fieldsOf returns the fields of a component's configuration file.
func fieldsOf(in *Input, component, role string) []settings.Setting {
	return slices.DeleteFunc(in.Settings.Of(component, role), func(s settings.Setting) bool {
		return strings.HasPrefix(s.Key.Path, "--")
	})
}

// commonFields returns the kubelet's fields that are the same on every node. A null takes away
// what kubeadm sets, which only a patch can do.
func commonFields(in *Input) []settings.Setting {
	return slices.DeleteFunc(fieldsOf(in, settings.Kubelet, settings.ControlPlane), func(s settings.Setting) bool {
		return !isCommon(in, s)
	})
}

func isCommon(in *Input, s settings.Setting) bool {
	other := settings.Worker
	if s.Key.Role == settings.Worker {
		other = settings.ControlPlane
	}
	v := in.Settings.Value(settings.Key{Component: settings.Kubelet, Role: other, Path: s.Key.Path})
	return v != nil && v.Kind != settings.Null && settings.Equal(s.Value, v)
}

// ownFields returns the kubelet's fields that only nodes of that role have.
func ownFields(in *Input, role string) []settings.Setting {
	return slices.DeleteFunc(fieldsOf(in, settings.Kubelet, role), func(s settings.Setting) bool {
		return isCommon(in, s)
	})
}

func probesKey() settings.Key { return settings.Key{Component: settings.APIServer, Path: "probes"} }

// patchesDirectory returns where kubeadm finds patches on nodes of that role, or "" when there
// are none: kubeadm fails on a directory that is not there.
func patchesDirectory(in *Input, role string) string {
	probes := role == settings.ControlPlane && in.Settings.Value(probesKey()) != nil
	if probes || len(ownFields(in, role)) > 0 {
		return layout.Patches
	}
	return ""
}

// joinView is what join.yaml says.
type joinView struct {
	ControlPlane bool
	Address      bool // the first control plane has an address of its choice, so this one needs one
	BindPort     *settings.Value
	Node         node
	Patches      string
	Endpoint     string // host:port, or "" when only the cluster's administrator knows it
	Discovery    string // file with credentials, or "" for a token
}

func joinDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		s := &source{in: in}
		view := joinView{
			ControlPlane: role == settings.ControlPlane,
			Node: node{CRISocket: s.value(settings.Kubeadm, "", "nodeRegistration.criSocket"),
				KubeletArgs: s.arguments(settings.Kubelet, role)},
			Patches:  patchesDirectory(in, role),
			Endpoint: joinEndpoint(in),
		}
		if view.ControlPlane {
			view.Address = in.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "localAPIEndpoint.advertiseAddress"}) != nil
			view.BindPort = s.value(settings.Kubeadm, "", "localAPIEndpoint.bindPort")
		}
		if !anonymousJoin(in) {
			view.Discovery = discoveryFile
		}
		drafts, err := s.draft(draft{
			path:     hostPath(role, layout.Kubeadm+"/join.yaml"),
			template: "host/kubeadm/join.yaml.tmpl",
			view:     view,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}

// discoveryFile is the kubeconfig a node joins with where token discovery cannot work.
const discoveryFile = layout.Kubeadm + "/discovery.conf"

// clusterInfo is what token discovery reads without credentials (k8s.io/kubernetes v1.37.0,
// cmd/kubeadm/app/discovery/token/token.go).
const clusterInfo = "/api/v1/namespaces/kube-public/configmaps/cluster-info"

// anonymousJoin reports whether the API server of these settings answers token discovery.
func anonymousJoin(in *Input) bool {
	if flag := in.Settings.Flag(settings.APIServer, "anonymous-auth"); flag != nil && flag.Text == "false" {
		return false
	}
	config := in.Settings.Value(settings.Key{Component: settings.APIServer, Path: "AuthenticationConfiguration"})
	anonymous := config.Get("anonymous")
	if anonymous == nil {
		return true
	}
	if enabled := anonymous.Get("enabled"); enabled == nil || enabled.Text != "true" {
		return false
	}
	conditions := anonymous.Get("conditions")
	if conditions == nil || len(conditions.Items) == 0 {
		return true
	}
	return slices.ContainsFunc(conditions.Items, func(c *settings.Value) bool {
		path := c.Get("path")
		return path != nil && path.Text == clusterInfo
	})
}

// joinEndpoint is where a joining node finds the API server, with a port as discovery wants it
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/apis/kubeadm/validation/validation.go).
func joinEndpoint(in *Input) string {
	v := in.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "controlPlaneEndpoint"})
	if v == nil || v.Text == "" {
		return ""
	}
	if _, _, err := net.SplitHostPort(v.Text); err == nil {
		return v.Text
	}
	return net.JoinHostPort(strings.Trim(v.Text, "[]"), bindPort(in))
}

// defaultBindPort is the API server's port unless localAPIEndpoint.bindPort is set
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go).
const defaultBindPort = "6443"

func bindPort(in *Input) string {
	v := in.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "localAPIEndpoint.bindPort"})
	if v == nil || !v.IsScalar() {
		return defaultBindPort
	}
	return v.Text
}

// upgradeView is what upgrade.yaml says.
type upgradeView struct {
	ControlPlane      bool
	KubernetesVersion *settings.Value
	Patches           string
	Tmpfiles          bool // the kubelet's unit sets modes again
}

func upgradeDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		s := &source{in: in}
		view := upgradeView{ControlPlane: role == settings.ControlPlane, Patches: patchesDirectory(in, role)}
		modes, _ := below(in, role, "tmpfile/")
		view.Tmpfiles = len(modes) > 0
		if view.ControlPlane {
			view.KubernetesVersion = s.value(settings.Kubeadm, "", "kubernetesVersion")
		}
		drafts, err := s.draft(draft{
			path:     hostPath(role, layout.Kubeadm+"/upgrade.yaml"),
			template: "host/kubeadm/upgrade.yaml.tmpl",
			view:     view,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}
