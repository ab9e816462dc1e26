package controls

import (
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// judgeAudit judges a control with a policy given as a tier's name or as YAML.
func judgeAudit(t *testing.T, policy, control string) Result {
	t.Helper()
	set := values{"kube-apiserver:--audit-policy-file": "/etc/p.yaml"}.set(t)
	var doc *settings.Value
	if strings.Contains(policy, "\n") {
		parsed, problems := auditpolicy.Parse("p.yaml", []byte(policy), "1.37")
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		doc = parsed
	} else if policy != "" {
		tier, err := auditpolicy.Tier(policy, "1.37")
		if err != nil {
			t.Fatal(err)
		}
		doc = tier
	}
	if doc != nil {
		set.Put(settings.Setting{Key: settings.Key{Component: settings.APIServer, Path: "Policy"}, Value: doc})
	}
	return one(t, Evaluate(Input{Minor: "1.37", Settings: set}), control)
}

func TestAuditPredicates(t *testing.T) {
	head := "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
	catchAll := "- level: Metadata\n"
	secretsQuiet := "- level: Metadata\n  resources:\n  - group: \"\"\n    resources: [secrets, configmaps]\n  - group: authentication.k8s.io\n    resources: [tokenreviews]\n"
	for _, tc := range []struct {
		name     string
		policy   string
		control  string
		state    State
		evidence string
	}{
		{"tier cis for CIS", "cis", "cis-2.0.1/3.2.2", Met, "without bodies"},
		{"tier standard for CIS", "standard", "cis-1.12/3.2.2", Met, ""},
		{"tier metadata for CIS", "metadata", "cis-1.12/3.2.2", Met, ""},
		{"tier stig-literal for CIS", "stig-literal", "cis-1.12/3.2.2", NotMet, "secrets by somebody is recorded at RequestResponse, with its body"},
		{"tier stig-literal for the STIG", "stig-literal", "disa-stig/V-242403", Met, "policy: 1;"},
		{"tier cis for the STIG", "cis", "disa-stig/V-242403", NotMet, "the control wants one"},
		{"tier cis for NSA and CISA", "cis", "nsa-cisa/NSA-LOG-02", Met, ""},
		{"tier metadata for NSA and CISA", "metadata", "nsa-cisa/NSA-LOG-02", NotMet, "clusterrolebindings is recorded at Metadata, not RequestResponse"},
		{"tier stig-literal for NSA and CISA", "stig-literal", "nsa-cisa/NSA-LOG-02", NotMet, "with its body"},
		{"tier standard for OWASP", "standard", "owasp-k8s-top10/K10.2", Met, ""},
		{"everything at Metadata", head + catchAll, "cis-2.0.1/3.2.2", Met, ""},
		{"everything with a condition is not everything", head + "- level: RequestResponse\n  verbs: [create]\n", "disa-stig/V-242403", NotMet, ""},
		{"one user's Secrets with bodies", head + "- level: Request\n  users: [system:kube-controller-manager]\n" + secretsQuiet + catchAll,
			"cis-1.12/3.2.2", NotMet, "by system:kube-controller-manager is recorded at Request"},
		{"ConfigMaps with bodies", head + "- level: Request\n  verbs: [create]\n  resources: [{group: \"\", resources: [configmaps]}]\n" + catchAll,
			"cis-1.12/3.2.2", NotMet, "create of configmaps"},
		{"TokenReviews with bodies", head + "- level: RequestResponse\n  resources: [{group: authentication.k8s.io}]\n" + catchAll,
			"cis-1.12/3.2.2", NotMet, "authentication.k8s.io/tokenreviews"},
		{"exec dropped", head + "- level: None\n  resources: [{group: \"\", resources: [pods/exec]}]\n" + catchAll,
			"cis-1.12/3.2.2", NotMet, "create of pods/exec is recorded at None"},
		{"the cluster's own resources dropped", head + secretsQuiet + "- level: Metadata\n  resources: [{group: \"\"}, {group: apps}, {group: certificates.k8s.io}, {group: rbac.authorization.k8s.io}, {group: networking.k8s.io}, {group: admissionregistration.k8s.io}]\n",
			"cis-1.12/3.2.2", NotMet, "example.org/things is recorded at None"},
		{"service account tokens dropped, before 2.0.1", head + "- level: None\n  resources: [{group: \"\", resources: [serviceaccounts/token]}]\n" + catchAll,
			"cis-1.12/3.2.2", Met, ""},
		{"service account tokens dropped, since 2.0.1", head + "- level: None\n  resources: [{group: \"\", resources: [serviceaccounts/token]}]\n" + catchAll,
			"cis-2.0.1/3.2.2", NotMet, "serviceaccounts/token is recorded at None"},
		{"certificate requests dropped", head + "- level: None\n  resources: [{group: certificates.k8s.io}]\n" + catchAll,
			"owasp-k8s-top10/K10.2", NotMet, "certificatesigningrequests is recorded at None"},
		{"no policy behind the flag", "", "cis-1.12/3.2.2", NotMet, "no audit policy is rendered"},
		{"no rules behind the flag", "", "disa-stig/V-242461", NotMet, "policy: 0"},
		{"rules behind the flag", "standard", "disa-stig/V-242461", Met, "policy: 14"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judgeAudit(t, tc.policy, tc.control)
			if got.State != tc.state || !strings.Contains(got.Evidence, tc.evidence) {
				t.Errorf("%s: %s\nwant %s, with %q", got.State, got.Evidence, tc.state, tc.evidence)
			}
		})
	}
}

func TestWaiverForAnAuditPolicy(t *testing.T) {
	for _, tc := range []struct {
		tier   string
		unused int
	}{{"stig-literal", 0}, {"cis", 1}} {
		t.Run(tc.tier, func(t *testing.T) {
			tier, err := auditpolicy.Tier(tc.tier, "1.37")
			if err != nil {
				t.Fatal(err)
			}
			var set settings.Set
			set.Put(settings.Setting{Key: settings.Key{Component: settings.APIServer, Path: "Policy"}, Value: tier})
			in := Input{Minor: "1.37", Settings: &set, Waivers: []profiles.Waiver{{Control: "weak/" + auditpolicy.SecretBodies, Reason: "the letter", Owner: "us"}}}
			if got := Unused(in, Evaluate(in)); len(got) != tc.unused {
				t.Errorf("unused: %v, want %d", got, tc.unused)
			}
		})
	}
}
