package meaning

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// row is one comparison; a delta is written "relation part: want > have (opens)".
type row struct {
	name, want, have string
	deltas           []string
}

func written(d Delta) string {
	return fmt.Sprintf("%s %s: %s > %s (%s)", d.Relation, d.Part, d.Want, d.Have, d.Opens)
}

// run compares each row, and each of its sides with itself.
func run(t *testing.T, kind string, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			want, have := fromYAML(t, r.want), fromYAML(t, r.have)
			var got []string
			for _, d := range Compare(kind, want, have, "1.37") {
				wellFormed(t, d)
				got = append(got, written(d))
			}
			if diff := cmp.Diff(r.deltas, got); diff != "" {
				t.Errorf("deltas (-want +got):\n%s", diff)
			}
			for _, side := range []*settings.Value{want, have} {
				if got := Compare(kind, side, reordered(side), "1.37"); len(got) > 0 {
					t.Errorf("differs from itself in another order of maps: %v", got)
				}
			}
		})
	}
}

func wellFormed(t *testing.T, d Delta) {
	t.Helper()
	switch d.Relation {
	case catalog.Weaker, catalog.Stronger, catalog.Different:
	default:
		t.Errorf("relation %q: %+v", d.Relation, d)
	}
	if d.Opens == "" || strings.HasSuffix(d.Opens, ".") || strings.ContainsAny(d.Want+d.Have+d.Opens+d.Part, "\n") {
		t.Errorf("not one short clause: %+v", d)
	}
	if strings.Contains(written(d), topSecret) {
		t.Errorf("a secret is shown: %+v", d)
	}
}

// topSecret stands for every secret of these tests.
const topSecret = "TOP-SECRET"

// reordered turns maps round.
func reordered(v *settings.Value) *settings.Value {
	if v == nil {
		return nil
	}
	out := v.Clone()
	turn(out)
	return out
}

func turn(v *settings.Value) {
	for _, item := range v.Items {
		turn(item)
	}
	for i, j := 0, len(v.Entries)-1; i < j; i, j = i+1, j-1 {
		v.Entries[i], v.Entries[j] = v.Entries[j], v.Entries[i]
	}
	for _, e := range v.Entries {
		turn(e.Value)
	}
}

func kinds() []string {
	return []string{
		"Policy", "EncryptionConfiguration", "AuthenticationConfiguration", "AuthorizationConfiguration", "AdmissionConfiguration",
		"PodSecurityConfiguration", "EventRateLimit", "ImagePolicyWebhook", "kubeconfig", "static", "Namespace", "Role", "ClusterRole",
		"RoleBinding", "ClusterRoleBinding", "ServiceAccount", "NetworkPolicy", "LimitRange", "ResourceQuota",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
	}
}

func TestAbsence(t *testing.T) {
	there := fromYAML(t, "{a: 1}")
	for _, kind := range append(kinds(), "Whatever") {
		if Known(kind) != (kind != "Whatever") {
			t.Errorf("Known(%s) = %v", kind, Known(kind))
		}
		missing, added := Compare(kind, there, nil, "1.37"), Compare(kind, nil, there, "1.37")
		if len(missing) != 1 || len(added) != 1 {
			t.Errorf("%s: %d and %d deltas", kind, len(missing), len(added))
			continue
		}
		wellFormed(t, missing[0])
		wellFormed(t, added[0])
		if missing[0].Relation != inverse(added[0].Relation) {
			t.Errorf("%s: absent is %s, added is %s", kind, missing[0].Relation, added[0].Relation)
		}
		if got := Compare(kind, nil, nil, "1.37"); len(got) > 0 {
			t.Errorf("%s: nothing and nothing differ: %v", kind, got)
		}
	}
}

func TestStructure(t *testing.T) {
	run(t, "Whatever", []row{
		{"order of maps", "{a: 1, b: {c: 2, d: 3}}", "{b: {d: 3, c: 2}, a: 1}", nil},
		{"null is absent", "{a: 1, b: null}", "{a: 1}", nil},
		{"fields", "{a: 1, b: {c: [x, y]}}", "{a: 2, b: {c: [x]}, d: {e: f}}", []string{
			"different a: 1 > 2 (it differs)", "different b.c[1]: y >  (it is missing)", "different d:  > {e: f} (more than is wanted)",
		}},
		{"secrets are not shown", "{token: TOP-SECRET, deep: {x: 1}}", "{token: TOP-SECRET-2, deep: {password: TOP-SECRET}}", []string{
			"different deep.x: 1 >  (it is missing)", "different deep.password:  > (not shown) (more than is wanted)", "different token: (not shown) > (not shown) (it differs)",
		}},
		{"what the API server keeps", "{kind: Whatever, metadata: {name: a}, spec: {x: 1}}",
			"{kind: Whatever, metadata: {name: a, uid: b, managedFields: []}, spec: {x: 1}, status: {y: 2}}", nil},
	})
}

func TestTooLarge(t *testing.T) {
	list := &settings.Value{Kind: settings.List}
	for range maxNodes {
		list.Items = append(list.Items, settings.Of("x"))
	}
	round := &settings.Value{Kind: settings.List}
	round.Items = append(round.Items, round)
	for _, v := range []*settings.Value{settings.Of(map[string]any{"rules": list}), round} {
		for _, kind := range kinds() {
			got := Compare(kind, fromYAML(t, "{a: 1}"), v, "1.37")
			if len(got) != 1 || got[0].Opens != tooLarge {
				t.Errorf("%s: %v", kind, got)
			}
		}
	}
}
