package meaning

import (
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// FuzzCompare: whatever shape the trees have, nothing panics or takes long, a tree does what it does, and no secret is
// shown.
func FuzzCompare(f *testing.F) {
	for i, seed := range []string{
		"rules: [{level: Metadata, verbs: [get], resources: [{group: '', resources: [secrets]}]}]",
		"resources: [{resources: [secrets, '*.apps'], providers: [{secretbox: {keys: [{name: a, secret: b}]}}, {identity: {}}]}]",
		"{anonymous: {enabled: true, conditions: [{path: /a}]}, jwt: [{issuer: {url: a, audiences: [b]}}]}",
		"authorizers: [{type: Node}, {type: Webhook, name: a, webhook: {failurePolicy: Deny, authorizedTTL: 1m}}]",
		"plugins: [{name: PodSecurity, configuration: {defaults: {enforce: baseline}}}]",
		"{defaults: {enforce: baseline}, exemptions: {usernames: [a]}}",
		"limits: [{type: User, qps: 1, burst: 2}]",
		"imagePolicy: {defaultAllow: true, allowTTL: 1}",
		"{current-context: c, contexts: [{name: c, context: {cluster: a, user: u}}], clusters: [{name: a, cluster: {server: x}}], users: [{name: u, user: {token: x}}]}",
		"[{kind: ValidatingAdmissionPolicy, metadata: {name: a}, spec: {}}]",
		"{metadata: {labels: {pod-security.kubernetes.io/enforce: baseline, policies.hardstrap.dev/exec: exempt}}}",
		"rules: [{apiGroups: [''], resources: [pods, '*/scale'], verbs: ['*']}, {nonResourceURLs: ['/a*'], verbs: [get]}]",
		"{aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}}",
		"{roleRef: {kind: Role, name: a}, subjects: [{kind: User, name: b}]}",
		"{roleRef: {kind: ClusterRole, name: a}}",
		"automountServiceAccountToken: false",
		"spec: {podSelector: {matchLabels: {a: b}}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 80, endPort: 90}]}]}",
		"spec: {limits: [{type: Container, max: {cpu: 1}, default: {memory: 1Gi}}]}",
		"spec: {hard: {pods: 10}, scopes: [BestEffort]}",
		"spec: {failurePolicy: Ignore, validations: [{expression: a}], matchConstraints: {resourceRules: [{apiGroups: ['*'], resources: [pods/*]}]}}",
		"spec: {policyName: a, validationActions: [Deny], matchResources: {objectSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}}",
	} {
		f.Add(uint8(i), seed, "{}")
		f.Add(uint8(i), seed, "[1, {a: null}, [[]]]")
		f.Add(uint8(i+1), seed, seed)
	}
	f.Fuzz(func(t *testing.T, which uint8, wanted, found string) {
		all := append(kinds(), "Whatever")
		kind := all[int(which)%len(all)]
		want, have := hostile(wanted), hostile(found)
		start := time.Now()
		for _, d := range Compare(kind, want, have, "1.37") {
			wellFormed(t, d)
		}
		Compare(kind, have, want, "x")
		for _, v := range []*settings.Value{want, have} {
			if got := Compare(kind, v, v, "1.37"); len(got) > 0 && got[0].Opens != tooLarge {
				t.Errorf("%s differs from itself: %+v", kind, got)
			}
			if cleaned, ok := clean(v); ok {
				if got := Compare(kind, v, reordered(cleaned), "1.37"); len(got) > 0 {
					t.Errorf("%s differs in another order of maps: %+v", kind, got)
				}
			}
		}
		if (want == nil) != (have == nil) && len(Compare(kind, want, have, "1.37")) == 0 {
			t.Errorf("%s: what is absent is no difference", kind)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s takes %s", kind, took)
		}
	})
}

// hostile reads what can be read, and puts a secret wherever one may stand.
func hostile(text string) *settings.Value {
	var node yaml.Node
	if len(text) > 1<<16 || yaml.Unmarshal([]byte(text), &node) != nil || len(node.Content) == 0 {
		return nil
	}
	out := valueOf(node.Content[0])
	plant(out)
	return out
}

func plant(v *settings.Value) {
	for _, item := range v.Items {
		plant(item)
	}
	for i, e := range v.Entries {
		switch e.Key {
		case "secret", "token", "password", "client-key-data":
			v.Entries[i].Value = settings.Of(topSecret)
		default:
			plant(e.Value)
		}
	}
}
