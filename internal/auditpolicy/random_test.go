package auditpolicy

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// drawn is a row of testdata/random.json: a policy drawn at random, as the API server reads it, and what
// it records of some requests. The acceptance tests put the same rows to the API server's own evaluator:
// that is how Level is known to be its equal.
type drawn struct {
	Minor    string          `json:"minor"` // the first minor that takes the policy
	Policy   map[string]any  `json:"policy"`
	Requests []drawnDecision `json:"requests"`
}

type drawnDecision struct {
	Attributes
	Level             string   `json:"level"`
	OmitStages        []string `json:"omitStages,omitempty"`
	OmitManagedFields bool     `json:"omitManagedFields,omitempty"`
}

func TestRandomDecisions(t *testing.T) {
	const file = "testdata/random.json"
	if *update {
		var lines []string // one policy a line
		for _, row := range draw(t) {
			line, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
		if err := os.WriteFile(file, []byte("[\n"+strings.Join(lines, ",\n")+"\n]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []drawn
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	levels := make(map[string]int)
	for i, row := range rows {
		tree := settings.Of(row.Policy)
		for _, want := range row.Requests {
			levels[want.Level]++
			if got := decide(t, tree, row.Minor, want.Attributes); !reflect.DeepEqual(got, want) {
				t.Errorf("policy %d: got %+v, want %+v", i, got, want)
			}
		}
	}
	if len(levels) != 4 || min(levels[None], levels[Metadata], levels[Request], levels[RequestResponse]) < 25 {
		t.Errorf("too one-sided: %v", levels)
	}
}

func decide(t *testing.T, tree *settings.Value, minor string, a Attributes) drawnDecision {
	t.Helper()
	got, err := Level(tree, minor, a)
	if err != nil {
		t.Fatal(err)
	}
	stages := slices.Sorted(slices.Values(got.OmitStages))
	return drawnDecision{a, got.Level, stages, got.OmitManagedFields}
}

// draw makes the rows: of many requests, those that a rule decides first, so that catch-alls do not
// swallow the lot.
func draw(t *testing.T) []drawn {
	r := rand.New(rand.NewPCG(7, 8))
	all := universe()
	var rows []drawn
	for range 40 {
		p := randomPolicy(r)
		row := drawn{Minor: "1.33", Policy: asTree(p, r)}
		if p.groupStar {
			row.Minor = "1.36"
		}
		tree := settings.Of(row.Policy)
		byRule := make(map[int]int)
		for range 3000 {
			a := all[r.IntN(len(all))]
			got, err := Level(tree, row.Minor, a)
			if err != nil {
				t.Fatal(err)
			}
			if byRule[got.Rule]++; byRule[got.Rule] <= 3 {
				row.Requests = append(row.Requests, decide(t, tree, row.Minor, a))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// asTree writes a policy out, with stages and managed fields drawn as well.
func asTree(p *policy, r *rand.Rand) map[string]any {
	someStages := func() []string { return stages()[r.IntN(3):][:r.IntN(2)] }
	var rules []any
	for _, x := range p.rules {
		rule := map[string]any{"level": x.level}
		for name, list := range map[string][]string{
			"users": x.users, "userGroups": x.userGroups, "verbs": x.verbs, "namespaces": x.namespaces, "nonResourceURLs": x.nonResourceURLs,
		} {
			if len(list) > 0 {
				rule[name] = list
			}
		}
		var resources []any
		for _, e := range x.resources {
			entry := map[string]any{"group": e.group}
			if len(e.resources) > 0 {
				entry["resources"] = e.resources
			}
			if len(e.names) > 0 {
				entry["resourceNames"] = e.names
			}
			resources = append(resources, entry)
		}
		if len(resources) > 0 {
			rule["resources"] = resources
		}
		if omit := someStages(); len(omit) > 0 {
			rule["omitStages"] = omit
		}
		if n := r.IntN(3); n > 0 {
			rule["omitManagedFields"] = n == 1
		}
		rules = append(rules, rule)
	}
	out := map[string]any{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules, "omitManagedFields": r.IntN(2) == 0}
	if omit := someStages(); len(omit) > 0 {
		out["omitStages"] = omit
	}
	return out
}
