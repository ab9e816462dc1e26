package compare

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeadmText returns what the profile tells kubeadm of the cluster, or "".
func (w *Wanted) kubeadmText(path string) string {
	if v := w.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: path}); v != nil && v.IsScalar() {
		return v.Text
	}
	return ""
}

// derived returns what kubeadm makes of the cluster's own facts, where a profile says them
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/phases/controlplane/manifests.go,
// cmd/kubeadm/app/componentconfigs/kubelet.go and kubeproxy.go).
func (w *Wanted) derived(component, role string, flags bool) []settings.Setting {
	var out []settings.Setting
	add := func(path, from string, value string) {
		of := w.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: from})
		if value == "" || of == nil || strings.HasPrefix(path, "--") != flags {
			return
		}
		out = append(out, settings.Setting{
			Key:   settings.Key{Component: component, Role: role, Path: path},
			Value: &settings.Value{Kind: settings.String, Text: value, Origin: of.Origin},
		})
	}
	services, pods, domain := w.kubeadmText("networking.serviceSubnet"), w.kubeadmText("networking.podSubnet"), w.kubeadmText("networking.dnsDomain")
	switch component {
	case settings.APIServer:
		add("--secure-port", "localAPIEndpoint.bindPort", w.kubeadmText("localAPIEndpoint.bindPort"))
		add("--service-cluster-ip-range", "networking.serviceSubnet", services)
		if domain != "" {
			add("--service-account-issuer", "networking.dnsDomain", "https://kubernetes.default.svc."+domain)
		}
		out = append(out, w.externalEtcd(flags)...)
	case settings.ControllerManager:
		add("--cluster-name", "clusterName", w.kubeadmText("clusterName"))
		add("--cluster-cidr", "networking.podSubnet", pods)
		if pods != "" {
			add("--allocate-node-cidrs", "networking.podSubnet", "true")
			if services != "" {
				add("--service-cluster-ip-range", "networking.serviceSubnet", services)
			}
		}
	case settings.Kubelet:
		add("clusterDomain", "networking.dnsDomain", domain)
		if address := clusterDNS(services); address != "" && !flags {
			of := w.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "networking.serviceSubnet"})
			out = append(out, settings.Setting{
				Key: settings.Key{Component: component, Role: role, Path: "clusterDNS"}, Value: settings.Of([]string{address}).At(of.Origin),
			})
		}
	case settings.KubeProxy:
		add("clusterCIDR", "networking.podSubnet", pods)
	}
	return out
}

// externalEtcd returns the API server's flags that etcd.external stands for.
func (w *Wanted) externalEtcd(flags bool) []settings.Setting {
	external := w.Settings.Value(settings.Key{Component: settings.Kubeadm, Path: "etcd.external"})
	if external == nil || !flags {
		return nil
	}
	var out []settings.Setting
	for field, flag := range map[string]string{"endpoints": "etcd-servers", "caFile": "etcd-cafile", "certFile": "etcd-certfile", "keyFile": "etcd-keyfile"} {
		if v := external.Get(field); v != nil {
			out = append(out, settings.Setting{
				Key:   settings.Flag(settings.APIServer, flag),
				Value: &settings.Value{Kind: settings.String, Text: strings.Join(v.Strings(), ","), Origin: v.Origin},
			})
		}
	}
	return out
}

// clusterDNS returns the tenth address of a network of services
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go, GetDNSIP).
func clusterDNS(subnets string) string {
	first, _, _ := strings.Cut(subnets, ",")
	p, err := netip.ParsePrefix(first)
	if err != nil {
		return ""
	}
	a := p.Masked().Addr()
	for range 10 {
		a = a.Next()
	}
	return a.String()
}

// site is what a value that is a node's or a cluster's own may be.
type site struct {
	items []*regexp.Regexp
	free  bool // whatever it is
	tls   bool // every URL of it is https
	bound bool // every URL of it is on one address
}

// siteOf returns what kubeadm may have written where the profile leaves a value to the node or the cluster;
// ok is false where the profile, or kubeadm alone, decides.
func (w *want) siteOf(k settings.Key) (site, bool) {
	if w.account.Set.Value(k) != nil {
		return site{}, false
	}
	name, isFlag := strings.CutPrefix(k.Path, "--")
	if !isFlag {
		// The node's own container runtime, and what kubeadm finds on the machine
		// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/componentconfigs/kubelet.go: resolvConf beside systemd-resolved).
		free := k.Component == settings.Kubelet && slices.Contains([]string{"containerRuntimeEndpoint", "resolvConf", "imageServiceEndpoint"}, k.Path)
		return site{free: free}, free
	}
	if kubeadmFile := map[string]string{settings.Kubelet: kubeletFile, settings.KubeProxy: kubeProxyFile}[k.Component]; name == "config" && kubeadmFile != "" {
		return site{items: []*regexp.Regexp{regexp.MustCompile("^" + regexp.QuoteMeta(kubeadmFile) + "$")}}, true
	}
	if k.Component == settings.Kubelet {
		free := slices.Contains([]string{"hostname-override", "node-ip", "kubeconfig", "bootstrap-kubeconfig", "pod-infra-container-image", "node-labels", "config-dir"}, name)
		return site{free: free}, free
	}
	// kube-proxy's DaemonSet names the node, and a member that joins an etcd says so
	// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/phases/addons/proxy/manifests.go, phases/etcd/local.go).
	if k.Component == settings.KubeProxy && name == "hostname-override" || k.Component == settings.Etcd && name == "initial-cluster-state" {
		return site{free: true}, true
	}
	for _, arg := range w.Minor.KubeadmArgs(k.Component) {
		if arg.Name != name {
			continue
		}
		if arg.When != "" {
			return site{free: true}, true
		}
		return site{items: w.patterns(arg.Value), tls: strings.Contains(arg.Value, "https://"), bound: strings.HasPrefix(name, "listen-")}, true
	}
	return site{}, false
}

// The files that kubeadm's own unit and DaemonSet name with --config. Another one is not read here, so that it is a
// difference of its own (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go, KubeletConfigurationFileName;
// cmd/kubeadm/app/phases/addons/proxy/manifests.go).
const (
	kubeletFile   = "/var/lib/kubelet/config.yaml"
	kubeProxyFile = "/var/lib/kube-proxy/config.conf"
)

// ownFlags returns the flags that kubeadm always gives a component with a value of the node's own, without dashes.
func (w *want) ownFlags() []string {
	var out []string
	for _, arg := range w.Minor.KubeadmArgs(w.component) {
		for field, sample := range w.Minor.KubeadmSample() {
			if arg.When == "" && strings.Contains(arg.Value, sample) && (field == "localAPIEndpoint.advertiseAddress" || w.component == settings.Etcd) {
				out = append(out, arg.Name)
				break
			}
		}
	}
	return out
}

// byKubeadm returns what kubeadm gives a flag where it is told nothing of it, or nil.
func (w *want) byKubeadm(k settings.Key) *settings.Value {
	for _, arg := range w.Minor.KubeadmArgs(k.Component) {
		if "--"+arg.Name != k.Path || arg.When != "" {
			continue
		}
		v, err := effective.Canonical(w.Minor, k, settings.Of(arg.Value))
		if err != nil {
			return nil
		}
		return v.At(settings.Origin{Source: settings.FromKubeadm})
	}
	return nil
}

// patterns turns the items of a sample value into what they may be elsewhere.
func (w *want) patterns(value string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for item := range strings.SplitSeq(value, ",") {
		p := regexp.QuoteMeta(item)
		for field, sample := range w.Minor.KubeadmSample() {
			of := `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`
			if field == "localAPIEndpoint.advertiseAddress" {
				of = `(\[?[0-9a-fA-F.:]+\]?)`
			}
			p = strings.ReplaceAll(p, regexp.QuoteMeta(sample), of)
		}
		p = strings.ReplaceAll(p, regexp.QuoteMeta(loopback4), "("+regexp.QuoteMeta(loopback4)+"|"+regexp.QuoteMeta(loopback6)+")")
		out = append(out, regexp.MustCompile("^"+p+"$"))
	}
	return out
}

// judge compares a value with what a site's may be.
func (s site) judge(v *settings.Value) Direction {
	if s.free {
		return ""
	}
	if v == nil {
		return Different
	}
	texts := strings.Split(strings.Join(v.Strings(), ","), ",")
	used := make([]bool, len(s.items))
	fits := true
	for _, text := range texts {
		if s.bound && (strings.Contains(text, "//0.0.0.0:") || strings.Contains(text, "//[::]:")) {
			return Weaker
		}
		if !slices.ContainsFunc(s.items, func(r *regexp.Regexp) bool { return r.MatchString(text) }) {
			fits = false
			if s.tls && strings.Contains(text, "http://") {
				return Weaker
			}
		}
		for j, r := range s.items { // none, where it does not fit
			used[j] = used[j] || r.MatchString(text)
		}
	}
	if !fits || slices.Contains(used, false) {
		return Different
	}
	return ""
}

// etcd's own listeners are on the loopback of the node's family (k8s.io/kubernetes v1.37.0,
// cmd/kubeadm/app/phases/etcd/local.go, getEtcdCommand).
const (
	loopback4 = "127.0.0.1"
	loopback6 = "[::1]"
)

// onLoopback returns a value with the loopback address of IPv4 in the place of that of IPv6.
func onLoopback(v *settings.Value) *settings.Value {
	if v == nil {
		return nil
	}
	out := v.Clone()
	out.Text = strings.ReplaceAll(out.Text, "//"+loopback6+":", "//"+loopback4+":")
	for i := range out.Items {
		out.Items[i] = onLoopback(out.Items[i])
	}
	return out
}

// inPlain reports whether a URL of a value is without TLS.
func inPlain(v *settings.Value) bool { return strings.Contains(joined(v), "http://") }

func joined(v *settings.Value) string { return strings.Join(v.Strings(), ",") }

// default for a key of an account, by the catalog.
func defaultOf(w *want, k settings.Key) Said {
	if v, ok := effective.Default(w.Minor, k); ok {
		return Said{Value: v, Origin: v.Origin}
	}
	return Said{Origin: settings.Origin{Source: settings.FromDefault}}
}
