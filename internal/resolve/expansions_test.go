package resolve_test

// expansion is a profile and what some of its settings must become. A nil value means that the
// setting must not be there.
type expansion struct {
	name, minor, body string
	want              map[string]any
}

func expansions() []expansion {
	conditions := func(paths ...string) []any {
		var out []any
		for _, p := range paths {
			out = append(out, map[string]any{"path": p})
		}
		return out
	}
	const joinPath = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
	return []expansion{
		{
			name: "anonymous access to health paths, v1beta1 on 1.33", minor: "1.33",
			body: "apiServer: {anonymousAuth: health-only}\n",
			want: map[string]any{
				"kube-apiserver:AuthenticationConfiguration": map[string]any{
					"apiVersion": "apiserver.config.k8s.io/v1beta1", "kind": "AuthenticationConfiguration",
					"anonymous": map[string]any{"enabled": true, "conditions": conditions("/livez", "/readyz", "/healthz")},
				},
				"kube-apiserver:--authentication-config": "/etc/kubernetes/hardstrap/authentication/authentication.yaml",
				"kube-apiserver:--anonymous-auth":        nil,
				"kube-apiserver:probes":                  nil,
			},
		},
		{
			name: "anonymous access to health and join, v1 from 1.34", minor: "1.34",
			body: "apiServer: {anonymousAuth: health-and-join}\n",
			want: map[string]any{
				"kube-apiserver:AuthenticationConfiguration": map[string]any{
					"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
					"anonymous": map[string]any{"enabled": true, "conditions": conditions("/livez", "/readyz", "/healthz", joinPath)},
				},
			},
		},
		{
			name: "no anonymous access", minor: "1.37",
			body: "apiServer: {anonymousAuth: disabled}\n",
			want: map[string]any{
				"kube-apiserver:--anonymous-auth":            false,
				"kube-apiserver:probes":                      "tcpSocket",
				"kube-apiserver:AuthenticationConfiguration": nil,
				"kube-apiserver:--authentication-config":     nil,
			},
		},
		{
			name: "plugins keep NodeRestriction", minor: "1.37",
			body: "apiServer: {admission: {enable: [AlwaysPullImages], disable: [DefaultStorageClass]}}\n",
			want: map[string]any{
				"kube-apiserver:--enable-admission-plugins":  []any{"NodeRestriction", "AlwaysPullImages"},
				"kube-apiserver:--disable-admission-plugins": []any{"DefaultStorageClass"},
				"kube-apiserver:AdmissionConfiguration":      nil,
			},
		},
		{
			name: "pod security is pinned to the minor", minor: "1.35",
			body: "apiServer: {admission: {podSecurity: {enforce: baseline, warn: restricted, warnVersion: latest}}}\n",
			want: map[string]any{
				"kube-apiserver:PodSecurityConfiguration": map[string]any{
					"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
					"defaults": map[string]any{
						"enforce": "baseline", "enforce-version": "v1.35", "audit": "privileged", "audit-version": "v1.35",
						"warn": "restricted", "warn-version": "latest",
					},
					"exemptions": map[string]any{"usernames": []any{}, "namespaces": []any{}, "runtimeClasses": []any{}},
				},
				"kube-apiserver:AdmissionConfiguration": map[string]any{
					"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
					"plugins": []any{map[string]any{"name": "PodSecurity", "path": "pod-security.yaml"}},
				},
			},
		},
		{
			name: "audit log in full", minor: "1.37",
			body: "apiServer: {audit: {policy: metadata, log: {maxAge: 7}}}\n",
			want: map[string]any{
				"kube-apiserver:--audit-log-maxage":    int64(7),
				"kube-apiserver:--audit-log-maxbackup": int64(10),
				"kube-apiserver:--audit-log-maxsize":   int64(100),
				"kube-apiserver:--audit-log-path":      "/var/log/kubernetes/audit/audit.log",
				"kube-apiserver:--audit-policy-file":   "/etc/kubernetes/hardstrap/audit/policy.yaml",
				"kube-apiserver:extraVolumes": []any{
					map[string]any{"name": "hardstrap-audit", "hostPath": "/etc/kubernetes/hardstrap/audit", "mountPath": "/etc/kubernetes/hardstrap/audit", "readOnly": true, "pathType": "Directory"},
					map[string]any{"name": "hardstrap-audit-log", "hostPath": "/var/log/kubernetes/audit", "mountPath": "/var/log/kubernetes/audit", "readOnly": false, "pathType": "DirectoryOrCreate"},
				},
			},
		},
		{
			name: "encryption names its keys and holds none", minor: "1.37",
			body: "apiServer: {encryption: {provider: secretbox, resources: [secrets, configmaps]}}\n",
			want: map[string]any{
				"kube-apiserver:EncryptionConfiguration": map[string]any{
					"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
					"resources": []any{map[string]any{
						"resources": []any{"secrets", "configmaps"},
						"providers": []any{
							map[string]any{"secretbox": map[string]any{"keys": []any{map[string]any{"name": "key-0badcafe", "secret": "<redacted>"}}}},
							map[string]any{"identity": map[string]any{}},
						},
					}},
				},
				"kube-apiserver:--encryption-provider-config-automatic-reload": true,
			},
		},
		{
			name: "TLS in each component's spelling", minor: "1.37",
			body: "tls: {minVersion: VersionTLS12, cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}\n" +
				"scheduler: {flags: {tls-min-version: VersionTLS13}}\n",
			want: map[string]any{
				"kube-apiserver:--tls-min-version":       "VersionTLS12",
				"kube-scheduler:--tls-min-version":       "VersionTLS13", // a component's own flag outranks the section
				"etcd:--tls-min-version":                 "TLS1.2",
				"etcd:--cipher-suites":                   []any{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
				"kubelet[control-plane]:tlsMinVersion":   "VersionTLS12",
				"kubelet[worker]:tlsCipherSuites":        []any{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
				"kube-apiserver:--tls-curve-preferences": nil,
			},
		},
		{
			name: "TLS 1.3 takes no suites", minor: "1.37",
			body: "tls: {minVersion: VersionTLS13, cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256], curvePreferences: [X25519MLKEM768, CurveP256]}\n",
			want: map[string]any{
				"kube-apiserver:--tls-cipher-suites":        nil,
				"etcd:--cipher-suites":                      nil,
				"etcd:--tls-min-version":                    "TLS1.3",
				"kube-apiserver:--tls-curve-preferences":    []any{int64(4588), int64(23)},
				"kubelet[worker]:tlsCurvePreferences":       []any{int64(4588), int64(23)},
				"kube-controller-manager:--tls-min-version": "VersionTLS13",
			},
		},
		{
			name: "etcd's gates keep kubeadm's", minor: "1.37",
			body: "etcd: {flags: {feature-gates: {CompactHashCheck: true}}}\n",
			want: map[string]any{"etcd:--feature-gates": map[string]any{"CompactHashCheck": true, "InitialCorruptCheck": true}},
		},
		{
			name: "rotated serving certificates at both ends", minor: "1.37",
			body: "kubelet: {servingCertificates: rotated}\n",
			want: map[string]any{
				"kubelet[control-plane]:serverTLSBootstrap":      true,
				"kubelet[worker]:rotateCertificates":             true,
				"kube-apiserver:--kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt",
			},
		},
		{
			name: "image credentials where the minor verifies them", minor: "1.35",
			body: "kubelet: {imageCredentialVerification: AlwaysVerify}\n",
			want: map[string]any{"kubelet[worker]:imagePullCredentialsVerificationPolicy": "AlwaysVerify"},
		},
		{
			name: "image credentials where it does not", minor: "1.34",
			body: "kubelet: {imageCredentialVerification: AlwaysVerify}\n",
			want: map[string]any{"kubelet[worker]:imagePullCredentialsVerificationPolicy": nil},
		},
		{
			name: "roles differ", minor: "1.37",
			body: "kubelet: {config: {maxPods: 110}, worker: {config: {maxPods: 250}, staticPods: false, flags: {hostname-override: w}}}\n",
			want: map[string]any{
				"kubelet[control-plane]:maxPods":       int64(110),
				"kubelet[worker]:maxPods":              int64(250),
				"kubelet[worker]:--hostname-override":  "w",
				"kubelet[control-plane]:staticPodPath": nil,
			},
		},
		{
			name: "a webhook authorizer makes the document", minor: "1.37",
			body: "apiServer: {authorizationWebhooks: [{name: a.example.org, matchConditions: [\"true\"], kubeConfig: {server: \"https://a.example.org\", certificateAuthority: /etc/kubernetes/pki/a.crt}}]}\n",
			want: map[string]any{
				"kube-apiserver:--authorization-mode":   nil,
				"kube-apiserver:--authorization-config": "/etc/kubernetes/hardstrap/authorization/authorization.yaml",
				"kube-apiserver:AuthorizationConfiguration": map[string]any{
					"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration",
					"authorizers": []any{
						map[string]any{"type": "Node", "name": "node"},
						map[string]any{"type": "RBAC", "name": "rbac"},
						map[string]any{"type": "Webhook", "name": "a.example.org", "webhook": map[string]any{
							"timeout": "3s", "authorizedTTL": "5m", "unauthorizedTTL": "30s", "failurePolicy": "Deny",
							"subjectAccessReviewVersion": "v1", "matchConditionSubjectAccessReviewVersion": "v1",
							"matchConditions": []any{map[string]any{"expression": "true"}},
							"connectionInfo":  map[string]any{"type": "KubeConfigFile", "kubeConfigFile": "/etc/kubernetes/hardstrap/authorization/a.example.org.kubeconfig"},
						}},
					},
				},
			},
		},
		{
			name: "an etcd that stands apart", minor: "1.37",
			body: "etcd: {external: {members: [{name: a, address: 192.0.2.1}, {name: b, address: \"2001:db8::2\"}]}}\n",
			want: map[string]any{
				"kubeadm:etcd.external": map[string]any{
					"endpoints": []any{"https://192.0.2.1:2379", "https://[2001:db8::2]:2379"},
					"caFile":    "/etc/kubernetes/pki/etcd/ca.crt",
					"certFile":  "/etc/kubernetes/pki/apiserver-etcd-client.crt",
					"keyFile":   "/etc/kubernetes/pki/apiserver-etcd-client.key",
				},
				"etcd:--client-cert-auth":      true,
				"etcd:--peer-client-cert-auth": true,
			},
		},
		{
			name: "KMS mounts its socket's directory", minor: "1.37",
			body: "apiServer: {encryption: {provider: kms, identity: absent, kms: {name: vault, endpoint: \"unix:///run/kms/s.sock\"}}}\n",
			want: map[string]any{
				"kube-apiserver:extraVolumes": []any{
					map[string]any{"name": "hardstrap-encryption", "hostPath": "/etc/kubernetes/hardstrap/encryption", "mountPath": "/etc/kubernetes/hardstrap/encryption", "readOnly": true, "pathType": "Directory"},
					map[string]any{"name": "hardstrap-kms", "hostPath": "/run/kms", "mountPath": "/run/kms", "readOnly": true, "pathType": "Directory"},
				},
			},
		},
		{
			name: "a firewall admits pods", minor: "1.37",
			body: "cluster: {podSubnet: \"10.1.0.0/16,fd00::/64\", bindPort: 8443}\nhost: {firewall: {apiServer: [10.0.0.0/8], ssh: [192.0.2.0/24]}}\n",
			want: map[string]any{
				"host[control-plane]:firewall/apiServer":     []any{"10.0.0.0/8"},
				"host[control-plane]:firewall/apiServerPort": int64(8443),
				"host[control-plane]:firewall/pods":          []any{"10.1.0.0/16", "fd00::/64"},
				"host[worker]:firewall/apiServer":            nil,
				"host[worker]:firewall/ssh":                  []any{"192.0.2.0/24"},
			},
		},
	}
}
