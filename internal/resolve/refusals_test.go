package resolve_test

// problemCase is a profile, on top of baseline, and what is said of it.
type problemCase struct {
	name, minor, body string
	want              []string
}

func refusals() []problemCase {
	return []problemCase{
		{
			name: "node restriction disabled", minor: "1.37",
			body: `apiServer: {admission: {disable: [NodeRestriction]}}`,
			want: []string{
				`p.yaml:6:34: kube-apiserver:--disable-admission-plugins: without NodeRestriction a kubelet may change other nodes and their pods; remove it from apiServer.admission.disable`,
			},
		},
		{
			name: "flag removed long ago", minor: "1.37",
			body: `apiServer: {flags: {kubelet-https: true, basic-auth-file: /etc/kubernetes/pki/basic, insecure-port: 0}}`,
			want: []string{
				`p.yaml:6:21: apiServer.flags.kubelet-https: kube-apiserver has no flag "kubelet-https" since Kubernetes 1.22; drop it: kubelets are always reached over TLS; --kubelet-certificate-authority makes it verified`,
				`p.yaml:6:42: apiServer.flags.basic-auth-file: kube-apiserver has no flag "basic-auth-file" since Kubernetes 1.19; write an AuthenticationConfiguration with jwt issuers; static passwords are gone`,
				`p.yaml:6:86: apiServer.flags.insecure-port: kube-apiserver has no flag "insecure-port" since Kubernetes 1.24; drop it: nothing is served without TLS; --secure-port is the port`,
			},
		},
		{
			name: "plugin removed long ago", minor: "1.37",
			body: `apiServer: {admission: {enable: [SecurityContextDeny]}}`,
			want: []string{
				`p.yaml:6:34: apiServer.admission.enable[0]: admission plugin "SecurityContextDeny" is gone since 1.30: the API server would not start; use PodSecurity`,
			},
		},
		{
			name: "plugin misspelt", minor: "1.37",
			body: `apiServer: {admission: {enable: [AlwaysPullImage]}}`,
			want: []string{
				`p.yaml:6:34: apiServer.admission.enable[0]: Kubernetes 1.37 has no admission plugin "AlwaysPullImage": the API server would not start; did you mean "AlwaysPullImages"?`,
			},
		},
		{
			name: "plugin of another minor", minor: "1.37",
			body: `apiServer: {admission: {enable: [JobValidation]}}`,
			want: []string{
				`p.yaml:6:34: apiServer.admission.enable[0]: admission plugin "JobValidation" is gone since 1.37: the API server would not start; drop it: 1.36 alone had it`,
			},
		},
		{
			name: "plugin without its configuration", minor: "1.37",
			body: `apiServer: {admission: {enable: [EventRateLimit, ImagePolicyWebhook]}}`,
			want: []string{
				`p.yaml:6:33: apiServer.admission.enable: admission plugin "EventRateLimit" does nothing without its configuration; describe it in apiServer.admission.eventRateLimit`,
				`p.yaml:6:33: apiServer.admission.enable: admission plugin "ImagePolicyWebhook" does nothing without its configuration; describe it in apiServer.admission.imagePolicyWebhook`,
			},
		},
		{
			name: "flag misspelt", minor: "1.37",
			body: `scheduler: {flags: {profilng: false}}`,
			want: []string{
				`p.yaml:6:21: scheduler.flags.profilng: kube-scheduler 1.37 has no flag "profilng"; did you mean "profiling"?`,
			},
		},
		{
			name: "flag newer than the minor", minor: "1.35",
			body: `apiServer: {flags: {tls-curve-preferences: [29]}}`,
			want: []string{
				`p.yaml:6:21: apiServer.flags.tls-curve-preferences: kube-apiserver 1.35 has no flag "tls-curve-preferences"; it exists since 1.36`,
			},
		},
		{
			name: "curves newer than the minor", minor: "1.35",
			body: `tls: {curvePreferences: [X25519]}`,
			want: []string{
				`p.yaml:6:25: tls.curvePreferences: Kubernetes 1.35 has no --tls-curve-preferences; remove it; it exists since 1.36`,
			},
		},
		{
			name: "curve misspelt", minor: "1.37",
			body: `tls: {curvePreferences: [X25518]}`,
			want: []string{
				`p.yaml:6:26: tls.curvePreferences[0]: Kubernetes 1.37 knows no curve "X25518"; allowed: CurveP256, CurveP384, CurveP521, X25519, SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024; did you mean "X25519"?`,
			},
		},
		{
			name: "flag of a section", minor: "1.37",
			body: `apiServer: {flags: {audit-log-maxage: 30, anonymous-auth: false}}`,
			want: []string{
				`p.yaml:6:21: apiServer.flags.audit-log-maxage: flag "audit-log-maxage" belongs to a section of the profile; set apiServer.audit.log.maxAge instead`,
				`p.yaml:6:43: apiServer.flags.anonymous-auth: flag "anonymous-auth" belongs to a section of the profile; set apiServer.anonymousAuth instead`,
			},
		},
		{
			name: "flag of the wrong type", minor: "1.37",
			body: `apiServer: {flags: {request-timeout: 300, profiling: "no", max-requests-inflight: many, feature-gates: [A]}}`,
			want: []string{
				`p.yaml:6:38: apiServer.flags.request-timeout: integer "300" is not a value for --request-timeout of kube-apiserver, which takes a duration; write a duration with its unit, such as 300s, 5m or 1h30m`,
				`p.yaml:6:54: apiServer.flags.profiling: string "no" is not a value for --profiling of kube-apiserver, which takes true or false; write true or false, without quotes`,
				`p.yaml:6:83: apiServer.flags.max-requests-inflight: string "many" is not a value for --max-requests-inflight of kube-apiserver, which takes a whole number; write a whole number, without quotes`,
				`p.yaml:6:104: apiServer.flags.feature-gates: a list is not a value for --feature-gates of kube-apiserver, which takes a map; write a map, such as {Name: true}`,
			},
		},
		{
			name: "number out of a flag's range", minor: "1.37",
			body: `controllerManager: {flags: {concurrent-deployment-syncs: 9999999999}}`,
			want: []string{
				`p.yaml:6:58: controllerManager.flags.concurrent-deployment-syncs: integer "9999999999" is not a value for --concurrent-deployment-syncs of kube-controller-manager, which takes a whole number; write a number within int32`,
			},
		},
		{
			name: "gate removed", minor: "1.37",
			body: `apiServer: {flags: {feature-gates: {AnonymousAuthConfigurableEndpoints: true}}}`,
			want: []string{
				`p.yaml:6:37: apiServer.flags.feature-gates.AnonymousAuthConfigurableEndpoints: feature gate "AnonymousAuthConfigurableEndpoints" is gone since 1.37: the component would not start; drop it: anonymous.conditions of AuthenticationConfiguration needs no gate`,
			},
		},
		{
			name: "gate that a benchmark still asks for", minor: "1.37",
			body: `apiServer: {flags: {feature-gates: {PodSecurity: true}}}`,
			want: []string{
				`p.yaml:6:37: apiServer.flags.feature-gates.PodSecurity: feature gate "PodSecurity" is gone since 1.28: the component would not start; drop it: Pod Security admission is always on; enforce a level with its labels or configuration`,
			},
		},
		{
			name: "gate newer than the minor", minor: "1.33",
			body: `apiServer: {flags: {feature-gates: {ManifestBasedAdmissionControlConfig: true}}}`,
			want: []string{
				`p.yaml:6:37: apiServer.flags.feature-gates.ManifestBasedAdmissionControlConfig: kube-apiserver 1.33 has no feature gate "ManifestBasedAdmissionControlConfig": it would not start; it exists since 1.36`,
			},
		},
		{
			name: "plugin newer than the minor", minor: "1.33",
			body: `apiServer: {admission: {enable: [JobValidation]}}`,
			want: []string{
				`p.yaml:6:34: apiServer.admission.enable[0]: Kubernetes 1.33 has no admission plugin "JobValidation": the API server would not start; it exists from 1.36 to 1.36`,
			},
		},
		{
			name: "plugin that refuses everything", minor: "1.37",
			body: `apiServer: {admission: {enable: [AlwaysDeny]}}`,
			want: []string{
				`p.yaml:6:33: kube-apiserver:--enable-admission-plugins: AlwaysDeny refuses every change: kubeadm could not bring the cluster up; remove it from apiServer.admission.enable`,
			},
		},
		{
			name: "gate locked", minor: "1.36",
			body: `kubelet: {config: {featureGates: {KubeletFineGrainedAuthz: false}}}`,
			want: []string{
				`p.yaml:6:60: kubelet.config.featureGates.KubeletFineGrainedAuthz: feature gate "KubeletFineGrainedAuthz" is locked to true in 1.36: the component would not start; remove it`,
			},
		},
		{
			name: "gate misspelt", minor: "1.37",
			body: `controllerManager: {flags: {feature-gates: {RotateKubeletServerCertificates: true}}}`,
			want: []string{
				`p.yaml:6:45: controllerManager.flags.feature-gates.RotateKubeletServerCertificates: kube-controller-manager 1.37 has no feature gate "RotateKubeletServerCertificates": it would not start; did you mean "RotateKubeletServerCertificate"?`,
			},
		},
		{
			name: "gate of etcd unknown", minor: "1.37",
			body: `etcd: {flags: {feature-gates: {InitialCorruptChek: true}}}`,
			want: []string{
				`p.yaml:6:32: etcd.flags.feature-gates.InitialCorruptChek: etcd 3.7 has no feature gate "InitialCorruptChek": it would not start; allowed: CompactHashCheck, FastLeaseKeepAlive, InitialCorruptCheck, LeaseCheckpoint, LeaseCheckpointPersist, PriorityRequest, SetMemberLocalAddr, StopGRPCServiceOnDefrag, TxnModeWriteWithSharedBuffer; did you mean "InitialCorruptCheck"?`,
			},
		},
		{
			name: "field newer than the minor", minor: "1.33",
			body: `kubelet: {config: {tlsCurvePreferences: [29]}}`,
			want: []string{
				`p.yaml:6:20: kubelet.config.tlsCurvePreferences: KubeletConfiguration of Kubernetes 1.33 has no field "tlsCurvePreferences"; it exists since 1.36`,
			},
		},
		{
			name: "field misspelt, in a role", minor: "1.37",
			body: `kubelet: {worker: {config: {podPidLimit: 100}}}`,
			want: []string{
				`p.yaml:6:29: kubelet.worker.config.podPidLimit: KubeletConfiguration of Kubernetes 1.37 has no field "podPidLimit"; did you mean "podPidsLimit"?`,
			},
		},
		{
			name: "field of the wrong type", minor: "1.37",
			body: `kubelet: {config: {podPidsLimit: many, clusterDNS: 10.96.0.10, authentication: true, registerWithTaints: [{key: 1, efect: NoSchedule}]}}`,
			want: []string{
				`p.yaml:6:34: kubelet.config.podPidsLimit: string "many" is not a value for podPidsLimit of KubeletConfiguration, which takes a whole number; write a whole number, without quotes`,
				`p.yaml:6:52: kubelet.config.clusterDNS: string "10.96.0.10" is not a value for clusterDNS of KubeletConfiguration, which takes a list; write a list`,
				`p.yaml:6:80: kubelet.config.authentication: boolean "true" is not a value for authentication of KubeletConfiguration, which takes a map; write a map`,
				`p.yaml:6:113: kubelet.config.registerWithTaints[0].key: integer "1" is not a value for registerWithTaints[].key of KubeletConfiguration, which takes a string; write a string; quote it if it looks like a number or a boolean`,
				`p.yaml:6:116: kubelet.config.registerWithTaints[0].efect: KubeletConfiguration of Kubernetes 1.37 has no field "registerWithTaints[].efect"; did you mean "registerWithTaints[].effect"?`,
			},
		},
		{
			name: "number out of a field's range", minor: "1.37",
			body: `kubelet: {config: {maxPods: 99999999999}}`,
			want: []string{
				`p.yaml:6:29: kubelet.config.maxPods: integer "99999999999" is not a value for maxPods of KubeletConfiguration, which takes a whole number; write a number within int32`,
			},
		},
		{
			name: "etcd without TLS", minor: "1.37",
			body: `apiServer: {flags: {etcd-servers: ["http://127.0.0.1:2379"]}}`,
			want: []string{
				`p.yaml:6:35: kube-apiserver:--etcd-servers: the API server would talk to etcd without TLS; write https`,
			},
		},
		{
			name: "control planes without their static pods", minor: "1.37",
			body: `kubelet: {controlPlane: {config: {staticPodPath: ""}}}`,
			want: []string{
				`p.yaml:6:50: kubelet[control-plane]:staticPodPath: kubeadm writes the control plane's pods to /etc/kubernetes/manifests, and this kubelet would not start them; set it in kubelet.worker.config, or remove it`,
			},
		},
		{
			name: "probes that AlwaysAllow leaves without an answer", minor: "1.37",
			body: "apiServer: {authorization: [Node, RBAC, AlwaysAllow], anonymousAuth: open}\nwaivers:\n- {control: weak/always-allow, reason: r, owner: o}\n- {control: weak/anonymous-access, reason: r, owner: o}",
			want: []string{
				`p.yaml:6:28: kube-apiserver:--authorization-mode: with AlwaysAllow the API server refuses anonymous requests, and would be restarted for ever because its probes get no answer; set apiServer.anonymousAuth to health-only or disabled`,
			},
		},
		{
			name: "kube-proxy field unknown", minor: "1.37",
			body: `kubeProxy: {config: {iptables: {localhostNodePort: false}}}`,
			want: []string{
				`p.yaml:6:33: kubeProxy.config.iptables.localhostNodePort: KubeProxyConfiguration of Kubernetes 1.37 has no field "iptables.localhostNodePort"; did you mean "iptables.localhostNodePorts"?`,
			},
		},
		{
			name: "oidc flags beside the document", minor: "1.37",
			body: `apiServer: {flags: {oidc-issuer-url: "https://login.example.org", oidc-client-id: k}}`,
			want: []string{
				`p.yaml:6:38: kube-apiserver:--oidc-issuer-url: --authentication-config and --oidc-issuer-url exclude each other: the component would not start; describe the issuer in apiServer.authentication.jwt`,
				`p.yaml:6:83: kube-apiserver:--oidc-client-id: --authentication-config and --oidc-client-id exclude each other: the component would not start; describe the issuer in apiServer.authentication.jwt`,
			},
		},
		{
			name: "signing endpoint beside key files", minor: "1.37",
			body: `apiServer: {flags: {service-account-signing-endpoint: /var/run/signer.sock, service-account-key-file: [/etc/kubernetes/pki/sa.pub]}}`,
			want: []string{
				`p.yaml:6:103: kube-apiserver:--service-account-key-file: --service-account-signing-endpoint and --service-account-key-file exclude each other: the component would not start; use one of the two`,
			},
		},
		{
			name: "suites without AES-128-GCM", minor: "1.37",
			body: `tls: {cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]}`,
			want: []string{
				`p.yaml:6:21: etcd:--cipher-suites, kube-apiserver:--tls-cipher-suites, kube-controller-manager:--tls-cipher-suites, kube-scheduler:--tls-cipher-suites, kubelet[control-plane]:tlsCipherSuites, kubelet[worker]:tlsCipherSuites: no ECDHE suite with AES-128-GCM: HTTP/2 demands one, and the component would not serve; add TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or use tls.minVersion: VersionTLS13`,
			},
		},
		{
			name: "suites of a kubelet's flag", minor: "1.37",
			body: `kubelet: {worker: {flags: {tls-cipher-suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]}}}`,
			want: []string{
				`p.yaml:6:47: kubelet[worker]:--tls-cipher-suites: no ECDHE suite with AES-128-GCM: HTTP/2 demands one, and the component would not serve; add TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or use tls.minVersion: VersionTLS13`,
			},
		},
		{
			name: "suites of one family", minor: "1.37",
			body: `tls: {cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}`,
			want: []string{
				`p.yaml:6:21: etcd:--cipher-suites, kube-apiserver:--tls-cipher-suites, kube-controller-manager:--tls-cipher-suites, kube-scheduler:--tls-cipher-suites, kubelet[control-plane]:tlsCipherSuites, kubelet[worker]:tlsCipherSuites: no suite for ECDSA certificates: a server whose certificate is of that kind could not be reached below TLS 1.3; name the suites of both families`,
			},
		},
		{
			name: "suite unknown", minor: "1.37",
			body: `tls: {cipherSuites: {add: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265]}}`,
			want: []string{
				`p.yaml:6:28: tls.cipherSuites[4]: Kubernetes 1.37 knows no cipher suite "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265": a component given it would not start; did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"?`,
			},
		},
		{
			name: "etcd suites with TLS 1.3", minor: "1.37",
			body: `etcd: {flags: {tls-min-version: TLS1.3, cipher-suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]}}`,
			want: []string{
				`p.yaml:6:56: etcd:--cipher-suites: etcd does not start with cipher suites and a minimum of TLS 1.3; remove one of the two`,
			},
		},
		{
			name: "etcd maximum below minimum", minor: "1.37",
			body: `etcd: {flags: {tls-min-version: TLS1.3, tls-max-version: TLS1.2}}`,
			want: []string{
				`p.yaml:6:58: etcd:--tls-max-version: etcd does not start with a maximum below its minimum; remove it`,
			},
		},
		{
			name: "etcd flag that is gone", minor: "1.37",
			body: `etcd: {flags: {experimental-corrupt-check-time: 4h, enable-v2: false}}`,
			want: []string{
				`p.yaml:6:16: etcd.flags.experimental-corrupt-check-time: etcd has no flag "experimental-corrupt-check-time" since Kubernetes 1.37; use --corrupt-check-time`,
				`p.yaml:6:53: etcd.flags.enable-v2: etcd has no flag "enable-v2" since Kubernetes 1.34; drop it: etcd 3.6 has neither the v2 API nor the v2 proxy`,
			},
		},
		{
			name: "etcd configuration by file", minor: "1.37",
			body: `etcd: {flags: {config-file: /etc/etcd.yaml}}`,
			want: []string{
				`p.yaml:6:29: etcd:--config-file: with a configuration file etcd ignores every other flag, kubeadm's included; set etcd.flags instead`,
			},
		},
		{
			name: "etcd metrics by https", minor: "1.37",
			body: `etcd: {flags: {listen-metrics-urls: "https://127.0.0.1:2381"}}`,
			want: []string{
				`p.yaml:6:37: etcd:--listen-metrics-urls: kubeadm's probes of "https://127.0.0.1:2381" would need a client certificate and have none; use http://127.0.0.1:2381`,
			},
		},
		{
			name: "kernel defaults without sysctls", minor: "1.37",
			body: `host: {sysctls: false}
kubelet: {config: {protectKernelDefaults: true}}`,
			want: []string{
				`p.yaml:7:43: kubelet[control-plane]:protectKernelDefaults, kubelet[worker]:protectKernelDefaults: the kubelet would not start: nothing sets the six sysctls it demands; set host.sysctls: true`,
			},
		},
		{
			name: "file that is not mounted", minor: "1.37",
			body: `apiServer: {flags: {egress-selector-config-file: /etc/egress/config.yaml}}`,
			want: []string{
				`p.yaml:6:50: kube-apiserver:--egress-selector-config-file: "/etc/egress/config.yaml" is in no directory that is mounted into the pod: the component would not find it; put it below /etc/kubernetes/pki, or add its directory to extraVolumes`,
			},
		},
		{
			name: "reserved path", minor: "1.37",
			body: `apiServer: {extraVolumes: [{name: k, hostPath: /etc/kubernetes, mountPath: /etc/kubernetes}], flags: {tracing-config-file: /etc/kubernetes/kubelet-config.yaml}}`,
			want: []string{
				`p.yaml:6:124: kube-apiserver:--tracing-config-file: "/etc/kubernetes/kubelet-config.yaml" is not where a kubeadm node's kubelet reads; use another name; kubeadm writes the kubelet's to /var/lib/kubelet/config.yaml`,
			},
		},
		{
			name: "reserved path in a volume", minor: "1.37",
			body: `scheduler: {extraVolumes: [{name: k, hostPath: /etc/kubernetes/kubelet-config.yaml, mountPath: /x}]}`,
			want: []string{
				`p.yaml:6:27: kube-scheduler:extraVolumes: "/etc/kubernetes/kubelet-config.yaml" is not where a kubeadm node's kubelet reads; use another name; kubeadm writes the kubelet's to /var/lib/kubelet/config.yaml`,
			},
		},
		{
			name: "TLS version unknown", minor: "1.37",
			body: `scheduler: {flags: {tls-min-version: VersionTLS14}}
kubelet: {worker: {config: {tlsMinVersion: TLS1.2}}}
etcd: {flags: {tls-min-version: VersionTLS12}}`,
			want: []string{
				`p.yaml:6:38: kube-scheduler:--tls-min-version: no TLS version "VersionTLS14" is known: the component would not start; allowed: VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13`,
				`p.yaml:7:44: kubelet[worker]:tlsMinVersion: no TLS version "TLS1.2" is known: the component would not start; allowed: VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13`,
				`p.yaml:8:33: etcd:--tls-min-version: no TLS version "VersionTLS12" is known: the component would not start; allowed: TLS1.2, TLS1.3`,
			},
		},
		{
			name: "controllers without kubeadm's", minor: "1.37",
			body: `controllerManager: {flags: {controllers: ["*"]}}`,
			want: []string{
				`p.yaml:6:42: kube-controller-manager:--controllers: the list replaces kubeadm's and lacks "bootstrapsigner": joining by token would fail; write it out: ["*", bootstrapsigner, tokencleaner, ...]`,
				`p.yaml:6:42: kube-controller-manager:--controllers: the list replaces kubeadm's and lacks "tokencleaner": joining by token would fail; write it out: ["*", bootstrapsigner, tokencleaner, ...]`,
			},
		},
		{
			name: "audit backends without a policy", minor: "1.37",
			body: `apiServer: {audit: {policy: null}}`,
			want: []string{
				`p.yaml:6:20: apiServer.audit: audit backends without a policy log nothing; set apiServer.audit.policy`,
			},
		},
		{
			name: "privileged pods forbidden", minor: "1.37",
			body: `apiServer: {flags: {allow-privileged: false}}`,
			want: []string{
				`p.yaml:6:39: kube-apiserver:--allow-privileged: kube-proxy and network plugins are privileged: the cluster would have no network; remove it; Pod Security admission decides who may run privileged pods`,
			},
		},
		{
			name: "health paths closed", minor: "1.37",
			body: `scheduler: {flags: {authorization-always-allow-paths: [/metrics]}}`,
			want: []string{
				`p.yaml:6:55: kube-scheduler:--authorization-always-allow-paths: the probes ask these paths without credentials: the pod would be restarted for ever; keep /healthz, /readyz and /livez`,
			},
		},
		{
			name: "client certificates that kubeadm rotates anyway", minor: "1.37",
			body: `kubelet: {config: {rotateCertificates: false}}`,
			want: []string{
				`p.yaml:6:40: kubelet[control-plane]:rotateCertificates, kubelet[worker]:rotateCertificates: kubeadm silently sets it back to true; remove it`,
			},
		},
		{
			name: "algorithm newer than the minor", minor: "1.33",
			body: `cluster: {certificates: {algorithm: ECDSA-P384}}`,
			want: []string{
				`p.yaml:6:37: cluster.certificates.algorithm: kubeadm 1.33 makes no certificates with "ECDSA-P384"; allowed: ECDSA-P256, RSA-2048, RSA-3072, RSA-4096; it exists since 1.34`,
			},
		},
		{
			name: "webhook field newer than the minor", minor: "1.33",
			body: `apiServer: {authorizationWebhooks: [{name: a.example.org, cacheAuthorizedRequests: false, kubeConfig: {server: "https://a.example.org", certificateAuthority: /etc/kubernetes/pki/a.crt}}]}`,
			want: []string{
				`p.yaml:6:84: apiServer.authorizationWebhooks[a.example.org].cacheAuthorizedRequests: Kubernetes 1.33 does not know cacheAuthorizedRequests; remove it; it exists since 1.34`,
			},
		},
		{
			name: "mode that cannot stand beside a webhook", minor: "1.37",
			body: `apiServer: {authorization: [Node, RBAC, AlwaysDeny], authorizationWebhooks: [{name: a.example.org, kubeConfig: {server: "https://a.example.org", certificateAuthority: /etc/kubernetes/pki/a.crt}}]}`,
			want: []string{
				`p.yaml:6:41: apiServer.authorization[2]: mode "AlwaysDeny" cannot stand beside a webhook authorizer; use Node, RBAC and Webhook`,
			},
		},
		{
			name: "pod security version newer than the minor", minor: "1.36",
			body: `apiServer: {admission: {podSecurity: {enforceVersion: v1.37}}}`,
			want: []string{
				`p.yaml:6:55: apiServer.admission.podSecurity.enforceVersion: version "v1.37" is newer than Kubernetes 1.36; use v1.36 or an older one`,
			},
		},
		{
			name: "serving certificates said twice", minor: "1.37",
			body: `kubelet: {config: {serverTLSBootstrap: true}}`,
			want: []string{
				`p.yaml:6:40: kubelet[control-plane]:serverTLSBootstrap, kubelet[worker]:serverTLSBootstrap: field "serverTLSBootstrap" belongs to a section of the profile; set only kubelet.servingCertificates`,
			},
		},
		{
			name: "firewall that would cut off pods", minor: "1.37",
			body: `host: {firewall: {apiServer: [10.0.0.0/8]}}`,
			want: []string{
				`p.yaml:6:18: host.firewall: a firewall that does not know the pods' addresses would cut them off from the API server and from metrics; set cluster.podSubnet`,
			},
		},
		{
			name: "policy file that logs nothing", minor: "1.37",
			body: `apiServer: {audit: {policy: null, policyFile: audit.yaml}}`,
			want: []string{
				`p.yaml:4:1: rules: the policy records nothing: no rule above level None is ever reached; end it with "- level: Metadata"; or waive "weak/audit-logs-nothing" with a reason`,
			},
		},
		{
			name: "issuer field newer than the minor", minor: "1.33",
			body: `apiServer: {authentication: {jwt: [{issuer: {url: "https://login.example.org", audiences: [k], egressSelectorType: cluster}, claimMappings: {username: {claim: sub, prefix: ""}}}]}}`,
			want: []string{
				`p.yaml:6:116: apiServer.authentication.jwt[https://login.example.org].issuer.egressSelectorType: Kubernetes 1.33 does not know egressSelectorType; remove it; it exists since 1.34`,
			},
		},
		{
			name: "issuer through an egress selector that nothing describes", minor: "1.37",
			body: `apiServer: {authentication: {jwt: [{issuer: {url: "https://login.example.org", audiences: [k], egressSelectorType: cluster}, claimMappings: {username: {claim: sub, prefix: ""}}}]}}`,
			want: []string{
				`p.yaml:6:116: apiServer.authentication.jwt[https://login.example.org].issuer.egressSelectorType: without an egress selector the API server does not start; set apiServer.flags.egress-selector-config-file to the file that describes it`,
			},
		},
		{
			name: "volume of hardstrap's own name", minor: "1.37",
			body: `apiServer: {extraVolumes: [{name: hardstrap-audit, hostPath: /a, mountPath: /etc/kubernetes/hardstrap/audit}]}`,
			want: []string{
				`p.yaml:6:35: apiServer.extraVolumes[hardstrap-audit].name: volume names with "hardstrap-" are hardstrap's own; choose another name`,
				`p.yaml:6:77: apiServer.extraVolumes[hardstrap-audit].mountPath: "/etc/kubernetes/hardstrap/audit" is already mounted by volume "hardstrap-audit"; remove it, or mount elsewhere`,
			},
		},
		{
			name: "weak: AlwaysAllow", minor: "1.37",
			body: `apiServer: {authorization: [AlwaysAllow]}`,
			want: []string{
				`p.yaml:6:28: kube-apiserver:--authorization-mode: AlwaysAllow lets every request through; instead: Node and RBAC; on the kubelet, Webhook; or waive "weak/always-allow" with a reason`,
			},
		},
		{
			name: "weak: ABAC", minor: "1.37",
			body: `apiServer: {authorization: [Node, RBAC, ABAC]}`,
			want: []string{
				`p.yaml:6:28: kube-apiserver:--authorization-mode: ABAC grants by a file that is read once at start and that nobody audits; instead: RBAC; or waive "weak/abac" with a reason`,
			},
		},
		{
			name: "weak: token file", minor: "1.37",
			body: `apiServer: {flags: {token-auth-file: /etc/kubernetes/pki/tokens.csv}}`,
			want: []string{
				`p.yaml:6:38: kube-apiserver:--token-auth-file: tokens of a file never expire and stand in it as plain text; instead: jwt issuers, client certificates or service accounts; or waive "weak/token-auth-file" with a reason`,
			},
		},
		{
			name: "weak: open anonymous access", minor: "1.37",
			body: `apiServer: {anonymousAuth: open}`,
			want: []string{
				`p.yaml:6:28: kube-apiserver:--anonymous-auth: requests without credentials are answered on every path that authorization lets through; instead: apiServer.anonymousAuth: health-and-join, health-only or disabled; or waive "weak/anonymous-access" with a reason`,
			},
		},
		{
			name: "weak: TLS 1.1", minor: "1.37",
			body: `tls: {minVersion: VersionTLS11}`,
			want: []string{
				`p.yaml:6:19: kube-apiserver:--tls-min-version, kube-controller-manager:--tls-min-version, kube-scheduler:--tls-min-version, kubelet[control-plane]:tlsMinVersion, kubelet[worker]:tlsMinVersion: TLS below 1.2 has no authenticated encryption; instead: VersionTLS12 or VersionTLS13; or waive "weak/tls-version" with a reason`,
			},
		},
		{
			name: "weak: suites without AEAD", minor: "1.37",
			body: `tls: {cipherSuites: {add: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]}}`,
			want: []string{
				`p.yaml:6:21: etcd:--cipher-suites, kube-apiserver:--tls-cipher-suites, kube-controller-manager:--tls-cipher-suites, kube-scheduler:--tls-cipher-suites, kubelet[control-plane]:tlsCipherSuites, kubelet[worker]:tlsCipherSuites: a suite without AEAD does not authenticate what it encrypts; instead: suites whose name has GCM or CHACHA20_POLY1305; or waive "weak/cipher-suite" with a reason`,
			},
		},
		{
			name: "weak: read-only port", minor: "1.37",
			body: `kubelet: {config: {readOnlyPort: 10255}}`,
			want: []string{
				`p.yaml:6:34: kubelet[control-plane]:readOnlyPort, kubelet[worker]:readOnlyPort: the kubelet's read-only port answers everybody without TLS or credentials; instead: 0; or waive "weak/read-only-port" with a reason`,
			},
		},
		{
			name: "weak: encryption by identity alone", minor: "1.37",
			body: `apiServer: {encryption: {provider: identity, identity: null}}`,
			want: []string{
				`p.yaml:6:25: kube-apiserver:EncryptionConfiguration: identity alone stores everything in etcd as plain text; instead: a provider that encrypts, with identity last or first beside it; or waive "weak/encryption-identity" with a reason`,
			},
		},
		{
			name: "weak: anonymous requests to kubelets", minor: "1.37",
			body: `kubelet: {config: {authentication: {anonymous: {enabled: true}}}}`,
			want: []string{
				`p.yaml:6:58: kubelet[control-plane]:authentication.anonymous.enabled, kubelet[worker]:authentication.anonymous.enabled: the kubelet answers requests without credentials; instead: false; or waive "weak/kubelet-anonymous" with a reason`,
			},
		},
		{
			name: "weak: etcd without client certificates", minor: "1.37",
			body: `etcd: {flags: {client-cert-auth: false}}`,
			want: []string{
				`p.yaml:6:34: etcd:--client-cert-auth: etcd serves and believes whoever reaches its port; instead: true, as kubeadm has it; or waive "weak/etcd-client-auth" with a reason`,
			},
		},
		{
			name: "waiver of nothing", minor: "1.37",
			body: `waivers: [{control: cis-1.12/1.2.999, reason: because, owner: me}]`,
			want: []string{
				`p.yaml:6:21: waivers[cis-1.12/1.2.999].control: no control "cis-1.12/1.2.999" is known; nearest: cis-1.12/1.2.19`,
			},
		},
		{
			name: "service account values out of range", minor: "1.37",
			body: `apiServer: {flags: {service-account-max-token-expiration: 10m, service-account-jwks-uri: "http://x", goaway-chance: 0.5}}`,
			want: []string{
				`p.yaml:6:59: kube-apiserver:--service-account-max-token-expiration: "10m0s" is out of range; write a duration from 1h on`,
				`p.yaml:6:90: kube-apiserver:--service-account-jwks-uri: "http://x" is not an https URL; write an https URL`,
				`p.yaml:6:117: kube-apiserver:--goaway-chance: "0.5" is out of range; write a number from 0 to 0.02`,
			},
		},
		{
			name: "kubelet flags that fall apart", minor: "1.37",
			body: `kubelet: {flags: {node-ip: "10.0.0.1 --read-only-port=10255"}, worker: {flags: {node-labels: {site: "a'b"}}}}`,
			want: []string{
				`p.yaml:6:28: kubelet[control-plane]:--node-ip, kubelet[worker]:--node-ip: "10.0.0.1 --read-only-port=10255" has a space, a quote or a backslash: kubeadm and systemd would hand the kubelet something else; write it without`,
				`p.yaml:6:94: kubelet[worker]:--node-labels: "site=a'b" has a space, a quote or a backslash: kubeadm and systemd would hand the kubelet something else; write it without`,
			},
		},
		{
			name: "directories that tmpfiles.d would read as something else", minor: "1.37",
			body: "apiServer: {audit: {log: {path: '/var/log/a b/audit.log'}}}\nhost: {fileModes: true}",
			want: []string{
				`p.yaml:6:33: kube-apiserver:--audit-log-path: tmpfiles.d would not take "/var/log/a b" literally; allowed: letters, digits and any of _./:@,=+-; name another directory, or leave out host.fileModes and host.etcdUser`,
			},
		},
		{
			name: "directory of an external etcd that tmpfiles.d would read as something else", minor: "1.37",
			body: "etcd: {external: {dataDir: /var/lib/%n, members: [{name: a, address: 192.0.2.1}]}}\nhost: {etcdUser: etcd}",
			want: []string{
				`p.yaml:6:18: etcd:--data-dir: tmpfiles.d would not take "/var/lib/%n" literally; allowed: letters, digits and any of _./:@,=+-; name another directory, or leave out host.fileModes and host.etcdUser`,
			},
		},
	}
}
