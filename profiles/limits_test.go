package profiles

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// TestLimitsAsUpstream holds the validation of LimitRanges and ResourceQuotas against rows whose
// verdicts are upstream's: test/acceptance holds the real validation to the same file.
func TestLimitsAsUpstream(t *testing.T) {
	data, err := os.ReadFile("testdata/limits.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Title    string          `json:"title"`
		Limits   json.RawMessage `json:"limits"`
		Quota    json.RawMessage `json:"quota"`
		Accepted bool            `json:"accepted"`
		Stricter string          `json:"stricter"` // why hardstrap refuses what upstream takes
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	verdicts := map[bool]int{}
	for _, r := range rows {
		section := fmt.Sprintf("limitRange: %s", r.Limits)
		if r.Quota != nil {
			section = fmt.Sprintf("resourceQuota: %s", r.Quota)
		}
		files := fstest.MapFS{"p.yaml": {Data: []byte(head + "namespaces:\n- name: shop\n  " + section + "\n")}}
		_, err := load(files, "p.yaml")
		want := r.Accepted && r.Stricter == ""
		if got := len(diag.As(err).Errors()) == 0; got != want {
			t.Errorf("%s: %s\naccepted: %v, want %v: %v", r.Title, section, got, want, err)
		}
		verdicts[want]++
	}
	if verdicts[true] < 150 || verdicts[false] < 150 {
		t.Errorf("rows by verdict: %v", verdicts)
	}
}
