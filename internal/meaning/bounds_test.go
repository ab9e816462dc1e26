package meaning

import (
	"fmt"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestBounds: what is made to cost much ends in an answer, or in none, soon.
func TestBounds(t *testing.T) {
	name := func(i int) string { return fmt.Sprintf("n%d", i) }
	names := func(n, from int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = name(from + i)
		}
		return out
	}
	list := func(n int, each func(i int) any) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = each(i)
		}
		return out
	}
	type tree = map[string]any
	selector := func(n, values, from int) tree {
		return tree{"matchExpressions": list(n, func(i int) any {
			return tree{"key": "k", "operator": []string{"In", "NotIn"}[i%2], "values": names(values, from+i)}
		})}
	}
	policy := func(rules []any) tree {
		return tree{"spec": tree{"podSelector": tree{}, "policyTypes": []string{"Ingress"}, "ingress": rules}}
	}
	for _, tc := range []struct {
		name, kind string
		make       func(from int) tree
	}{
		{"many rules", "Role", func(from int) tree {
			return tree{"rules": list(900, func(i int) any {
				return tree{"apiGroups": []string{name(i)}, "verbs": []string{name(from + i)}, "resources": []string{name(i)}, "resourceNames": []string{name(i)}}
			})}
		}},
		{"long rules", "Role", func(from int) tree {
			return tree{"rules": list(20, func(i int) any {
				return tree{"apiGroups": names(20, i), "verbs": names(100, from+i), "resources": names(500, i)}
			})}
		}},
		{"some rules", "Role", func(from int) tree {
			return tree{"rules": list(60, func(i int) any {
				return tree{"apiGroups": names(3, i), "verbs": names(9, from+i), "resources": names(40, i), "resourceNames": names(3, i)}
			})}
		}},
		{"peers", "NetworkPolicy", func(from int) tree {
			return policy(list(40, func(i int) any {
				return tree{"from": list(20, func(j int) any { return tree{"namespaceSelector": selector(3, 4, from+i+j)} })}
			}))
		}},
		{"ranges", "NetworkPolicy", func(from int) tree {
			return policy(list(40, func(i int) any {
				return tree{"from": list(100, func(j int) any {
					return tree{"ipBlock": tree{"cidr": fmt.Sprintf("10.%d.%d.0/24", i, j), "except": []string{fmt.Sprintf("10.%d.%d.%d/32", i, j, from)}}}
				}), "ports": list(20, func(j int) any { return tree{"port": 1 + from + i*j, "endPort": 100 + i*j} })}
			}))
		}},
		{"selectors", "NetworkPolicy", func(from int) tree {
			return tree{"spec": tree{"podSelector": selector(300, 50, from)}}
		}},
		{"more selectors", "NetworkPolicy", func(from int) tree {
			return tree{"spec": tree{"podSelector": selector(5000, 2, from)}}
		}},
		{"rules of admission", "ValidatingAdmissionPolicy", func(from int) tree {
			return tree{"spec": tree{"matchConstraints": tree{"resourceRules": list(50, func(i int) any {
				return tree{"apiGroups": names(3, i), "apiVersions": names(3, i), "operations": []string{"CREATE"}, "resources": []string{name(from+i) + "/" + name(i)}}
			})}}}
		}},
		{"providers", "EncryptionConfiguration", func(from int) tree {
			return tree{"resources": []any{tree{"resources": names(240, 0), "providers": list(99, func(i int) any {
				return tree{"aesgcm": tree{"keys": list(90, func(j int) any { return tree{"name": name(from + i*100 + j)} })}}
			})}}}
		}},
		{"limits", "EventRateLimit", func(from int) tree {
			return tree{"limits": list(9000, func(i int) any { return tree{"type": name(from + i), "qps": i} })}
		}},
		{"bindings", "RoleBinding", func(from int) tree {
			return tree{"subjects": list(9000, func(i int) any { return tree{"kind": "User", "name": name(from + i)} })}
		}},
		{"rules of audit", "Policy", func(from int) tree {
			return tree{"rules": list(45, func(i int) any {
				return tree{"level": "Metadata", "users": []string{name(from + i)}, "namespaces": []string{name(i)}, "resources": []any{tree{"group": name(i)}}}
			})}
		}},
		{"whatever", "Whatever", func(from int) tree {
			return tree{"a": list(20000, func(i int) any { return from + i })}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want, have := settings.Of(tc.make(0)), settings.Of(tc.make(1))
			start := time.Now()
			got := Compare(tc.kind, want, have, "1.37")
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("takes %s", took)
			} else {
				t.Logf("takes %s", took)
			}
			if len(got) == 0 {
				t.Error("no difference")
			}
			for _, d := range got {
				wellFormed(t, d)
			}
			t.Logf("%d deltas: %.300s", len(got), fmt.Sprintf("%v", got[:1]))
		})
	}
}
