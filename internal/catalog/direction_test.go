package catalog

import (
	"strings"
	"testing"
)

// bothWeaker ends the names of rows in which each value is weaker, seen from the other.
const bothWeaker = ", and the other way round"

func TestDirectionCompare(t *testing.T) {
	for _, c := range []struct {
		name       string
		key        string
		want, have any
		is         Relation
	}{
		{"profiling switched on", "kube-apiserver:--profiling", "false", "true", Weaker},
		{"profiling switched off", "kube-apiserver:--profiling", true, false, Stronger},
		{"a bool and its spelling", "kube-apiserver:--profiling", false, "false", Equal},
		{"a bool that is none", "kube-apiserver:--profiling", "false", "maybe", Different},
		{"a bool that is not there", "kube-apiserver:--profiling", "false", nil, Different},
		{"anonymous kubelet", "kubelet:authentication.anonymous.enabled", false, true, Weaker},
		{"seccomp switched off", "kubelet:seccompDefault", true, false, Weaker},
		{"an older TLS", "kube-apiserver:--tls-min-version", "VersionTLS12", "VersionTLS10", Weaker},
		{"TLS by default is 1.2", "kube-apiserver:--tls-min-version", "VersionTLS12", nil, Equal},
		{"a newer TLS", "kubelet:tlsMinVersion", "", "VersionTLS13", Stronger},
		{"a TLS nobody knows", "kubelet:tlsMinVersion", "VersionTLS12", "TLS1.2", Different},
		{"etcd spells TLS its own way", "etcd:--tls-min-version", "TLS1.3", "", Weaker},
		{"etcd's ceiling lowered", "etcd:--tls-max-version", "TLS1.3", "TLS1.2", Weaker},
		{"a plugin gone", "kube-apiserver:--enable-admission-plugins", "NodeRestriction,AlwaysPullImages", "NodeRestriction", Weaker},
		{"a plugin more", "kube-apiserver:--enable-admission-plugins", []string{"NodeRestriction"}, []string{"NodeRestriction", "EventRateLimit"}, Stronger},
		{"another order", "kube-apiserver:--enable-admission-plugins", "A,B", "B,A", Equal},
		{"one gone, one more" + bothWeaker, "kube-apiserver:--enable-admission-plugins", "NodeRestriction", "EventRateLimit", Weaker},
		{"AlwaysAdmit more", "kube-apiserver:--enable-admission-plugins", "NodeRestriction", "NodeRestriction,AlwaysAdmit", Weaker},
		{"a plugin disabled", "kube-apiserver:--disable-admission-plugins", nil, "PodSecurity", Weaker},
		{"AlwaysAllow more", "kube-apiserver:--authorization-mode", "Node,RBAC", "Node,RBAC,AlwaysAllow", Weaker},
		{"no authorization mode is AlwaysAllow", "kube-apiserver:--authorization-mode", "Node,RBAC", nil, Weaker},
		{"a webhook more", "kube-apiserver:--authorization-mode", "Node,RBAC", "Node,RBAC,Webhook", Different},
		{"Node gone", "kube-apiserver:--authorization-mode", "Node,RBAC", "RBAC", Weaker},
		{"a shorter log", "kube-apiserver:--audit-log-maxage", 30, "7", Weaker},
		{"a log for ever", "kube-apiserver:--audit-log-maxage", "30", 0, Stronger},
		{"rotation off means different things", "kube-apiserver:--audit-log-maxsize", "100", "0", Different},
		{"a batch can be lost", "kube-apiserver:--audit-log-mode", "blocking", "batch", Weaker},
		{"no log", "kube-apiserver:--audit-log-path", "/var/log/a.log", nil, Weaker},
		{"another log", "kube-apiserver:--audit-log-path", "/var/log/a.log", "/var/log/b.log", Different},
		{"a token file", "kube-apiserver:--token-auth-file", nil, "/etc/tokens.csv", Weaker},
		{"tokens without limit", "kube-apiserver:--service-account-max-token-expiration", "24h", "0s", Weaker},
		{"durations spelled apart", "kube-apiserver:--service-account-max-token-expiration", "24h", "24h0m0s", Equal},
		{"tokens for longer", "kube-apiserver:--service-account-max-token-expiration", "24h", "48h", Weaker},
		{"a read-only port", "kubelet:readOnlyPort", 0, 10255, Weaker},
		{"another read-only port", "kubelet:readOnlyPort", 10255, 10256, Different},
		{"no limit of processes", "kubelet:podPidsLimit", 4096, -1, Weaker},
		{"more processes", "kubelet:podPidsLimit", float64(4096), float64(8192), Weaker},
		{"two spellings of no limit", "kubelet:podPidsLimit", -1, -2, Equal},
		{"0 events mean different things", "kubelet:eventRecordQPS", 50, 0, Different},
		{"loopback to all", "kube-controller-manager:--bind-address", "127.0.0.1", "0.0.0.0", Weaker},
		{"all to one", "kube-controller-manager:--bind-address", "::", "192.0.2.1", Stronger},
		{"two loopbacks", "kube-controller-manager:--bind-address", "127.0.0.1", "::1", Different},
		{"metrics off loopback", "etcd:--listen-metrics-urls", "http://127.0.0.1:2381", "http://127.0.0.1:2381,http://0.0.0.0:2381", Weaker},
		{"an address with a port", "kube-proxy:metricsBindAddress", "127.0.0.1:10249", "[::]:10249", Weaker},
		{"a suite of CBC", "kubelet:tlsCipherSuites", []any{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, []any{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"}, Weaker},
		{"Go's own suites have CBC", "kubelet:tlsCipherSuites", []any{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, nil, Weaker},
		{"two good suites", "etcd:--cipher-suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Different},
		{"a suite worse than Go's own" + bothWeaker, "etcd:--cipher-suites", nil, "TLS_RSA_WITH_RC4_128_SHA", Weaker},
		{"classic curves only", "kube-apiserver:--tls-curve-preferences", nil, "29,23", Weaker},
		{"every requester by header", "kube-apiserver:--requestheader-allowed-names", "front-proxy-client", nil, Weaker},
		{"metrics off loopback, as a list", "etcd:--listen-metrics-urls", []any{"http://127.0.0.1:2381"}, []any{"http://127.0.0.1:2381", "http://192.0.2.7:2381"}, Weaker},
		{"metrics for all, as a list", "etcd:--listen-metrics-urls", []any{"http://127.0.0.1:2381"}, []any{"http://0.0.0.0:2381"}, Weaker},
		{"any host, as a list", "etcd:--host-whitelist", []any{"etcd.example.org"}, []any{"*"}, Weaker},
		{"any host besides", "etcd:--host-whitelist", "etcd.example.org", "etcd.example.org,*", Weaker},
		{"any host", "etcd:--host-whitelist", "etcd.example.org", "*", Weaker},
		{"images not verified", "kubelet:imagePullCredentialsVerificationPolicy", "AlwaysVerify", "NeverVerifyPreloadedImages", Weaker},
		{"an older patch", "kubeadm:kubernetesVersion", "1.37.2", "v1.37.1", Weaker},
		{"a newer minor", "kubeadm:kubernetesVersion", "1.36.10", "1.37.0", Stronger},
		{"a tenth patch", "kubeadm:kubernetesVersion", "1.36.9", "1.36.10", Stronger},
		{"a candidate", "kubeadm:kubernetesVersion", "1.37.0", "1.37.0-rc.1", Weaker},
		{"two candidates", "kubeadm:kubernetesVersion", "1.37.0-rc.0", "1.37.0-rc.1", Different},
		{"the same version", "kubeadm:kubernetesVersion", "1.37.0", "v1.37.0", Equal},
		{"no version", "kubeadm:kubernetesVersion", "1.37.0", "stable-1", Different},
		{"no patch", "kubeadm:kubernetesVersion", "1.37.0", "1.37", Different},
		{"a shorter key", "kubeadm:encryptionAlgorithm", "ECDSA-P256", "RSA-2048", Weaker},
		{"two of one strength", "kubeadm:encryptionAlgorithm", "ECDSA-P256", "RSA-3072", Different},
		{"the same key", "kubeadm:encryptionAlgorithm", "RSA-3072", "RSA-3072", Equal},
		{"a longer life", "kubeadm:certificateValidityPeriod", "4380h", "8760h0m0s", Weaker},
		{"more memory promised", "host:sysctl/vm.overcommit_memory", 1, "0", Weaker},
		{"a big number of JSON", "host:sysctl/kernel.keys.root_maxkeys", 1000000, float64(1000000), Equal},
		{"a big number less", "host:sysctl/kernel.keys.root_maxbytes", "25000000", "20000", Weaker},
		{"a wider firewall", "host:firewall/etcd", []any{"10.0.0.0/24"}, []any{"10.0.0.0/24", "10.9.0.0/16"}, Weaker},
		{"no firewall", "host:firewall/etcd", []any{"10.0.0.0/24"}, nil, Weaker},
		{"Secrets in the log", "kubelet:logging.verbosity", 2, float64(8), Weaker},
		{"a little more in the log", "kubelet:logging.verbosity", 2, 4, Different},
		{"no better or worse", "kubelet:streamingConnectionIdleTimeout", "5m", "4h", Different},
		{"no better or worse, and the same", "kubelet:streamingConnectionIdleTimeout", "5m", "5m", Equal},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, ok := DirectionOf(c.key)
			if !ok {
				t.Fatalf("nothing is known of %s", c.key)
			}
			if got := d.Compare(c.want, c.have); got != c.is {
				t.Errorf("%s: %v, seen from %v, is %s; want %s", c.key, c.have, c.want, got, c.is)
			}
			back := invert(c.is)
			if strings.HasSuffix(c.name, bothWeaker) {
				back = Weaker // each lacks what the other has
			}
			if got := d.Compare(c.have, c.want); got != back {
				t.Errorf("%s: the other way round it is %s; want %s", c.key, got, back)
			}
		})
	}
}

func TestDirectionFor(t *testing.T) {
	for _, c := range []struct{ component, path, key string }{
		{"kubelet", "--anonymous-auth", "kubelet:authentication.anonymous.enabled"},
		{"kubelet", "--event-qps", "kubelet:eventRecordQPS"},
		{"kubelet", "--v", "kubelet:logging.verbosity"},
		{"kubelet", "--hostname-override", "kubelet:--hostname-override"},
		{"kubelet", "seccompDefault", "kubelet:seccompDefault"},
		{"kube-proxy", "--profiling", "kube-proxy:enableProfiling"},
		{"kube-scheduler", "enableProfiling", "kube-scheduler:--profiling"},
		{"kube-apiserver", "--profiling", "kube-apiserver:--profiling"},
		{"host", "sysctl/kernel.panic", "host:sysctl/kernel.panic"},
		{"kubelet", "--node-ip", ""},
		{"kubelet", "--no-such-flag", ""},
	} {
		if d, ok := DirectionFor(minor(t, "1.37"), c.component, c.path); d.Key != c.key || ok != (c.key != "") {
			t.Errorf("%s %s: %q, %t", c.component, c.path, d.Key, ok)
		}
	}
	d, _ := DirectionFor(minor(t, "1.37"), "kubelet", "--anonymous-auth")
	if got := d.Compare("false", "true"); got != Weaker {
		t.Errorf("--anonymous-auth=true is %s", got)
	}
}

// TestDirectionRows holds that every row is one that Compare can use, and that its keys are real.
func TestDirectionRows(t *testing.T) {
	keys, err := DirectionKeys()
	if err != nil {
		t.Fatal(err)
	}
	recorded := recordedKeys(t)
	for _, key := range keys {
		d, _ := DirectionOf(key)
		if d.Why == "" || d.Source == "" {
			t.Errorf("%s: a row needs why and source", key)
		}
		switch d.Rule {
		case ruleTrue, ruleFalse, ruleAbsent, rulePresent, ruleSubset, ruleSuperset, ruleAddress, ruleVersion, ruleNone:
		case ruleOrder:
			if len(d.order) < 2 {
				t.Errorf("%s: an order needs two lines", key)
			}
		case ruleLower, ruleHigher:
			for value, rank := range d.special {
				if rank != weakest && rank != strongest && rank != string(Different) {
					t.Errorf("%s: special %s has the rank %q", key, value, rank)
				}
			}
		case ruleOther:
			if d.value == "" {
				t.Errorf("%s: the rule needs a value", key)
			}
		case ruleMembers:
			if len(d.weak)+len(d.strong) == 0 {
				t.Errorf("%s: the rule needs members", key)
			}
		default:
			t.Errorf("%s: no such rule: %q", key, d.Rule)
		}
		component, path, _ := strings.Cut(key, ":")
		switch component {
		case "kubeadm", "host": // nothing is in a catalog: some profile must set it
			if recorded[key] == "" {
				t.Errorf("no profile sets %s", key)
			}
		default:
			if !settable(key) {
				t.Errorf("%s is in no minor's catalog", key)
			}
		}
		if flag, ok := strings.CutPrefix(path, "--"); ok && component != "kube-scheduler" {
			if field, ok := minor(t, "1.37").FieldOfFlag(component, flag); ok {
				t.Errorf("%s: the row should be that of the field %s", key, field)
			}
		}
	}
}
