package acceptance

import (
	"encoding/json"
	"os"
	"testing"

	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"

	"k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// limitsRow is a LimitRange or ResourceQuota of ../../profiles/testdata/limits.json, whose own tests
// hold hardstrap's validation to the same rows.
type limitsRow struct {
	Title    string          `json:"title"`
	Limits   json.RawMessage `json:"limits"`
	Quota    json.RawMessage `json:"quota"`
	Accepted bool            `json:"accepted"`
}

// accepted reports whether the API server takes the object: it is decoded, defaulted, converted
// and validated as there.
func (r limitsRow) accepted(t *testing.T) bool {
	t.Helper()
	meta := metav1.ObjectMeta{Name: "hardstrap", Namespace: "shop"}
	if r.Limits != nil {
		out, in := &v1.LimitRange{ObjectMeta: meta}, &core.LimitRange{}
		if json.Unmarshal(r.Limits, &out.Spec.Limits) != nil {
			return false
		}
		corev1.SetObjectDefaults_LimitRange(out)
		if err := corev1.Convert_v1_LimitRange_To_core_LimitRange(out, in, nil); err != nil {
			t.Fatal(err)
		}
		return len(validation.ValidateLimitRange(in)) == 0
	}
	out, in := &v1.ResourceQuota{ObjectMeta: meta}, &core.ResourceQuota{}
	if json.Unmarshal(r.Quota, &out.Spec) != nil {
		return false
	}
	corev1.SetObjectDefaults_ResourceQuota(out)
	if err := corev1.Convert_v1_ResourceQuota_To_core_ResourceQuota(out, in, nil); err != nil {
		t.Fatal(err)
	}
	return len(validation.ValidateResourceQuota(in)) == 0
}

// TestLimits holds the rows against upstream's validation.
func TestLimits(t *testing.T) {
	data, err := os.ReadFile("../../profiles/testdata/limits.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []limitsRow
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 400 {
		t.Errorf("only %d rows", len(rows))
	}
	for _, r := range rows {
		if got := r.accepted(t); got != r.Accepted {
			t.Errorf("%s: accepted: %v, the row says %v", r.Title, got, r.Accepted)
		}
	}
}
