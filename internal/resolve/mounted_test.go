package resolve_test

import (
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestFilesInPods has a row for flags whose file kubeadm's volumes bring into the pod or do not,
// which differs between components.
func TestFilesInPods(t *testing.T) {
	for _, tc := range []struct {
		name, body, want string // want is a part of the one message, or "" where all is well
	}{
		{"kube-scheduler has no certificates", "scheduler: {flags: {tls-cert-file: /etc/kubernetes/pki/s.crt}}\n", `"/etc/kubernetes/pki/s.crt" is in no directory`},
		{"kube-scheduler with a volume", "scheduler: {extraVolumes: [{name: certs, hostPath: /etc/kubernetes/pki/scheduler, mountPath: /etc/kubernetes/pki/scheduler}], flags: {tls-cert-file: /etc/kubernetes/pki/scheduler/s.crt}}\n", ""},
		{"kube-controller-manager has certificates", "controllerManager: {flags: {tls-cert-file: /etc/kubernetes/pki/c.crt}}\n", ""},
		{"etcd's data outside its volume", "etcd: {flags: {data-dir: /data/etcd}}\n", "etcd's data would be gone with the container"},
		{"etcd's log outside its volume", "etcd: {flags: {wal-dir: /data/wal}}\n", "etcd's data would be gone with the container"},
		{"etcd's log inside its volume", "etcd: {flags: {wal-dir: /var/lib/etcd/wal}}\n", ""},
		{"etcd has its own certificates alone", "etcd: {flags: {trusted-ca-file: /etc/kubernetes/pki/ca.crt}}\n", "the component would not find it"},
		{"an etcd without a pod", "etcd: {flags: {wal-dir: /data/wal}, external: {members: [{name: a, address: 10.0.0.1}]}}\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) { oneFault(t, tc.body, tc.want) })
	}
}

// TestClusterFlags has a row for flags that would leave kubeadm's probes, kubeconfigs and
// certificates with another value.
func TestClusterFlags(t *testing.T) {
	for _, tc := range []struct{ body, want string }{
		{"apiServer: {flags: {secure-port: 443}}\n", "set cluster.bindPort instead"},
		{"apiServer: {flags: {advertise-address: 10.0.0.1}}\n", "set cluster.advertiseAddress instead"},
		{"apiServer: {flags: {service-cluster-ip-range: 10.0.0.0/16}}\n", "set cluster.serviceSubnet instead"},
		{"controllerManager: {flags: {service-cluster-ip-range: 10.0.0.0/16}}\n", "set cluster.serviceSubnet instead"},
		{"controllerManager: {flags: {cluster-cidr: 10.0.0.0/16}}\n", "set cluster.podSubnet instead"},
		{"controllerManager: {flags: {cluster-name: x}}\n", "set cluster.name instead"},
		{"controllerManager: {flags: {cluster-signing-duration: 2160h}}\n", ""},
		{"kubelet: {flags: {config: /etc/x.yaml}}\n", "set kubelet.config instead"},
		{"kubelet: {flags: {config-dir: /etc/x.d}}\n", "set kubelet.config instead"},
		{"apiServer: {flags: {bind-address: 127.0.0.1}}\n", "at its advertised address"},
		{"apiServer: {flags: {bind-address: \"::1\"}}\n", "at its advertised address"},
		{"apiServer: {flags: {bind-address: 10.0.0.1}}\n", ""},
		{"kubelet: {servingCertificates: rotated, worker: {config: {featureGates: {RotateKubeletServerCertificate: false}}}}\n", "does not start"},
		{"kubelet: {servingCertificates: self-signed, config: {featureGates: {RotateKubeletServerCertificate: false}}}\n", ""},
	} {
		t.Run(tc.body, func(t *testing.T) { oneFault(t, tc.body, tc.want) })
	}
}

// TestSaidOfKubeadmsNeeds has a row for what works and deserves a word.
func TestSaidOfKubeadmsNeeds(t *testing.T) {
	const issuer = "apiServer: {authentication: {jwt: [{issuer: {url: 'https://a.example.org', audiences: [a]}, claimMappings: "
	for _, tc := range []struct{ body, want string }{
		{"apiServer: {flags: {enable-bootstrap-token-auth: false}}\n", "nodes cannot join with a token"},
		{"scheduler: {extraVolumes: [{name: c, hostPath: /etc/scheduler, mountPath: /etc/scheduler}], flags: {config: /etc/scheduler/c.yaml}}\n",
			"takes no notice of --kubeconfig and --profiling"},
		{issuer + "{username: {claim: sub, prefix: ''}}}]}}\n", "claimMappings.username: without a prefix"},
		{issuer + "{username: {claim: sub, prefix: 'a:'}, groups: {claim: groups, prefix: ''}}}]}}\n", "claimMappings.groups: without a prefix"},
	} {
		t.Run(tc.body, func(t *testing.T) {
			r, err := resolveText(t, "1.37", "extends: [baseline]\n"+tc.body)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(lines(r.Warnings), "\n"); !strings.Contains(got, tc.want) {
				t.Errorf("no warning %q in:\n%s", tc.want, got)
			}
		})
	}
}

// TestPrefixedIssuerIsQuiet: a prefix or a rule is enough.
func TestPrefixedIssuerIsQuiet(t *testing.T) {
	const issuer = "apiServer: {authentication: {jwt: [{issuer: {url: 'https://a.example.org', audiences: [a]}, "
	for _, rest := range []string{
		"claimMappings: {username: {claim: sub, prefix: 'a:'}}}]}}\n",
		"claimMappings: {username: {claim: sub, prefix: ''}}, userValidationRules: [{expression: \"!user.username.startsWith('system:')\"}]}]}}\n",
	} {
		r, err := resolveText(t, "1.37", "extends: [baseline]\n"+issuer+rest)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(lines(r.Warnings), "\n"); strings.Contains(got, "without a prefix") {
			t.Errorf("%s\n%s", rest, got)
		}
	}
}

// TestNodeLabels has a row for labels with which a kubelet starts, and those with which not.
func TestNodeLabels(t *testing.T) {
	for _, tc := range []struct{ label, want string }{
		{"node-role.kubernetes.io/worker", `"node-role.kubernetes.io/worker"`},
		{"example.k8s.io/pool", `"example.k8s.io/pool"`},
		{"node-restriction.kubernetes.io/pool", `"node-restriction.kubernetes.io/pool"`},
		{"topology.kubernetes.io/zone", ""},
		{"node.kubernetes.io/instance-type", ""},
		{"a.node.kubernetes.io/pool", ""},
		{"example.org/pool", ""},
		{"pool", ""},
	} {
		t.Run(tc.label, func(t *testing.T) {
			oneFault(t, "kubelet: {worker: {flags: {node-labels: {"+tc.label+": x}}}}\n", tc.want)
		})
	}
}

// oneFault resolves lines on top of baseline and wants one error with that part, or none.
func oneFault(t *testing.T, body, want string) {
	t.Helper()
	_, err := resolveText(t, "1.37", "extends: [baseline]\n"+body)
	got := lines(diag.As(err).Errors())
	if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
		t.Errorf("want %q, got:\n%s", want, strings.Join(got, "\n"))
	}
}

// TestExternalEtcdHasItsUser: the unit of a member runs as a user, who has to be there and to own
// the directory, also where no profile names one.
func TestExternalEtcdHasItsUser(t *testing.T) {
	for _, tc := range []struct{ body, user, dir string }{
		{"", "etcd", "/data/etcd"},
		{"host: {etcdUser: keeper}\n", "keeper", "/data/etcd"},
	} {
		r, err := resolveText(t, "1.37", "extends: [baseline]\netcd: {external: {dataDir: /data/etcd, members: [{name: a, address: 10.0.0.1}]}}\n"+tc.body)
		if err != nil {
			t.Fatal(err)
		}
		key := func(path string) settings.Key {
			return settings.Key{Component: settings.Host, Role: settings.Etcd, Path: path}
		}
		user, dir := r.Settings.Value(key("user/etcd")), r.Settings.Value(key("tmpfile/"+tc.dir))
		if user == nil || user.Text != tc.user || dir == nil || dir.Get("user").Text != tc.user {
			t.Errorf("%q: user %v, directory %v", tc.body, user, dir)
		}
	}
}
