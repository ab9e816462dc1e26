package generate

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// places puts a text wherever a bundle could carry one.
func places() map[string]func(*Input, string) {
	out := map[string]func(*Input, string){
		"name of the profile": func(in *Input, s string) { in.Name = s },
		"version":             func(in *Input, s string) { in.Version = s },
		"waiver":              func(in *Input, s string) { in.Waivers = []Waiver{{Control: s, Reason: s}} },
		"list flag": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "--enable-admission-plugins", []string{"A", s})
		},
		"repeated flag": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "--service-account-issuer", []string{s, "b"})
		},
		"map flag": func(in *Input, s string) {
			put(in.Settings, settings.Kubelet, settings.Worker, "--node-labels", m{"a": s, s: "b"})
		},
		"gates":          func(in *Input, s string) { put(in.Settings, settings.APIServer, "", "--feature-gates", m{s: true}) },
		"name of a flag": func(in *Input, s string) { put(in.Settings, settings.Scheduler, "", "--"+s, "x") },
		"volume": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "extraVolumes", []any{m{"name": s, "hostPath": s, s: "x"}})
		},
		"certificate names": func(in *Input, s string) { put(in.Settings, settings.Kubeadm, "", "apiServer.certSANs", []string{s}) },
		"kubelet field":     func(in *Input, s string) { put(in.Settings, settings.Kubelet, settings.Worker, "clusterDomain", s) },
		"kubelet map": func(in *Input, s string) {
			put(in.Settings, settings.Kubelet, settings.Worker, "evictionSoft", m{s: s})
		},
		"kubelet field name": func(in *Input, s string) { put(in.Settings, settings.Kubelet, settings.Worker, s, "x") },
		"common field name": func(in *Input, s string) {
			put(in.Settings, settings.Kubelet, settings.Worker, s, "x")
			put(in.Settings, settings.Kubelet, settings.ControlPlane, s, "x")
		},
		"kube-proxy field": func(in *Input, s string) { put(in.Settings, settings.KubeProxy, "", "mode", s) },
		"document": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "Policy", m{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": []any{m{s: []string{s}}}})
		},
		"name of a key": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "EncryptionConfiguration", m{"resources": []any{m{"resources": []string{s}, "providers": []any{
				m{"secretbox": m{"keys": []any{m{"name": s, "secret": settings.Redacted}}}}}}}})
		},
		"kubeconfig": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "kubeconfig/audit/other", m{"kind": "Config", "clusters": s})
		},
		"static policy": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "static/a", []any{m{"kind": s}, m{"kind": "Other", s: s}})
		},
		"name of a static policy": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "static/"+s, []any{m{"kind": "A"}, m{"kind": "B"}})
		},
		"name of a kubeconfig": func(in *Input, s string) {
			put(in.Settings, settings.APIServer, "", "kubeconfig/"+s, m{"kind": "Config"})
		},
		"probes":      func(in *Input, s string) { put(in.Settings, settings.APIServer, "", "probes", s) },
		"sysctl":      func(in *Input, s string) { put(in.Settings, settings.Host, settings.Worker, "sysctl/"+s, 1) },
		"sysctl text": func(in *Input, s string) { put(in.Settings, settings.Host, settings.Worker, "sysctl/kernel.panic", s) },
		"tmpfile": func(in *Input, s string) {
			put(in.Settings, settings.Host, settings.Worker, "tmpfile/"+s, m{"type": "z", "mode": "0600", "user": "root", "group": "root"})
		},
		"user": func(in *Input, s string) { put(in.Settings, settings.Host, settings.ControlPlane, "user/etcd", s) },
		"network": func(in *Input, s string) {
			put(in.Settings, settings.Host, settings.Worker, "firewall/kubelet", []string{s})
		},
		"port": func(in *Input, s string) {
			put(in.Settings, settings.Host, settings.ControlPlane, "firewall/apiServerPort", s)
		},
		"kubelet port": func(in *Input, s string) { put(in.Settings, settings.Kubelet, settings.Worker, "port", s) },
		"member": func(in *Input, s string) {
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": s, "address": "192.0.2.1"}})
		},
		"address of a member": func(in *Input, s string) {
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": "a", "address": s}})
		},
		"etcd flag": func(in *Input, s string) {
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": "a", "address": "192.0.2.1"}})
			put(in.Settings, settings.Etcd, "", "--data-dir", s)
			put(in.Settings, settings.Etcd, "", "--peer-cert-allowed-cn", []string{s})
		},
		"a rule of Falco": func(in *Input, s string) {
			put(in.Settings, settings.Companion, "", "falco/rules", []any{m{"rule": s, "condition": s, s: []string{s}}})
		},
		"the name of an alert": func(in *Input, s string) {
			put(in.Settings, settings.Companion, "", "PrometheusRule/monitoring/a", m{"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
				"metadata": m{"name": "a", "namespace": "monitoring"}, "spec": m{"groups": []any{m{"name": s, "expr": s}}}})
		},
		"a listed member": func(in *Input, s string) {
			in.FileIntegrity = true
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": s, "address": "192.0.2.1"}})
		},
		"another component": func(in *Input, s string) { put(in.Settings, s, "", "--x", "y") },
	}
	for _, part := range []string{"type", "mode", "user", "group"} {
		out["tmpfile's "+part] = func(in *Input, s string) {
			line := m{"type": "z", "mode": "0600", "user": "root", "group": "root"}
			line[part] = s
			put(in.Settings, settings.Host, settings.Worker, "tmpfile//etc/x", line)
		}
	}
	for _, path := range []string{"clusterName", "controlPlaneEndpoint", "networking.podSubnet", "imageRepository", "kubernetesVersion",
		"localAPIEndpoint.advertiseAddress", "localAPIEndpoint.bindPort", "nodeRegistration.name", "nodeRegistration.criSocket", "certificateValidityPeriod"} {
		out[path] = func(in *Input, s string) { put(in.Settings, settings.Kubeadm, "", path, s) }
	}
	for _, flag := range []string{"audit-log-path", "request-timeout", "profiling", "audit-log-maxage", "encryption-provider-config"} {
		out["--"+flag] = func(in *Input, s string) { put(in.Settings, settings.APIServer, "", "--"+flag, s) }
	}
	return out
}

// checkHostile puts text at a place: the bundle either says exactly that, or is refused with
// problems that are typed. It reports whether it was accepted.
func checkHostile(t *testing.T, g *Generator, place string, change func(*Input, string), text string) bool {
	t.Helper()
	in := inputOf(smallSet())
	change(&in, text)
	files, err := g.Bundle(in)
	if err != nil {
		var list diag.List
		if !errors.As(err, &list) || len(list) == 0 {
			t.Fatalf("%s, %q: the error is a %T", place, text, err)
		}
		if strings.Contains(err.Error(), testSecret) {
			t.Fatalf("%s: a message shows a secret", place)
		}
		return false
	}
	data := map[string][]byte{}
	for _, f := range files {
		data[f.Path] = f.Data
	}
	found, err := observe.Bundle(data)
	if err != nil {
		t.Fatalf("%s, %q: %v", place, text, err)
	}
	if diff := cmp.Diff(texts(t, in, in.Settings), texts(t, in, found)); diff != "" {
		t.Fatalf("%s, %q: the bundle says something else (-settings +bundle):\n%s", place, text, diff)
	}
	return true
}

func TestHostileTextsStayTexts(t *testing.T) {
	g := newGenerator(t)
	never := []string{"another component", "name of a key", "port", "probes", "sysctl text"} // take none of these texts
	for place, change := range places() {
		t.Run(place, func(t *testing.T) {
			accepted := 0
			for _, text := range append(hostile(), "\xff", "../../etc/passwd", "a/../../b", "worker\nz /etc/shadow 0666 root root", "%h", "10.0.0.0/8 }; drop") {
				if checkHostile(t, g, place, change, text) {
					accepted++
				}
			}
			if (accepted == 0) != slices.Contains(never, place) {
				t.Errorf("%d texts were accepted", accepted)
			}
		})
	}
}

func FuzzBundle(f *testing.F) {
	g, err := New()
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range hostile() {
		f.Add(text)
	}
	all := places()
	f.Fuzz(func(t *testing.T, text string) {
		for place, change := range all {
			checkHostile(t, g, place, change, text)
		}
	})
}
