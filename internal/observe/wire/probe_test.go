package wire

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// one probes a single endpoint and returns its settings as key: value, and what is unknown.
func one(t testing.TB, e Endpoint) (map[string]string, []string, observe.Observation) {
	t.Helper()
	got := Probe(t.Context(), []Endpoint{e}, Options{Timeout: 2 * time.Second})
	if len(got) != 1 {
		t.Fatalf("%d observations", len(got))
	}
	values, unknown := map[string]string{}, []string{}
	for _, layer := range got[0].Layers {
		if !layer.Partial || layer.Source != settings.FromWire || layer.Component != e.Component {
			t.Errorf("view %+v", layer.View)
		}
		for _, s := range layer.Settings {
			if s.Value.Origin.Source != settings.FromWire {
				t.Errorf("%s comes from %q", s.Key, s.Value.Origin)
			}
			text := s.Value.Text
			if s.Value.Kind == settings.List {
				text = strings.Join(s.Value.Strings(), " ")
			}
			values[s.Key.String()] = text
		}
	}
	for _, u := range got[0].Unknown {
		unknown = append(unknown, strings.ReplaceAll(fmt.Sprint(u.Paths, ": ", u.Why), e.Address, "ADDR"))
	}
	return values, unknown, got[0]
}

func TestTLSIsSeenAsItIsConfigured(t *testing.T) {
	const (
		gcm  = tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
		ecdh = tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
	)
	for _, c := range []struct {
		name, key                        string
		config                           *tls.Config
		lowest, versions, suites, groups string
	}{
		{
			name: "Go's defaults", key: "RSA-2048", lowest: "VersionTLS12", versions: "VersionTLS12 VersionTLS13",
			suites: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA " +
				"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
			groups: "23 24 25 29 4587 4588 4589",
		},
		{
			name: "a hardened one", key: "RSA-2048", lowest: "VersionTLS12", versions: "VersionTLS12 VersionTLS13",
			config: &tls.Config{
				MinVersion: tls.VersionTLS12, CipherSuites: []uint16{gcm, ecdh},
				CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.CurveP256},
			},
			suites: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", groups: "23 4588",
		},
		{
			name: "the same with the other key", key: "ECDSA-P384", lowest: "VersionTLS12", versions: "VersionTLS12 VersionTLS13",
			config: &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{gcm, ecdh}, CurvePreferences: []tls.CurveID{tls.CurveP384}},
			suites: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", groups: "24",
		},
		{
			name: "Ed25519", key: "Ed25519", lowest: "VersionTLS12", versions: "VersionTLS12 VersionTLS13",
			config: &tls.Config{CipherSuites: []uint16{gcm, ecdh}, CurvePreferences: []tls.CurveID{tls.X25519}},
			suites: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", groups: "29",
		},
		{
			name: "only TLS 1.3", key: "ECDSA-P256", lowest: "VersionTLS13", versions: "VersionTLS13",
			config: &tls.Config{MinVersion: tls.VersionTLS13}, groups: "23 24 25 29 4587 4588 4589",
		},
		{
			name: "everything that is weak", key: "RSA-2048", lowest: "VersionTLS10",
			versions: "VersionTLS10 VersionTLS11 VersionTLS12 VersionTLS13",
			config: &tls.Config{
				MinVersion: tls.VersionTLS10, CurvePreferences: []tls.CurveID{tls.CurveP521},
				CipherSuites: []uint16{
					tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
				},
			},
			suites: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_RSA_WITH_RC4_128_SHA",
			groups: "25",
		},
		{
			name: "TLS 1.0 without a suite for it", key: "RSA-2048", lowest: "VersionTLS12", versions: "VersionTLS12 VersionTLS13",
			config: &tls.Config{MinVersion: tls.VersionTLS10, CipherSuites: []uint16{gcm}, CurvePreferences: []tls.CurveID{tls.X25519}},
			suites: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", groups: "29",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.config == nil {
				c.config = &tls.Config{}
			}
			c.config.Certificates = []tls.Certificate{certificate(t, c.key)}
			address := serve(t, c.config, map[string]int{"/healthz": 200, "/livez": 200, "/readyz": 200, "/metrics": 403, "/configz": 403})
			got, unknown, _ := one(t, Endpoint{Address: address, Component: settings.Scheduler})
			testable := strings.Join(Testable(c.key), " ")
			if c.lowest == "VersionTLS13" {
				testable = ""
			}
			want := map[string]string{
				"kube-scheduler:--tls-min-version":           c.lowest,
				"kube-scheduler:--tls-cipher-suites":         c.suites,
				"kube-scheduler:--tls-curve-preferences":     c.groups,
				"kube-scheduler:wire/tls-versions":           c.versions,
				"kube-scheduler:wire/tls13-suites":           "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256",
				"kube-scheduler:wire/testable-suites":        testable,
				"kube-scheduler:wire/client-certificate":     "none",
				"kube-scheduler:wire/certificate/key":        c.key,
				"kube-scheduler:wire/certificate/signature":  map[string]string{"RSA-2048": "SHA256-RSA", "ECDSA-P256": "ECDSA-SHA256", "ECDSA-P384": "ECDSA-SHA384", "Ed25519": "Ed25519"}[c.key],
				"kube-scheduler:wire/certificate/issuer":     "CN=kube-ca?[31m",
				"kube-scheduler:wire/certificate/not-before": "2020-01-01T00:00:00Z",
				"kube-scheduler:wire/certificate/not-after":  "2021-01-01T00:00:00Z",
				"kube-scheduler:anonymous/GET /healthz":      "allowed",
				"kube-scheduler:anonymous/GET /livez":        "allowed",
				"kube-scheduler:anonymous/GET /readyz":       "allowed",
				"kube-scheduler:anonymous/GET /metrics":      "forbidden",
				"kube-scheduler:anonymous/GET /configz":      "forbidden",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if len(unknown) > 0 {
				t.Error(unknown)
			}
		})
	}
}

func TestClientCertificates(t *testing.T) {
	for _, side := range []string{Client, Peer} {
		for auth, want := range map[tls.ClientAuthType]string{
			tls.NoClientCert: "none", tls.RequestClientCert: "asked", tls.VerifyClientCertIfGiven: "asked",
			tls.RequireAnyClientCert: "required", tls.RequireAndVerifyClientCert: "required",
		} {
			for _, highest := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				for _, lowest := range []uint16{tls.VersionTLS12, highest} {
					t.Run(fmt.Sprint(side, auth, tls.VersionName(lowest), tls.VersionName(highest)), func(t *testing.T) {
						t.Parallel()
						address := serve(t, &tls.Config{
							Certificates: []tls.Certificate{certificate(t, "ECDSA-P256")}, ClientAuth: auth, ClientCAs: x509.NewCertPool(),
							MinVersion: lowest, MaxVersion: highest, NextProtos: []string{"h2"},
						}, nil)
						got, unknown, _ := one(t, Endpoint{Address: address, Component: settings.Etcd, Side: side})
						if got["etcd:wire/client-certificate"] != want || got["etcd:wire/certificate/key"] != "ECDSA-P256" {
							t.Error(got, unknown)
						}
						flag := map[string]string{Client: "etcd:--client-cert-auth", Peer: "etcd:--peer-client-cert-auth"}[side]
						if got[flag] != fmt.Sprint(want == "required") {
							t.Error(got)
						}
						spelled := map[uint16]string{tls.VersionTLS12: "TLS1.2", tls.VersionTLS13: "TLS1.3"}
						if got["etcd:--tls-min-version"] != spelled[lowest] || got["etcd:--tls-max-version"] != spelled[highest] {
							t.Error(got)
						}
						if _, ok := got["etcd:wire/groups"]; ok != (highest == tls.VersionTLS13) || len(unknown) > 0 {
							t.Error(got, unknown)
						}
					})
				}
			}
		}
	}
}

func TestKubelet(t *testing.T) {
	for status, want := range map[int]string{401: "false", 403: "true", 200: "true", 500: "", 302: ""} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			address := serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, "ECDSA-P256")}, ClientAuth: tls.RequestClientCert},
				map[string]int{"/healthz": 401, "/pods": status, "/metrics": 401})
			got, unknown, observation := one(t, Endpoint{Address: address, Component: settings.Kubelet, Node: "worker-1", Role: settings.Worker})
			if got["kubelet[worker]:authentication.anonymous.enabled"] != want {
				t.Error(got)
			}
			if got["kubelet[worker]:tlsMinVersion"] != "VersionTLS12" || got["kubelet[worker]:tlsCurvePreferences"] == "" || got["kubelet[worker]:tlsCipherSuites"] == "" {
				t.Error(got)
			}
			if (want == "") != (len(unknown) == 1) {
				t.Error(unknown)
			}
			if observation.Subject != "worker-1" || observation.Role != settings.Worker {
				t.Error(observation)
			}
		})
	}
}

func TestKubeletNeedsARole(t *testing.T) {
	_, unknown, _ := one(t, Endpoint{Address: "127.0.0.1:1", Component: settings.Kubelet})
	if diff := cmp.Diff([]string{"[]: ADDR belongs to a node whose role is not known"}, unknown); diff != "" {
		t.Error(diff)
	}
	got := distinct([]Endpoint{
		{Address: "10.0.0.1:10250", Component: settings.Kubelet}, {Address: "10.0.0.1:6443", Component: settings.APIServer},
		{Address: "10.0.0.1:10250", Component: settings.Kubelet},
	})
	if len(got) != 2 || got[0].Role != settings.ControlPlane {
		t.Error(got)
	}
}

func TestAnonymousAccessToTheAPIServer(t *testing.T) {
	all := func(status int) map[string]int {
		out := map[string]int{}
		for _, path := range Paths(settings.APIServer) {
			out[path] = status
		}
		return out
	}
	with := func(statuses map[string]int, others map[string]int) map[string]int {
		maps.Copy(statuses, others)
		return statuses
	}
	open := map[string]int{"/healthz": 200, "/livez": 200, "/readyz": 200, "/version": 200, infoPath: 200}
	for _, c := range []struct {
		name     string
		statuses map[string]int
		flag     string
		wanted   []settings.Setting
	}{
		{"open", with(all(403), open), "true", nil},
		{"disabled", all(401), "false", []settings.Setting{{Key: settings.Flag(settings.APIServer, "anonymous-auth"), Value: settings.Of(false)}}},
		{"health paths only", with(all(401), map[string]int{"/healthz": 200, "/livez": 200, "/readyz": 200}), "", []settings.Setting{{
			Key: settings.Key{Component: settings.APIServer, Path: "AuthenticationConfiguration"},
			Value: settings.Of(map[string]any{"anonymous": map[string]any{"enabled": true, "conditions": []any{
				map[string]any{"path": "/healthz"}, map[string]any{"path": "/livez"}, map[string]any{"path": "/readyz"},
			}}}),
		}}},
		{"AlwaysAllow", all(200), "true", []settings.Setting{{Key: settings.Flag(settings.APIServer, "authorization-mode"), Value: settings.Of([]string{"AlwaysAllow"})}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, "ECDSA-P256")}, ClientAuth: tls.RequestClientCert}, c.statuses)
			got, unknown, observation := one(t, Endpoint{Address: address, Component: settings.APIServer})
			if got["kube-apiserver:--anonymous-auth"] != c.flag || len(unknown) > 0 {
				t.Error(got, unknown)
			}
			wantVersion := ""
			if c.statuses["/version"] == 200 {
				wantVersion = "1.37.0"
			}
			if observation.Version != wantVersion || observation.Role != settings.ControlPlane {
				t.Error(observation)
			}
			var wanted settings.Set
			for _, s := range c.wanted {
				wanted.Put(s)
			}
			for _, path := range Paths(settings.APIServer) {
				expected, ok := Expect(&wanted, settings.APIServer, "", path)
				if seen := got["kube-apiserver:anonymous/GET "+path]; !ok || seen != expected {
					t.Errorf("%s: seen %q, expected %q", path, seen, expected)
				}
			}
		})
	}
}

func TestAFailingHealthCheckIsUnknown(t *testing.T) {
	address := serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, "ECDSA-P256")}}, map[string]int{
		"/healthz": 200, "/livez": 200, "/readyz": 500, "/version": 401, "/metrics": 401, "/api": 503, nodesPath: 401, infoPath: 401,
	})
	got, unknown, _ := one(t, Endpoint{Address: address, Component: settings.APIServer})
	want := []string{
		"[anonymous/GET /readyz]: ADDR answers GET /readyz with the status 500",
		"[anonymous/GET /api --anonymous-auth]: ADDR answers GET /api with the status 503",
	}
	if diff := cmp.Diff(want, unknown); diff != "" {
		t.Error(diff)
	}
	if _, ok := got["kube-apiserver:--anonymous-auth"]; ok {
		t.Error(got)
	}
}

func TestReadOnlyPort(t *testing.T) {
	open := serve(t, nil, map[string]int{"/pods": 200})
	got, unknown, _ := one(t, Endpoint{Address: open, Component: settings.Kubelet, Side: ReadOnly, Role: settings.Worker})
	if port := open[strings.LastIndex(open, ":")+1:]; got["kubelet[worker]:readOnlyPort"] != port || len(unknown) > 0 {
		t.Error(got, unknown)
	}
	got, unknown, _ = one(t, Endpoint{Address: "127.0.0.1:1", Component: settings.Kubelet, Side: ReadOnly, Role: settings.Worker})
	if got["kubelet[worker]:readOnlyPort"] != "0" || len(unknown) > 0 {
		t.Error(got, unknown)
	}
}

func TestManyNodes(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, "ECDSA-P256")}}
	address := serve(t, config, map[string]int{"/healthz": 401, "/pods": 401, "/metrics": 401})
	var endpoints []Endpoint
	for i := range 20 {
		endpoints = append(endpoints, Endpoint{Address: address, Component: settings.Kubelet, Node: fmt.Sprintf("n%02d", 19-i), Role: settings.Worker})
	}
	var told []int
	got := Probe(t.Context(), endpoints, Options{Progress: func(done, total int) {
		told = append(told, done)
		if total != 20 {
			t.Error(total)
		}
	}})
	if len(got) != 20 || got[0].Subject != "n00" || len(told) != 20 || !slices.IsSorted(told) {
		t.Error(len(got), told)
	}
}
