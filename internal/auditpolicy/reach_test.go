package auditpolicy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The universe of the laws below: small enough to try every request, and each dimension has a value
// that no rule names ("other").
func universe() []Attributes {
	var users []*User
	for _, name := range []string{"alice", "bob", "system:serviceaccount:shop:web", "other"} {
		for _, groups := range [][]string{nil, {"dev"}, {"ops"}, {"dev", "ops"}} {
			users = append(users, userOf(name, groups...))
		}
	}
	users = append(users, &User{Name: "system:anonymous", Groups: []string{"system:unauthenticated"}}, nil,
		userOf("system:serviceaccount:other:other"), userOf("system:serviceaccount:shop:other"))
	var out []Attributes
	for _, u := range users {
		for _, verb := range resourceVerbs() {
			for _, namespace := range []string{"", "shop", "other"} {
				for _, group := range []string{"", "apps", "other"} {
					for _, resource := range []string{"pods", "secrets", "other"} {
						for _, sub := range []string{"", "log", "status", "other"} {
							for _, name := range []string{"", "a", "other"} {
								out = append(out, Attributes{User: u, Verb: verb, Namespace: namespace, Group: group, Resource: resource, Subresource: sub, Name: name})
							}
						}
					}
				}
			}
		}
		for _, verb := range append(pathVerbs(), "other") {
			for _, path := range []string{"/", "/healthz", "/healthz/", "/healthz/etcd", "/healthzother", "/healthz/other", "/other"} {
				out = append(out, Attributes{User: u, Verb: verb, Path: path})
			}
		}
	}
	return out
}

// randomPolicy draws rules from the names of the universe.
func randomPolicy(r *rand.Rand) *policy {
	some := func(most int, from ...string) []string {
		if r.IntN(2) == 0 {
			return nil
		}
		var out []string
		for range 1 + r.IntN(most) {
			out = append(out, from[r.IntN(len(from))])
		}
		return out
	}
	p := &policy{groupStar: r.IntN(2) == 0}
	narrow := r.IntN(3) == 0 // few conditions, so that several rules together cover another
	for i := range 2 + r.IntN(5) {
		x := rule{number: i + 1, level: levels()[r.IntN(4)]}
		if narrow {
			x.verbs = []string{"get", "list", "create"}[r.IntN(3):]
			x.verbs = x.verbs[:1+r.IntN(len(x.verbs))]
			x.users = some(2, "alice", "bob")
			p.rules = append(p.rules, x)
			continue
		}
		if r.IntN(3) > 0 {
			x.users = some(2, "alice", "bob", "system:serviceaccount:shop:web", "system:anonymous")
		}
		if r.IntN(3) == 0 {
			x.userGroups = some(2, "dev", "ops", "system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:serviceaccounts:shop")
		}
		x.verbs = some(3, "get", "list", "create", "update", "delete", "post", "*")
		switch r.IntN(4) {
		case 0:
			x.nonResourceURLs = some(3, "*", "/healthz", "/healthz*", "/healthz/*", "/*")
		case 1, 2:
			x.namespaces = some(2, "", "shop")
			for range r.IntN(3) {
				e := groupResources{group: []string{"", "apps", "*"}[r.IntN(3)]}
				if !p.groupStar && e.group == "*" { // such a policy is refused
					e.group = ""
				}
				e.resources = some(3, "*", "pods", "pods/*", "pods/log", "secrets", "*/status", "*/log", "secrets/status", "*/*")
				if len(e.resources) > 0 {
					e.names = some(2, "a", "")
				}
				x.resources = append(x.resources, e)
			}
		}
		p.rules = append(p.rules, x)
	}
	return p
}

// TestReachIsExact compares find with trying every request of the universe, in both directions: a
// witness is a request that the rule decides, and without one there is none.
func TestReachIsExact(t *testing.T) {
	all := universe()
	r := rand.New(rand.NewPCG(1, 2))
	reached, unreached, together := 0, 0, 0
	for n := range 120 {
		p := randomPolicy(r)
		decided := make(map[int]bool)
		for _, a := range all {
			decided[p.decide(a).Rule] = true
		}
		s := newSearcher(p)
		for i := range len(p.rules) + 1 {
			number := s.rule(i).number
			found := s.find(i, space{})
			switch {
			case found.gaveUp:
				t.Fatalf("policy %d, rule %d: gave up", n, number)
			case found.witness != nil:
				reached++
				if got := p.decide(*found.witness).Rule; got != number {
					t.Fatalf("policy %d: rule %d has the witness %+v, which rule %d decides\n%+v", n, number, *found.witness, got, p.rules)
				}
				if !decided[number] {
					t.Fatalf("policy %d: rule %d has the witness %+v, but no request of the universe\n%+v", n, number, *found.witness, p.rules)
				}
			case decided[number]:
				t.Fatalf("policy %d: rule %d decides requests, but has no witness\n%+v", n, number, p.rules)
			default:
				unreached++
				if len(found.by) > 1 {
					together++
				}
				if found.empty == (len(found.by) > 0) {
					t.Fatalf("policy %d, rule %d: empty is %v, taken by %v", n, number, found.empty, found.by)
				}
			}
		}
	}
	if reached < 100 || unreached < 50 || together < 3 {
		t.Errorf("the draw is too one-sided to show anything: %d reached, %d not, %d of them by several", reached, unreached, together)
	}
}

// TestCoveringRulesCover removes the rules said to cover another: it must come into reach; and keeps
// only them: it must stay out of it.
func TestCoveringRulesCover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	checked := 0
	for n := range 400 {
		p := randomPolicy(r)
		s := newSearcher(p)
		for i := range p.rules {
			found := s.find(i, space{})
			if found.witness != nil || found.empty {
				continue
			}
			checked++
			only := &policy{groupStar: p.groupStar}
			for _, j := range append(slices.Clone(found.by), i) {
				x := p.rules[j]
				x.number = len(only.rules) + 1
				only.rules = append(only.rules, x)
			}
			if again := newSearcher(only).find(len(only.rules)-1, space{}); again.witness != nil {
				t.Fatalf("policy %d: rule %d is said to be covered by %v alone, but %+v reaches it", n, i+1, found.by, *again.witness)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d covered rules were drawn", checked)
	}
}

// TestSpacesAreRespected: what find returns for a probe is a request of that probe, and a probe without
// one has none in the universe.
func TestSpacesAreRespected(t *testing.T) {
	all := universe()
	r := rand.New(rand.NewPCG(5, 6))
	secrets := Attributes{Resource: "secrets"}
	spaces := map[string]space{
		"create": {targets: []Attributes{secrets}, verbs: []string{"create"}, named: without, namespaced: with, authenticated: true},
		"update": {targets: []Attributes{secrets}, verbs: []string{"update"}, named: with, namespaced: with, authenticated: true},
		"list":   {targets: []Attributes{secrets}, verbs: []string{"list"}, authenticated: true},
		"log":    {targets: []Attributes{{Resource: "pods", Subresource: "log"}, {Group: "apps", Resource: "pods", Subresource: "log"}}, verbs: []string{"get"}, namespaced: without},
		"failed": {targets: []Attributes{{Group: "other", Resource: "other"}}, failed: true},
	}
	in := func(a Attributes, s space) bool {
		fits := func(p presence, text string) bool { return p == either || (p == with) == (text != "") }
		return a.Resource != "" && (len(s.verbs) == 0 || slices.Contains(s.verbs, a.Verb)) && fits(s.named, a.Name) && fits(s.namespaced, a.Namespace) &&
			(!s.authenticated || a.User != nil) && (!s.failed || a.User == nil) &&
			slices.ContainsFunc(s.targets, func(t Attributes) bool {
				return t.Group == a.Group && t.Resource == a.Resource && t.Subresource == a.Subresource
			})
	}
	hits, misses := 0, 0
	for n := range 60 {
		p := randomPolicy(r)
		s := newSearcher(p)
		for name, where := range spaces {
			decided := make(map[int]bool)
			for _, a := range all {
				if in(a, where) {
					decided[p.decide(a).Rule] = true
				}
			}
			for i := range len(p.rules) + 1 {
				number, found := s.rule(i).number, s.find(i, where)
				if (found.witness != nil) != decided[number] {
					t.Fatalf("policy %d, %s, rule %d: witness %+v, but tried out: %v\n%+v", n, name, number, found.witness, decided[number], p.rules)
				}
				if found.witness == nil {
					misses++
					continue
				}
				hits++
				if !in(*found.witness, where) || p.decide(*found.witness).Rule != number {
					t.Fatalf("policy %d, %s, rule %d: %+v is no witness", n, name, number, *found.witness)
				}
			}
		}
	}
	if hits < 50 || misses < 50 {
		t.Errorf("too one-sided: %d hits, %d misses", hits, misses)
	}
}

// TestWhatCannotBeJudgedCountsAsDangerous: a rule made to be intricate is not tried out for ever, and
// what it may do is said as if it did.
func TestWhatCannotBeJudgedCountsAsDangerous(t *testing.T) {
	for name, rules := range map[string]string{
		"users and groups": "- {level: Metadata}\n- {level: Request, users: [" + numbered("u", 100) + "], userGroups: [" + numbered("g", 100) + "]}\n",
		"every dimension":  intricate(),
	} {
		t.Run(name, func(t *testing.T) {
			tree, faults := Parse("p.yaml", []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"+rules), "1.37")
			if tree == nil {
				t.Fatal(faults)
			}
			said := Lint(tree, "1.37").Error()
			for _, want := range []string{"cannot be judged: too many combinations", "writes the contents of Secrets into the log"} {
				if !strings.Contains(said, want) {
					t.Errorf("nothing of %q in\n%s", want, said)
				}
			}
		})
	}
}

func numbered(prefix string, n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return strings.Join(out, ", ")
}

// intricate has a last rule whose requests are all taken, by rules of which each takes a user in one
// namespace and its neighbour's verbs, so that no candidate is better than another.
func intricate() string {
	var b strings.Builder
	const n = 80
	for i := range n {
		fmt.Fprintf(&b, "- {level: Metadata, users: [u%d], namespaces: [n%d]}\n", i, i)
		fmt.Fprintf(&b, "- {level: Metadata, users: [u%d], resources: [{resources: [secrets], resourceNames: [r%d]}]}\n", i, i)
		fmt.Fprintf(&b, "- {level: Metadata, namespaces: [n%d], resources: [{resources: [secrets], resourceNames: [r%d]}]}\n", i, i)
	}
	fmt.Fprintf(&b, "- {level: Metadata, users: [%s], namespaces: [%s]}\n", numbered("u", n), numbered("n", n))
	fmt.Fprintf(&b, "- {level: Request, users: [%s], namespaces: [%s], resources: [{resources: [secrets], resourceNames: [%s]}]}\n",
		numbered("u", n), numbered("n", n), numbered("r", n))
	return b.String()
}
