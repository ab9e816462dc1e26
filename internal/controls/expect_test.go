package controls

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestParseExpect(t *testing.T) {
	one := func(a atom) expression { return expression{atom: &a} }
	for _, tc := range []struct {
		text string
		want expression
	}{
		{"present", one(atom{op: "present"})},
		{"== false", one(atom{op: "==", args: []string{"false"}})},
		{"== false (written)", one(atom{op: "==", args: []string{"false"}, written: true})},
		{"== true (written in file); flag absent", expression{of: []expression{
			one(atom{op: "==", args: []string{"true"}, written: true}), one(atom{subject: "flag", op: "absent"}),
		}}},
		{">= 0 (site chosen)", one(atom{op: ">=", args: []string{"0"}})},
		{"enforce >= baseline", one(atom{subject: "enforce", op: ">=", args: []string{"baseline"}})},
		{"one-of [VersionTLS12, VersionTLS13]", one(atom{op: "one-of", args: []string{"VersionTLS12", "VersionTLS13"}})},
		{"absent or == 0; flag absent", expression{of: []expression{
			{any: true, of: []expression{one(atom{op: "absent"}), one(atom{op: "==", args: []string{"0"}})}},
			one(atom{subject: "flag", op: "absent"}),
		}}},
		{"present and --etcd-keyfile present", expression{of: []expression{
			one(atom{op: "present"}), one(atom{subject: "--etcd-keyfile", op: "present"}),
		}}},
		{"absent or 127.0.0.1:*", expression{any: true, of: []expression{
			one(atom{op: "absent"}), one(atom{op: "matches", args: []string{"127.0.0.1:*"}}),
		}}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			got, err := parseExpect(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(expression{}, atom{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseExpectRefuses(t *testing.T) {
	for _, text := range []string{
		"", "reviewed", "present and", "== ", "one-of baseline", "one-of [a, b", "one-of [a] b", "== [a]",
		"present now", "two words == x", "(written", "all K01.* met",
	} {
		t.Run(text, func(t *testing.T) {
			if got, err := parseExpect(text); err == nil {
				t.Errorf("parsed as %+v", got)
			}
		})
	}
}

// Every rendered control must be judged by something: the grammar, a predicate of its own, its
// parts, or the plain statement that a bundle holds no such object. Nothing may fall through.
func TestEveryRenderedControlIsJudged(t *testing.T) {
	counts := map[string]int{}
	objects := map[string]bool{}
	for _, c := range Controls() {
		if c.Scope != Rendered {
			continue
		}
		_, byHand := special(c)
		_, err := expectation(c)
		switch {
		case c.RemovedIn != "":
			counts["removed"]++
		case byHand:
			counts["by hand"]++
		case len(subjectOf(c.SettingKey).keys) == 0:
			counts["objects"]++
			objects[c.SettingKey] = true
		case err == nil:
			counts["grammar"]++
		default:
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	want := []string{"other:descheduler"}
	var got []string
	for key := range objects {
		got = append(got, key)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("setting keys of which no bundle has anything (-want +got):\n%s", diff)
	}
	if counts["grammar"] < 150 || counts["removed"] != 4 {
		t.Errorf("how controls are judged: %v", counts)
	}
}

// A control over a file names it, so that what a bundle sets of it can be said.
func TestFileControlsNameFiles(t *testing.T) {
	for _, c := range Controls() {
		if !strings.HasPrefix(c.SettingKey, "file:") {
			continue
		}
		if _, ok := filePattern(c.SettingKey); !ok && !strings.Contains(c.SettingKey, "kube-proxy.kubeconfig") {
			t.Errorf("%s: %s names no file", c.Name(), c.SettingKey)
		}
	}
}

func TestEverySettingKeyMapsOrSaysWhy(t *testing.T) {
	for _, c := range Controls() {
		s := subjectOf(c.SettingKey)
		if len(s.keys) == 0 && s.reason == "" {
			t.Errorf("%s: %s maps to nothing and says no reason", c.Name(), c.SettingKey)
		}
		for _, k := range keysOf(c) {
			if k.Component == "" || k.Path == "" || strings.ContainsAny(k.Path, " ,;()") {
				t.Errorf("%s: %s maps to the key %v", c.Name(), c.SettingKey, k)
			}
		}
	}
}

func TestHolds(t *testing.T) {
	list := settings.Of([]string{"Node", "RBAC"})
	for _, tc := range []struct {
		name  string
		op    string
		args  []string
		value *settings.Value
		want  bool
	}{
		{"bool against text", "==", []string{"false"}, settings.Of("False"), true},
		{"bool against bool", "==", []string{"false"}, settings.Of(false), true},
		{"zero is no false of a number", "==", []string{"0"}, settings.Of(0), true},
		{"empty is not false", "==", []string{"false"}, settings.Of(""), false},
		{"nothing is not false", "==", []string{"false"}, nil, false},
		{"address", "==", []string{"127.0.0.1"}, settings.Of("127.0.0.1"), true},
		{"other address", "==", []string{"127.0.0.1"}, settings.Of("0.0.0.0"), false},
		{"durations", ">=", []string{"5m"}, settings.Of("300s"), true},
		{"shorter duration", ">=", []string{"5m"}, settings.Of("4m59s"), false},
		{"duration against number", ">", []string{"0"}, settings.Of("1m0s"), true},
		{"no duration", "!=", []string{"0"}, settings.Of("0s"), false},
		{"more", ">=", []string{"30"}, settings.Of(366), true},
		{"less", ">=", []string{"30"}, settings.Of(29), false},
		{"as much", ">", []string{"30"}, settings.Of(30), false},
		{"no number", ">=", []string{"30"}, settings.Of("many"), false},
		{"minus one is not above zero", ">", []string{"0"}, settings.Of(-1), false},
		{"list contains", "contains", []string{"RBAC"}, list, true},
		{"text contains an element", "contains", []string{"RBAC"}, settings.Of("Node, RBAC"), true},
		{"not a part of a word", "contains", []string{"RBAC"}, settings.Of("RBACish"), false},
		{"map contains", "not-contains", []string{"A=false"}, settings.Of(map[string]bool{"A": false}), false},
		{"nothing contains nothing", "not-contains", []string{"A"}, nil, true},
		{"subset", "subset-of", []string{"Node", "RBAC", "Webhook"}, list, true},
		{"no subset", "subset-of", []string{"Node"}, list, false},
		{"the empty list is not chosen", "subset-of", []string{"Node"}, settings.Of([]string{}), false},
		{"superset", "superset-of", []string{"Node"}, list, true},
		{"no superset", "superset-of", []string{"Node", "Webhook"}, list, false},
		{"pattern", "matches", []string{"127.0.0.1:*"}, settings.Of("127.0.0.1:10249"), true},
		{"no pattern", "matches", []string{"127.0.0.1:*"}, settings.Of("0.0.0.0:10249"), false},
		{"one of", "one-of", []string{"a", "b"}, settings.Of("b"), true},
		{"none of", "one-of", []string{"a", "b"}, settings.Of("a,b"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := holds(tc.op, tc.args, tc.value); got != tc.want {
				t.Errorf("%s %v of %+v = %v, want %v", tc.op, tc.args, tc.value, got, tc.want)
			}
		})
	}
}

func FuzzParseExpect(f *testing.F) {
	for _, c := range Controls() {
		f.Add(c.Expect)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseExpect(text)
		if err != nil {
			return
		}
		// What parses can be judged without a panic, whatever the settings.
		in := Input{Minor: "1.37", Settings: &settings.Set{}}
		in.eval(e, subjectOf("kubelet:authentication.anonymous.enabled"))
		in.eval(e, subjectOf("apiserver:--profiling"))
	})
}
