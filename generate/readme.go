package generate

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// readmeView is what the bundle's README tells about this very bundle.
type readmeView struct {
	Name    string
	Version string

	Endpoint      string // host:port of the API server, or ""
	FileDiscovery bool   // nodes join with a kubeconfig, not with a token
	Rotates       bool   // kubelets ask the cluster's CA for serving certificates
	Provides      bool   // they find them on their node
	KubeletCA     bool   // the API server refuses kubelets without one

	Documents []readmeFile // what kube-apiserver reads
	Patches   bool
	KubeProxy bool
	Flags     bool // the kubelet has flags
	Probes    bool
	AuditLog  string

	Brings     []string // files and directories of control planes that neither this bundle nor kubeadm makes
	Encryption *readmeEncryption
	Host       readmeHost
	External   *readmeEtcd
	Manifests  *readmeManifests
	Companions []readmeFolder

	Waivers []Waiver
}

// readmeFile is a file on a node and when it is read again.
type readmeFile struct {
	Path string
	When string
}

// readmeEncryption is what is encrypted in etcd and how.
type readmeEncryption struct {
	File        string
	Keys        []string
	Placeholder bool
	Reloads     bool
	Resources   []string // that can be named to kubectl
	Wildcards   []string
	PlainFirst  bool // identity still writes
	Plugin      bool // a KMS plugin holds the keys
}

// readmeHost is which kinds of host files there are.
type readmeHost struct {
	Sysctls, Tmpfiles, User, Firewall bool
	SSH                               bool
}

// readmeEtcd is an etcd that stands apart.
type readmeEtcd struct {
	Version string
	Members []member
	Certs   []string // files control planes need to reach it
}

func readmeDrafts(in *Input) ([]draft, error) {
	s := &source{in: in}
	flag := func(name string) *settings.Value { return in.Settings.Flag(settings.APIServer, name) }
	view := readmeView{
		Name:          in.Name,
		Version:       in.Version,
		Endpoint:      joinEndpoint(in),
		FileDiscovery: !anonymousJoin(in),
		KubeletCA:     flag("kubelet-certificate-authority") != nil,
		Patches:       patchesDirectory(in, settings.ControlPlane)+patchesDirectory(in, settings.Worker) != "",
		KubeProxy:     len(fieldsOf(in, settings.KubeProxy, "")) > 0,
		Probes:        in.Settings.Value(probesKey()) != nil,
		AuditLog:      textOf(flag("audit-log-path")),
		Documents:     readmeDocuments(in),
		Brings:        broughtBySite(in),
		Encryption:    encryptionOf(in),
		Host:          hostOf(in),
		External:      externalOf(in),
		Manifests:     manifestsOf(in),
		Companions:    companionsOf(in),
		Waivers:       in.Waivers,
	}
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		for _, setting := range in.Settings.Of(settings.Kubelet, role) {
			view.Flags = view.Flags || strings.HasPrefix(setting.Key.Path, "--")
			view.Provides = view.Provides || setting.Key.Path == "tlsCertFile"
			view.Rotates = view.Rotates || setting.Key.Path == "serverTLSBootstrap" && setting.Value.Text == "true"
		}
	}
	return s.draft(draft{path: "README.md", template: "README.md.tmpl", mode: 0o644, view: view})
}

func readmeDocuments(in *Input) []readmeFile {
	var out []readmeFile
	for _, d := range layout.Documents() {
		if in.Settings.Value(settings.Key{Component: settings.APIServer, Path: d.Path}) != nil {
			out = append(out, readmeFile{d.File, reloads(in, d.Path)})
		}
	}
	for _, setting := range in.Settings.Of(settings.APIServer, "") {
		if rest, ok := strings.CutPrefix(setting.Key.Path, "kubeconfig/"); ok {
			unit, name, _ := strings.Cut(rest, "/")
			out = append(out, readmeFile{Path: layout.KubeConfig(unit, name)})
		}
	}
	return out
}

// broughtBySite lists what kube-apiserver wants to find on its node and nobody makes: certificates
// that webhooks' kubeconfigs name, and directories of the profile's own volumes.
func broughtBySite(in *Input) []string {
	var out []string
	for _, setting := range in.Settings.Of(settings.APIServer, "") {
		if strings.HasPrefix(setting.Key.Path, "kubeconfig/") {
			for _, of := range []string{"clusters/cluster", "users/user"} {
				list, inner, _ := strings.Cut(of, "/")
				for _, item := range itemsOf(setting.Value.Get(list)) {
					for _, name := range []string{"certificate-authority", "client-certificate", "client-key"} {
						out = append(out, item.Lookup(inner, name).Strings()...)
					}
				}
			}
		}
	}
	for _, component := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler} {
		for _, volume := range itemsOf(in.Settings.Value(settings.Key{Component: component, Path: "extraVolumes"})) {
			kind := textOf(volume.Get("pathType"))
			if !strings.HasPrefix(textOf(volume.Get("name")), "hardstrap-") && !strings.HasSuffix(kind, "OrCreate") {
				out = append(out, textOf(volume.Get("hostPath")))
			}
		}
	}
	out = slices.DeleteFunc(out, func(file string) bool { return strings.HasPrefix(file, "/etc/ssl/") || file == layout.ClusterCA })
	slices.Sort(out)
	return slices.Compact(out)
}

func itemsOf(v *settings.Value) []*settings.Value {
	if v == nil {
		return nil
	}
	return v.Items
}

func encryptionOf(in *Input) *readmeEncryption {
	config := in.Settings.Value(settings.Key{Component: settings.APIServer, Path: "EncryptionConfiguration"})
	if config == nil {
		return nil
	}
	d, _ := layout.DocumentFor("EncryptionConfiguration")
	out := &readmeEncryption{File: d.File, Reloads: reloads(in, d.Path) != ""}
	if in.Keys != nil {
		out.Keys, out.Placeholder = in.Keys.Names(), in.Keys.Placeholder()
	}
	list := config.Get("resources")
	if list == nil {
		return out
	}
	for i, item := range list.Items {
		for _, name := range item.Get("resources").Strings() {
			if strings.Contains(name, "*") {
				out.Wildcards = append(out.Wildcards, name)
			} else {
				out.Resources = append(out.Resources, name)
			}
		}
		providers := item.Get("providers")
		if providers == nil {
			continue
		}
		for j, provider := range providers.Items {
			out.PlainFirst = out.PlainFirst || i == 0 && j == 0 && provider.Get("identity") != nil
			out.Plugin = out.Plugin || provider.Get("kms") != nil
		}
	}
	return out
}

func hostOf(in *Input) readmeHost {
	var out readmeHost
	for _, role := range []string{settings.ControlPlane, settings.Worker, settings.Etcd} {
		for _, setting := range in.Settings.Of(settings.Host, role) {
			kind, rest, _ := strings.Cut(setting.Key.Path, "/")
			out.Sysctls = out.Sysctls || kind == "sysctl"
			out.Tmpfiles = out.Tmpfiles || kind == "tmpfile"
			out.User = out.User || kind == "user"
			out.Firewall = out.Firewall || kind == "firewall"
			out.SSH = out.SSH || kind == "firewall" && rest == "ssh"
		}
	}
	return out
}

func externalOf(in *Input) *readmeEtcd {
	members := etcdMembers(in)
	if len(members) == 0 {
		return nil
	}
	out := &readmeEtcd{Version: in.Etcd, Members: members}
	external := in.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "etcd.external"})
	for _, name := range []string{"caFile", "certFile", "keyFile"} {
		if file := textOf(external.Get(name)); file != "" {
			out.Certs = append(out.Certs, path.Clean(file))
		}
	}
	slices.Sort(out.Certs)
	return out
}
