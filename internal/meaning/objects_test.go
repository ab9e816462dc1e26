package meaning

import "testing"

func TestRoles(t *testing.T) {
	rules := func(list string) string { return "rules: [" + list + "]" }
	const pods = "{apiGroups: [''], resources: [pods], verbs: [get, list]}"
	run(t, "ClusterRole", []row{
		{"split and reordered", rules("{apiGroups: ['', apps], resources: [pods, deployments], verbs: [get, list]}"),
			rules("{apiGroups: [apps], resources: [pods, deployments], verbs: [list, get]}, {apiGroups: ['', apps], resources: [deployments], verbs: [get, list]}, " + pods), nil},
		{"what a wildcard covers", rules("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"), rules("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}, " + pods), nil},
		{"exec added", rules(pods), rules(pods + ", {apiGroups: [''], resources: [pods/exec, pods], verbs: [create, get]}"),
			[]string{"weaker rules: create,get pods/exec; create pods:  > granted (more is granted)"}},
		{"more and less", rules(pods), rules("{apiGroups: [''], resources: [pods], verbs: [get, delete]}"), []string{
			"weaker rules: delete pods:  > granted (more is granted)", "stronger rules: list pods: granted >  (less is granted)",
		}},
		{"everything", rules(pods), rules("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"), []string{"weaker rules: * *.*:  > granted (more is granted)"}},
		{"names", rules("{apiGroups: [apps], resources: [deployments], verbs: [get], resourceNames: [a]}"), rules("{apiGroups: [apps], resources: [deployments], verbs: [get], resourceNames: [a, b]}"),
			[]string{"weaker rules: get deployments.apps named b:  > granted (more is granted)"}},
		{"names lifted", rules("{apiGroups: [apps], resources: [deployments], verbs: [get], resourceNames: [a]}"), rules("{apiGroups: [apps], resources: [deployments], verbs: [get]}"),
			[]string{"weaker rules: get deployments.apps:  > granted (more is granted)"}},
		{"paths", rules("{nonResourceURLs: [/metrics, '/healthz/*'], verbs: [get]}"), rules("{nonResourceURLs: ['/healthz*'], verbs: [get]}"), []string{
			"weaker rules: get /healthz*:  > granted (more is granted)", "stronger rules: get /metrics: granted >  (less is granted)",
		}},
		{"added to another role", "{rules: []}", "{metadata: {labels: {rbac.authorization.k8s.io/aggregate-to-admin: 'true'}}, rules: []}",
			[]string{"weaker aggregated into:  > admin (its rules are added to this role)"}},
		{"aggregated", "{aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}, rules: []}", "{aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}, rules: [" + pods + "]}", nil},
		{"aggregates more", "{aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}}", "{aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}, {}]}}",
			[]string{"weaker aggregationRule:  > all (roles with these labels add their rules)"}},
	})
}

func TestBindings(t *testing.T) {
	run(t, "ClusterRoleBinding", []row{
		{"defaults and order", "{roleRef: {kind: ClusterRole, name: a}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s, namespace: n}]}",
			"{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: a}, subjects: [{kind: ServiceAccount, name: s, namespace: n}, {apiGroup: rbac.authorization.k8s.io, kind: User, name: u}]}", nil},
		{"subjects", "{roleRef: {kind: ClusterRole, name: a}, subjects: [{kind: User, name: u}]}", "{roleRef: {kind: ClusterRole, name: cluster-admin}, subjects: [{kind: Group, name: 'system:authenticated'}]}", []string{
			"weaker subjects:  > Group system:authenticated (they get its rights too)", "stronger subjects: User u >  (they lack its rights)",
			"weaker roleRef: ClusterRole a > ClusterRole cluster-admin (they get every right)",
		}},
	})
	run(t, "ServiceAccount", []row{
		{"secrets of controllers", "{automountServiceAccountToken: false}", "{automountServiceAccountToken: false, secrets: [{name: x}], imagePullSecrets: [{name: y}]}", nil},
		{"unset", "{automountServiceAccountToken: false}", "{metadata: {name: default}}", []string{"weaker automountServiceAccountToken: false > true (pods get a token for the API server unasked)"}},
	})
}

func TestNetworkPolicies(t *testing.T) {
	spec := func(fields string) string { return "spec: {podSelector: {}, " + fields + "}" }
	ingress := func(rules string) string { return spec("policyTypes: [Ingress], ingress: [" + rules + "]") }
	run(t, "NetworkPolicy", []row{
		{"defaults", "spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}", spec("policyTypes: [Ingress], ingress: [{ports: [{port: 80, protocol: TCP}]}]"), nil},
		{"split, merged and reordered", ingress("{from: [{namespaceSelector: {matchExpressions: [{key: a, operator: In, values: [x, y]}]}}], ports: [{port: 80, endPort: 90}]}"),
			ingress("{from: [{namespaceSelector: {matchLabels: {a: y}}}], ports: [{port: 85, endPort: 90}, {port: 80, endPort: 84}]}, {from: [{namespaceSelector: {matchLabels: {a: x}}}], ports: [{port: 80, endPort: 90}]}"), nil},
		{"an empty selector of pods", ingress("{from: [{namespaceSelector: {}}]}"), ingress("{from: [{namespaceSelector: {}, podSelector: {}}]}"), nil},
		{"ranges put together", ingress("{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.128.0.0/9]}}]}"), ingress("{from: [{ipBlock: {cidr: 10.0.0.0/10}}, {ipBlock: {cidr: 10.64.0.0/10}}]}"), nil},
		{"everybody", ingress("{from: [{podSelector: {}}], ports: [{port: 80}]}"), ingress("{ports: [{port: 80}]}"),
			[]string{"weaker ingress:  > from anyone on 80/TCP (more connections are allowed)"}},
		{"a range more, a port less", ingress("{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}, {port: 443}]}"), ingress("{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}"), []string{
			"weaker ingress:  > from 0.0.0.0/0 on 443/TCP (more connections are allowed)",
			"stronger ingress: from 10.0.0.0/8 on 80/TCP >  (fewer connections are allowed)",
		}},
		{"a direction lost", spec("policyTypes: [Ingress, Egress]"), spec("policyTypes: [Ingress]"), []string{"weaker policyTypes: Egress >  (it denies nothing in this direction)"}},
		{"fewer pods denied", spec("policyTypes: [Ingress]"), "spec: {podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress]}", []string{"weaker podSelector: all > a=b (it holds for fewer pods)"}},
		{"a name of a port", ingress("{ports: [{port: http}]}"), ingress("{ports: [{protocol: TCP}]}"), []string{"weaker ingress:  > from anyone on every port/TCP (more connections are allowed)"}},
	})
}

func TestLimits(t *testing.T) {
	run(t, "LimitRange", []row{
		{"defaults and spellings", "spec: {limits: [{type: Container, max: {cpu: 1}, default: {memory: 1Gi}}]}",
			"spec: {limits: [{type: Container, max: {cpu: 1000m}, default: {cpu: '1', memory: 1024Mi}, defaultRequest: {cpu: 1, memory: 1073741824}}]}", nil},
		{"higher and missing", "spec: {limits: [{type: Pod, max: {cpu: 1, memory: 1Gi}}]}", "spec: {limits: [{type: Pod, max: {cpu: 2}}]}", []string{
			"weaker Pod max cpu: 1 > 2 (the limit is higher)", "weaker Pod max memory: 1Gi >  (there is no limit)",
		}},
	})
	run(t, "ResourceQuota", []row{
		{"status and spellings", "spec: {hard: {pods: '10', requests.memory: 1Gi}}", "{spec: {hard: {pods: 10, requests.memory: 1048576Ki}}, status: {used: {pods: 1}}}", nil},
		{"lower, higher, scoped", "spec: {hard: {pods: 10, secrets: 5}}", "spec: {hard: {pods: 1e3, secrets: 4}, scopes: [BestEffort]}", []string{
			"weaker hard pods: 10 > 1e3 (the namespace may have more of it)", "stronger hard secrets: 5 > 4 (the namespace may have less of it)",
			"weaker scopes:  > BestEffort (only pods of this scope are counted)",
		}},
	})
}

func TestAdmissionPolicies(t *testing.T) {
	const rules = "resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]"
	policy := func(fields string) string { return "spec: {matchConstraints: {" + rules + "}, " + fields + "}" }
	run(t, "ValidatingAdmissionPolicy", []row{
		{"defaults", policy("validations: [{expression: a}]"),
			"spec: {failurePolicy: Fail, validations: [{expression: a, reason: Invalid}], matchConstraints: {matchPolicy: Equivalent, namespaceSelector: {}, objectSelector: {}, resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [UPDATE], resources: [pods], scope: '*'}, {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: '*'}]}}", nil},
		{"fails open, changed and removed", policy("validations: [{expression: a}, {expression: b}]"), policy("failurePolicy: Ignore, validations: [{expression: c}]"), []string{
			"weaker spec.failurePolicy: Fail > Ignore (what cannot be judged is let through)",
			"different spec.validations[0]: a > c (something else must hold)", "weaker spec.validations[1]: b >  (it need not hold any more)",
		}},
		{"reordered", policy("validations: [{expression: a}, {expression: b}]"), policy("validations: [{expression: b}, {expression: a}]"), nil},
		{"fewer requests", policy("validations: [{expression: a}]"),
			"spec: {matchConditions: [{name: x, expression: y}], validations: [{expression: a}], matchConstraints: {matchPolicy: Exact, resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}}", []string{
				"weaker spec.matchConstraints.matchPolicy: Equivalent > Exact (requests in another version of the API are not judged)",
				"weaker spec.matchConstraints.resourceRules: UPDATE pods >  (fewer requests are judged)",
				"weaker spec.matchConditions:  > y (fewer requests are judged)",
			}},
	})
	const binding = "policyName: a, validationActions: [Deny, Audit]"
	run(t, "ValidatingAdmissionPolicyBinding", []row{
		{"defaults", "spec: {" + binding + "}", "spec: {" + binding + ", matchResources: {matchPolicy: Equivalent, namespaceSelector: {}, objectSelector: {}}}", nil},
		{"only a warning", "spec: {" + binding + "}", "spec: {policyName: a, validationActions: [Warn, Audit]}", []string{
			"weaker spec.validationActions: Deny >  (violations are not refused)", "stronger spec.validationActions:  > Warn (violations are warned of too)",
		}},
		{"more namespaces exempt", "spec: {" + binding + ", matchResources: {namespaceSelector: {matchExpressions: [{key: n, operator: NotIn, values: [a]}]}}}",
			"spec: {" + binding + ", matchResources: {namespaceSelector: {matchExpressions: [{key: n, operator: NotIn, values: [b, a]}]}}}",
			[]string{"weaker spec.matchResources.namespaceSelector: n!=a > n notin (a,b) (fewer requests are judged)"}},
		{"rules of its own", "spec: {" + binding + "}", "spec: {" + binding + ", matchResources: {" + rules + "}}",
			[]string{"weaker spec.matchResources.resourceRules: * */* of * >  (fewer requests are judged)"}},
	})
	run(t, "static", []row{
		{"order and defaults", "[{kind: ValidatingAdmissionPolicy, metadata: {name: a}, spec: {validations: [{expression: x}]}}, {kind: Other, metadata: {name: b}}]",
			"[{kind: Other, metadata: {name: b}}, {kind: ValidatingAdmissionPolicy, metadata: {name: a}, spec: {failurePolicy: Fail, validations: [{expression: x}]}}]", nil},
		{"missing, and fails open", "[{kind: ValidatingAdmissionPolicy, metadata: {name: a}}, {kind: ValidatingAdmissionPolicyBinding, metadata: {name: a}}]",
			"[{kind: ValidatingAdmissionPolicy, metadata: {name: a}, spec: {failurePolicy: Ignore}}]", []string{
				"weaker ValidatingAdmissionPolicy/a: spec.failurePolicy: Fail > Ignore (what cannot be judged is let through)",
				"weaker ValidatingAdmissionPolicyBinding/a: present > absent (the policy is not bound by it)",
			}},
	})
}
