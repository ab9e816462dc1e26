package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// weakRules returns the rules. What each opens is upstream's documented meaning of the value;
// controls are ids of any benchmark that ask for the opposite.
func weakRules() []weakRuleOf {
	return slices.Concat(accessRules(), transportRules(), dataRules(), rbacRules())
}

// accessRules are about who may do what.
func accessRules() []weakRuleOf {
	return []weakRuleOf{
		{
			id: "always-allow", why: "AlwaysAllow lets every request through",
			instead:  "Node and RBAC; on the kubelet, Webhook",
			controls: []string{"1.2.6", "4.2.2", "V-242382", "V-242392", "NSA-AUTH-03"},
			looks: anyOf(at(settings.APIServer, "--authorization-mode"),
				at(settings.Kubelet, "authorization.mode", "--authorization-mode")),
			weak: texts(is("AlwaysAllow")),
		},
		{
			id: "always-allow-authorizer", why: "an authorizer of type AlwaysAllow lets every request through",
			instead:  "authorizers of the types Node, RBAC and Webhook",
			controls: []string{"1.2.6", "V-242382", "NSA-AUTH-03"},
			looks:    at(settings.APIServer, "AuthorizationConfiguration"),
			weak:     func(v *settings.Value) []*settings.Value { return authorizersOf(v, "AlwaysAllow") },
		},
		{
			id: "abac", why: "ABAC grants by a file that is read once at start and that nobody audits",
			instead:  "RBAC",
			controls: []string{"1.2.8", "V-242382", "K02.8"},
			looks:    at(settings.APIServer, "--authorization-mode"),
			weak:     texts(is("ABAC")),
		},
		{
			id: "abac-policy", why: "a policy file of ABAC grants by a file that is read once at start",
			instead:  "RBAC",
			controls: []string{"1.2.8", "V-242382", "K02.8"},
			looks:    at(settings.APIServer, "--authorization-policy-file"),
			weak:     texts(notEmpty),
		},
		{
			id: "token-auth-file", why: "tokens of a file never expire and stand in it as plain text",
			instead:  "jwt issuers, client certificates or service accounts",
			controls: []string{"1.2.2", "V-245543"},
			looks:    at(settings.APIServer, "--token-auth-file"),
			weak:     texts(notEmpty),
		},
		{
			id: "anonymous-access", why: "requests without credentials are answered on every path that authorization lets through",
			instead:  "apiServer.anonymousAuth: health-and-join, health-only or disabled",
			controls: []string{"1.2.1", "V-242390", "NSA-AUTH-01", "K09.4", "K06.2", "APP.4.4.A3(1)"},
			looks:    at(settings.APIServer, "--anonymous-auth"),
			weak:     texts(isTrue),
		},
		{
			id: "anonymous-paths", why: "requests without credentials are answered beyond the health checks and cluster-info",
			instead:  "apiServer.anonymousAuth: health-and-join, health-only or disabled",
			controls: []string{"1.2.1", "V-242390", "NSA-AUTH-01", "K09.4", "K06.2", "APP.4.4.A3(1)"},
			looks:    at(settings.APIServer, "AuthenticationConfiguration"),
			weak:     openAnonymous,
		},
		{
			id: "kubelet-anonymous", why: "the kubelet answers requests without credentials",
			instead:  "false",
			controls: []string{"4.2.1", "V-242391", "NSA-AUTH-05"},
			looks:    at(settings.Kubelet, "authentication.anonymous.enabled", "--anonymous-auth"),
			weak:     texts(isTrue),
		},
		{
			id: "always-admit", why: "AlwaysAdmit is deprecated and admits everything it is asked about",
			instead:  "leave it out",
			controls: []string{"1.2.10"},
			looks:    at(settings.APIServer, "--enable-admission-plugins"),
			weak:     texts(is("AlwaysAdmit")),
		},
		{
			id: "admission-disabled", why: "without this plugin a node or an account reaches beyond itself",
			instead:  "leave it enabled",
			controls: []string{"1.2.12", "1.2.13", "1.2.14"},
			looks:    at(settings.APIServer, "--disable-admission-plugins"),
			weak:     texts(is("NodeRestriction", "ServiceAccount", "NamespaceLifecycle")),
		},
		{
			id: "service-account-lookup", why: "the token of a deleted service account stays valid",
			instead:  "true, the default",
			controls: []string{"1.2.21"},
			looks:    at(settings.APIServer, "--service-account-lookup"),
			weak:     texts(isFalse),
		},
	}
}

// transportRules are about what goes over the wire.
func transportRules() []weakRuleOf {
	return []weakRuleOf{
		{
			id: "tls-version", why: "TLS below 1.2 has no authenticated encryption",
			instead:  "VersionTLS12 or VersionTLS13",
			controls: []string{"V-242376", "V-242377", "V-242378", "NSA-NET-16"},
			looks:    func(k settings.Key) bool { return k.Path == "--tls-min-version" || k.Path == "tlsMinVersion" },
			weak:     texts(is("VersionTLS10", "VersionTLS11", "TLS1.0", "TLS1.1")),
		},
		{
			id: "cipher-suite", why: "a suite without AEAD does not authenticate what it encrypts",
			instead:  "suites whose name has GCM or CHACHA20_POLY1305",
			controls: []string{"1.2.29", "4.2.12", "V-242418"},
			looks:    isCipherSuites,
			weak:     texts(func(suite string) bool { return suite != "" && !isAEAD(suite) }),
		},
		{
			id: "cipher-forward-secrecy", why: "a suite with RSA key exchange lets whoever gets the key later read what was recorded before",
			instead:  "suites whose name begins with TLS_ECDHE",
			controls: []string{"1.2.29", "4.2.12", "V-242418"},
			looks:    isCipherSuites,
			weak: texts(func(suite string) bool {
				return strings.HasPrefix(suite, "TLS_RSA_") && isAEAD(suite)
			}),
		},
		{
			id: "read-only-port", why: "the kubelet's read-only port answers everybody without TLS or credentials",
			instead:  "0",
			controls: []string{"4.2.4", "V-242387"},
			looks:    at(settings.Kubelet, "readOnlyPort", "--read-only-port"),
			weak:     texts(func(port string) bool { return port != "0" && port != "" }),
		},
		{
			id: "etcd-client-auth", why: "etcd serves and believes whoever reaches its port",
			instead:  "true, as kubeadm has it",
			controls: []string{"2.2", "2.5", "V-242423", "V-242426", "NSA-NET-13"},
			looks:    at(settings.Etcd, "--client-cert-auth", "--peer-client-cert-auth"),
			weak:     texts(isFalse),
		},
		{
			id: "etcd-auto-tls", why: "certificates that etcd signs itself prove nothing",
			instead:  "false, the default",
			controls: []string{"2.3", "2.6", "V-242379", "V-242380"},
			looks:    at(settings.Etcd, "--auto-tls", "--peer-auto-tls"),
			weak:     texts(isTrue),
		},
		{
			id: "etcd-plain-http", why: "etcd would be reached without TLS",
			instead: "https URLs",
			looks:   at(settings.Etcd, "--listen-client-urls", "--listen-peer-urls", "--listen-client-http-urls"),
			weak:    texts(func(url string) bool { return strings.HasPrefix(strings.ToLower(url), "http://") }),
		},
		{
			id: "debug-socket", why: "the debug socket serves profiles to whoever can open it, without credentials",
			instead: "leave it out",
			looks: func(k settings.Key) bool {
				return k.Path == "--debug-socket-path"
			},
			weak: texts(notEmpty),
		},
	}
}

// dataRules are about what is stored.
func dataRules() []weakRuleOf {
	return []weakRuleOf{{
		id: "encryption-identity", why: "identity alone stores everything in etcd as plain text",
		instead:  "a provider that encrypts, with identity last or first beside it",
		controls: []string{"1.2.27", "1.2.28", "V-274882", "NSA-NET-17", "K03.3", "APP.4.4.A20", "KC-SEC-2"},
		looks:    at(settings.APIServer, "EncryptionConfiguration"),
		weak: func(v *settings.Value) []*settings.Value {
			var out []*settings.Value
			for _, resource := range items(v.Get("resources")) {
				providers := resource.Get("providers")
				if providers == nil || len(providers.Items) == 0 {
					continue
				}
				if !slices.ContainsFunc(providers.Items, func(p *settings.Value) bool { return p.Get("identity") == nil }) {
					out = append(out, providers)
				}
			}
			return out
		},
	}}
}

// isCipherSuites looks at the settings that list cipher suites.
func isCipherSuites(k settings.Key) bool {
	return k.Path == "--tls-cipher-suites" || k.Path == "tlsCipherSuites" || k.Path == "--cipher-suites" && k.Component == settings.Etcd
}

// isAEAD reports whether a suite's name, in Go's spelling, is of one that authenticates what it
// encrypts.
func isAEAD(suite string) bool {
	return strings.Contains(suite, "_GCM_") || strings.Contains(suite, "_CHACHA20_POLY1305")
}

// items returns the elements of a list, or nothing of anything else.
func items(v *settings.Value) []*settings.Value {
	if v == nil || v.Kind != settings.List {
		return nil
	}
	return v.Items
}
