package generate

import (
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// flagTypes are the types of the flags that tests use.
func flagTypes(_, flag string) string {
	return map[string]string{
		"enable-admission-plugins": "stringSlice", "tls-cipher-suites": "stringSlice", "feature-gates": "mapStringBool",
		"profiling": "bool", "audit-log-maxage": "int", "request-timeout": "duration", "service-account-issuer": "stringArray",
		"tls-sni-cert-key": "namedCertKey", "corrupt-check-time": "duration", "snapshot-count": "uint64",
		"encryption-provider-config-automatic-reload": "bool",
	}[flag]
}

// testKeys is a key ring without a real key in it.
type testKeys struct{ placeholder bool }

const testSecret = "bm90LWEta2V5LW5vdC1hLWtleS1ub3QtYS1rZXktMTI="

func (testKeys) Names() []string { return []string{"key-00000001"} }
func (testKeys) Secret(name string) (string, bool) {
	return testSecret, name == "key-00000001"
}
func (k testKeys) Placeholder() bool { return k.placeholder }

// put adds a setting, with an origin as resolve gives one.
func put(s *settings.Set, component, role, path string, v any) {
	value := settings.Of(v).At(settings.Origin{Source: settings.FromProfile, File: "p.yaml", Line: 7, Column: 3})
	s.Put(settings.Setting{Key: settings.Key{Component: component, Role: role, Path: path}, Value: value})
}

func putAll(s *settings.Set, component, role, prefix string, values m) {
	for path, v := range values {
		put(s, component, role, prefix+path, v)
	}
}

type m = map[string]any

// fullSet has something for every file of a bundle but an external etcd's.
func fullSet() *settings.Set {
	s := &settings.Set{}
	putAll(s, settings.Kubeadm, "", "", m{
		"kubernetesVersion": "v1.37.0", "clusterName": "prod", "controlPlaneEndpoint": "api.prod.example.org",
		"networking.podSubnet": "10.244.0.0/16,fd00:10:244::/56", "networking.serviceSubnet": "10.96.0.0/12",
		"networking.dnsDomain": "cluster.local", "imageRepository": "registry.k8s.io", "apiServer.certSANs": []string{"api.prod.example.org", "192.0.2.10"},
		"encryptionAlgorithm": "ECDSA-P256", "certificateValidityPeriod": "4380h0m0s", "caCertificateValidityPeriod": "43800h0m0s",
		"localAPIEndpoint.advertiseAddress": "192.0.2.11", "localAPIEndpoint.bindPort": 8443,
		"nodeRegistration.name": "cp-1", "nodeRegistration.criSocket": "unix:///run/containerd/containerd.sock",
	})
	putAll(s, settings.APIServer, "", "--", m{
		"profiling": false, "audit-log-maxage": 30, "request-timeout": "5m0s",
		"enable-admission-plugins":                    []string{"NodeRestriction", "EventRateLimit"},
		"service-account-issuer":                      []string{"https://a.example.org", "https://b.example.org"},
		"feature-gates":                               m{"AllBeta": false, "KubeletTracing": true},
		"audit-log-path":                              "/var/log/kubernetes/audit/audit.log",
		"encryption-provider-config-automatic-reload": true,
	})
	put(s, settings.APIServer, "", "extraVolumes", []any{m{"name": "hardstrap-audit", "hostPath": "/etc/kubernetes/hardstrap/audit",
		"mountPath": "/etc/kubernetes/hardstrap/audit", "readOnly": true, "pathType": "Directory"}})
	put(s, settings.APIServer, "", "probes", "tcpSocket")
	put(s, settings.APIServer, "", "static/hardstrap-x.static.k8s.io", []any{
		m{"kind": "ValidatingAdmissionPolicy", "spec": m{"validations": []any{m{"expression": "true ||\nfalse"}}}}, m{"kind": "ValidatingAdmissionPolicyBinding"},
	})
	put(s, settings.APIServer, "", "kubeconfig/audit/webhook", m{"apiVersion": "v1", "kind": "Config", "current-context": "default",
		"clusters": []any{m{"name": "webhook", "cluster": m{"server": "https://audit.example.org/events"}}}})
	putAll(s, settings.APIServer, "", "", m{
		"AuthenticationConfiguration": m{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
			"anonymous": m{"enabled": true, "conditions": []any{m{"path": "/livez"}, m{"path": clusterInfo}}}},
		"EncryptionConfiguration": m{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
			"resources": []any{m{"resources": []string{"secrets"}, "providers": []any{
				m{"secretbox": m{"keys": []any{m{"name": "key-00000001", "secret": settings.Redacted}}}}, m{"identity": m{}}}}}},
		"AuthorizationConfiguration": m{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration",
			"authorizers": []any{m{"type": "Node", "name": "node"}}},
		"AdmissionConfiguration": m{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
			"plugins": []any{m{"name": "PodSecurity", "path": "pod-security.yaml"}}},
		"PodSecurityConfiguration": m{"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
			"defaults": m{"enforce": "baseline", "enforce-version": "v1.37"}, "exemptions": m{"usernames": []string{}}},
		"EventRateLimit": m{"apiVersion": "eventratelimit.admission.k8s.io/v1alpha1", "kind": "Configuration",
			"limits": []any{m{"type": "Server", "qps": 5000, "burst": 20000}}},
		"ValidatingAdmissionPolicyConfiguration": m{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "ValidatingAdmissionPolicyConfiguration", "staticManifestsDir": "/etc/kubernetes/hardstrap/admission/policies"},
		"ImagePolicyWebhook":                     m{"imagePolicy": m{"kubeConfigFile": "image.kubeconfig", "allowTTL": 50, "defaultAllow": false}},
		"Policy": m{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": []string{"RequestReceived"},
			"rules": []any{m{"level": "Metadata"}}},
	})
	put(s, settings.ControllerManager, "", "--profiling", false)
	put(s, settings.ControllerManager, "", "extraVolumes", []any{})
	put(s, settings.Scheduler, "", "--profiling", false)
	put(s, settings.Etcd, "", "--cipher-suites", []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"})
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		put(s, settings.Kubelet, role, "authentication.anonymous.enabled", false)
		put(s, settings.Kubelet, role, "readOnlyPort", 0)
		put(s, settings.Kubelet, role, "featureGates", m{"NodeLogQuery": false})
		put(s, settings.Kubelet, role, "evictionHard", m{"memory.available": "100Mi"})
		put(s, settings.Kubelet, role, "tlsCipherSuites", []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"})
		put(s, settings.Kubelet, role, "resolvConf", nil)
		put(s, settings.Kubelet, role, "--node-labels", m{"pool": role})
		put(s, settings.Host, role, "sysctl/vm.overcommit_memory", 1)
		put(s, settings.Host, role, "sysctl/kernel.panic", 10)
		put(s, settings.Host, role, "tmpfile//var/lib/kubelet/config.yaml", m{"type": "z", "mode": "0600", "user": "root", "group": "root"})
		put(s, settings.Host, role, "firewall/kubelet", []string{"192.0.2.0/24", "2001:db8::/32"})
		put(s, settings.Host, role, "firewall/pods", []string{"10.244.0.0/16"})
		put(s, settings.Host, role, "firewall/ssh", []string{})
		put(s, settings.Host, role, "firewall/sshPort", 2222)
	}
	put(s, settings.Kubelet, settings.ControlPlane, "podPidsLimit", 1024)
	put(s, settings.Kubelet, settings.Worker, "podPidsLimit", 4096)
	put(s, settings.Kubelet, settings.Worker, "maxPods", 250)
	put(s, settings.Host, settings.ControlPlane, "firewall/apiServer", []string{"0.0.0.0/0", "::/0"})
	put(s, settings.Host, settings.ControlPlane, "firewall/apiServerPort", 8443)
	put(s, settings.Host, settings.ControlPlane, "firewall/etcd", []string{"192.0.2.11/32"})
	put(s, settings.Host, settings.ControlPlane, "user/etcd", "etcd")
	put(s, settings.Cluster, "", "Namespace/shop", m{"apiVersion": "v1", "kind": "Namespace", "metadata": m{"name": "shop"}})
	for _, name := range []string{"default-deny", "dns"} {
		put(s, settings.Cluster, "", "NetworkPolicy/shop/"+name, m{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
			"metadata": m{"name": name, "namespace": "shop"}, "spec": m{"podSelector": m{}, "policyTypes": []string{"Ingress"}}})
	}
	put(s, settings.Cluster, "", "ValidatingAdmissionPolicyBinding/hardstrap-host-path", m{"apiVersion": "admissionregistration.k8s.io/v1",
		"kind": "ValidatingAdmissionPolicyBinding", "metadata": m{"name": "hardstrap-host-path"}, "spec": m{"validationActions": []string{"Deny"},
			"matchResources": m{"namespaceSelector": m{"matchExpressions": []any{
				m{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": []string{"kube-system", "storage"}},
				m{"key": "policies.hardstrap.dev/host-path", "operator": "NotIn", "values": []string{"exempt"}}}}}}})
	for _, o := range []struct{ apiVersion, kind, namespace string }{
		{"security.istio.io/v1", "PeerAuthentication", "istio-system/"}, {"monitoring.coreos.com/v1", "PrometheusRule", "monitoring/"},
		{"policy.sigstore.dev/v1beta1", "ClusterImagePolicy", ""},
	} {
		metadata := m{"name": "a"}
		if o.namespace != "" {
			metadata["namespace"] = strings.TrimSuffix(o.namespace, "/")
		}
		put(s, settings.Companion, "", o.kind+"/"+o.namespace+"a", m{"apiVersion": o.apiVersion, "kind": o.kind, "metadata": metadata})
	}
	put(s, settings.Companion, "", "falco/rules", []any{
		m{"required_engine_version": "0.57.0"}, m{"required_plugin_versions": []any{m{"name": "container", "version": "0.4.0"}}},
		m{"list": "writers", "items": []string{"kubeadm"}}, m{"macro": "a", "condition": "(evt.type in (open))"},
	})
	put(s, settings.KubeProxy, "", "mode", "nftables")
	put(s, settings.KubeProxy, "", "iptables.localhostNodePorts", false)
	return s
}

// smallSet is little more than what every bundle has.
func smallSet() *settings.Set {
	s := &settings.Set{}
	put(s, settings.Kubeadm, "", "kubernetesVersion", "v1.37.0")
	put(s, settings.APIServer, "", "--profiling", false)
	put(s, settings.Cluster, "", "Namespace/shop", m{"apiVersion": "v1", "kind": "Namespace", "metadata": m{"name": "shop"}})
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		put(s, settings.Kubelet, role, "readOnlyPort", 0)
	}
	put(s, settings.Host, settings.ControlPlane, "firewall/apiServer", []string{"0.0.0.0/0"})
	put(s, settings.Host, settings.ControlPlane, "firewall/apiServerPort", 6443)
	return s
}

// externalSet is a cluster whose etcd stands apart.
func externalSet() *settings.Set {
	s := &settings.Set{}
	put(s, settings.Kubeadm, "", "kubernetesVersion", "v1.37.0")
	put(s, settings.Kubeadm, "", "etcd.external", m{"endpoints": []string{"https://192.0.2.21:2379"}, "caFile": "/etc/kubernetes/pki/etcd/ca.crt",
		"certFile": "/etc/kubernetes/pki/apiserver-etcd-client.crt", "keyFile": "/etc/kubernetes/pki/apiserver-etcd-client.key"})
	put(s, settings.Etcd, "", "members", []any{m{"name": "etcd-1", "address": "192.0.2.21"}, m{"name": "etcd-2", "address": "2001:db8::22"}})
	putAll(s, settings.Etcd, "", "--", m{
		"cert-file": "/etc/etcd/pki/server.crt", "client-cert-auth": true, "peer-client-cert-auth": true,
		"peer-cert-file": "/etc/etcd/pki/peer.crt", "peer-cert-allowed-cn": []string{"etcd"}, "data-dir": "/var/lib/etcd",
		"client-cert-allowed-hostname": []string{"a", "b"}, "cipher-suites": []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
		"corrupt-check-time": "1h0m0s", "snapshot-count": 10000, "enable-pprof": false, "initial-cluster-state": "new",
		"feature-gates": m{"InitialCorruptCheck": true}, "peer-skip-client-san-verification": false,
	})
	put(s, settings.Cluster, "", "Namespace/shop", m{"apiVersion": "v1", "kind": "Namespace", "metadata": m{"name": "shop"}})
	put(s, settings.Cluster, "", "ValidatingAdmissionPolicyBinding/hardstrap-namespace-labels", m{"apiVersion": "admissionregistration.k8s.io/v1",
		"kind": "ValidatingAdmissionPolicyBinding", "metadata": m{"name": "hardstrap-namespace-labels"}, "spec": m{"validationActions": []string{"Warn"}}})
	put(s, settings.Kubelet, settings.Worker, "tlsCertFile", "/var/lib/kubelet/pki/kubelet-serving.crt")
	put(s, settings.Host, settings.Etcd, "user/etcd", "etcd")
	put(s, settings.Host, settings.Etcd, "sysctl/kernel.panic", 10)
	put(s, settings.Host, settings.Etcd, "firewall/etcd", []string{"192.0.2.0/24"})
	put(s, settings.Host, settings.Etcd, "tmpfile//var/lib/etcd", m{"type": "d", "mode": "0700", "user": "etcd", "group": "etcd"})
	return s
}

func inputOf(s *settings.Set) Input {
	return Input{Name: "production", Version: "1.37.0", Settings: s, Keys: testKeys{}, FlagType: flagTypes}
}

func newGenerator(t testing.TB) *Generator {
	t.Helper()
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func render(t testing.TB, in Input) map[string]bundle.File {
	t.Helper()
	files, err := newGenerator(t).Bundle(in)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bundle.File{}
	for _, f := range files {
		out[f.Path] = f
	}
	return out
}
