package generate

import (
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestRefusals shows that what cannot be rendered is refused with the setting, its place and
// what is wrong.
func TestRefusals(t *testing.T) {
	members := func(in *Input) {
		put(in.Settings, settings.Etcd, "", "members", []any{m{"name": "a", "address": "192.0.2.1"}})
	}
	for name, row := range map[string]struct {
		change func(*Input)
		want   string
	}{
		"a setting no file carries": {func(in *Input) { put(in.Settings, settings.Kubeadm, "", "dns.disabled", true) },
			"p.yaml:7:3: kubeadm:dns.disabled: no file of the bundle carries this setting"},
		"a setting of an unknown component": {func(in *Input) { put(in.Settings, "kube-scheduller", "", "--v", 1) },
			"p.yaml:7:3: kube-scheduller:--v: no file of the bundle carries this setting"},
		"a list where a boolean is wanted": {func(in *Input) { put(in.Settings, settings.APIServer, "", "--profiling", []string{"a"}) },
			"p.yaml:7:3: kube-apiserver:--profiling: a list stands where true or false is wanted"},
		"a comma in a map's value": {func(in *Input) { put(in.Settings, settings.APIServer, "", "--feature-gates", m{"A,B": true}) },
			`p.yaml:7:3: kube-apiserver:--feature-gates: "A,B=true" cannot be said as a mapStringBool flag`},
		"a field within a value": {func(in *Input) {
			put(in.Settings, settings.Kubelet, settings.Worker, "featureGates", m{"A": true})
			put(in.Settings, settings.Kubelet, settings.Worker, "featureGates.B", true)
		}, `p.yaml:7:3: kubelet[worker]:featureGates.B: "featureGates" is a value and cannot hold a field`},
		"another way to probe": {func(in *Input) { put(in.Settings, settings.APIServer, "", "probes", "exec") },
			`p.yaml:7:3: kube-apiserver:probes: "exec" is no kind of probe; allowed is tcpSocket`},
		"an octal kernel parameter": {func(in *Input) { put(in.Settings, settings.Host, settings.Worker, "sysctl/kernel.panic", "010") },
			"p.yaml:7:3: host[worker]:sysctl/kernel.panic: a string stands where an integer is wanted"},
		"a kernel parameter's name": {func(in *Input) { put(in.Settings, settings.Host, settings.Worker, "sysctl/kernel.panic = 1 #", 1) },
			`host[worker]:sysctl/kernel.panic = 1 #: "kernel.panic = 1 #" is no name of a kernel parameter`},
		"a specifier in tmpfiles.d": {func(in *Input) {
			put(in.Settings, settings.Host, settings.Worker, "tmpfile//etc/%H", m{"type": "z", "mode": "0600", "user": "root", "group": "root"})
		}, `"/etc/%H" is no absolute path that can be written to tmpfiles.d`},
		"a mode of letters": {func(in *Input) {
			put(in.Settings, settings.Host, settings.Worker, "tmpfile//etc/x", m{"type": "z", "mode": "rw", "user": "root", "group": "root"})
		}, "host[worker]:tmpfile//etc/x: its mode cannot be written to tmpfiles.d"},
		"a line without a group": {func(in *Input) {
			put(in.Settings, settings.Host, settings.Worker, "tmpfile//etc/x", m{"type": "z", "mode": "0600", "user": "root"})
		}, "host[worker]:tmpfile//etc/x: its group cannot be written to tmpfiles.d"},
		"an argument in tmpfiles.d": {func(in *Input) {
			put(in.Settings, settings.Host, settings.Worker, "tmpfile//etc/x", m{"type": "z", "mode": "0600", "user": "root", "group": "root", "argument": "x"})
		}, "type, mode, user and group are wanted, and nothing else"},
		"a user with a space": {func(in *Input) { put(in.Settings, settings.Host, settings.ControlPlane, "user/etcd", "et cd") },
			`host[control-plane]:user/etcd: "et cd" is no name of a user`},
		"an address that is no network": {func(in *Input) {
			put(in.Settings, settings.Host, settings.Worker, "firewall/kubelet", []string{"10.0.0.1/8"})
		},
			`host[worker]:firewall/kubelet: "10.0.0.1/8" is not written as a network; write 10.0.0.0/8`},
		"a name instead of a network": {func(in *Input) {
			put(in.Settings, settings.Host, settings.Worker, "firewall/kubelet", []string{"office"})
		},
			`host[worker]:firewall/kubelet: "office" is not a CIDR such as 10.0.0.0/8`},
		"one text instead of networks": {func(in *Input) { put(in.Settings, settings.Host, settings.Worker, "firewall/kubelet", "10.0.0.0/8") },
			"host[worker]:firewall/kubelet: a string stands where a list of CIDRs is wanted"},
		"an API server without a port": {func(in *Input) {
			in.Settings.Delete(settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: "firewall/apiServerPort"})
		}, `host[control-plane]:firewall/apiServer: "" is not its port`},
		"a port out of range": {func(in *Input) {
			put(in.Settings, settings.Host, settings.ControlPlane, "firewall/apiServerPort", 70000)
		},
			`host[control-plane]:firewall/apiServer: "70000" is not its port`},
		"a kubeconfig outside its directory": {func(in *Input) {
			put(in.Settings, settings.APIServer, "", "kubeconfig/audit/../x", m{"kind": "Config"})
		},
			`kube-apiserver:kubeconfig/audit/../x: "audit/../x" is no unit and name that a file can have`},
		"a static policy outside its directory": {func(in *Input) {
			put(in.Settings, settings.APIServer, "", "static/../x", []any{m{"kind": "A"}, m{"kind": "B"}})
		},
			`kube-apiserver:static/../x: "../x" cannot be the name of a file`},
		"a static policy that is one object": {func(in *Input) {
			put(in.Settings, settings.APIServer, "", "static/x", m{"kind": "A"})
		},
			`kube-apiserver:static/x: a list of objects is wanted`},
		"a key that is not there": {func(in *Input) {
			put(in.Settings, settings.APIServer, "", "EncryptionConfiguration", m{"keys": []any{m{"name": "key-0000000f", "secret": settings.Redacted}}})
		}, `kube-apiserver:EncryptionConfiguration: there is no key "key-0000000f"; there are key-00000001`},
		"keys wanted, none given": {func(in *Input) {
			in.Keys = nil
			put(in.Settings, settings.APIServer, "", "EncryptionConfiguration", m{"keys": []any{m{"name": "key-00000001", "secret": settings.Redacted}}})
		}, `kube-apiserver:EncryptionConfiguration: no keys were given, but the key "key-00000001" is wanted`},
		"a flag that etcd's file does not have": {func(in *Input) {
			members(in)
			put(in.Settings, settings.Etcd, "", "--client-crl-file", "/x")
		}, "p.yaml:7:3: etcd:--client-crl-file: etcd.conf.yaml has no key for this flag"},
		"a flag that follows from the members": {func(in *Input) {
			members(in)
			put(in.Settings, settings.Etcd, "", "--initial-cluster", "a=b")
		}, "p.yaml:7:3: etcd:--initial-cluster: this follows from the members"},
		"a member named twice": {func(in *Input) {
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": "a", "address": "192.0.2.1"}, m{"name": "a", "address": "192.0.2.2"}})
		}, `p.yaml:7:3: etcd:members: the member "a" stands here a second time`},
		"a member in another directory": {func(in *Input) {
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": "../worker", "address": "192.0.2.1"}})
		}, `etcd:members: the member's name "../worker" cannot be the name of a file`},
		"a member without an IP": {func(in *Input) {
			put(in.Settings, settings.Etcd, "", "members", []any{m{"name": "a", "address": "etcd.example.org"}})
		}, `etcd:members: the address "etcd.example.org" of the member "a" is not an IP`},
		"no members": {func(in *Input) { put(in.Settings, settings.Etcd, "", "members", []any{}) },
			"p.yaml:7:3: etcd:members: a cluster without members cannot be rendered"},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(smallSet())
			row.change(&in)
			_, err := newGenerator(t).Bundle(in)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v\nwant an error with %s", err, row.want)
			}
		})
	}
}

// TestSecretsStayOut shows that a secret reaches only its file, and no message.
func TestSecretsStayOut(t *testing.T) {
	t.Run("only its file", func(t *testing.T) {
		in := inputOf(fullSet())
		for path, f := range render(t, in) {
			holds := strings.Contains(string(f.Data), testSecret)
			if holds != strings.HasSuffix(path, "/encryption/encryption.yaml") || holds != f.Secret {
				t.Errorf("%s: holds the secret: %v, is marked: %v", path, holds, f.Secret)
			}
			if f.Secret && (f.Mode != 0o600 || len(f.Secrets) != 1) {
				t.Errorf("%s: mode %v, %d secrets", path, f.Mode, len(f.Secrets))
			}
		}
	})
	t.Run("no message", func(t *testing.T) {
		in := inputOf(fullSet())
		in.Keys = brokenKeys{}
		_, err := newGenerator(t).Bundle(in)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "encryption.yaml: cannot be rendered") {
			t.Errorf("got %v, want an error that names the file and no secret", err)
		}
	})
	t.Run("not from the settings", func(t *testing.T) {
		in := inputOf(fullSet())
		put(in.Settings, settings.APIServer, "", "EncryptionConfiguration", m{"keys": []any{m{"name": "key-00000001", "secret": "hunter2"}}})
		_, err := newGenerator(t).Bundle(in)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "the settings hold the secret") {
			t.Errorf("got %v, want an error that shows no secret", err)
		}
	})
}

// brokenKeys has a secret that no YAML can hold.
type brokenKeys struct{ testKeys }

func (brokenKeys) Secret(string) (string, bool) { return "hunter2\xff", true }
