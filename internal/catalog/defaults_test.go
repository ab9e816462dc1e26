package catalog

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDefault(t *testing.T) {
	suites := []any{
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
		"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
	}
	unknown := func() any { return nil } // a value that nothing equals
	for _, c := range []struct {
		minor, component, path string
		want                   any
	}{
		{"1.37", "kube-apiserver", "--tls-min-version", "VersionTLS12"},
		{"1.33", "kube-scheduler", "--tls-min-version", "VersionTLS12"},
		{"1.37", "kubelet", "tlsMinVersion", "VersionTLS12"},
		{"1.37", "kubelet", "--tls-min-version", "VersionTLS12"},
		{"1.37", "etcd", "--tls-min-version", "TLS1.2"},
		{"1.33", "etcd", "--tls-max-version", "TLS1.3"},
		{"1.37", "kubelet", "tlsCipherSuites", suites},
		{"1.37", "etcd", "--cipher-suites", suites},
		{"1.37", "kube-apiserver", "--tls-curve-preferences", []any{4588.0, 4587.0, 4589.0, 29.0, 23.0, 24.0, 25.0}},
		{"1.35", "kube-apiserver", "--tls-curve-preferences", unknown},
		{"1.37", "kube-apiserver", "--authorization-mode", []any{"AlwaysAllow"}},
		{"1.35", "kube-apiserver", "--audit-log-maxsize", 100.0},
		{"1.37", "kube-apiserver", "--audit-log-maxsize", 100.0},
		{"1.37", "kube-apiserver", "--profiling", true},
		{"1.37", "kube-apiserver", "--anonymous-auth", true},
		{"1.37", "kube-apiserver", "--advertise-address", ""},
		{"1.37", "kube-apiserver", "--enable-admission-plugins", nil},
		{"1.37", "kube-apiserver", "--kubelet-preferred-address-types", []any{"Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"}},
		{"1.37", "kube-apiserver", "--request-timeout", "1m0s"},
		{"1.37", "kube-apiserver", "--no-such-flag", unknown},
		{"1.37", "kube-scheduler", "--profiling", true},
		{"1.37", "kubelet", "--anonymous-auth", false}, // of a kubelet with a file
		{"1.37", "kubelet", "--read-only-port", 0.0},
		{"1.37", "kubelet", "--node-ip", ""},
		{"1.37", "kubelet", "protectKernelDefaults", false},
		{"1.37", "kubelet", "streamingConnectionIdleTimeout", "4h0m0s"},
		{"1.37", "kubelet", "eventRecordQPS", 50.0},
		{"1.37", "kubelet", "podPidsLimit", -1.0},
		{"1.37", "kubelet", "containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock"},
		{"1.37", "kubelet", "userNamespaces.idsPerPod", 65536.0},
		{"1.33", "kubelet", "failCgroupV1", false},
		{"1.37", "kubelet", "failCgroupV1", true},
		{"1.33", "kubelet", "crashLoopBackOff.maxContainerRestartPeriod", "5m0s"},
		{"1.37", "kubelet", "featureGates", nil},
		{"1.37", "kubelet", "registerWithTaints", nil},
		{"1.37", "kubelet", "singleProcessOOMKill", unknown},
		{"1.37", "kubelet", "maxParallelImagePulls", unknown},
		{"1.37", "kubelet", "authentication", unknown},
		{"1.37", "kubelet", "reservedMemory[].limits", unknown},
		{"1.37", "kubelet", "noSuchField", unknown},
		{"1.37", "kube-proxy", "mode", "iptables"},
		{"1.37", "kube-proxy", "--profiling", false},
		{"1.37", "kube-proxy", "--healthz-port", 10256.0},
		{"1.37", "kube-controller-manager", "--use-service-account-credentials", false},
		{"1.37", "kubeadm", "encryptionAlgorithm", "RSA-2048"},
		{"1.33", "kubeadm", "certificateValidityPeriod", "8760h0m0s"},
		{"1.37", "kubeadm", "localAPIEndpoint.advertiseAddress", unknown},
		{"1.37", "no-such-component", "--profiling", unknown},
	} {
		t.Run(c.minor+" "+c.component+" "+c.path, func(t *testing.T) {
			value, known := minor(t, c.minor).Default(c.component, c.path)
			_, wantUnknown := c.want.(func() any)
			switch {
			case wantUnknown && known:
				t.Errorf("got %#v; want it unknown", value)
			case !wantUnknown && (!known || !reflect.DeepEqual(value, c.want)):
				t.Errorf("got %#v, %t; want %#v", value, known, c.want)
			}
		})
	}
}

// TestEveryFlagHasADefault holds that no flag's default is of a type that nothing reads.
func TestEveryFlagHasADefault(t *testing.T) {
	for _, name := range Minors() {
		m := minor(t, name)
		for _, component := range m.Components() {
			for _, flag := range m.Flags(component) {
				if _, known := m.Default(component, "--"+flag); !known {
					f, _ := m.Flag(component, flag)
					field, _ := m.FieldOfFlag(component, flag)
					t.Errorf("%s: the default of %s --%s %s (%s) is not known: %q", name, component, flag, field, f.Type, f.Default)
				}
			}
		}
	}
}

func TestMeansDefault(t *testing.T) {
	for _, c := range []struct {
		minor, component, path string
		value                  any
		same                   bool
	}{
		{"1.37", "kubelet", "port", 0, true},
		{"1.37", "kubelet", "port", 10255, false},
		{"1.37", "kubelet", "streamingConnectionIdleTimeout", "0s", true},
		{"1.37", "kubelet", "streamingConnectionIdleTimeout", "5m", false},
		{"1.37", "kubelet", "authorization.mode", "", true},
		{"1.37", "kubelet", "readOnlyPort", 0, false},
		{"1.37", "kubelet", "eventRecordQPS", 0, false},
		{"1.37", "kubelet", "podPidsLimit", -7, true},
		{"1.37", "kubelet", "podPidsLimit", 0, false},
		{"1.37", "kubelet", "seccompDefault", false, false},
		{"1.37", "kubelet", "evictionHard", map[string]any{}, false},
		{"1.37", "kubelet", "tlsCipherSuites", []any{}, true},
		{"1.37", "kubelet", "--tls-min-version", "", true},
		{"1.37", "kube-apiserver", "--tls-min-version", "", true},
		{"1.37", "kube-apiserver", "--tls-min-version", "VersionTLS10", false},
		{"1.35", "kube-apiserver", "--audit-log-maxsize", "0", true},
		{"1.36", "kube-apiserver", "--audit-log-maxsize", "0", false},
		{"1.37", "kube-apiserver", "--authorization-mode", "", true},
		{"1.37", "kube-proxy", "mode", "", true},
		{"1.37", "kube-proxy", "conntrack.min", 0, false},
		{"1.37", "kube-proxy", "noSuchField", 0, false},
	} {
		if got := minor(t, c.minor).MeansDefault(c.component, c.path, c.value); got != c.same {
			t.Errorf("%s: %s %s %#v: %t", c.minor, c.component, c.path, c.value, got)
		}
	}
	if got := minor(t, "1.37").DefaultDependsOn("kubelet", "--serialize-image-pulls"); !slices.Equal(got, []string{"kubelet:maxParallelImagePulls"}) {
		t.Errorf("serializeImagePulls depends on %v", got)
	}
}

// TestDefaultRows holds that every row of defaults.yaml says something of a setting that exists, and something that the
// catalog does not say already.
func TestDefaultRows(t *testing.T) {
	rows, err := defaultRows()
	if err != nil {
		t.Fatal(err)
	}
	for key, row := range rows {
		if row.Source == "" || row.Value == nil && !row.Zero && len(row.Depends) == 0 {
			t.Errorf("%s: a row needs a source and something to say", key)
		}
		for _, k := range append(row.Depends, key) {
			if !strings.HasPrefix(k, "kubeadm:") && !settable(k) {
				t.Errorf("%s is in no minor's catalog", k)
			}
		}
		component, path, _ := strings.Cut(key, ":")
		useful, zero := row.Value == nil, row.Value != nil || !row.Zero
		for _, name := range Minors() {
			m := minor(t, name)
			if _, ok := m.defaultRow(key); !ok {
				continue
			}
			f, _ := m.Field(kindOf(component), path)
			useful = useful || !f.HasDefault || !reflect.DeepEqual(f.Default, row.Value)
			zero = zero || f.HasDefault && !isZero(f.Default)
		}
		if !useful {
			t.Errorf("%s: the catalog says so itself", key)
		}
		if !zero {
			t.Errorf("%s: the default is zero in every minor", key)
		}
		if _, err := json.Marshal(row.Value); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}
