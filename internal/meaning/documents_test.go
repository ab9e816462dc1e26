package meaning

import "testing"

func TestAuditPolicies(t *testing.T) {
	const rest = "- level: Metadata\n"
	run(t, "Policy", []row{
		{"split", "rules:\n- {level: Request, verbs: [get, list]}\n" + rest, "rules:\n- {level: Request, verbs: [list]}\n- {level: Request, verbs: [get]}\n" + rest, nil},
		{"the version of the document", "apiVersion: audit.k8s.io/v1\nrules:\n" + rest, "rules:\n" + rest, nil},
		{"exec dropped", "rules:\n" + rest, "rules:\n- {level: None, resources: [{group: '', resources: [pods/exec]}]}\n" + rest,
			[]string{"weaker rules: pods/exec: Metadata > None (these requests leave no trace)"}},
		{"secrets logged", "rules:\n" + rest, "rules:\n- {level: Request, resources: [{group: '', resources: [secrets]}]}\n" + rest,
			[]string{"weaker rules: secrets: Metadata > Request (the contents of Secrets get into the log (audit-secret-bodies))"}},
		{"bodies lost", "rules:\n- {level: RequestResponse, verbs: [patch], resources: [{group: apps, resources: [deployments]}]}\n" + rest, "rules:\n" + rest,
			[]string{"weaker rules: patch deployments.apps: RequestResponse > Metadata (less of their bodies is recorded)"}},
		{"bodies won", "rules:\n" + rest, "rules:\n- {level: Request, users: [eve], resources: [{group: apps, resources: [deployments]}]}\n" + rest,
			[]string{"stronger rules: deployments.apps by eve: Metadata > Request (more of their bodies is recorded)"}},
		{"stages", "rules:\n" + rest, "omitStages: [RequestReceived]\nrules:\n" + rest,
			[]string{"weaker rules: all other paths and all other resources: Metadata > Metadata but at RequestReceived (nothing is recorded at RequestReceived)"}},
		{"managed fields", "rules:\n- {level: Request, verbs: [update], resources: [{group: apps, resources: [deployments]}]}\n",
			"rules:\n- {level: Request, omitManagedFields: true, verbs: [update], resources: [{group: apps, resources: [deployments]}]}\n",
			[]string{"different rules: update deployments.apps: Request > Request, without managed fields (who owns which field is left out)"}},
	})
}

func TestEncryptions(t *testing.T) {
	const secretbox = "{secretbox: {keys: [{name: k1, secret: TOP-SECRET}]}}"
	with := func(resources, providers string) string {
		return "resources: [{resources: [" + resources + "], providers: [" + providers + "]}]"
	}
	run(t, "EncryptionConfiguration", []row{
		{"another key text", with("secrets", secretbox), with("secrets", "{secretbox: {keys: [{name: k1, secret: TOP-SECRET-2}]}}"), nil},
		{"a wildcard that comes to the same", with("secrets", secretbox), "resources: [{resources: [secrets], providers: [" + secretbox + "]}, {resources: ['*.example.org'], providers: [{identity: {}}]}]", nil},
		{"entries split", with("secrets, configmaps", secretbox), "resources: [{resources: [configmaps], providers: [" + secretbox + "]}, {resources: [secrets], providers: [" + secretbox + "]}]", nil},
		{"plain text first", with("secrets, configmaps", secretbox+", {identity: {}}"), with("secrets, configmaps", "{identity: {}}, "+secretbox),
			[]string{"weaker providers of secrets, configmaps: secretbox (k1) > identity (new objects are stored in plain text)"}},
		{"a resource is missing", with("secrets, configmaps", secretbox), with("secrets", secretbox), []string{
			"weaker providers of configmaps: secretbox (k1) > identity (new objects are stored in plain text)",
			"different providers of configmaps: keys: secretbox k1 >  (what was written with this key cannot be read)",
		}},
		{"one resource more", with("secrets", secretbox), with("secrets, configmaps", secretbox), []string{
			"stronger providers of configmaps: identity > secretbox (k1) (new objects are encrypted)",
			"different providers of configmaps: keys:  > secretbox k1 (one more key reads what is stored)",
		}},
		{"a weaker provider", with("secrets", secretbox), with("secrets", "{aescbc: {keys: [{name: k1, secret: TOP-SECRET}]}}, "+secretbox), []string{
			"weaker providers of secrets: secretbox (k1) > aescbc (k1) (a weaker provider writes)",
			"different providers of secrets: keys:  > aescbc k1 (one more key reads what is stored)",
		}},
		{"plain text is read too", with("secrets", secretbox), with("secrets", secretbox+", {identity: {}}"),
			[]string{"weaker providers of secrets: identity:  > reads (plain text in etcd is taken for what the API server wrote)"}},
		{"plain text is not read", with("secrets", secretbox+", {identity: {}}"), with("secrets", secretbox),
			[]string{"stronger providers of secrets: identity: reads >  (what is still stored in plain text cannot be read)"}},
		{"another key of that name", with("secrets", "{aesgcm: {keys: [{name: a, secret: 'hmac:TOP-SECRET-1'}]}}"), with("secrets", "{aesgcm: {keys: [{name: a, secret: 'hmac:TOP-SECRET-2'}]}}"),
			[]string{"different providers of secrets: keys: aesgcm a > aesgcm a (another key of that name)"}},
		{"kms", with("secrets", "{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}}"), with("secrets", "{kms: {apiVersion: v2, name: a, endpoint: 'unix:///b', timeout: 3s}}"),
			[]string{"different providers of secrets: kms endpoint: unix:///a > unix:///b (another socket is asked for keys)"}},
	})
}

func TestAuthentications(t *testing.T) {
	issuer := func(rest string) string {
		return "jwt: [{issuer: {url: 'https://a', audiences: [x]}, claimMappings: {username: {claim: sub, prefix: 'a:'}}" + rest + "}]"
	}
	run(t, "AuthenticationConfiguration", []row{
		{"the version of the document", "{apiVersion: apiserver.config.k8s.io/v1beta1, jwt: []}", "{apiVersion: apiserver.config.k8s.io/v1}", nil},
		{"anonymous everywhere", "anonymous: {enabled: true, conditions: [{path: /livez}]}", "anonymous: {enabled: true}",
			[]string{"weaker anonymous: /livez > everywhere (requests without credentials are let in everywhere)"}},
		{"anonymous paths", "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}", "anonymous: {enabled: true, conditions: [{path: /api}, {path: /livez}]}", []string{
			"weaker anonymous:  > /api (requests without credentials are let in there too)",
			"stronger anonymous: /readyz >  (requests without credentials are turned away there)",
		}},
		{"no anonymous block", "anonymous: {enabled: false}", "jwt: []",
			[]string{"weaker anonymous: nowhere > as --anonymous-auth says (requests without credentials are let in everywhere)"}},
		{"another issuer", issuer(""), "jwt: [{issuer: {url: 'https://b'}}]", []string{
			"different jwt https://a: trusted >  (the issuer is no longer trusted)",
			"weaker jwt https://b:  > trusted (one more issuer is trusted)",
		}},
		{"rules", issuer(", claimValidationRules: [{claim: hd, requiredValue: x}], userValidationRules: [{expression: 'a'}]"),
			issuer(", claimValidationRules: [{claim: hd, requiredValue: y}]"), []string{
				"different jwt https://a: claimValidationRules: claim hd x > claim hd y (another value is asked for)",
				"weaker jwt https://a: userValidationRules: expression a >  (a rule that tokens must keep is missing)",
			}},
		{"a prefix lost, and an audience more", issuer(""), "jwt: [{issuer: {url: 'https://a', audiences: [x, y]}, claimMappings: {username: {claim: sub}}}]", []string{
			"weaker jwt https://a: audiences:  > y (tokens for this audience are taken too)",
			"weaker jwt https://a: username: prefix a: > no prefix (the issuer can name users and groups that are not its own)",
		}},
	})
}

func TestAuthorizations(t *testing.T) {
	const nodes = "{type: Node, name: node}, {type: RBAC, name: rbac}"
	hook := func(fields string) string {
		return "authorizers: [" + nodes + ", {type: Webhook, name: w, webhook: {" + fields + "}}]"
	}
	run(t, "AuthorizationConfiguration", []row{
		{"defaults", hook("failurePolicy: Deny"), hook("failurePolicy: Deny, authorizedTTL: 300s, unauthorizedTTL: 30s, cacheAuthorizedRequests: true"), nil},
		{"everything allowed", "authorizers: [" + nodes + "]", "authorizers: [" + nodes + ", {type: AlwaysAllow, name: a}]", []string{"weaker authorizers:  > AlwaysAllow (every request is allowed)"}},
		{"no Node", "authorizers: [" + nodes + "]", "authorizers: [{type: RBAC, name: rbac}]", []string{"weaker authorizers: Node >  (kubelets are not held to what is on their own node)"}},
		{"order", "authorizers: [" + nodes + "]", "authorizers: [{type: RBAC, name: rbac}, {type: Node, name: node}]", []string{"different authorizers: Node, RBAC > RBAC, Node (they are asked in another order)"}},
		{"a webhook that fails open", hook("failurePolicy: Deny, authorizedTTL: 1m"), hook("failurePolicy: NoOpinion, authorizedTTL: 1h"), []string{
			"weaker Webhook w: failurePolicy: Deny > NoOpinion (where it cannot be asked, others decide)",
			"weaker Webhook w: authorizedTTL: 1m0s > 1h0m0s (what was allowed stays allowed for longer)",
		}},
	})
}

func TestAdmissions(t *testing.T) {
	run(t, "AdmissionConfiguration", []row{
		{"order", "plugins: [{name: A, path: a}, {name: B, path: b}]", "plugins: [{name: B, path: b}, {name: A, path: a}]", nil},
		{"missing, added and moved", "plugins: [{name: A, path: a}, {name: B, path: b}]", "plugins: [{name: B, path: c}, {name: C, path: c}]", []string{
			"weaker plugin A: configured >  (the plugin runs without its configuration)",
			"different plugin B: b > c (the plugin reads another configuration)",
			"different plugin C:  > configured (the plugin is configured)",
		}},
		{"in place", "plugins: [{name: PodSecurity, configuration: {defaults: {enforce: restricted}}}]", "plugins: [{name: PodSecurity, configuration: {defaults: {enforce: baseline}}}]",
			[]string{"weaker plugin PodSecurity: defaults.enforce: restricted > baseline (pods beyond restricted are let in)"}},
	})
	run(t, "EventRateLimit", []row{
		{"defaults", "limits: [{type: User, qps: 1, burst: 2}]", "limits: [{type: User, qps: 1, burst: 2, cacheSize: 4096}]", nil},
		{"higher, and missing", "limits: [{type: Server, qps: 50, burst: 100}, {type: User, qps: 1, burst: 2}]", "limits: [{type: Server, qps: 500, burst: 10}]", []string{
			"weaker limit Server: qps: 50 > 500 (more events get through)",
			"stronger limit Server: burst: 100 > 10 (fewer events get through)",
			"weaker limit User: qps 1, burst 2 >  (events are not limited by it)",
		}},
	})
	run(t, "ImagePolicyWebhook", []row{
		{"defaults", "imagePolicy: {kubeConfigFile: a}", "imagePolicy: {kubeConfigFile: a, allowTTL: 300, denyTTL: 30, retryBackoff: 500, defaultAllow: false}", nil},
		{"fails open", "imagePolicy: {kubeConfigFile: a}", "imagePolicy: {kubeConfigFile: a, defaultAllow: true, allowTTL: 600}", []string{
			"weaker defaultAllow: false > true (images get in where the webhook cannot be asked)",
			"weaker allowTTL: 5m0s > 10m0s (an image that was allowed stays allowed for longer)",
		}},
	})
}

func TestPodSecurities(t *testing.T) {
	run(t, "PodSecurityConfiguration", []row{
		{"defaults", "defaults: {enforce: baseline}", "defaults: {enforce: baseline, enforce-version: latest, warn: privileged, audit-version: v1.30}", nil},
		{"lower, exempt and pinned", "defaults: {enforce: restricted, warn: baseline}", "{defaults: {enforce: baseline, enforce-version: v1.20, warn: restricted}, exemptions: {namespaces: [a]}}", []string{
			"weaker defaults.enforce: restricted > baseline (pods beyond restricted are let in)",
			"different defaults.enforce-version: latest > v1.20 (the level is that of another minor)",
			"stronger defaults.warn: baseline > restricted (people are warned of pods beyond restricted)",
			"weaker exemptions.namespaces:  > a (exempt from every level)",
		}},
	})
	labels := func(list string) string { return "{kind: Namespace, metadata: {name: a, labels: {" + list + "}}}" }
	run(t, "Namespace", []row{
		{"others' labels", labels("pod-security.kubernetes.io/enforce: baseline"), labels("pod-security.kubernetes.io/enforce: baseline, kubernetes.io/metadata.name: a, team: x, policies.hardstrap.dev/exec: no"), nil},
		{"lower and gone", labels("pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted, team: x"), labels("pod-security.kubernetes.io/enforce: privileged, team: y"), []string{
			"weaker label pod-security.kubernetes.io/enforce: restricted > privileged (pods beyond restricted are let in)",
			"weaker label pod-security.kubernetes.io/warn: restricted >  (the cluster's default holds, whatever it is)",
			"different label team: x > y (what selects the namespace by this label may not hold for it)",
		}},
		{"versions, and who keeps it", labels("pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/warn: privileged, app.kubernetes.io/managed-by: hardstrap"),
			labels("pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/enforce-version: v1.20, pod-security.kubernetes.io/warn: privileged, pod-security.kubernetes.io/warn-version: v1.20"),
			[]string{"different label pod-security.kubernetes.io/enforce-version: the cluster's default > v1.20 (the level is that of another minor)"}},
		{"exempt", labels(""), labels("policies.hardstrap.dev/exec: exempt"), []string{"weaker label policies.hardstrap.dev/exec: not exempt > exempt (the namespace is exempt from the policy)"}},
	})
}

func TestKubeconfigs(t *testing.T) {
	file := func(cluster, user string) string {
		return "{current-context: c, contexts: [{name: c, context: {cluster: x, user: u}}], clusters: [{name: x, cluster: {" + cluster + "}}], users: [{name: u, user: {" + user + "}}]}"
	}
	run(t, "kubeconfig", []row{
		{"other names", file("server: 'https://a', certificate-authority: ca", ""), "{current-context: d, contexts: [{name: d, context: {cluster: y}}], clusters: [{name: y, cluster: {server: 'https://a', certificate-authority: ca}}]}", nil},
		{"not verified", file("server: 'https://a', certificate-authority: ca", ""), file("server: 'https://a', insecure-skip-tls-verify: true", ""), []string{
			"weaker insecure-skip-tls-verify: false > true (anybody can pose as the server)",
			"weaker certificate-authority: ca >  (every authority that the system trusts can vouch for the server)",
		}},
		{"credentials", file("server: 'https://a'", "token: TOP-SECRET"), file("server: 'http://u:TOP-SECRET@a/x'", "token: TOP-SECRET-2, client-key: /k, password: TOP-SECRET"), []string{
			"weaker server: https://a > http://(not shown)@a/x (the connection is not encrypted)",
			"different user.client-key:  > /k (the component is known otherwise)",
			"different user.password:  > (not shown) (the component is known otherwise)",
			"different user.token: (not shown) > (not shown) (the component is known otherwise)",
		}},
	})
}
