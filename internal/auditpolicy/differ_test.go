package auditpolicy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func policyOf(t *testing.T, rules string) *settings.Value {
	t.Helper()
	tree, faults := Parse("policy.yaml", []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"+rules), "1.37")
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestDiffer(t *testing.T) {
	const rest = "- level: Metadata\n"
	for _, tc := range []struct {
		name, want, have string
		changes          []string // want > have: requests (leak)
	}{
		{"split", "- {level: Request, verbs: [get, list]}\n" + rest, "- {level: Request, verbs: [list]}\n- {level: Request, verbs: [get]}\n" + rest, nil},
		{"an order without effect", "- {level: None, verbs: [get]}\n- {level: Request, verbs: [list]}\n" + rest, "- {level: Request, verbs: [list]}\n- {level: None, verbs: [get]}\n" + rest, nil},
		{"every stage omitted is None", "- {level: None, verbs: [get]}\n" + rest, "- {level: Request, verbs: [get], omitStages: [RequestReceived, ResponseStarted, ResponseComplete, Panic]}\n" + rest, nil},
		{"managed fields without a body", rest, "- {level: Metadata, omitManagedFields: true}\n", nil},
		{"secrets with bodies", rest, "- level: Request\n  resources: [{group: \"\", resources: [secrets]}]\n" + rest,
			[]string{"Metadata > Request: secrets (the contents of Secrets)"}},
		{"exec dropped", rest, "- level: None\n  verbs: [create]\n  users: [eve]\n  namespaces: [shop]\n  resources: [{group: \"\", resources: [pods/exec]}]\n" + rest,
			[]string{"Metadata > None: create pods/exec by eve in shop"}},
		{"a whole group", rest, "- level: None\n  resources: [{group: apps}]\n" + rest, []string{"Metadata > None: apps/*"}},
		{"nothing for the rest", rest, "- {level: Metadata, verbs: [create]}\n", nil},
		{"paths", "- {level: None, nonResourceURLs: [/healthz*]}\n" + rest, rest, []string{"None > Metadata: /healthz and /healthz*"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Differ(policyOf(t, tc.want), policyOf(t, tc.have), "1.37")
			if err != nil {
				t.Fatal(err)
			}
			var text []string
			for _, c := range got {
				line := c.Want.Level + " > " + c.Have.Level + ": " + strings.Join(c.Requests, "; ")
				if c.Leak != "" {
					line += " (" + c.Leak + ")"
				}
				text = append(text, line)
			}
			slices.Sort(text)
			if tc.name == "nothing for the rest" {
				if len(got) != 1 || !slices.Contains(got[0].Requests, "get,list,watch,update,patch,delete,deletecollection all other resources") {
					t.Errorf("got %v", text)
				}
				return
			}
			if !slices.Equal(text, tc.changes) {
				t.Errorf("got %q\nwant %q", text, tc.changes)
			}
		})
	}
}

// TestDifferIsExact holds it against decisions one by one, over requests that there can be.
func TestDifferIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	all := slices.DeleteFunc(universe(), func(a Attributes) bool {
		list := servedBy(37)[a.Group]
		name := a.Resource
		if a.Subresource != "" {
			name += "/" + a.Subresource
		}
		return a.Resource != "" && a.Resource != "other" && len(list) > 0 && !slices.Contains(list, name)
	})
	same, other := 0, 0
	for range 100 {
		one := randomPolicy(r)
		two := &policy{groupStar: one.groupStar, rules: slices.Clone(one.rules)}
		switch r.IntN(3) {
		case 0:
			i, j := r.IntN(len(two.rules)), r.IntN(len(two.rules))
			two.rules[i], two.rules[j] = two.rules[j], two.rules[i]
		case 1:
			two.rules = slices.Delete(two.rules, 0, 1)
		case 2:
			two = randomPolicy(r)
		}
		for i := range two.rules {
			two.rules[i].number = i + 1
		}
		a, b := settings.Of(asTree(one, rand.New(rand.NewPCG(1, 1)))), settings.Of(asTree(two, rand.New(rand.NewPCG(1, 1))))
		changes, err := Differ(a, b, "1.37")
		if err != nil {
			t.Fatal(err)
		}
		w, h := compile(a, 37), compile(b, 37)
		witnesses, wanted, found := 0, effectsOf(&w), effectsOf(&h)
		for range 4_000 {
			at := all[r.IntN(len(all))]
			if wanted[w.decide(at).Rule] != found[h.decide(at).Rule] {
				witnesses++
			}
		}
		switch {
		case len(changes) == 0 && witnesses > 0:
			t.Fatalf("no change, and %d requests that are recorded otherwise:\n%v\n%v", witnesses, a.Plain(), b.Plain())
		case len(changes) == 0:
			same++
		default:
			other++
		}
		for _, c := range changes {
			if len(c.Requests) == 0 {
				t.Fatalf("a change of no requests: %+v", c)
			}
		}
	}
	if same < 5 || other < 20 {
		t.Errorf("too one-sided: %d alike, %d not", same, other)
	}
}

func TestDifferTiers(t *testing.T) {
	for _, minor := range minors() {
		for _, name := range Tiers() {
			for _, found := range Tiers() {
				changes, err := Differ(tier(t, name, minor), tier(t, found, minor), minor)
				if err != nil || (len(changes) == 0) != (name == found) {
					t.Errorf("%s, %s beside %s: %d changes, %v", minor, found, name, len(changes), err)
				}
			}
		}
	}
}

func TestDifferIsBounded(t *testing.T) {
	var many []any
	for i := range 2_000 {
		many = append(many, map[string]any{"level": "Metadata", "users": []string{string(rune('a' + i))}})
	}
	_, err := Differ(settings.Of(map[string]any{"rules": many}), settings.Of(map[string]any{}), "1.37")
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestDifferTakesNoTime: policies made to cost much end in an answer, or in none, soon.
func TestDifferTakesNoTime(t *testing.T) {
	policy := func(rules int, each func(i int) map[string]any) *settings.Value {
		var out []any
		for i := range rules {
			rule := each(i)
			rule["level"] = levels()[i%4]
			out = append(out, rule)
		}
		return settings.Of(map[string]any{"rules": out})
	}
	name := func(i int) string { return fmt.Sprintf("n%d", i) }
	names := func(n, from int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = name(from + i)
		}
		return out
	}
	for label, each := range map[string]func(i int) map[string]any{
		"every dimension": func(i int) map[string]any {
			return map[string]any{"users": []string{name(i)}, "namespaces": []string{name(i)}, "resources": []any{map[string]any{"group": name(i), "resources": []string{name(i)}}}}
		},
		"groups": func(i int) map[string]any { return map[string]any{"userGroups": names(3, i)} },
		"users":  func(i int) map[string]any { return map[string]any{"users": names(20, i), "omitStages": stages()[i%3:]} },
		"objects": func(i int) map[string]any {
			return map[string]any{"resources": []any{map[string]any{"group": "*", "resources": []string{name(i) + "/*", "*/" + name(i)}}}}
		},
	} {
		for _, size := range []int{10, 50, 100, 200} {
			start := time.Now()
			a, b := policy(size, each), policy(size, func(i int) map[string]any { return each(i + 1) })
			changes, err := Differ(a, b, "1.37")
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s, %d: %s (%d changes, %v)", label, size, took, len(changes), err)
			} else {
				t.Logf("%s, %d: %s (%d changes, %v)", label, size, took, len(changes), err)
			}
		}
	}
}
