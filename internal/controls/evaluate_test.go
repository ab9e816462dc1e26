package controls

import (
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// values are settings by "component:path" or "component[role]:path"; "kubelet:path" is either role.
type values map[string]any

func (v values) set(t *testing.T) *settings.Set {
	t.Helper()
	var out settings.Set
	for name, value := range v {
		component, path, ok := strings.Cut(name, ":")
		if !ok {
			t.Fatalf("no setting: %q", name)
		}
		component, role, _ := strings.Cut(strings.TrimSuffix(component, "]"), "[")
		roles := []string{role}
		if component == settings.Kubelet && role == "" {
			roles = []string{settings.ControlPlane, settings.Worker}
		}
		for _, role := range roles {
			out.Put(settings.Setting{
				Key:   settings.Key{Component: component, Role: role, Path: path},
				Value: settings.Of(value).At(settings.Origin{Source: settings.FromProfile, File: "p.yaml", Line: 7, Column: 3}),
			})
		}
	}
	return &out
}

type tree = map[string]any

// kubeadmLike is what kubeadm sets, as far as the tests below need it.
func kubeadmLike() values {
	return values{
		"kube-apiserver:--authorization-mode":                       "Node,RBAC",
		"kube-apiserver:--client-ca-file":                           "/etc/kubernetes/pki/ca.crt",
		"kube-apiserver:--etcd-cafile":                              "/etc/kubernetes/pki/etcd/ca.crt",
		"kube-apiserver:--etcd-certfile":                            "/etc/kubernetes/pki/apiserver-etcd-client.crt",
		"kube-apiserver:--etcd-keyfile":                             "/etc/kubernetes/pki/apiserver-etcd-client.key",
		"kube-apiserver:--enable-admission-plugins":                 "NodeRestriction",
		"kube-controller-manager:--bind-address":                    "127.0.0.1",
		"etcd:--trusted-ca-file":                                    "/etc/kubernetes/pki/etcd/ca.crt",
		"etcd:--client-cert-auth":                                   "true",
		"kubelet:authentication.anonymous.enabled":                  false,
		"kubelet:authentication.x509.clientCAFile":                  "/etc/kubernetes/pki/ca.crt",
		"kubelet:authorization.mode":                                "Webhook",
		"kubelet:rotateCertificates":                                true,
		"kubelet:staticPodPath":                                     "/etc/kubernetes/manifests",
		"kube-apiserver:--service-account-issuer":                   "https://kubernetes.default.svc.cluster.local",
		"kube-controller-manager:--root-ca-file":                    "/etc/kubernetes/pki/ca.crt",
		"kube-controller-manager:--use-service-account-credentials": "true",
	}
}

func authentication(paths ...string) tree {
	var conditions []any
	for _, p := range paths {
		conditions = append(conditions, tree{"path": p})
	}
	anonymous := tree{"enabled": true}
	if len(conditions) > 0 {
		anonymous["conditions"] = conditions
	}
	return tree{"kind": "AuthenticationConfiguration", "anonymous": anonymous}
}

func podSecurity(level string, users ...string) tree {
	return tree{"defaults": tree{"enforce": level}, "exemptions": tree{"namespaces": []string{"kube-system"}, "usernames": users}}
}

func authorizers(types ...string) values {
	var list []any
	for _, t := range types {
		list = append(list, tree{"type": t})
	}
	return values{"kube-apiserver:AuthorizationConfiguration": tree{"authorizers": list}}
}

func encryption(resources []string, providers ...tree) tree {
	var list []any
	for _, p := range providers {
		list = append(list, any(p))
	}
	return tree{"resources": []any{tree{"resources": resources, "providers": list}}}
}

func TestEvaluate(t *testing.T) {
	encrypted := func(resources []string, providers ...tree) values {
		return values{
			"kube-apiserver:--encryption-provider-config": "/etc/e.yaml",
			"kube-apiserver:EncryptionConfiguration":      encryption(resources, providers...),
		}
	}
	rotated := values{"kubelet:serverTLSBootstrap": true, "kube-apiserver:--kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt"}
	for _, tc := range []struct {
		name     string
		control  string
		minor    string // 1.37 unless said
		settings values
		bare     bool // without what kubeadm sets
		defaults map[string]string
		state    State
		evidence string // a part of it
	}{
		// The plain cases: rendered, kubeadm's, the default's, nobody's.
		{name: "rendered", control: "cis-1.12/1.2.15", settings: values{"kube-apiserver:--profiling": false}, state: Met,
			evidence: "kube-apiserver --profiling=false (p.yaml:7:3)"},
		{name: "rendered as text", control: "cis-2.0.1/1.2.15", settings: values{"kube-apiserver:--profiling": "false"}, state: Met},
		{name: "rendered wrongly", control: "cis-1.12/1.2.15", settings: values{"kube-apiserver:--profiling": true}, state: NotMet,
			evidence: "--profiling=true (p.yaml:7:3)"},
		{name: "default is weak", control: "cis-1.12/1.2.15", defaults: map[string]string{"kube-apiserver:--profiling": "true"}, state: NotMet,
			evidence: "--profiling=true by default"},
		{name: "default unknown is no pass", control: "cis-1.12/1.2.15", state: NotMet, evidence: "is not set"},
		{name: "default does", control: "k8s-checklist/KC-LOG-2", defaults: map[string]string{"kube-apiserver:--enable-logs-handler": "false"}, state: Met},
		{name: "set by kubeadm", control: "cis-1.12/1.2.25", state: Met, evidence: "set by kubeadm"},
		{name: "set by nobody", control: "cis-1.12/1.2.25", bare: true, state: NotMet},
		{name: "absent", control: "cis-1.12/1.2.2", state: Met},
		{name: "present", control: "cis-1.12/1.2.2", settings: values{"kube-apiserver:--token-auth-file": "/t"}, state: NotMet},
		{name: "second flag missing", control: "cis-1.12/1.2.23", bare: true,
			settings: values{"kube-apiserver:--etcd-certfile": "/c"}, state: NotMet, evidence: "--etcd-keyfile is not set"},
		{name: "both flags", control: "cis-1.12/1.2.23", state: Met},
		{name: "empty is not present", control: "cis-1.12/1.2.25", settings: values{"kube-apiserver:--client-ca-file": ""}, state: NotMet},

		// Written: a default does not do.
		{name: "default not written", control: "disa-stig/V-242379", defaults: map[string]string{"etcd:--auto-tls": "false"}, state: NotMet},
		{name: "default accepted by CIS", control: "cis-1.12/2.3", defaults: map[string]string{"etcd:--auto-tls": "false"}, state: Met},
		{name: "written", control: "disa-stig/V-242379", settings: values{"etcd:--auto-tls": false}, state: Met},
		{name: "written by kubeadm", control: "disa-stig/V-242385", state: Met},

		// Roles and forms of the kubelet.
		{name: "both roles", control: "cis-1.12/4.2.14", settings: values{"kubelet:seccompDefault": true}, state: Met, evidence: "kubelet seccompDefault=true (p.yaml:7:3)"},
		{name: "one role only", control: "cis-1.12/4.2.14", settings: values{"kubelet[control-plane]:seccompDefault": true, "kubelet[worker]:seccompDefault": false},
			state: NotMet, evidence: "kubelet[worker] seccompDefault=false"},
		{name: "a flag wins over the file", control: "cis-1.12/4.2.1", settings: values{"kubelet:--anonymous-auth": true}, state: NotMet},
		{name: "the flag form is forbidden", control: "disa-stig/V-242391", settings: values{
			"kubelet:authentication.anonymous.enabled": false, "kubelet:--anonymous-auth": false}, state: NotMet, evidence: "--anonymous-auth"},
		{name: "no limit is no limit", control: "cis-1.12/4.2.13", settings: values{"kubelet:podPidsLimit": -1}, state: NotMet},
		{name: "a gate inside a map", control: "cis-1.12/4.2.11", settings: values{"kubelet:featureGates": map[string]bool{"RotateKubeletServerCertificate": false}}, state: NotMet},
		{name: "another gate", control: "cis-1.12/4.2.11", settings: values{"kubelet:featureGates": map[string]bool{"Other": false}}, state: Met},
		{name: "static pods on workers", control: "disa-stig/V-242397", state: NotMet, evidence: "staticPodPath=/etc/kubernetes/manifests, set by kubeadm"},
		{name: "static pods taken from workers", control: "disa-stig/V-242397", settings: values{"kubelet[worker]:staticPodPath": nil}, state: Met},
		{name: "host name by kubeadm", control: "cis-1.12/4.2.7", settings: values{"kubeadm:nodeRegistration.name": "cp-1"}, state: NeedsLiveCheck},
		{name: "host name left", control: "cis-1.12/4.2.7", state: Met},
		{name: "host name overridden", control: "cis-1.12/4.2.7", settings: values{"kubelet:--hostname-override": "x"}, state: NotMet},
		{name: "short timeout", control: "disa-stig/V-245541", settings: values{"kubelet:streamingConnectionIdleTimeout": "30s"}, state: NotMet},
		{name: "timeout", control: "disa-stig/V-245541", settings: values{"kubelet:streamingConnectionIdleTimeout": "300s"}, state: Met},

		// Anonymous requests.
		{name: "anonymous off by flag", control: "cis-1.12/1.2.1", settings: values{"kube-apiserver:--anonymous-auth": false}, state: Met},
		{name: "anonymous on by flag", control: "disa-stig/V-242390", settings: values{"kube-apiserver:--anonymous-auth": true}, state: NotMet},
		{name: "nothing said", control: "disa-stig/V-242390", state: NotMet, evidence: "on by default"},
		{name: "health only", control: "cis-1.12/1.2.1", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication("/livez", "/readyz", "/healthz")},
			state: MetAlternative, evidence: "only to /livez, /readyz, /healthz"},
		{name: "health only, by the letter of the STIG", control: "disa-stig/V-242390",
			settings: values{"kube-apiserver:AuthenticationConfiguration": authentication("/livez")}, state: Met},
		{name: "joining by token", control: "nsa-cisa/NSA-AUTH-01", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication("/livez", "/api/v1/namespaces/kube-public/configmaps/cluster-info")}, state: MetAlternative},
		{name: "a path too many", control: "cis-1.12/1.2.1", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication("/livez", "/metrics")}, state: NotMet, evidence: "/metrics"},
		{name: "no condition", control: "cis-1.12/1.2.1", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication()}, state: NotMet},
		{name: "off in the file", control: "cis-1.12/1.2.1", settings: values{"kube-apiserver:AuthenticationConfiguration": tree{"anonymous": tree{"enabled": false}}}, state: Met},
		{name: "only jwt in the file", control: "cis-1.12/1.2.1", settings: values{"kube-apiserver:AuthenticationConfiguration": tree{"jwt": []any{}}}, state: NotMet},

		// Authorization.
		{name: "kubeadm's modes", control: "cis-1.12/1.2.7", state: Met},
		{name: "unset means AlwaysAllow", control: "cis-1.12/1.2.6", bare: true, state: NotMet, evidence: "means AlwaysAllow"},
		{name: "AlwaysAllow", control: "cis-1.12/1.2.6", settings: values{"kube-apiserver:--authorization-mode": []string{"Node", "AlwaysAllow"}}, state: NotMet},
		{name: "by file", control: "disa-stig/V-242382", bare: true, settings: values{"kube-apiserver:AuthorizationConfiguration": tree{
			"authorizers": []any{tree{"type": "Node"}, tree{"type": "RBAC"}, tree{"type": "Webhook"}}}}, state: MetAlternative, evidence: "Node, RBAC, Webhook"},
		{name: "by file without RBAC", control: "cis-1.12/1.2.8", bare: true, settings: values{"kube-apiserver:AuthorizationConfiguration": tree{
			"authorizers": []any{tree{"type": "Node"}}}}, state: NotMet},
		{name: "more than Node and RBAC", control: "owasp-k8s-top10/K02.8", settings: values{"kube-apiserver:--authorization-mode": "Node,RBAC,Webhook"}, state: NotMet},

		{name: "Node and RBAC by file", control: "owasp-k8s-top10/K02.8", settings: authorizers("Node", "RBAC"), state: MetAlternative},
		{name: "more by file", control: "owasp-k8s-top10/K02.8", settings: authorizers("Node", "RBAC", "Webhook"), state: NotMet},
		{name: "AlwaysAllow by file", control: "cis-1.12/1.2.6", settings: authorizers("Node", "AlwaysAllow"), state: NotMet},
		{name: "nobody by file", control: "cis-1.12/1.2.6", settings: authorizers(), state: NotMet},
		{name: "RBAC beside AlwaysAllow by file", control: "nsa-cisa/NSA-AUTH-03", settings: authorizers("RBAC", "AlwaysAllow"), state: NotMet},
		{name: "Node by file", control: "cis-1.12/1.2.7", settings: authorizers("Node"), state: MetAlternative},
		{name: "no Node by file", control: "cis-1.12/1.2.7", settings: authorizers("RBAC"), state: NotMet},
		{name: "empty means AlwaysAllow", control: "cis-1.12/1.2.6", settings: values{"kube-apiserver:--authorization-mode": ""}, state: NotMet},
		{name: "issuer by flag", control: "owasp-k8s-top10/K09.1", settings: values{"kube-apiserver:--oidc-issuer-url": "https://id.example.org"}, state: Met},
		{name: "empty issuer by flag", control: "owasp-k8s-top10/K09.1", settings: values{"kube-apiserver:--oidc-issuer-url": ""}, state: NotMet},

		// Admission.
		{name: "plugin enabled", control: "cis-1.12/1.2.11", settings: values{"kube-apiserver:--enable-admission-plugins": []string{"NodeRestriction", "AlwaysPullImages"}}, state: Met},
		{name: "plugin missing", control: "cis-1.12/1.2.11", state: NotMet},
		{name: "credentials checked by the kubelet instead", control: "cis-1.12/1.2.11", settings: values{"kubelet:imagePullCredentialsVerificationPolicy": "AlwaysVerify"}, state: MetAlternative},
		{name: "credentials checked on one role", control: "cis-1.12/1.2.11", settings: values{"kubelet[worker]:imagePullCredentialsVerificationPolicy": "AlwaysVerify"}, state: NotMet},
		{name: "default plugin named", control: "disa-stig/V-242436", settings: values{"kube-apiserver:--enable-admission-plugins": "NodeRestriction,ValidatingAdmissionWebhook"}, state: Met},
		{name: "default plugin not named", control: "disa-stig/V-242436", state: MetAlternative},
		{name: "default plugin disabled", control: "disa-stig/V-242436", settings: values{"kube-apiserver:--disable-admission-plugins": "ValidatingAdmissionWebhook"}, state: NotMet},
		{name: "an image policy", control: "cis-1.12/5.5.1", state: NotMet},
		{name: "default admission", control: "k8s-checklist/KC-ADM-1", settings: values{"kube-apiserver:--enable-admission-plugins": "NodeRestriction,DenyServiceExternalIPs"}, state: Met},
		{name: "less than default admission", control: "k8s-checklist/KC-ADM-1", settings: values{"kube-apiserver:--disable-admission-plugins": "LimitRanger"}, state: NotMet},

		// Pod Security.
		{name: "no configuration", control: "cis-1.12/5.2.2", state: NotMet, evidence: "default is privileged"},
		{name: "privileged", control: "cis-1.12/5.2.2", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("privileged")}, state: NotMet},
		{name: "baseline for baseline", control: "cis-1.12/5.2.2", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("baseline")}, state: Met,
			evidence: "enforces baseline (p.yaml:7:3), except in kube-system"},
		{name: "baseline for restricted", control: "cis-1.12/5.2.6", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("baseline")}, state: NotMet},
		{name: "restricted for baseline", control: "disa-stig/V-242414", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("restricted")}, state: Met},
		{name: "plugin off", control: "cis-1.12/5.2.2", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("restricted"),
			"kube-apiserver:--disable-admission-plugins": "PodSecurity"}, state: NotMet, evidence: "disabled"},
		{name: "a user exempt", control: "disa-stig/V-254800", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("baseline", "admin")}, state: NotMet, evidence: "admin"},
		{name: "nobody exempt", control: "disa-stig/V-254800", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("baseline")}, state: Met},
		{name: "seccomp by the level", control: "cis-1.12/5.6.2", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("restricted")}, state: Met},
		{name: "seccomp by the kubelet", control: "cis-1.12/5.6.2", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("baseline"), "kubelet:seccompDefault": true}, state: MetAlternative},
		{name: "seccomp with Unconfined allowed", control: "cis-1.12/5.6.2", settings: values{"kubelet:seccompDefault": true}, state: NotMet},

		{name: "a user exempt, for CIS", control: "cis-1.12/5.2.1", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("baseline", "admin")}, state: Met},
		{name: "nothing enforced, for the STIG", control: "disa-stig/V-254800", settings: values{"kube-apiserver:PodSecurityConfiguration": podSecurity("privileged", "admin")}, state: NotMet, evidence: "privileged"},

		// Encryption.
		{name: "no encryption", control: "cis-1.12/1.2.28", state: NotMet, evidence: "--encryption-provider-config is not set"},
		{name: "secretbox", control: "cis-1.12/1.2.28", settings: encrypted([]string{"secrets"}, tree{"secretbox": tree{}}, tree{"identity": tree{}}), state: Met},
		{name: "aesgcm is not CIS'", control: "cis-1.12/1.2.28", settings: encrypted([]string{"secrets"}, tree{"aesgcm": tree{}}), state: NotMet},
		{name: "aesgcm is the STIG's", control: "disa-stig/V-274882", settings: encrypted([]string{"secrets"}, tree{"aesgcm": tree{}}), state: Met},
		{name: "identity first", control: "disa-stig/V-274882", settings: encrypted([]string{"secrets"}, tree{"identity": tree{}}, tree{"aescbc": tree{}}), state: NotMet},
		{name: "kms v2", control: "cis-1.12/1.2.28", settings: encrypted([]string{"secrets"}, tree{"kms": tree{"apiVersion": "v2"}}), state: Met},
		{name: "kms v1", control: "cis-1.12/1.2.28", settings: encrypted([]string{"secrets"}, tree{"kms": tree{}}), state: NotMet},
		{name: "Secrets by a wildcard", control: "nsa-cisa/NSA-NET-17", settings: encrypted([]string{"*.*"}, tree{"aescbc": tree{}}), state: Met},
		{name: "Secrets forgotten", control: "disa-stig/V-274882", settings: encrypted([]string{"configmaps"}, tree{"aescbc": tree{}}), state: NotMet, evidence: "does not list secrets"},
		{name: "no providers", control: "disa-stig/V-274882", settings: encrypted([]string{"secrets"}), state: NotMet},
		{name: "no file", control: "disa-stig/V-274882", settings: values{"kube-apiserver:--encryption-provider-config": "/etc/e.yaml"}, state: NotMet},
		{name: "disks too", control: "bsi-app.4.4/APP.4.4.A20", settings: encrypted([]string{"secrets"}, tree{"aescbc": tree{}}), state: NeedsLiveCheck},

		// TLS.
		{name: "suites", control: "disa-stig/V-242418", settings: values{"kube-apiserver:--tls-cipher-suites": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}, state: Met},
		{name: "a suite missing", control: "disa-stig/V-242418", settings: values{"kube-apiserver:--tls-cipher-suites": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}, state: NotMet},
		{name: "a suite too many", control: "cis-1.12/1.2.29", settings: values{"kube-apiserver:--tls-cipher-suites": []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"}}, state: NotMet},
		{name: "no suites", control: "cis-1.12/1.2.29", state: NotMet},
		{name: "TLS 1.3", control: "cis-1.12/1.2.29", settings: values{"kube-apiserver:--tls-min-version": "VersionTLS13"}, state: MetAlternative},
		{name: "TLS 1.3 on one kubelet", control: "cis-1.12/4.2.12", settings: values{"kubelet[worker]:tlsMinVersion": "VersionTLS13"}, state: NotMet},
		{name: "TLS 1.3 on both kubelets", control: "cis-1.12/4.2.12", settings: values{"kubelet:tlsMinVersion": "VersionTLS13"}, state: MetAlternative},
		{name: "minimum not written", control: "disa-stig/V-242377", defaults: map[string]string{"kube-scheduler:--tls-min-version": ""}, state: NotMet},
		{name: "serving certificate rotated", control: "cis-1.12/4.2.9", settings: rotated, state: MetAlternative},
		{name: "serving certificate provided", control: "disa-stig/V-242424", settings: values{"kubelet:tlsCertFile": "/c", "kubelet:tlsPrivateKeyFile": "/k"}, state: Met},
		{name: "serving certificate without key", control: "cis-1.12/4.2.9", settings: values{"kubelet:tlsCertFile": "/c"}, state: NotMet},
		{name: "serving certificate with empty names", control: "cis-1.12/4.2.9", settings: values{"kubelet:tlsCertFile": "", "kubelet:tlsPrivateKeyFile": ""}, state: NotMet},
		{name: "serving certificate signed, and not verified", control: "bsi-app.4.4/APP.4.4.A17(1)", settings: values{"kubelet:serverTLSBootstrap": true}, state: NotMet, evidence: "--kubelet-certificate-authority"},
		{name: "a gate off", control: "cis-1.12/1.3.6", settings: values{"kube-controller-manager:--feature-gates": map[string]bool{"RotateKubeletServerCertificate": false}}, state: NotMet,
			evidence: "--feature-gates=RotateKubeletServerCertificate=false (p.yaml:7:3)"},
		{name: "an empty default is said plainly", control: "cis-1.12/1.3.6", defaults: map[string]string{"kube-controller-manager:--feature-gates": "[]"}, state: Met, evidence: "--feature-gates is not set"},
		{name: "serving certificate self-signed", control: "disa-stig/V-242425", state: NotMet},
		{name: "kubelets known by certificate", control: "bsi-app.4.4/APP.4.4.A17(1)", settings: rotated, state: Met},
		{name: "etcd's own CA", control: "cis-1.12/2.7", state: Met},
		{name: "etcd with the cluster's CA", control: "cis-1.12/2.7", settings: values{"etcd:--trusted-ca-file": "/etc/kubernetes/pki/ca.crt"}, state: NotMet},
		{name: "etcd without client certificates", control: "nsa-cisa/NSA-NET-13", settings: values{"etcd:--client-cert-auth": false}, state: NotMet},

		// What is not there any more, not a setting, or not decided here.
		{name: "gate gone", control: "disa-stig/V-254801", state: NotApplicable, evidence: "removed in Kubernetes 1.28"},
		{name: "flag gone", control: "disa-stig/V-245542", minor: "1.33", state: NotApplicable, evidence: "1.19"},
		{name: "flag not gone yet", control: "disa-stig/V-245542", minor: "1.18", state: Met},
		{name: "an object", control: "nsa-cisa/NSA-NET-04", state: NotMet, evidence: "no default deny of ingress and egress in default, kube-node-lease, kube-public, kube-system"},
		{name: "an object that nothing renders", control: "bsi-app.4.4/APP.4.4.A21", state: NotMet, evidence: "the bundle holds nothing that would meet it"},
		{name: "a file's mode", control: "cis-1.12/1.1.1", state: NeedsLiveCheck},
		{name: "a file's mode that the bundle sets", control: "cis-1.12/1.1.11", settings: values{"host[control-plane]:tmpfile//var/lib/etcd": map[string]string{"mode": "0700", "user": "etcd", "group": "etcd"}},
			state: NeedsLiveCheck, evidence: "sets /var/lib/etcd to 0700 etcd:etcd"},
		{name: "a file's mode beside one that the bundle sets", control: "cis-1.12/1.1.11", settings: values{"host[control-plane]:tmpfile//var/lib/kubelet": map[string]string{"mode": "0700"}, "host[control-plane]:sysctl/kernel.panic": 10},
			state: NeedsLiveCheck, evidence: "seen on a live cluster only"},
		{name: "a file's mode and no owner", control: "cis-1.12/1.1.11", settings: values{"host[worker]:tmpfile//var/lib/etcd": map[string]string{"mode": "0700", "user": ""}},
			state: NeedsLiveCheck, evidence: "sets /var/lib/etcd to 0700 -:-"},
		{name: "people", control: "cis-1.12/3.1.1", state: Organisational},
		{name: "kubeadm's taint", control: "bsi-app.4.4/APP.4.4.A14", state: Met},
		{name: "certificates for a year", control: "k8s-checklist/KC-AUTH-4", state: Met},
		{name: "certificates for exactly three years", control: "k8s-checklist/KC-AUTH-4", settings: values{"kubeadm:certificateValidityPeriod": "26280h"}, state: Met},
		{name: "certificates for ten years", control: "k8s-checklist/KC-AUTH-4", settings: values{"kubeadm:certificateValidityPeriod": "87600h"}, state: NotMet},
		{name: "issuer", control: "owasp-k8s-top10/K09.1", settings: values{"kube-apiserver:AuthenticationConfiguration": tree{"jwt": []any{tree{"issuer": tree{"url": "https://id.example.org"}}}}}, state: Met},
		{name: "no issuer", control: "owasp-k8s-top10/K09.1", settings: values{"kube-apiserver:AuthenticationConfiguration": authentication("/livez")}, state: NotMet},
		{name: "heading", control: "owasp-k8s-top10/K05", state: NotMet, evidence: "not met: K05.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := Input{Minor: "1.37", Settings: tc.settings.set(t)}
			if tc.minor != "" {
				in.Minor = tc.minor
			}
			if !tc.bare {
				in.Kubeadm = kubeadmLike().set(t)
			}
			if tc.defaults != nil {
				in.Default = func(k settings.Key) (string, bool) {
					text, ok := tc.defaults[k.String()]
					return text, ok
				}
			}
			got := one(t, Evaluate(in), tc.control)
			if got.State != tc.state || !strings.Contains(got.Evidence, tc.evidence) {
				t.Errorf("%s: %s: %s\nwant %s, with %q", tc.control, got.State, got.Evidence, tc.state, tc.evidence)
			}
		})
	}
}

// Without any settings nothing that a setting decides is met, but for what its absence meets.
func TestEvaluateNothing(t *testing.T) {
	results := Evaluate(Input{})
	for _, name := range []string{"cis-1.12/1.2.15", "cis-1.12/5.2.2", "cis-1.12/3.2.2", "disa-stig/V-274882", "nsa-cisa/NSA-AUTH-01", "cis-1.12/4.2.9"} {
		if got := one(t, results, name); got.State != NotMet {
			t.Errorf("%s is %s: %s", name, got.State, got.Evidence)
		}
	}
	if got := one(t, results, "cis-1.12/1.1.1"); got.State != NeedsLiveCheck {
		t.Errorf("%s: %s", got.Control.Name(), got.State)
	}
	if got := Unused(Input{}, results); len(got) != 0 {
		t.Errorf("unused: %v", got)
	}
}

func one(t *testing.T, results []Result, name string) Result {
	t.Helper()
	for _, r := range results {
		if r.Control.Name() == name {
			return r
		}
	}
	t.Fatalf("no result for %s", name)
	return Result{}
}

func TestEvaluateOnlyWhatIsAskedFor(t *testing.T) {
	for _, tc := range []struct {
		name  string
		asked []profiles.Benchmark
		want  int
	}{
		{"everything", nil, 535},
		{"CIS level 1", []profiles.Benchmark{{Name: "cis-1.12", Level: "L1"}}, 117},
		{"CIS level 2 includes 1", []profiles.Benchmark{{Name: "cis-1.12", Level: "L2"}}, 131},
		{"later CIS level 1", []profiles.Benchmark{{Name: "cis-2.0.1", Level: "L1"}}, 116},
		{"two", []profiles.Benchmark{{Name: "disa-stig"}, {Name: "nsa-cisa"}}, 144},
		{"a level nobody knows", []profiles.Benchmark{{Name: "cis-1.12", Level: "L3"}}, 0},
		{"a level of another kind", []profiles.Benchmark{{Name: "disa-stig", Level: "CAT I"}}, 18},
		{"one nobody knows", []profiles.Benchmark{{Name: "cis-9"}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := len(Evaluate(Input{Minor: "1.37", Settings: &settings.Set{}, Benchmarks: tc.asked})); got != tc.want {
				t.Errorf("%d results, want %d", got, tc.want)
			}
		})
	}
}

func TestWaivers(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	waiver := func(control, expires string) []profiles.Waiver {
		return []profiles.Waiver{{Control: control, Reason: "because", Owner: "us", Expires: expires}}
	}
	for _, tc := range []struct {
		name    string
		control string
		waivers []profiles.Waiver
		at      time.Time
		state   State
		unused  int
	}{
		{"none", "cis-1.12/1.2.15", nil, time.Time{}, NotMet, 0},
		{"its own", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.15", ""), time.Time{}, Waived, 0},
		{"of the other version of CIS", "cis-2.0.1/1.2.15", waiver("cis-1.12/1.2.15", ""), time.Time{}, Waived, 0},
		{"of the other version, the other way", "cis-1.12/1.2.15", waiver("cis-2.0.1/1.2.15", ""), time.Time{}, Waived, 0},
		{"another's", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.16", ""), time.Time{}, NotMet, 0},
		{"of what is met", "cis-1.12/1.2.25", waiver("cis-1.12/1.2.25", ""), time.Time{}, Met, 1},
		{"of what is not applicable", "disa-stig/V-254801", waiver("disa-stig/V-254801", ""), time.Time{}, NotApplicable, 1},
		{"of what is seen live", "cis-1.12/1.1.12", waiver("cis-1.12/1.1.12", ""), time.Time{}, Waived, 0},
		{"of what people decide", "cis-1.12/3.1.1", waiver("cis-1.12/3.1.1", ""), time.Time{}, Waived, 0},
		{"expiry not judged", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.15", "2020-01-01"), time.Time{}, Waived, 0},
		{"on its last day", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.15", "2027-06-30"), day("2027-06-30").Add(23 * time.Hour), Waived, 0},
		{"the day after", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.15", "2027-06-30"), day("2027-07-01"), NotMet, 1},
		{"without an end", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.15", ""), day("2027-07-01"), Waived, 0},
		{"a day nobody can read", "cis-1.12/1.2.15", waiver("cis-1.12/1.2.15", "soon"), day("2027-07-01"), NotMet, 1},
		{"a rule that nothing breaks", "cis-1.12/1.2.15", waiver("weak/abac", ""), time.Time{}, NotMet, 1},
		{"a rule that something breaks", "cis-1.12/1.2.15", waiver("weak/tls-version", ""), time.Time{}, NotMet, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := Input{
				Minor: "1.37", Kubeadm: kubeadmLike().set(t), Waivers: tc.waivers, At: tc.at,
				Settings: values{"etcd:--tls-min-version": "TLS1.1"}.set(t),
			}
			results := Evaluate(in)
			got := one(t, results, tc.control)
			if got.State != tc.state {
				t.Errorf("%s: %s", got.State, got.Evidence)
			}
			if (got.Waiver != nil) != (tc.state == Waived) {
				t.Errorf("waiver %v in state %s", got.Waiver, got.State)
			}
			if tc.state == Waived && !strings.Contains(got.Evidence, "waived by us: because") {
				t.Errorf("evidence %q does not say by whom and why", got.Evidence)
			}
			if unused := Unused(in, results); len(unused) != tc.unused {
				t.Errorf("unused: %v, want %d", unused, tc.unused)
			}
		})
	}
}
