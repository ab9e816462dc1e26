package admissionpolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/admissionpolicy"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

func parameters() admissionpolicy.Parameters {
	return admissionpolicy.Parameters{
		Registries: []string{"registry.example.org/team"}, Namespaces: []string{"shop"},
		Variables: []string{"EXAMPLE_TOKEN"}, Groups: []string{"oidc:platform"},
	}
}

// TestEveryNameOfAProfile: what a profile may name there is, and it says why.
func TestEveryNameOfAProfile(t *testing.T) {
	for _, name := range profiles.PolicyName("").Allowed() {
		if !admissionpolicy.Known(name) {
			t.Errorf("%s is no policy", name)
		}
		if why := admissionpolicy.Why(name); !strings.HasSuffix(why, ".") {
			t.Errorf("%s: the reason %q is no sentence", name, why)
		}
		spec := admissionpolicy.Policy(name, parameters())
		if got := spec.Get("failurePolicy").Text; got != "Fail" {
			t.Errorf("%s: failurePolicy %s", name, got)
		}
		if spec.Get("paramKind") != nil {
			t.Errorf("%s has paramKind, which no static manifest may have", name)
		}
		for _, v := range spec.Get("validations").Items {
			if v.Get("message").Text == "" || strings.Contains(v.Get("message").Text, "\n") {
				t.Errorf("%s: a message of one line is wanted, got %q", name, v.Get("message").Text)
			}
			if m := v.Get("messageExpression"); m != nil && strings.Contains(m.Text, "\n") {
				t.Errorf("%s: the expression of a message has several lines", name)
			}
		}
	}
	if admissionpolicy.Known("no-such-policy") {
		t.Error("an unknown name is known")
	}
}

// TestPodPoliciesMatchAlike: every policy of pods judges what makes pods too, only where the spec
// changed, and no node.
func TestPodPoliciesMatchAlike(t *testing.T) {
	want := []string{
		"v1 [CREATE UPDATE] [pods pods/ephemeralcontainers replicationcontrollers]",
		"apps/v1 [CREATE UPDATE] [daemonsets deployments replicasets statefulsets]",
		"batch/v1 [CREATE UPDATE] [cronjobs jobs]",
	}
	judged := 0
	for _, name := range profiles.PolicyName("").Allowed() {
		if !admissionpolicy.JudgesPods(name) {
			continue
		}
		judged++
		spec := admissionpolicy.Policy(name, parameters())
		if diff := cmp.Diff(want, rules(spec)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		var conditions []string
		for _, c := range spec.Get("matchConditions").Items {
			conditions = append(conditions, c.Get("name").Text)
		}
		if !slices.Equal(conditions, []string{"not-a-node", "spec-changed"}) {
			t.Errorf("%s: conditions %q", name, conditions)
		}
	}
	if judged != 16 {
		t.Errorf("%d policies judge pods, not 16", judged)
	}
}

func TestOtherPoliciesMatch(t *testing.T) {
	for name, want := range map[string][]string{
		"node-ports":       {"v1 [CREATE UPDATE] [services]"},
		"external-ips":     {"v1 [CREATE UPDATE] [services]"},
		"exec":             {"v1 [CONNECT] [pods/exec pods/attach]"},
		"namespace-labels": {"v1 [CREATE UPDATE] [namespaces namespaces/finalize namespaces/status]"},
	} {
		if diff := cmp.Diff(want, rules(admissionpolicy.Policy(name, parameters()))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func rules(spec *settings.Value) []string {
	var out []string
	for _, r := range spec.Lookup("matchConstraints", "resourceRules").Items {
		list := func(key string) string { return strings.Join(r.Get(key).Strings(), " ") }
		group := list("apiGroups")
		if group != "" {
			group += "/"
		}
		out = append(out, group+list("apiVersions")+" ["+list("operations")+"] ["+list("resources")+"]")
	}
	return out
}

func TestBindings(t *testing.T) {
	requirement := func(key, operator, value string) any {
		return map[string]any{"key": key, "operator": operator, "values": []any{value}}
	}
	for name, row := range map[string]struct {
		policy string
		exempt []string
		want   []any
	}{
		"by name and by label":         {"host-path", []string{"kube-system"}, []any{requirement("kubernetes.io/metadata.name", "NotIn", "kube-system"), requirement("policies.hardstrap.dev/host-path", "NotIn", "exempt")}},
		"nobody by name":               {"host-path", nil, []any{requirement("policies.hardstrap.dev/host-path", "NotIn", "exempt")}},
		"exec has its own namespaces":  {"exec", []string{"shop"}, []any{requirement("kubernetes.io/metadata.name", "In", "shop"), requirement("policies.hardstrap.dev/exec", "NotIn", "exempt")}},
		"nothing exempts from a guard": {"namespace-labels", []string{"kube-system"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{"policyName": "object", "validationActions": []any{"Warn", "Audit"}}
			if row.want != nil {
				want["matchResources"] = map[string]any{"namespaceSelector": map[string]any{"matchExpressions": row.want}}
			}
			got := admissionpolicy.Binding(row.policy, "object", parameters(), []string{"Warn", "Audit"}, row.exempt)
			if diff := cmp.Diff(settings.Of(want).Plain(), got.Plain()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
