package acceptance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/apis/audit"
	auditpolicy "k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/component-base/version"
)

// auditRequest is one request of ../../internal/auditpolicy/testdata, whose own tests hold hardstrap's
// evaluation to the same rows.
type auditRequest struct {
	Title string `json:"title"`
	User  *struct {
		Name   string   `json:"name"`
		Groups []string `json:"groups"`
	} `json:"user"`
	Verb              string            `json:"verb"`
	APIGroup          string            `json:"apiGroup"`
	Resource          string            `json:"resource"`
	Subresource       string            `json:"subresource"`
	Namespace         string            `json:"namespace"`
	Name              string            `json:"name"`
	Path              string            `json:"path"`
	Levels            map[string]string `json:"levels"` // requests.json: by tier
	Level             string            `json:"level"`  // random.json
	OmitStages        []string          `json:"omitStages"`
	OmitManagedFields bool              `json:"omitManagedFields"`
}

func (r auditRequest) attributes() authorizer.Attributes {
	a := authorizer.AttributesRecord{
		Verb: r.Verb, Namespace: r.Namespace, APIGroup: r.APIGroup, Resource: r.Resource, Subresource: r.Subresource,
		Name: r.Name, Path: r.Path, ResourceRequest: r.Resource != "",
	}
	if r.User != nil {
		a.User = &user.DefaultInfo{Name: r.User.Name, Groups: r.User.Groups}
	}
	return a
}

const auditFolder = "../../internal/auditpolicy/"

func readAudit(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(auditFolder + name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// TestAuditTiers: the API server's own evaluator records of every request of the table what hardstrap says.
func TestAuditTiers(t *testing.T) {
	var rows []auditRequest
	readAudit(t, "testdata/requests.json", &rows)
	asked := 0
	for _, tier := range []string{"metadata", "standard", "cis", "stig-literal"} {
		policy, err := auditpolicy.LoadPolicyFromFile(filepath.FromSlash(auditFolder + "policies/" + tier + ".yaml"))
		if err != nil {
			t.Fatalf("%s: %v", tier, err)
		}
		evaluator := auditpolicy.NewPolicyRuleEvaluator(policy)
		for _, row := range rows {
			asked++
			if got := string(evaluator.EvaluatePolicyRule(row.attributes()).Level); got != row.Levels[tier] {
				t.Errorf("%s, %s: %s, hardstrap says %s", tier, row.Title, got, row.Levels[tier])
			}
		}
	}
	t.Logf("%d answers agree or are listed", asked)
	if asked < 240 {
		t.Errorf("only %d were asked", asked)
	}
}

// TestAuditEvaluation: the same for policies drawn at random, stages and managed fields included. A policy
// that names group "*" is for 1.36 and later; before, the API server refuses it.
func TestAuditEvaluation(t *testing.T) {
	var policies []struct {
		Minor    string          `json:"minor"`
		Policy   json.RawMessage `json:"policy"`
		Requests []auditRequest  `json:"requests"`
	}
	readAudit(t, "testdata/random.json", &policies)
	minor := version.DefaultKubeBinaryVersion
	asked, refused := 0, 0
	for i, p := range policies {
		policy, err := auditpolicy.LoadPolicyFromBytes(p.Policy)
		if p.Minor > minor && strings.Contains(string(p.Policy), `"group":"*"`) {
			if refused++; err == nil {
				t.Errorf("policy %d: taken by %s, hardstrap says since %s", i, minor, p.Minor)
			}
			continue
		}
		if err != nil {
			t.Fatalf("policy %d: %v", i, err)
		}
		evaluator := auditpolicy.NewPolicyRuleEvaluator(policy)
		for _, r := range p.Requests {
			asked++
			got := evaluator.EvaluatePolicyRule(r.attributes())
			stages := auditpolicy.ConvertStagesToStrings(got.OmitStages)
			slices.Sort(stages)
			if string(got.Level) != r.Level || got.OmitManagedFields != r.OmitManagedFields || !reflect.DeepEqual(stages, append([]string{}, r.OmitStages...)) {
				t.Errorf("policy %d, %+v: got %+v", i, r, got)
			}
		}
	}
	t.Logf("%s: %d answers, %d policies refused as they should be", minor, asked, refused)
	if asked < 300 {
		t.Errorf("only %d were asked", asked)
	}
}

// TestAuditPoliciesThatHardstrapTakes: the API server takes them too.
func TestAuditPoliciesThatHardstrapTakes(t *testing.T) {
	files, err := filepath.Glob(filepath.FromSlash(auditFolder + "testdata/lint/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	for _, file := range files {
		var policy *audit.Policy
		if policy, err = auditpolicy.LoadPolicyFromFile(file); err != nil || len(policy.Rules) == 0 {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}
