package catalog

import "testing"

func TestObject(t *testing.T) {
	for _, row := range []struct {
		minor, version, kind string
		namespaced, ok       bool
	}{
		{"1.33", "rbac.authorization.k8s.io/v1", "ClusterRole", false, true},
		{"1.33", "networking.k8s.io/v1", "NetworkPolicy", true, true},
		{"1.37", "v1", "LimitRange", true, true},
		{"1.35", "admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", false, false},
		{"1.36", "admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", false, true},
		{"1.37", "admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy", false, false},
		{"1.37", "policy/v1", "PodSecurityPolicy", false, false},
		{"1.37", "v1", "pods", false, false},
	} {
		m, err := For(row.minor)
		if err != nil {
			t.Fatal(err)
		}
		if namespaced, ok := m.Object(row.version, row.kind); namespaced != row.namespaced || ok != row.ok {
			t.Errorf("%s %s %s: namespaced %t, known %t", row.minor, row.version, row.kind, namespaced, ok)
		}
	}
}
