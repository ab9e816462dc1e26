package resolve

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

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
		version := key("tlsMinVersion")
		if b.set.Value(key("--tls-min-version")) != nil {
			version = key("--tls-min-version") // flags outrank fields
		}
		for _, suites := range []string{"tlsCipherSuites", "--tls-cipher-suites"} {
			servers = append(servers, server{key(suites), version, "VersionTLS13", true})
		}
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

// checkTLSVersions refuses a version that the component does not know: it would not start.
func checkTLSVersions(b *builder) {
	check := func(k settings.Key, allowed []string) {
		v := b.set.Value(k)
		if v == nil || v.Text == "" || slices.Contains(allowed, v.Text) {
			return
		}
		b.faultAt(v, k, "allowed: "+strings.Join(allowed, ", "), "no TLS version %q is known: the component would not start", v.Text)
	}
	for _, c := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler} {
		check(settings.Flag(c, "tls-min-version"), b.minor.TLSVersions())
	}
	for _, role := range roles() {
		check(settings.Key{Component: settings.Kubelet, Role: role, Path: "tlsMinVersion"}, b.minor.TLSVersions())
		check(settings.Key{Component: settings.Kubelet, Role: role, Path: "--tls-min-version"}, b.minor.TLSVersions())
	}
	for _, name := range []string{"tls-min-version", "tls-max-version"} {
		check(settings.Flag(settings.Etcd, name), b.minor.Etcd.TLSVersions())
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
