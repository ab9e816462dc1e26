package auditpolicy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestLintOfOurTiers: ours have nothing against them, except the one that is what was asked for.
func TestLintOfOurTiers(t *testing.T) {
	const all = "create, update, patch, get, list, delete, deletecollection"
	at := func(what string) string {
		return "built-in:audit-policy/stig-literal:14:10: " + what
	}
	literal := []string{
		at("warning: rules[0].level: rule 1 at level RequestResponse writes the contents of ConfigMaps into the log (" + all + "); put a rule with level Metadata for configmaps above it"),
		at("rules[0].level: rule 1 at level RequestResponse writes the contents of Secrets into the log (" + all + "); put a rule with level Metadata for secrets above it"),
		at("rules[0].level: rule 1 at level RequestResponse writes tokens handed in for review into the log (create); put a rule with level Metadata for tokenreviews (group authentication.k8s.io) above it"),
		at("rules[0].level: rule 1 at level RequestResponse writes tokens issued for service accounts into the log (create); put a rule with level Metadata for serviceaccounts/token above it"),
	}
	for _, minor := range minors() {
		for _, name := range Tiers() {
			var want []string
			if name == "stig-literal" {
				want = literal
			}
			said := Lint(tier(t, name, minor), minor)
			var got []string
			for _, p := range said {
				got = append(got, p.String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s:\n%s\nwant\n%s", minor, name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		accepted := Lint(tier(t, "stig-literal", minor), minor, Accepts("stig-literal")...)
		if accepted.Err() != nil || len(accepted) != 4 || !strings.Contains(accepted[1].Hint, "guard and encrypt") {
			t.Errorf("%s: stig-literal, accepted: %v", minor, accepted)
		}
	}
}

func TestAcceptingOneFindingKeepsTheOthers(t *testing.T) {
	got := Lint(tier(t, "stig-literal", "1.37"), "1.37", SecretBodies, LogsNothing)
	if n := len(got.Errors()); n != 2 {
		t.Errorf("%d errors, want the two about tokens:\n%v", n, got)
	}
}

// TestTiersAreReadable: every rule has a comment with its number, and the literal tier is literal.
func TestTiersAreReadable(t *testing.T) {
	for _, name := range Tiers() {
		source, ok := Source(name)
		if !ok {
			t.Fatalf("no source of %s", name)
		}
		lines := strings.Split(string(source), "\n")
		for i, r := range tier(t, name, "1.33").Get("rules").Items {
			start := r.Origin.Line - 2
			for start > 0 && strings.HasPrefix(lines[start-1], "#") {
				start--
			}
			if !regexp.MustCompile(fmt.Sprintf(`^# %d: `, i+1)).MatchString(lines[start]) {
				t.Errorf("%s: above rule %d stands %q", name, i+1, lines[start])
			}
		}
	}
	literal := tier(t, "stig-literal", "1.37")
	want := settings.Of(map[string]any{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": []any{map[string]any{"level": "RequestResponse"}}})
	if !settings.Equal(literal, want) {
		t.Errorf("stig-literal is %v", literal.Plain())
	}
}

func TestTierThatIsNone(t *testing.T) {
	for _, tc := range []struct{ name, tier, minor, want string }{
		{"misspelt", "standart", "1.37", `"standart" is not an audit policy; allowed: metadata, standard, cis, stig-literal, or the path of a file; did you mean "standard"?`},
		{"a path", "../policies/cis", "1.37", `"../policies/cis" is not an audit policy; allowed: metadata, standard, cis, stig-literal, or the path of a file`},
		{"old minor", "cis", "1.32", `built-in:audit-policy/cis: "1.32" is not a Kubernetes minor; allowed: 1.33 and later`},
		{"no minor", "cis", "", `built-in:audit-policy/cis: "" is not a Kubernetes minor; allowed: 1.33 and later`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tree, err := Tier(tc.tier, tc.minor)
			if tree != nil || err == nil || err.Error() != tc.want {
				t.Errorf("got %v, %v\nwant %s", tree, err, tc.want)
			}
		})
	}
}

func TestGroupStarDependsOnTheMinor(t *testing.T) {
	text := []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  resources: [{group: \"*\", resources: [pods]}]\n")
	for minor, allowed := range map[string]bool{"1.33": false, "1.34": false, "1.35": false, "1.36": true, "1.37": true, "1.38": true} {
		tree, faults := Parse("p.yaml", text, minor)
		if (tree != nil) != allowed || (faults.Err() == nil) != allowed {
			t.Errorf("%s: %v", minor, faults)
		}
		if tree == nil {
			continue
		}
		if got, _ := Level(tree, minor, Attributes{Group: "example.org", Resource: "pods", Verb: "get"}); got.Level != Metadata {
			t.Errorf("%s: %+v", minor, got)
		}
	}
}

func TestDecisionCarriesStagesAndManagedFields(t *testing.T) {
	tree, faults := Parse("p.yaml", []byte(`apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: Request, verbs: [get], omitManagedFields: false, omitStages: [Panic, RequestReceived]}
- {level: Metadata, verbs: [list]}
`), "1.37")
	if tree == nil {
		t.Fatal(faults)
	}
	for verb, want := range map[string]Decision{
		"get":   {Level: Request, OmitStages: []string{RequestReceived, Panic}, Rule: 1},
		"list":  {Level: Metadata, OmitStages: []string{RequestReceived}, OmitManagedFields: true, Rule: 2},
		"watch": {Level: None, OmitStages: []string{RequestReceived}, OmitManagedFields: true},
	} {
		got, err := Level(tree, "1.37", Attributes{Verb: verb, Resource: "pods"})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, %v, want %+v", verb, got, err, want)
		}
	}
}

func TestMatching(t *testing.T) {
	for _, tc := range []struct {
		spec, resource, sub string
		want                bool
	}{
		{"*", "pods", "", true}, {"*", "pods", "log", true},
		{"pods", "pods", "", true}, {"pods", "pods", "log", false}, {"pods", "pod", "", false},
		{"pods/log", "pods", "log", true}, {"pods/log", "pods", "", false},
		{"pods/*", "pods", "log", true}, {"pods/*", "pods", "", true}, {"pods/*", "nodes", "log", false},
		{"*/log", "pods", "log", true}, {"*/log", "pods", "", false}, {"*/log", "pods", "exec", false},
		{"*/*", "pods", "log", false}, {"*/*", "pods", "", false},
	} {
		t.Run(strings.ReplaceAll(tc.spec+" of "+tc.resource+" "+tc.sub, "/", "|"), func(t *testing.T) {
			if got := resourceMatches(tc.spec, tc.resource, tc.sub); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestReadingIsBounded(t *testing.T) {
	head := "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'j'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 10), ","))
	}
	for _, tc := range []struct{ name, text, want string }{
		{"huge", head + strings.Repeat("- level: Metadata\n", 1<<16), "p.yaml: the audit policy has 1179696 bytes; at most 1048576 are read"},
		{"aliases of aliases", bomb, "more than 10000 values once aliases are followed"},
		{"deep", head + "- " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "nested deeper than 32 levels"},
		{"many rules", head + strings.Repeat("- level: Metadata\n", 501), "p.yaml:4:1: rules: 501 rules; at most 500 are read; the API server tries them one after the other on every request"},
		{"not UTF-8", head + "- level: \"Meta\xff\"\n", "p.yaml:4:15: the audit policy is not UTF-8 text"},
		{"UTF-16", "\xff\xfea\x00p\x00i\x00", "p.yaml:1:1: the audit policy is not UTF-8 text"},
		{"NUL", head + "- level: \x00\n", "not YAML: control characters are not allowed"},
		{"nothing", "", "p.yaml: the audit policy is empty; it must be a mapping with apiVersion, kind and rules"},
		{"long value", head + "- level: " + strings.Repeat("x", 5000) + "\n", strings.Repeat("x", 80) + "…\" is not a level"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tree, faults := Parse("p.yaml", []byte(tc.text), "1.37")
			if tree != nil || !strings.Contains(faults.Error(), tc.want) {
				t.Errorf("got %.300v\nwant %s", faults, tc.want)
			}
			if len(faults.Error()) > 2000 {
				t.Errorf("%d bytes of message", len(faults.Error()))
			}
		})
	}
}

// TestParseKeepsPlaces: every node says where it stands.
func TestParseKeepsPlaces(t *testing.T) {
	tree, faults := Parse("dir/p.yaml", []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  users: [&a alice, *a]\n"), "1.37")
	if tree == nil {
		t.Fatal(faults)
	}
	users := tree.Get("rules").Items[0].Get("users")
	if got := users.Items[0].Origin.String(); got != "dir/p.yaml:5:11" {
		t.Errorf("alice stands at %s", got)
	}
	if got := users.Strings(); !slices.Equal(got, []string{"alice", "alice"}) {
		t.Errorf("users %q", got)
	}
	if got := tree.Origin.Source; got != settings.FromFile {
		t.Errorf("source %s", got)
	}
}

func TestLintOfWhatIsNoPolicy(t *testing.T) {
	for name, tree := range map[string]*settings.Value{
		"nothing":     nil,
		"a text":      settings.Of("Metadata"),
		"empty":       settings.Of(map[string]any{}),
		"wrong rules": settings.Of(map[string]any{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": "all"}),
	} {
		if Lint(tree, "1.37").Err() == nil {
			t.Errorf("%s is a policy", name)
		}
	}
	if Lint(tier(t, "cis", "1.37"), "2.0").Err() == nil {
		t.Error("2.0 is a minor")
	}
}

// FuzzParseAndLint: whatever the text, no panic; faults stand in the file; what is read lints, decides
// and, if it has errors, has no tree.
func FuzzParseAndLint(f *testing.F) {
	for _, name := range Tiers() {
		source, _ := Source(name)
		f.Add(string(source), uint8(33))
	}
	f.Add("a: &a [*a]\n", uint8(36))
	f.Add("rules:\n- <<: {level: None}\n", uint8(37))
	f.Add("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  resources: [{group: \"*\", resources: [\"*/*\", \"\", \"a/\"], resourceNames: [\"\"]}]\n  nonResourceURLs: []\n", uint8(36))
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		minor := fmt.Sprintf("1.%d", n)
		tree, faults := Parse("p.yaml", []byte(text), minor)
		if (tree == nil) != (faults.Err() != nil) {
			t.Fatalf("tree %v, faults %v", tree, faults)
		}
		said := append(diag.List{}, faults...)
		if tree != nil {
			said = append(said, Lint(tree, minor)...)
			if _, err := Level(tree, minor, Attributes{Verb: "get", Resource: "secrets"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range said {
			if p.Message == "" || p.Position.File != "p.yaml" {
				t.Fatalf("a fault without words or place: %+v", p)
			}
		}
	})
}

func TestServedResources(t *testing.T) {
	for _, tc := range []struct {
		minor           int
		group, resource string
		want            bool
	}{
		{33, "", "pods", true}, {33, "", "pods/exec", true}, {33, "", "deployments", false}, {33, "apps", "deployments", true},
		{33, "certificates.k8s.io", "podcertificaterequests", false}, {34, "certificates.k8s.io", "podcertificaterequests", true},
		{36, "lifecycle.k8s.io", "evictionrequests", false}, {37, "lifecycle.k8s.io", "evictionrequests", true},
		{33, "settings.k8s.io", "podpresets", false}, {99, "", "*/proxy", true}, {37, "rbac.authorization.k8s.io", "*/status", false},
	} {
		if got := servedBy(tc.minor).matches(tc.group, tc.resource); got != tc.want {
			t.Errorf("1.%d, group %q, %s: %v", tc.minor, tc.group, tc.resource, got)
		}
	}
}

func TestGroupsAreSpelled(t *testing.T) {
	for text, want := range map[string]bool{
		"apps": true, "rbac.authorization.k8s.io": true, "a-b.c0": true, "0a": true, strings.Repeat("a", 253): true,
		"": false, "Apps": false, "a_b": false, "-a": false, "a-": false, ".a": false, "a.": false, "a..b": false, "a.-b": false,
		"apps/v1": false, "á": false, strings.Repeat("a", 254): false,
	} {
		if got := isSubdomain(text); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}
