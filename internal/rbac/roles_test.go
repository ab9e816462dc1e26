package rbac

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/roles.txt anew; read the difference before committing it")

// TestStandardRoles compares all that the ready-made roles grant with testdata/roles.txt, which is meant to be read:
// a line for each group and resource. What only later minors have says since when.
func TestStandardRoles(t *testing.T) {
	var b strings.Builder
	for i, r := range Standard() {
		where := "in namespaces"
		if r.ClusterOnly {
			where = "in the whole cluster"
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s, %s\n%s\n", r.ObjectName(), where, r.About)
		lines := linesOf(r.Rules(33))
		for minor := 34; minor <= 37; minor++ {
			for _, line := range linesOf(r.Rules(minor)) {
				if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, line) }) {
					lines = append(lines, fmt.Sprintf("%s  (since 1.%d)", line, minor))
				}
			}
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	const file = "testdata/roles.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the roles differ from %s (-want +got):\n%s\ngo test ./internal/rbac -update writes it anew", file, diff)
	}
}

// linesOf spells rules resource by resource, the verbs of several rules together.
func linesOf(rules []Rule) []string {
	verbs := map[string][]string{}
	add := func(subject string, more []string) {
		for _, v := range more {
			if !slices.Contains(verbs[subject], v) {
				verbs[subject] = append(verbs[subject], v)
			}
		}
	}
	for _, r := range rules {
		for _, url := range r.NonResourceURLs {
			add(url, r.Verbs)
		}
		for _, group := range r.APIGroups {
			for _, resource := range r.Resources {
				subject := resource
				if group != "" {
					subject = group + " " + resource
				}
				if len(r.ResourceNames) > 0 {
					subject += " " + strings.Join(r.ResourceNames, ",")
				}
				add(subject, r.Verbs)
			}
		}
	}
	var out []string
	for subject, list := range verbs {
		out = append(out, fmt.Sprintf("  %-58s %s", subject, strings.Join(list, " ")))
	}
	slices.Sort(out)
	return out
}

// Every rule is one that upstream takes: groups and resources, or paths; and verbs.
func TestStandardRulesAreComplete(t *testing.T) {
	for _, r := range Standard() {
		for minor := 33; minor <= 37; minor++ {
			for i, rule := range r.Rules(minor) {
				paths, resources := len(rule.NonResourceURLs) > 0, len(rule.APIGroups) > 0 && len(rule.Resources) > 0
				if len(rule.Verbs) == 0 || paths == resources || paths && !r.ClusterOnly {
					t.Errorf("%s, rule %d: %+v", r.Name, i, rule)
				}
			}
		}
	}
}

// A role's rules are the caller's: changing them changes no other's.
func TestRulesAreCopies(t *testing.T) {
	r, _ := Find("viewer")
	r.Rules(37)[0].Verbs[0] = "*"
	if got := r.Rules(37)[0].Verbs[0]; got != "get" {
		t.Errorf("verb %q", got)
	}
}

func TestFind(t *testing.T) {
	for _, name := range []string{"viewer", "operator", "debugger", "deployer", "auditor", "node-reader", "administrator"} {
		if r, ok := Find(name); !ok || r.ObjectName() != "hardstrap:"+name {
			t.Errorf("%s: %v %s", name, ok, r.ObjectName())
		}
	}
	for _, name := range []string{"", "view", "hardstrap:viewer"} {
		if _, ok := Find(name); ok {
			t.Errorf("%q is found", name)
		}
	}
}
