package resolve

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// faultAt reports about a setting, where its value came from.
func (b *builder) faultAt(v *settings.Value, k settings.Key, hint, format string, args ...any) {
	b.report(diag.Error, v.Origin, k.String(), hint, format, args...)
}

// checkNodeRestriction refuses to lose the plugin that keeps a node from touching others.
func checkNodeRestriction(b *builder) {
	k := settings.Flag(settings.APIServer, "disable-admission-plugins")
	if v := b.set.Value(k); v != nil && slices.Contains(v.Strings(), "NodeRestriction") {
		b.faultAt(v, k, "remove it from apiServer.admission.disable", "without NodeRestriction a kubelet may change other nodes and their pods")
	}
	k = settings.Flag(settings.APIServer, "enable-admission-plugins")
	if v := b.set.Value(k); v != nil && !slices.Contains(v.Strings(), "NodeRestriction") {
		b.faultAt(v, k, "", "the list replaces kubeadm's and lacks NodeRestriction")
	}
}

// checkExclusiveFlags refuses flags that a component does not take together.
func checkExclusiveFlags(b *builder) {
	for _, pair := range []struct{ component, one, other, hint string }{
		// kubernetes v1.37.0, pkg/kubeapiserver/options/authentication.go
		{settings.APIServer, "authentication-config", "oidc-*", "describe the issuer in apiServer.authentication.jwt"},
		// pkg/kubeapiserver/options/authorization.go
		{settings.APIServer, "authorization-config", "authorization-mode", "use apiServer.authorization alone"},
		{settings.APIServer, "authorization-config", "authorization-webhook-*", "use apiServer.authorizationWebhooks alone"},
		// pkg/controlplane/apiserver/options/validation.go
		{settings.APIServer, "service-account-signing-endpoint", "service-account-key-file", "use one of the two"},
		{settings.APIServer, "service-account-signing-endpoint", "service-account-signing-key-file", "use one of the two"},
		// etcd: go.etcd.io/etcd/server/v3, embed/config.go
		{settings.Etcd, "auto-compaction-mode", "experimental-compaction-*", "use one of the two"},
	} {
		if b.set.Flag(pair.component, pair.one) == nil {
			continue
		}
		prefix, isPrefix := strings.CutSuffix(pair.other, "*")
		for _, s := range b.set.Of(pair.component, "") {
			name, ok := strings.CutPrefix(s.Key.Path, "--")
			if ok && (name == pair.other || isPrefix && strings.HasPrefix(name, prefix)) {
				b.faultAt(s.Value, s.Key, pair.hint, "--%s and --%s exclude each other: the component would not start", pair.one, name)
			}
		}
	}
}

// checkKubeadmLists refuses a list that replaces one of kubeadm's without what it needs.
func checkKubeadmLists(b *builder) {
	k := settings.Flag(settings.ControllerManager, "controllers")
	if v := b.set.Value(k); v != nil {
		for _, need := range []string{"bootstrapsigner", "tokencleaner"} {
			if !slices.Contains(v.Strings(), need) {
				b.faultAt(v, k, "write it out: [\"*\", bootstrapsigner, tokencleaner, ...]", "the list replaces kubeadm's and lacks %q: joining by token would fail", need)
			}
		}
	}
	k = settings.Flag(settings.APIServer, "requestheader-allowed-names")
	if v := b.set.Value(k); v != nil && !slices.Contains(v.Strings(), "front-proxy-client") {
		b.faultAt(v, k, "add front-proxy-client", "the list replaces kubeadm's and lacks the name in kubeadm's front-proxy certificate")
	}
	k = settings.Flag(settings.APIServer, "authorization-mode")
	if v := b.set.Value(k); v != nil {
		for _, need := range []string{"Node", "RBAC"} {
			if !slices.Contains(v.Strings(), need) {
				b.report(diag.Warning, v.Origin, k.String(), "add "+need, "kubeadm's cluster needs mode %q: without it nodes cannot join or work", need)
			}
		}
	}
	k = settings.Flag(settings.APIServer, "allow-privileged")
	if v := b.set.Value(k); v != nil && v.Text == "false" {
		b.faultAt(v, k, "remove it; Pod Security admission decides who may run privileged pods", "kube-proxy and network plugins are privileged: the cluster would have no network")
	}
	for _, component := range []string{settings.ControllerManager, settings.Scheduler} {
		k = settings.Flag(component, "authorization-always-allow-paths")
		if v := b.set.Value(k); v != nil && !slices.Contains(v.Strings(), "/healthz") {
			b.faultAt(v, k, "keep /healthz, /readyz and /livez", "the probes ask these paths without credentials: the pod would be restarted for ever")
		}
	}
	for _, role := range roles() {
		k = settings.Key{Component: settings.Kubelet, Role: role, Path: "rotateCertificates"}
		if v := b.set.Value(k); v != nil && v.Text == "false" {
			b.faultAt(v, k, "remove it", "kubeadm silently sets it back to true")
		}
	}
}

// checkKubeadmNeeds refuses what keeps kubeadm's cluster from coming up or growing, and says what
// of a profile a configuration file of the scheduler passes over (kubernetes v1.37.0,
// cmd/kube-scheduler/app/options/deprecated.go and options.go).
func checkKubeadmNeeds(b *builder) {
	k := settings.Flag(settings.APIServer, "bind-address")
	if v := b.set.Value(k); v != nil {
		if address, err := netip.ParseAddr(v.Text); err == nil && address.IsLoopback() {
			b.faultAt(v, k, "remove it, or write an address of the node", "the kubelet's probes and every node reach the API server at its advertised address, not at %q", v.Text)
		}
	}
	k = settings.Flag(settings.APIServer, "enable-bootstrap-token-auth")
	if v := b.set.Value(k); v != nil && v.Text == "false" {
		b.report(diag.Warning, v.Origin, k.String(), "remove it, and delete tokens after the joins", "nodes cannot join with a token, neither by cluster-info nor by discovery file")
	}
	k = settings.Flag(settings.Scheduler, "config")
	if v := b.set.Value(k); v != nil {
		b.report(diag.Warning, v.Origin, k.String(), "write clientConnection.kubeconfig: /etc/kubernetes/scheduler.conf and enableProfiling: false into the file",
			"with a configuration file kube-scheduler takes no notice of --kubeconfig and --profiling")
	}
}

// checkCipherSuites refuses lists with which a server would not serve: HTTP/2 demands an
// ECDHE AES-128-GCM suite below TLS 1.3 (golang.org/x/net, http2/server.go), and a list for
// one key type alone leaves a certificate of the other without a suite.
func checkCipherSuites(b *builder) {
	type server struct {
		suites, version settings.Key
		tls13           string
		http2           bool
	}
	var servers []server
	for _, c := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler} {
		disabled := b.set.Flag(c, "disable-http2-serving")
		servers = append(servers, server{settings.Flag(c, "tls-cipher-suites"), settings.Flag(c, "tls-min-version"), "VersionTLS13", disabled == nil || disabled.Text != "true"})
	}
	for _, role := range roles() {
		key := func(path string) settings.Key {
			return settings.Key{Component: settings.Kubelet, Role: role, Path: path}
		}
		servers = append(servers, server{key("tlsCipherSuites"), key("tlsMinVersion"), "VersionTLS13", true})
	}
	servers = append(servers, server{settings.Flag(settings.Etcd, "cipher-suites"), settings.Flag(settings.Etcd, "tls-min-version"), "TLS1.3", true})
	for _, s := range servers {
		v := b.set.Value(s.suites)
		if v == nil || len(v.Items) == 0 {
			continue
		}
		if version := b.set.Value(s.version); version != nil && version.Text == s.tls13 {
			continue
		}
		b.checkSuites(v, s.suites, s.http2)
	}
}

func (b *builder) checkSuites(v *settings.Value, k settings.Key, http2 bool) {
	known := map[string]bool{}
	for _, suite := range b.minor.CipherSuites() {
		known[suite.Name] = true
	}
	var h2, rsa, ecdsa bool
	for _, name := range v.Strings() {
		if !known[name] {
			b.faultAt(v, k, "", "no cipher suite %q is known: the component would not start", name)
		}
		h2 = h2 || name == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" || name == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
		rsa = rsa || strings.HasPrefix(name, "TLS_ECDHE_RSA_") || strings.HasPrefix(name, "TLS_RSA_")
		ecdsa = ecdsa || strings.HasPrefix(name, "TLS_ECDHE_ECDSA_")
	}
	if http2 && !h2 {
		b.faultAt(v, k, "add TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or use tls.minVersion: VersionTLS13",
			"no ECDHE suite with AES-128-GCM: HTTP/2 demands one, and the component would not serve")
	}
	// Certificates of the API server, etcd and kubelets are made with the cluster's algorithm
	// only where kubeadm makes them; others may be of either kind.
	if rsa != ecdsa {
		missing := "ECDSA"
		if ecdsa {
			missing = "RSA"
		}
		b.faultAt(v, k, "name the suites of both families", "no suite for %s certificates: a server whose certificate is of that kind could not be reached below TLS 1.3", missing)
	}
}

// checkEtcdTLS refuses what etcd's own validation refuses
// (go.etcd.io/etcd/server/v3 v3.7.3, embed/config.go).
func checkEtcdTLS(b *builder) {
	k := settings.Flag(settings.Etcd, "cipher-suites")
	suites, low := b.set.Value(k), b.set.Flag(settings.Etcd, "tls-min-version")
	if suites != nil && len(suites.Items) > 0 && low != nil && low.Text == "TLS1.3" {
		b.faultAt(suites, k, "remove one of the two", "etcd does not start with cipher suites and a minimum of TLS 1.3")
	}
	if high := b.set.Flag(settings.Etcd, "tls-max-version"); high != nil && low != nil && high.Text == "TLS1.2" && low.Text == "TLS1.3" {
		b.faultAt(high, settings.Flag(settings.Etcd, "tls-max-version"), "remove it", "etcd does not start with a maximum below its minimum")
	}
	k = settings.Flag(settings.Etcd, "config-file")
	if v := b.set.Value(k); v != nil {
		b.faultAt(v, k, "set etcd.flags instead", "with a configuration file etcd ignores every other flag, kubeadm's included")
	}
	k = settings.Flag(settings.Etcd, "listen-metrics-urls")
	if v := b.set.Value(k); v != nil {
		for _, url := range v.Strings() {
			if strings.HasPrefix(url, "https://") {
				b.faultAt(v, k, "use http://127.0.0.1:2381", "kubeadm's probes of %q would need a client certificate and have none", url)
			} else if host := strings.TrimPrefix(url, "http://"); !strings.HasPrefix(host, "127.") && !strings.HasPrefix(host, "[::1]") && !strings.HasPrefix(host, "localhost") {
				b.report(diag.Warning, v.Origin, k.String(), "use http://127.0.0.1:2381", "metrics at %q are open to whoever can reach the address", url)
			}
		}
	}
}

// checkFileFlags refuses a flag that names a file no volume brings into the pod: the component
// would crash at the next restart (kubeadm issues 640 and 441), and etcd would keep its data in
// a container that is thrown away.
func checkFileFlags(b *builder) {
	for _, component := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd} {
		if component == settings.Etcd && b.profile.Etcd.External != nil {
			continue // runs on its node, without a pod
		}
		visible, hint := mounted(component), "put it below /etc/kubernetes/pki, or add its directory to extraVolumes"
		switch component {
		case settings.Scheduler:
			hint = "add its directory to extraVolumes"
		case settings.Etcd:
			hint = "mount the disk at /var/lib/etcd on the node, and keep certificates below /etc/kubernetes/pki/etcd"
		}
		if volumes := b.set.Value(settings.Key{Component: component, Path: "extraVolumes"}); volumes != nil {
			for _, v := range volumes.Items {
				visible = append(visible, v.Get("mountPath").Text)
			}
		}
		for _, s := range b.set.Of(component, "") {
			if !strings.HasPrefix(s.Key.Path, "--") || !namesFile(s.Key.Path) {
				continue
			}
			if component == settings.Etcd && s.Key.Path == "--config-file" {
				continue // checkEtcdTLS refuses it wherever it is
			}
			for _, file := range s.Value.Strings() {
				if strings.HasPrefix(file, "/") && !below(file, visible) {
					b.faultAt(s.Value, s.Key, hint, "%q is in no directory that is mounted into the pod: %s", file, unmounted(component, s.Key.Path))
				}
			}
		}
	}
}

// unmounted says what becomes of a component whose flag names a file outside its volumes.
func unmounted(component, flag string) string {
	if component == settings.Etcd && strings.HasSuffix(flag, "-dir") {
		return "etcd's data would be gone with the container"
	}
	return "the component would not find it"
}

// mounted are the directories and files of the node that kubeadm brings into a static pod, and
// those that a container has itself (kubernetes v1.37.0, cmd/kubeadm/app/phases/controlplane/volumes.go
// and phases/etcd/local.go; the same in 1.33).
func mounted(component string) []string {
	out := []string{"/dev", "/tmp"}
	switch component {
	case settings.Scheduler:
		return append(out, "/etc/kubernetes/scheduler.conf")
	case settings.Etcd:
		return append(out, "/var/lib/etcd", "/etc/kubernetes/pki/etcd")
	case settings.ControllerManager:
		out = append(out, "/etc/kubernetes/controller-manager.conf")
	}
	return append(out, "/etc/kubernetes/pki", "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/pki/tls/certs",
		"/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")
}

// namesFile tells flags that name files from flags whose values merely start with a slash
// (paths of URLs, prefixes in etcd).
func namesFile(flag string) bool {
	for _, suffix := range []string{"-file", "-config", "-path", "-dir", "-cafile", "-certfile", "-keyfile", "-certificate", "-key", "-certificate-authority", "kubeconfig", "-files"} {
		if strings.HasSuffix(flag, suffix) {
			return true
		}
	}
	return flag == "--config"
}

func below(file string, dirs []string) bool {
	for _, dir := range dirs {
		if file == dir || strings.HasPrefix(path.Clean(file), path.Clean(dir)+"/") {
			return true
		}
	}
	return false
}

// checkReservedPaths keeps off a name that kube-bench and guides take for the kubelet's live
// configuration: a file there that nothing reads misleads whoever checks the node.
func checkReservedPaths(b *builder) {
	const reserved = "/etc/kubernetes/kubelet-config.yaml"
	for _, s := range b.set.All() {
		for _, text := range s.Value.Strings() {
			if text == reserved {
				b.faultAt(s.Value, s.Key, "use another name; kubeadm writes the kubelet's to /var/lib/kubelet/config.yaml", "%q is not where a kubeadm node's kubelet reads", reserved)
			}
		}
	}
}

// checkKernelDefaults refuses a kubelet that demands values nothing sets: it would not start.
func checkKernelDefaults(b *builder) {
	for _, role := range roles() {
		k := settings.Key{Component: settings.Kubelet, Role: role, Path: "protectKernelDefaults"}
		v := b.set.Value(k)
		if v != nil && v.Text == "true" && b.set.Value(hostKey(role, "sysctl/kernel.panic")) == nil {
			b.faultAt(v, k, "set host.sysctls: true", "the kubelet would not start: nothing sets the six sysctls it demands")
		}
	}
}

// checkTaints says that kubeadm's own taints outrank the kubelet's field: it passes them as a flag
// where a node joins as a control plane (kubernetes v1.37.0, cmd/kubeadm/app/phases/kubelet/flags.go).
func checkTaints(b *builder) {
	k := settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "registerWithTaints"}
	if v := b.set.Value(k); v != nil {
		b.report(diag.Warning, v.Origin, k.String(), "set it in kubelet.worker.config, and taint control planes with kubectl",
			"kubeadm gives control planes its own taints by a flag, which outranks this field")
	}
}

// checkNodeLabels refuses labels with which a kubelet does not start: of Kubernetes' own it takes
// a few alone, since whoever holds a node could else draw pods of others to it (kubernetes
// v1.37.0, cmd/kubelet/app/options/options.go, and k8s.io/kubelet v0.37.0,
// pkg/apis/well_known_labels.go; the same in 1.33).
func checkNodeLabels(b *builder) {
	for _, role := range roles() {
		k := settings.Key{Component: settings.Kubelet, Role: role, Path: "--node-labels"}
		v := b.set.Value(k)
		if v == nil {
			continue
		}
		for _, e := range v.Entries {
			if reservedLabel(e.Key) {
				b.report(diag.Error, e.Origin, k.String(), "remove it, and set it with kubectl label node, or use a domain of your own", "a kubelet does not start with label %q of itself", e.Key)
			}
		}
	}
}

func reservedLabel(name string) bool {
	domain, _, found := strings.Cut(name, "/")
	of := func(parent string) bool { return domain == parent || strings.HasSuffix(domain, "."+parent) }
	if !found || !of("kubernetes.io") && !of("k8s.io") || of("kubelet.kubernetes.io") || of("node.kubernetes.io") {
		return false
	}
	return !slices.Contains([]string{
		"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
		"beta.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
	}, name)
}

// checkServiceAccountFlags refuses values out of upstream's range
// (kubernetes v1.37.0, pkg/kubeapiserver/options/authentication.go and
// pkg/controlplane/apiserver/options/options.go).
func checkServiceAccountFlags(b *builder) {
	k := settings.Flag(settings.APIServer, "service-account-max-token-expiration")
	if v := b.set.Value(k); v != nil && !durationWithin(v.Text, "1h", "1193046h") && v.Text != "0s" {
		b.faultAt(v, k, "write a duration from 1h on", "%q is out of range", v.Text)
	}
	k = settings.Flag(settings.APIServer, "service-account-jwks-uri")
	if v := b.set.Value(k); v != nil && !strings.HasPrefix(v.Text, "https://") {
		b.faultAt(v, k, "write an https URL", "%q is not an https URL", v.Text)
	}
	k = settings.Flag(settings.APIServer, "goaway-chance")
	if v := b.set.Value(k); v != nil && !numberWithin(v.Text, 0, 0.02) {
		b.faultAt(v, k, "write a number from 0 to 0.02", "%q is out of range", v.Text)
	}
}

// checkKMSHealth says what automatic reload changes for a KMS plugin.
func checkKMSHealth(b *builder) {
	if b.profile.APIServer.Encryption.Provider != "kms" {
		return
	}
	if strings.Contains(b.profile.APIServer.Encryption.KMS.Name, ":") {
		b.fault(at("apiServer", "encryption", "kms", "name"), "remove the colon", "a KMS v2 provider's name takes no %q", ":")
	}
}
