package resolve_test

func warnings() []problemCase {
	return []problemCase{
		{
			name: "minor out of support", minor: "1.33",
			body: ``,
			want: []string{
				`p.yaml:4:20: warning: kubernetesVersion: Kubernetes 1.33 is out of support: in November 2026 upstream supports 1.35, 1.36, 1.37; plan an upgrade`,
			},
		},
		{
			name: "suite of TLS 1.3", minor: "1.37",
			body: `tls: {cipherSuites: {add: [TLS_AES_128_GCM_SHA256]}}`,
			want: []string{
				`p.yaml:6:28: warning: tls.cipherSuites[4]: suite "TLS_AES_128_GCM_SHA256" is of TLS 1.3, whose suites cannot be configured: it is left out; remove it`,
			},
		},
		{
			name: "suites with a minimum of TLS 1.3", minor: "1.37",
			body: `tls: {minVersion: VersionTLS13}`,
			want: []string{
				`built-in:baseline:25:3: warning: tls.cipherSuites: with a minimum of TLS 1.3 no suite can be chosen: the list is left out; set it to [] to silence this`,
			},
		},
		{
			name: "classic curves alone", minor: "1.37",
			body: `tls: {curvePreferences: [X25519]}`,
			want: []string{
				`p.yaml:6:25: warning: tls.curvePreferences: without a hybrid curve, post-quantum key exchange, which is on by default, is turned off; add X25519MLKEM768, or leave the list out`,
			},
		},
		{
			name: "image credentials before 1.35", minor: "1.34",
			body: `kubelet: {imageCredentialVerification: AlwaysVerify}`,
			want: []string{
				`p.yaml:4:20: warning: kubernetesVersion: Kubernetes 1.34 is out of support: in November 2026 upstream supports 1.35, 1.36, 1.37; plan an upgrade`,
				`p.yaml:6:40: warning: kubelet.imageCredentialVerification: Kubernetes 1.34 does not verify image credentials: left out; it works from 1.35 on`,
			},
		},
		{
			name: "aesgcm", minor: "1.37",
			body: `apiServer: {encryption: {provider: aesgcm}}`,
			want: []string{
				`p.yaml:6:36: warning: apiServer.encryption.provider: aesgcm is only safe while each key encrypts few objects: nonces are random; prefer secretbox or kms, or rotate the key before 200000 writes`,
			},
		},
		{
			name: "aescbc", minor: "1.37",
			body: `apiServer: {encryption: {provider: aescbc}}`,
			want: []string{
				`p.yaml:6:36: warning: apiServer.encryption.provider: aescbc does not authenticate what it encrypts; prefer secretbox or kms unless FIPS asks for AES`,
			},
		},
		{
			name: "identity first", minor: "1.37",
			body: `apiServer: {encryption: {identity: first}}`,
			want: []string{
				`p.yaml:6:36: warning: apiServer.encryption.identity: with identity first, new objects are still written in plain; set it to "last" once every API server runs with this file`,
			},
		},
		{
			name: "webhook before RBAC", minor: "1.37",
			body: `apiServer: {authorization: [Webhook, Node, RBAC], authorizationWebhooks: [{name: a.example.org, kubeConfig: {server: "https://a.example.org", certificateAuthority: /etc/kubernetes/pki/a.crt}}]}`,
			want: []string{
				`p.yaml:6:28: warning: apiServer.authorization: a webhook that is asked before RBAC keeps the cluster from starting when it cannot be reached; put RBAC before Webhook`,
			},
		},
		{
			name: "etcd metrics open to the network", minor: "1.37",
			body: `etcd: {flags: {listen-metrics-urls: "http://0.0.0.0:2381"}}`,
			want: []string{
				`p.yaml:6:37: warning: etcd:--listen-metrics-urls: metrics at "http://0.0.0.0:2381" are open to whoever can reach the address; use http://127.0.0.1:2381`,
			},
		},
		{
			name: "deprecated flag", minor: "1.37",
			body: `etcd: {flags: {max-snapshots: 3}}`,
			want: []string{
				`p.yaml:6:31: warning: etcd.flags.max-snapshots: flag "max-snapshots" of etcd is deprecated in 1.37: --max-snapshots is deprecated in 3.6 and will be decommissioned in 3.8.`,
			},
		},
		{
			name: "benchmark that does not cover the minor", minor: "1.37",
			body: `benchmarks: [{name: cis-1.12, level: L1}]`,
			want: []string{
				`p.yaml:6:21: warning: benchmarks[0].name: cis-1.12 was written for Kubernetes 1.32 to 1.34 and does not cover 1.37`,
			},
		},
		{
			name: "weak value, waived", minor: "1.37",
			body: `kubelet: {config: {readOnlyPort: 10255}}
waivers: [{control: weak/read-only-port, reason: old agent, owner: me}]`,
			want: []string{
				`p.yaml:6:34: warning: kubelet[control-plane]:readOnlyPort, kubelet[worker]:readOnlyPort: the kubelet's read-only port answers everybody without TLS or credentials (waived)`,
			},
		},
		{
			name: "waiver that lifts nothing", minor: "1.37",
			body: `waivers: [{control: cis-1.12/1.2.7, reason: why not, owner: me}]`,
			want: []string{
				`p.yaml:6:21: warning: waivers[cis-1.12/1.2.7].control: the waiver lifts nothing: "cis-1.12/1.2.7" is not given up by this profile; remove it`,
			},
		},
		{
			name: "taints of control planes", minor: "1.37",
			body: `kubelet: {config: {registerWithTaints: [{key: a.example.org/b, effect: NoSchedule}]}}`,
			want: []string{
				`p.yaml:6:40: warning: kubelet[control-plane]:registerWithTaints: kubeadm gives control planes its own taints by a flag, which outranks this field; set it in kubelet.worker.config, and taint control planes with kubectl`,
			},
		},
		{
			name: "value in place of kubeadm's", minor: "1.37",
			body: `apiServer: {flags: {client-ca-file: /etc/kubernetes/pki/other.crt}}`,
			want: []string{
				`p.yaml:6:37: warning: kube-apiserver:--client-ca-file: this takes the place of kubeadm's "/etc/kubernetes/pki/ca.crt"`,
			},
		},
	}
}
