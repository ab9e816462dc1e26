package auditpolicy

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// request is a row of testdata/requests.json: what each tier records of a request. The acceptance
// tests put the same rows to the API server's own evaluator.
type request struct {
	Title string `json:"title"`
	Attributes
	Levels map[string]string `json:"levels"`
}

func requests(t *testing.T) []request {
	t.Helper()
	data, err := os.ReadFile("testdata/requests.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []request
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func minors() []string { return []string{"1.33", "1.34", "1.35", "1.36", "1.37"} }

func tier(t *testing.T, name, minor string) *settings.Value {
	t.Helper()
	tree, err := Tier(name, minor)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTiersRecord(t *testing.T) {
	rows := requests(t)
	if len(rows) < 60 {
		t.Fatalf("only %d requests", len(rows))
	}
	seen := make(map[string]bool)
	for _, row := range rows {
		if seen[row.Title] {
			t.Errorf("two rows are named %q", row.Title)
		}
		seen[row.Title] = true
		if len(row.Levels) != len(Tiers()) {
			t.Errorf("%s: levels of %d tiers, want %d", row.Title, len(row.Levels), len(Tiers()))
		}
	}
	for _, minor := range minors() {
		for _, name := range Tiers() {
			tree := tier(t, name, minor)
			met := make(map[int]bool)
			for _, row := range rows {
				got, err := Level(tree, minor, row.Attributes)
				if err != nil {
					t.Fatal(err)
				}
				met[got.Rule] = true
				if got.Level != row.Levels[name] {
					t.Errorf("%s, %s, %s: %s by rule %d, want %s", minor, name, row.Title, got.Level, got.Rule, row.Levels[name])
				}
			}
			for i := range tree.Get("rules").Items {
				if !met[i+1] {
					t.Errorf("%s, %s: no request of the table meets rule %d", minor, name, i+1)
				}
			}
		}
	}
}
