package controls

import (
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestWeak(t *testing.T) {
	aead := []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"}
	for _, tc := range []struct {
		name     string
		settings values
		want     []string // rule, or rule=text of the node where that matters
		liftedBy string   // one control whose waiver lifts the first
	}{
		{name: "AlwaysAllow in a text", settings: values{"kube-apiserver:--authorization-mode": "Node,RBAC,AlwaysAllow"}, want: []string{"always-allow"}, liftedBy: "cis-1.12/1.2.6"},
		{name: "AlwaysAllow in a list", settings: values{"kube-apiserver:--authorization-mode": []string{"AlwaysAllow"}}, want: []string{"always-allow=AlwaysAllow"}, liftedBy: "disa-stig/V-242382"},
		{name: "Node and RBAC", settings: values{"kube-apiserver:--authorization-mode": []string{"Node", "RBAC"}}},
		{name: "AlwaysAllow in a file", settings: values{"kube-apiserver:AuthorizationConfiguration": tree{"authorizers": []any{tree{"type": "AlwaysAllow"}}}}, want: []string{"always-allow-authorizer"}, liftedBy: "cis-2.0.1/1.2.6"},
		{name: "AlwaysAllow on a kubelet", settings: values{"kubelet[worker]:authorization.mode": "AlwaysAllow"}, want: []string{"always-allow"}, liftedBy: "cis-1.12/4.2.2"},
		{name: "AlwaysAllow on a kubelet by flag", settings: values{"kubelet[worker]:--authorization-mode": "AlwaysAllow"}, want: []string{"always-allow"}, liftedBy: "disa-stig/V-242392"},
		{name: "ABAC", settings: values{"kube-apiserver:--authorization-mode": "ABAC", "kube-apiserver:--authorization-policy-file": "/p"}, want: []string{"abac", "abac-policy"}, liftedBy: "owasp-k8s-top10/K02.8"},
		{name: "tokens in a file", settings: values{"kube-apiserver:--token-auth-file": "/t"}, want: []string{"token-auth-file"}, liftedBy: "disa-stig/V-245543"},
		{name: "no tokens in a file", settings: values{"kube-apiserver:--token-auth-file": ""}},
		{name: "anonymous by flag", settings: values{"kube-apiserver:--anonymous-auth": true}, want: []string{"anonymous-access"}, liftedBy: "nsa-cisa/NSA-AUTH-01"},
		{name: "anonymous off", settings: values{"kube-apiserver:--anonymous-auth": "false"}},
		{name: "anonymous everywhere", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication()}, want: []string{"anonymous-paths"}, liftedBy: "cis-1.12/1.2.1"},
		{name: "anonymous beyond", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication("/livez", "/", "/metrics")}, want: []string{"anonymous-paths", "anonymous-paths"}},
		{name: "anonymous as far as needed", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication(harmlessPaths()...)}},
		{name: "anonymous kubelets", settings: values{"kubelet:authentication.anonymous.enabled": true}, want: []string{"kubelet-anonymous", "kubelet-anonymous"}, liftedBy: "disa-stig/V-242391"},
		{name: "AlwaysAdmit", settings: values{"kube-apiserver:--enable-admission-plugins": []string{"NodeRestriction", "AlwaysAdmit"}}, want: []string{"always-admit=AlwaysAdmit"}, liftedBy: "cis-1.12/1.2.10"},
		{name: "NodeRestriction off", settings: values{"kube-apiserver:--disable-admission-plugins": []string{"NodeRestriction", "DefaultIngressClass"}}, want: []string{"admission-disabled=NodeRestriction"}},
		{name: "deleted accounts", settings: values{"kube-apiserver:--service-account-lookup": false}, want: []string{"service-account-lookup"}, liftedBy: "cis-1.12/1.2.21"},
		{name: "old TLS", settings: values{"kube-scheduler:--tls-min-version": "VersionTLS11", "kubelet[worker]:tlsMinVersion": "VersionTLS10"}, want: []string{"tls-version", "tls-version"}, liftedBy: "weak/tls-version"},
		{name: "TLS 1.2 and 1.3", settings: values{"kube-scheduler:--tls-min-version": "VersionTLS12", "etcd:--tls-min-version": "TLS1.3"}},
		{name: "CBC", settings: values{"kube-apiserver:--tls-cipher-suites": append([]string{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"}, aead...)}, want: []string{"cipher-suite=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"}, liftedBy: "cis-1.12/1.2.29"},
		{name: "CBC and RC4 on etcd", settings: values{"etcd:--cipher-suites": []string{"TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA"}}, want: []string{"cipher-suite", "cipher-suite"}},
		{name: "AEAD without forward secrecy", settings: values{"kubelet[worker]:tlsCipherSuites": []string{"TLS_RSA_WITH_AES_128_GCM_SHA256"}}, want: []string{"cipher-forward-secrecy"}, liftedBy: "cis-1.12/4.2.12"},
		{name: "AEAD", settings: values{"kubelet:tlsCipherSuites": aead, "kube-apiserver:--tls-cipher-suites": strings.Join(aead, ",")}},
		{name: "read-only port", settings: values{"kubelet[worker]:readOnlyPort": 10255}, want: []string{"read-only-port=10255"}, liftedBy: "disa-stig/V-242387"},
		{name: "no read-only port", settings: values{"kubelet:readOnlyPort": 0}},
		{name: "etcd without client certificates", settings: values{"etcd:--client-cert-auth": false, "etcd:--peer-client-cert-auth": "false"}, want: []string{"etcd-client-auth", "etcd-client-auth"}, liftedBy: "cis-1.12/2.2"},
		{name: "etcd signing itself", settings: values{"etcd:--auto-tls": true, "etcd:--peer-auto-tls": false}, want: []string{"etcd-auto-tls"}, liftedBy: "disa-stig/V-242379"},
		{name: "etcd in plain text", settings: values{"etcd:--listen-client-urls": "https://10.0.0.1:2379,http://10.0.0.1:2380"}, want: []string{"etcd-plain-http"}},
		{name: "etcd metrics in plain text on loopback", settings: values{"etcd:--listen-metrics-urls": "http://127.0.0.1:2381"}},
		{name: "debug socket", settings: values{"kube-apiserver:--debug-socket-path": "/run/debug"}, want: []string{"debug-socket"}, liftedBy: "weak/debug-socket"},
		{name: "identity alone", settings: values{"kube-apiserver:EncryptionConfiguration": encryption([]string{"secrets"}, tree{"identity": tree{}})}, want: []string{"encryption-identity"}, liftedBy: "disa-stig/V-274882"},
		{name: "identity while data is still plain", settings: values{"kube-apiserver:EncryptionConfiguration": encryption([]string{"secrets"}, tree{"identity": tree{}}, tree{"aescbc": tree{}})}},
		{name: "removed", settings: values{"kubelet:readOnlyPort": nil, "kube-apiserver:--token-auth-file": nil}},
		{name: "a map where a text should be", settings: values{"kube-apiserver:--authorization-mode": tree{"AlwaysAllow": true}}},
		{name: "a document that is a text", settings: values{"kube-apiserver:EncryptionConfiguration": "identity", "kube-apiserver:AuthenticationConfiguration": "x"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Weak(tc.settings.set(t))
			if len(got) != len(tc.want) {
				t.Fatalf("%d weak values, want %d: %+v", len(got), len(tc.want), got)
			}
			for i, w := range got {
				rule, node, said := strings.Cut(tc.want[i], "=")
				if w.Rule != "weak/"+rule || said && w.Value.Text != node {
					t.Errorf("%s at %q, want %s", w.Rule, w.Value.Text, tc.want[i])
				}
				if !Known(w.Rule) || !w.LiftedBy(w.Rule) || w.LiftedBy("weak/other") || w.Why == "" || w.Instead == "" {
					t.Errorf("%+v is not complete", w)
				}
				if w.Value.Origin.File != "p.yaml" {
					t.Errorf("%s has lost where it stands", w.Rule)
				}
			}
			if tc.liftedBy != "" && !slices.ContainsFunc(got, func(w WeakValue) bool { return w.LiftedBy(tc.liftedBy) }) {
				t.Errorf("a waiver for %s lifts none of %+v", tc.liftedBy, got)
			}
		})
	}
}

// Every control id that a rule names exists in some benchmark, and belongs to a setting the
// rule looks at: otherwise a waiver for it would lift nothing.
func TestWeakRulesNameControlsOfTheirSettings(t *testing.T) {
	for _, r := range weakRules() {
		for _, id := range r.controls {
			ok := false
			for _, c := range Controls() {
				ok = ok || c.ID == id && slices.ContainsFunc(keysOf(c), r.looks)
			}
			if !ok {
				t.Errorf("weak/%s: no control %s over a setting it looks at", r.id, id)
			}
		}
	}
}

func TestForSetting(t *testing.T) {
	for _, tc := range []struct {
		name string
		key  settings.Key
		want []string // all of them
	}{
		{"a flag", settings.Flag(settings.ControllerManager, "profiling"), []string{"cis-1.12/1.3.2", "cis-2.0.1/1.3.2", "disa-stig/V-242409"}},
		{"the second flag of a control", settings.Flag(settings.APIServer, "etcd-keyfile"), []string{"cis-1.12/1.2.23", "cis-2.0.1/1.2.23", "disa-stig/V-242431"}},
		{"a field on the control plane", settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "protectKernelDefaults"}, []string{"disa-stig/V-242434"}},
		{"its flag form", settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: "--protect-kernel-defaults"}, []string{"disa-stig/V-242434"}},
		{"its sysctl", settings.Key{Component: settings.Host, Role: settings.Worker, Path: "sysctl/kernel.panic"}, []string{"disa-stig/V-242434"}},
		{"static pods on a worker", settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: "staticPodPath"}, []string{"disa-stig/V-242397"}},
		{"static pods on the control plane", settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "staticPodPath"}, nil},
		{"a document", settings.Key{Component: settings.APIServer, Path: "EncryptionConfiguration"}, []string{
			"cis-1.12/1.2.27", "cis-1.12/1.2.28", "cis-2.0.1/1.2.27", "cis-2.0.1/1.2.28", "disa-stig/V-274882", "nsa-cisa/NSA-NET-17",
			"owasp-k8s-top10/K03.3", "bsi-app.4.4/APP.4.4.A20", "k8s-checklist/KC-SEC-2"}},
		{"a file", settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "tmpfile//var/lib/etcd"}, []string{
			"cis-1.12/1.1.11", "cis-1.12/1.1.12", "cis-2.0.1/1.1.11", "cis-2.0.1/1.1.12", "disa-stig/V-242445", "disa-stig/V-242459"}},
		{"a file by a pattern", settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "tmpfile//etc/kubernetes/pki/sa.key"}, []string{
			"cis-1.12/1.1.21", "cis-2.0.1/1.1.21", "disa-stig/V-242467"}},
		{"files by a pattern of their own", settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "tmpfile//etc/kubernetes/pki/etcd/*.key"}, []string{
			"cis-1.12/1.1.21", "cis-2.0.1/1.1.21", "disa-stig/V-242467"}},
		{"files that controls name one by one", settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "tmpfile//etc/kubernetes/manifests/*.yaml"}, []string{
			"cis-1.12/1.1.1", "cis-1.12/1.1.2", "cis-1.12/1.1.3", "cis-1.12/1.1.4", "cis-1.12/1.1.5", "cis-1.12/1.1.6", "cis-1.12/1.1.7", "cis-1.12/1.1.8",
			"cis-2.0.1/1.1.1", "cis-2.0.1/1.1.2", "cis-2.0.1/1.1.3", "cis-2.0.1/1.1.4", "cis-2.0.1/1.1.5", "cis-2.0.1/1.1.6", "cis-2.0.1/1.1.7", "cis-2.0.1/1.1.8",
			"disa-stig/V-242405", "disa-stig/V-242408", "disa-stig/V-242444", "bsi-app.4.4/APP.4.4.A8(3)"}},
		{"the audit log", settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "tmpfile//var/log/kubernetes/audit/*"}, []string{"k8s-checklist/KC-LOG-1"}},
		{"what nobody asks about", settings.Flag(settings.APIServer, "goaway-chance"), nil},
		{"a field of that name elsewhere", settings.Key{Component: settings.KubeProxy, Path: "protectKernelDefaults"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ForSetting(tc.key)
			if !slices.Equal(got, tc.want) {
				t.Errorf("ForSetting(%s) =\n%v\nwant\n%v", tc.key, got, tc.want)
			}
			for _, name := range got {
				if !slices.Contains(KeysFor(name), tc.key) && tc.key.Component != settings.Host {
					t.Errorf("KeysFor(%s) does not lead back to %s", name, tc.key)
				}
			}
		})
	}
}

func BenchmarkForSetting(b *testing.B) {
	k := settings.Flag(settings.APIServer, "profiling")
	for b.Loop() {
		ForSetting(k)
	}
}

func BenchmarkForSettingOfFile(b *testing.B) {
	for _, file := range []string{"/etc/kubernetes/kubelet.conf", "/etc/kubernetes/pki/etcd/*.key"} {
		b.Run(file, func(b *testing.B) {
			k := settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "tmpfile/" + file}
			if len(ForSetting(k)) == 0 {
				b.Fatal("no control")
			}
			for b.Loop() {
				ForSetting(k)
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	for b.Loop() {
		buildIndex(parse(tsv).active)
	}
}
