package catalog

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// look reads one fact of a minor, spelled for a table; "-" where the minor does not have the thing.
type look func(*Minor) string

func flagDefault(component, name string) look {
	return func(m *Minor) string {
		f, ok := m.Flag(component, name)
		if !ok {
			return "-"
		}
		return f.Default
	}
}

func flagType(component, name string) look {
	return func(m *Minor) string {
		f, ok := m.Flag(component, name)
		if !ok {
			return "-"
		}
		return f.Type
	}
}

func deprecated(component, name string) look {
	return func(m *Minor) string {
		f, ok := m.Flag(component, name)
		switch {
		case !ok:
			return "-"
		case f.Deprecated != "":
			return "deprecated"
		}
		return "fine"
	}
}

func fieldDefault(kind, path string) look {
	return func(m *Minor) string {
		f, ok := m.Field(kind, path)
		if !ok {
			return "-"
		}
		if !f.HasDefault {
			return "none"
		}
		b, err := json.Marshal(f.Default)
		if err != nil {
			return err.Error()
		}
		return strings.Trim(string(b), `"`)
	}
}

func fieldType(kind, path string) look {
	return func(m *Minor) string {
		f, ok := m.Field(kind, path)
		if !ok {
			return "-"
		}
		return f.Type
	}
}

func plugin(name string) look {
	return func(m *Minor) string {
		switch {
		case slices.Contains(m.DefaultAdmissionPlugins(), name):
			return "on"
		case slices.Contains(m.AdmissionPlugins(), name):
			return "off"
		}
		return "-"
	}
}

func kubeadmSets(component, name string) look {
	return func(m *Minor) string {
		for _, arg := range m.KubeadmArgs(component) {
			if arg.Name == name {
				return strings.TrimSuffix(arg.Value+" when "+arg.When, " when ")
			}
		}
		return "-"
	}
}

func kubeadmFills(kind, path string) look {
	return func(m *Minor) string {
		v, ok := m.KubeadmFields(kind)[path]
		if !ok {
			return "-"
		}
		b, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return strings.Trim(string(b), `"`)
	}
}

func versions(kind string) look {
	return func(m *Minor) string {
		if v := m.APIVersions(kind); len(v) > 0 {
			return strings.Join(v, " ")
		}
		return "-"
	}
}

func etcdKey(path string) look {
	return func(m *Minor) string {
		f, ok := m.Etcd.ConfigKey(path)
		if !ok {
			return "-"
		}
		return f.Type
	}
}

func gateText(m *Minor, g Gate, ok bool) string {
	if !ok {
		return "-"
	}
	text := map[string]string{"ALPHA": "Alpha", "BETA": "Beta", "GA": "GA", "DEPRECATED": "Depr"}[g.Stage]
	text += map[bool]string{true: " on", false: " off"}[g.Default]
	if g.Locked {
		text += " L"
	}
	return text
}

func kubeadmGate(name string) look {
	return func(m *Minor) string {
		g, ok := m.KubeadmFeatureGate(name)
		return gateText(m, g, ok)
	}
}

// TestFacts holds the made catalog against facts read by hand from the sources and from running binaries. The values
// of a row are those of 1.33 to 1.37; one value alone stands for all.
func TestFacts(t *testing.T) {
	const (
		api, kcm, sched, kubelet, etcd = "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "etcd"
		kc, kp                         = "KubeletConfiguration", "KubeProxyConfiguration"
	)
	for _, c := range []struct {
		name string
		look look
		want []string
	}{
		{"curves came with 1.36", flagType(api, "tls-curve-preferences"), []string{"-", "-", "-", "int32Slice", "int32Slice"}},
		{"curves of the scheduler", flagType(sched, "tls-curve-preferences"), []string{"-", "-", "-", "int32Slice", "int32Slice"}},
		{"coordinated leadership came with 1.34", flagType(api, "coordinated-leadership-renew-deadline"), []string{"-", "duration", "duration", "duration", "duration"}},
		{"min-compatibility-version came with 1.35", flagType(api, "min-compatibility-version"), []string{"-", "-", "stringSlice", "stringSlice", "stringSlice"}},
		{"audit-log-maxage", flagDefault(api, "audit-log-maxage"), []string{"0", "0", "0", "366", "366"}},
		{"audit-log-maxbackup", flagDefault(api, "audit-log-maxbackup"), []string{"0", "0", "0", "100", "100"}},
		{"audit-log-maxsize", flagDefault(api, "audit-log-maxsize"), []string{"0", "0", "0", "100", "100"}},
		{"audit-log-mode", flagDefault(api, "audit-log-mode"), []string{"blocking"}},
		{"audit-webhook-mode", flagDefault(api, "audit-webhook-mode"), []string{"batch"}},
		{"anonymous access by default", flagDefault(api, "anonymous-auth"), []string{"true"}},
		{"token-auth-file is still there", flagType(api, "token-auth-file"), []string{"string"}},
		{"service-account-lookup", flagDefault(api, "service-account-lookup"), []string{"true"}},
		{"service-account-extend-token-expiration", flagDefault(api, "service-account-extend-token-expiration"), []string{"true"}},
		{"profiling of the API server", flagDefault(api, "profiling"), []string{"true"}},
		{"request-timeout", flagDefault(api, "request-timeout"), []string{"1m0s"}},
		{"max-requests-inflight", flagDefault(api, "max-requests-inflight"), []string{"400"}},
		{"event-ttl", flagDefault(api, "event-ttl"), []string{"1h0m0s"}},
		{"logs handler is deprecated no more", deprecated(api, "enable-logs-handler"), []string{"deprecated", "deprecated", "deprecated", "deprecated", "fine"}},
		{"kubelet-https is long gone", flagType(api, "kubelet-https"), []string{"-"}},
		{"cloud-provider went with 1.33", flagType(api, "cloud-provider"), []string{"-"}},
		{"profiling of the controller manager", flagDefault(kcm, "profiling"), []string{"true"}},
		{"terminated-pod-gc-threshold", flagDefault(kcm, "terminated-pod-gc-threshold"), []string{"12500"}},
		{"cluster-signing-duration", flagDefault(kcm, "cluster-signing-duration"), []string{"8760h0m0s"}},
		{"authorization-always-allow-paths", flagDefault(sched, "authorization-always-allow-paths"), []string{"[/healthz,/readyz,/livez]"}},
		{"device taint eviction came with 1.35", flagType(kcm, "concurrent-device-taint-eviction-syncs"), []string{"-", "-", "int32", "int32", "int32"}},
		{"pod-infra-container-image went with 1.35", flagType(kubelet, "pod-infra-container-image"), []string{"string", "string", "-", "-", "-"}},
		{"cloud-config of the kubelet went with 1.34", flagType(kubelet, "cloud-config"), []string{"string", "-", "-", "-", "-"}},
		{"config-dir", flagType(kubelet, "config-dir"), []string{"string"}},
		{"the kubelet's flags are weaker than its file", flagDefault(kubelet, "authorization-mode"), []string{"AlwaysAllow"}},

		{"anonymous access of the kubelet", fieldDefault(kc, "authentication.anonymous.enabled"), []string{"false"}},
		{"an inner node", fieldType(kc, "authentication.anonymous"), []string{"object"}},
		{"a field of a list's items", fieldType(kc, "registerWithTaints[].key"), []string{"string"}},
		{"webhook cache", fieldDefault(kc, "authentication.webhook.cacheTTL"), []string{"2m0s"}},
		{"authorization of the kubelet", fieldDefault(kc, "authorization.mode"), []string{"Webhook"}},
		{"readOnlyPort", fieldDefault(kc, "readOnlyPort"), []string{"0"}},
		{"curves of the kubelet", fieldType(kc, "tlsCurvePreferences"), []string{"-", "-", "-", "[]int32", "[]int32"}},
		{"eventRecordQPS", fieldDefault(kc, "eventRecordQPS"), []string{"50"}},
		{"failCgroupV1", fieldDefault(kc, "failCgroupV1"), []string{"false", "false", "true", "true", "true"}},
		{"image credentials are verified from 1.35", fieldDefault(kc, "imagePullCredentialsVerificationPolicy"), []string{"", "", "NeverVerifyPreloadedImages", "NeverVerifyPreloadedImages", "NeverVerifyPreloadedImages"}},
		{"crash loop back-off", fieldDefault(kc, "crashLoopBackOff.maxContainerRestartPeriod"), []string{"none", "none", "5m0s", "5m0s", "5m0s"}},
		{"defaultPodSysctls came with 1.37", fieldType(kc, "defaultPodSysctls"), []string{"-", "-", "-", "-", "map[string]string"}},
		{"memoryReservationPolicy came with 1.36", fieldDefault(kc, "memoryReservationPolicy"), []string{"-", "-", "-", "None", "None"}},
		{"memoryThrottlingFactor", fieldDefault(kc, "memoryThrottlingFactor"), []string{"0.9", "0.9", "0.9", "0.9", "none"}},
		{"podPidsLimit", fieldDefault(kc, "podPidsLimit"), []string{"-1"}},
		{"seccompDefault", fieldDefault(kc, "seccompDefault"), []string{"false"}},
		{"serverTLSBootstrap", fieldDefault(kc, "serverTLSBootstrap"), []string{"false"}},
		{"protectKernelDefaults", fieldDefault(kc, "protectKernelDefaults"), []string{"false"}},
		{"streamingConnectionIdleTimeout", fieldDefault(kc, "streamingConnectionIdleTimeout"), []string{"4h0m0s"}},
		{"evictionHard is a map", fieldType(kc, "evictionHard"), []string{"map[string]string"}},
		{"metricsBindAddress", fieldDefault(kp, "metricsBindAddress"), []string{"127.0.0.1:10249"}},
		{"healthzBindAddress", fieldDefault(kp, "healthzBindAddress"), []string{"0.0.0.0:10256"}},
		{"localhostNodePorts", fieldDefault(kp, "iptables.localhostNodePorts"), []string{"true"}},
		{"profiling of kube-proxy", fieldDefault(kp, "enableProfiling"), []string{"false"}},

		{"NodeRestriction is off until kubeadm", plugin("NodeRestriction"), []string{"off"}},
		{"PodSecurity is on", plugin("PodSecurity"), []string{"on"}},
		{"NodeDeclaredFeatureValidator", plugin("NodeDeclaredFeatureValidator"), []string{"-", "-", "on", "on", "on"}},
		{"PodGroupProtection", plugin("PodGroupProtection"), []string{"-", "-", "-", "on", "on"}},
		{"PodGroupWorkloadExists was there once", plugin("PodGroupWorkloadExists"), []string{"-", "-", "-", "on", "-"}},
		{"JobValidation was there once", plugin("JobValidation"), []string{"-", "-", "-", "on", "-"}},
		{"SecurityContextDeny is gone", plugin("SecurityContextDeny"), []string{"-"}},

		{"AuthenticationConfiguration", versions("AuthenticationConfiguration"), []string{"v1beta1 v1alpha1", "v1 v1beta1 v1alpha1", "v1 v1beta1 v1alpha1", "v1 v1beta1 v1alpha1", "v1 v1beta1 v1alpha1"}},
		{"AuthorizationConfiguration", versions("AuthorizationConfiguration"), []string{"v1 v1beta1 v1alpha1"}},
		{"EncryptionConfiguration", versions("EncryptionConfiguration"), []string{"v1"}},
		{"TracingConfiguration", versions("TracingConfiguration"), []string{"v1beta1 v1alpha1", "v1 v1beta1 v1alpha1", "v1 v1beta1 v1alpha1", "v1 v1beta1 v1alpha1", "v1 v1beta1 v1alpha1"}},
		{"audit policies", versions("Policy"), []string{"v1"}},
		{"Pod Security", versions("PodSecurityConfiguration"), []string{"v1 v1beta1 v1alpha1"}},
		{"policies from a folder", versions("ValidatingAdmissionPolicyConfiguration"), []string{"-", "-", "-", "v1", "v1"}},
		{"kubeadm", versions("ClusterConfiguration"), []string{"v1beta4 v1beta3", "v1beta4 v1beta3", "v1beta4 v1beta3", "v1beta4 v1beta3", "v1beta4"}},

		{"kubeadm turns NodeRestriction on", kubeadmSets(api, "enable-admission-plugins"), []string{"NodeRestriction"}},
		{"kubeadm's authorization", kubeadmSets(api, "authorization-mode"), []string{"Node,RBAC"}},
		{"kubeadm verifies no kubelet", kubeadmSets(api, "kubelet-certificate-authority"), []string{"-"}},
		{"pod networks", kubeadmSets(kcm, "allocate-node-cidrs"), []string{"true when networking.podSubnet"}},
		{"the scheduler's address", kubeadmSets(sched, "bind-address"), []string{"127.0.0.1"}},
		{"etcd's gates", kubeadmSets(etcd, "feature-gates"), []string{"-", "InitialCorruptCheck=true", "InitialCorruptCheck=true", "InitialCorruptCheck=true", "InitialCorruptCheck=true"}},
		{"etcd's check before gates", kubeadmSets(etcd, "experimental-initial-corrupt-check"), []string{"true", "-", "-", "-", "-"}},
		{"etcd's metrics", kubeadmSets(etcd, "listen-metrics-urls"), []string{"http://127.0.0.1:2381"}},
		{"the kubelet's certificate rotates", kubeadmFills(kc, "rotateCertificates"), []string{"true"}},
		{"the kubelet refuses anonymous callers", kubeadmFills(kc, "authentication.anonymous.enabled"), []string{"false"}},
		{"kube-proxy's mode is written from 1.37", kubeadmFills(kp, "mode"), []string{"-", "-", "-", "-", "iptables"}},
		{"kubeadm's ECDSA gate", kubeadmGate("PublicKeysECDSA"), []string{"Depr off", "Depr off", "Depr off", "Depr off", "-"}},
		{"kubeadm's algorithms", func(m *Minor) string { return strings.Join(m.EncryptionAlgorithms(), " ") }, []string{
			"ECDSA-P256 RSA-2048 RSA-3072 RSA-4096", "ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096",
			"ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096", "ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096",
			"ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096",
		}},
		{"kubeadm deploys two minors", (*Minor).OldestDeployable, []string{"1.32.0", "1.33.0", "1.34.0", "1.35.0", "1.36.0"}},

		{"etcd's minor", func(m *Minor) string { return m.Etcd.Name }, []string{"3.5", "3.6", "3.6", "3.6", "3.7"}},
		{"etcd's image", func(m *Minor) string { return m.Etcd.Image }, []string{"3.5.24-0", "3.6.5-0", "3.6.6-0", "3.6.8-0", "3.7.0-0"}},
		{"etcd's v2 went with 3.6", flagType(etcd, "enable-v2"), []string{"bool", "-", "-", "-", "-"}},
		{"etcd's gates came with 3.6", flagType(etcd, "feature-gates"), []string{"-", "featureGate", "featureGate", "featureGate", "featureGate"}},
		{"etcd's experiments went with 3.7", deprecated(etcd, "experimental-corrupt-check-time"), []string{"fine", "deprecated", "deprecated", "deprecated", "-"}},
		{"etcd's TLS", flagDefault(etcd, "tls-min-version"), []string{"TLS1.2"}},
		{"etcd's clients", flagDefault(etcd, "client-cert-auth"), []string{"false"}},
		{"etcd's file", etcdKey("client-transport-security.cert-file"), []string{"string"}},
		{"etcd's file has no revocation list", etcdKey("client-transport-security.client-crl-file"), []string{"-"}},
		{"etcd's gates in the file", etcdKey("feature-gates"), []string{"-", "string", "string", "string", "string"}},
		{"etcd's TLS versions", func(m *Minor) string { return strings.Join(m.Etcd.TLSVersions(), " ") }, []string{"TLS1.2 TLS1.3"}},
		{"TLS versions", func(m *Minor) string { return strings.Join(m.TLSVersions(), " ") }, []string{"VersionTLS10 VersionTLS11 VersionTLS12 VersionTLS13"}},
		{"support", func(m *Minor) string { return m.OutOfSupport }, []string{
			"in November 2026 upstream supports 1.35, 1.36, 1.37", "in November 2026 upstream supports 1.35, 1.36, 1.37", "", "", "",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, name := range Minors() {
				want := c.want[0]
				if len(c.want) > 1 {
					want = c.want[i]
				}
				if got := c.look(minor(t, name)); got != want {
					t.Errorf("%s: %q, read by hand: %q", name, got, want)
				}
			}
		})
	}
}

// TestGates holds the gates against a table read by hand.
func TestGates(t *testing.T) {
	table, err := os.ReadFile("testdata/gates.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(table)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") || len(cells) != 6 {
			continue
		}
		rows++
		name := strings.TrimSpace(cells[0])
		for i, minorName := range []string{"1.33", "1.34", "1.35", "1.36", "1.37"} {
			m := minor(t, minorName)
			g, ok := m.FeatureGate(name)
			if got, want := gateText(m, g, ok), strings.TrimSpace(cells[i+1]); got != want {
				t.Errorf("%s in %s: %q, read by hand: %q", name, minorName, got, want)
			}
		}
	}
	if rows < 70 {
		t.Errorf("the table has %d rows", rows)
	}
}

func TestCipherSuitesAndCurves(t *testing.T) {
	for _, name := range Minors() {
		m := minor(t, name)
		var preferred, insecure, tls13 int
		for _, s := range m.CipherSuites() {
			switch {
			case s.Insecure:
				insecure++
			default:
				preferred++
			}
			if s.TLS13Only {
				tls13++
			}
		}
		if preferred != 15 || insecure != 12 || tls13 != 3 {
			t.Errorf("%s: %d preferred, %d insecure, %d of TLS 1.3; read by hand: 15, 12, 3", name, preferred, insecure, tls13)
		}
		if !slices.Equal(m.CipherSuites(), m.Etcd.CipherSuites()) {
			t.Errorf("%s: etcd takes other cipher suites", name)
		}
		var curves []int
		for _, c := range m.Curves() {
			curves = append(curves, c.ID)
		}
		var want []int
		if compareMinors(name, "1.36") >= 0 {
			want = []int{23, 24, 25, 29, 4587, 4588, 4589}
		}
		if !slices.Equal(curves, want) {
			t.Errorf("%s: curves %v, read by hand: %v", name, curves, want)
		}
	}
}

func TestSince(t *testing.T) {
	for _, c := range []struct {
		name                   string
		component, thing, what string
		first, last            string
	}{
		{"a new flag", "kube-apiserver", ThingFlag, "tls-curve-preferences", "1.36", "1.37"},
		{"an old flag", "kube-apiserver", ThingFlag, "profiling", "1.33", "1.37"},
		{"a flag that went", "kubelet", ThingFlag, "pod-infra-container-image", "1.33", "1.34"},
		{"a field", "KubeletConfiguration", ThingField, "defaultPodSysctls", "1.37", "1.37"},
		{"a key of etcd's file", "etcd", ThingField, "feature-gates", "1.34", "1.37"},
		{"a gate that went", "", ThingGate, "StructuredAuthorizationConfiguration", "1.33", "1.35"},
		{"a gate of etcd", "etcd", ThingGate, "FastLeaseKeepAlive", "1.37", "1.37"},
		{"a gate of kubeadm", "kubeadm", ThingGate, "NodeLocalCRISocket", "1.33", "1.36"},
		{"a plugin of one minor", "", ThingPlugin, "JobValidation", "1.36", "1.36"},
		{"an algorithm", "", ThingEncryptionAlgorithm, "ECDSA-P384", "1.34", "1.37"},
		{"a kind", "", ThingKind, "ValidatingAdmissionPolicyConfiguration", "1.36", "1.37"},
		{"nothing", "kube-apiserver", ThingFlag, "no-such-flag", "", ""},
		{"no such component", "kube-nothing", ThingFlag, "profiling", "", ""},
		{"no such thing", "kube-apiserver", "colour", "profiling", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, last, known := Since(c.component, c.thing, c.what)
			if first != c.first || last != c.last || known != (c.first != "") {
				t.Errorf("got %q to %q, %v; want %q to %q", first, last, known, c.first, c.last)
			}
		})
	}
}
