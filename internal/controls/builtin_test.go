package controls_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/controls"
	"github.com/hardstrap/hardstrap/internal/resolve"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// resolved resolves a built-in profile for a minor, changing nothing but the version.
func resolved(t testing.TB, name, minor string) *resolve.Resolved {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.yaml")
	text := "apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\nextends: [" + name + "]\nkubernetesVersion: \"" + minor + "\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := profiles.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := catalog.For(loaded.Profile.KubernetesVersion)
	if err != nil {
		t.Fatal(err)
	}
	provider := string(loaded.Profile.APIServer.Encryption.Provider)
	r, err := resolve.Resolve(loaded, m, resolve.Inputs{Keys: []resolve.Key{{Name: "key-0badcafe", Provider: provider}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func input(r *resolve.Resolved) controls.Input {
	return controls.Input{
		Minor: r.Minor.Name, Settings: r.Settings, Kubeadm: r.Kubeadm,
		Benchmarks: r.Loaded.Profile.Benchmarks, Waivers: r.Loaded.Profile.Waivers,
		Default: defaults(r.Minor),
	}
}

// defaults looks up a component's default in the catalog.
func defaults(m *catalog.Minor) func(settings.Key) (string, bool) {
	return func(k settings.Key) (string, bool) {
		if name, ok := strings.CutPrefix(k.Path, "--"); ok {
			f, ok := m.Flag(k.Component, name)
			return f.Default, ok
		}
		kinds := map[string]string{settings.Kubelet: "KubeletConfiguration", settings.KubeProxy: "KubeProxyConfiguration"}
		f, ok := m.Field(kinds[k.Component], k.Path)
		if !ok || f.Default == nil {
			return "", false
		}
		return fmt.Sprint(f.Default), true
	}
}

// leftToTheCluster are the controls that no built-in profile meets: which images may run, only the
// user can say.
func leftToTheCluster() map[string][]string {
	images := []string{"5.5.1"}
	return map[string][]string{
		"cis-level-1": nil,
		"cis-level-2": images,
		"restricted":  images,
		"disa-stig":   nil,
		"nsa-cisa":    {"NSA-POD-04"},
	}
}

func TestBuiltinProfilesMeetTheirBenchmarks(t *testing.T) {
	for name, left := range leftToTheCluster() {
		for _, minor := range catalog.Minors() {
			t.Run(name+" on "+minor, func(t *testing.T) {
				in := input(resolved(t, name, minor))
				if len(in.Benchmarks) == 0 {
					t.Fatal("the profile names no benchmark")
				}
				results := controls.Evaluate(in)
				met := 0
				var missing []string
				for _, r := range results {
					switch r.State {
					case controls.Met, controls.MetAlternative:
						met++
					case controls.NotMet:
						if !slices.Contains(missing, r.Control.ID) {
							missing = append(missing, r.Control.ID)
						}
						if !slices.Contains(left, r.Control.ID) {
							t.Errorf("%s: %s", r.Control.Name(), r.Evidence)
						}
					}
				}
				slices.Sort(missing)
				slices.Sort(left)
				if diff := cmp.Diff(left, missing); diff != "" {
					t.Errorf("not met (-want +got):\n%s", diff)
				}
				if met < 15 {
					t.Errorf("only %d controls are met", met)
				}
				for _, w := range controls.Unused(in, results) {
					t.Errorf("the waiver for %s lifts nothing", w.Control)
				}
			})
		}
	}
}

// How many controls of its own benchmarks each profile brings to which state on the newest
// minor, so that a change of a predicate or of a profile shows.
func TestStatesOfBuiltinProfiles(t *testing.T) {
	for _, tc := range []struct {
		profile string
		want    map[string]int
	}{
		{"cis-level-1", map[string]int{
			"cis-1.12 met": 66, "cis-1.12 met by alternative": 2, "cis-1.12 needs live check": 44, "cis-1.12 organisational": 5,
			"cis-2.0.1 met": 65, "cis-2.0.1 met by alternative": 2, "cis-2.0.1 needs live check": 44, "cis-2.0.1 organisational": 5,
		}},
		{"cis-level-2", map[string]int{
			"cis-1.12 met": 75, "cis-1.12 met by alternative": 2, "cis-1.12 not met": 1, "cis-1.12 needs live check": 47, "cis-1.12 organisational": 6,
			"cis-2.0.1 met": 75, "cis-2.0.1 met by alternative": 2, "cis-2.0.1 not met": 1, "cis-2.0.1 needs live check": 47, "cis-2.0.1 organisational": 6,
		}},
		{"restricted", map[string]int{
			"cis-1.12 met": 73, "cis-1.12 met by alternative": 4, "cis-1.12 not met": 1, "cis-1.12 needs live check": 47, "cis-1.12 organisational": 6,
			"cis-2.0.1 met": 73, "cis-2.0.1 met by alternative": 4, "cis-2.0.1 not met": 1, "cis-2.0.1 needs live check": 47, "cis-2.0.1 organisational": 6,
		}},
		{"disa-stig", map[string]int{
			"disa-stig met": 47, "disa-stig met by alternative": 2, "disa-stig waived": 1, "disa-stig not applicable": 5,
			"disa-stig needs live check": 30, "disa-stig organisational": 7,
		}},
		{"nsa-cisa", map[string]int{
			"nsa-cisa met": 24, "nsa-cisa met by alternative": 1, "nsa-cisa not met": 1, "nsa-cisa not applicable": 1,
			"nsa-cisa needs live check": 9, "nsa-cisa organisational": 16,
		}},
	} {
		t.Run(tc.profile, func(t *testing.T) {
			minors := catalog.Minors()
			got := map[string]int{}
			for _, r := range controls.Evaluate(input(resolved(t, tc.profile, minors[len(minors)-1]))) {
				got[r.Control.Benchmark+" "+string(r.State)]++
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What the loosest and the strictest profile do not meet, benchmark by benchmark.
func TestNotMetByBenchmark(t *testing.T) {
	for _, tc := range []struct {
		profile, benchmark string
		want               string
	}{
		{"restricted", "cis-1.12", "5.5.1"},
		{"restricted", "cis-2.0.1", "5.5.1"},
		{"restricted", "disa-stig", "V-242403 V-242438 V-245541"},
		{"restricted", "nsa-cisa", "NSA-POD-04 NSA-NET-05"},
		{"restricted", "owasp-k8s-top10", "K09 K09.1"},
		{"restricted", "bsi-app.4.4", "APP.4.4.A21"},
		{"restricted", "k8s-checklist", "KC-IMG-3"},
		{"baseline", "cis-2.0.1", "1.2.3 1.2.5 1.2.9 1.2.11 1.2.30 1.3.1 4.2.9 4.2.13 4.2.14 5.2.1 5.2.2 5.2.3 5.2.4 5.2.5 5.2.6 5.2.7 5.2.8 5.2.9 5.2.10 5.2.11 5.2.12 5.3.2 5.5.1 5.6.2"},
		{"baseline", "owasp-k8s-top10", "K01 K01.1 K01.2 K01.4 K01.6 K01.7 K01.8 K01.9 K04 K04.1 K04.2 K04.4 K05 K05.1 K05.2 K07.1 K08.2 K09 K09.1"},
		{"baseline", "disa-stig", "V-242397 V-242403 V-242414 V-242424 V-242425 V-242434 V-242438 V-245541 V-254800"},
		{"baseline", "k8s-checklist", "KC-NET-2 KC-NET-3 KC-NET-6 KC-NET-7 KC-POD-2 KC-POD-5 KC-IMG-2 KC-IMG-3 KC-ADM-1 KC-ADM-2"},
	} {
		t.Run(tc.profile+" "+tc.benchmark, func(t *testing.T) {
			minors := catalog.Minors()
			in := input(resolved(t, tc.profile, minors[len(minors)-1]))
			in.Benchmarks = []profiles.Benchmark{{Name: tc.benchmark}}
			var got []string
			for _, r := range controls.Evaluate(in) {
				if r.State == controls.NotMet {
					got = append(got, r.Control.ID)
				}
			}
			if diff := cmp.Diff(strings.Fields(tc.want), got); diff != "" {
				t.Errorf("not met (-want +got):\n%s", diff)
			}
		})
	}
}

// OWASP asks for the CIS benchmark as a whole: it is as well met as the worst of its first level.
func TestCISAsOne(t *testing.T) {
	minors := catalog.Minors()
	in := input(resolved(t, "cis-level-1", minors[len(minors)-1]))
	in.Benchmarks = []profiles.Benchmark{{Name: "owasp-k8s-top10"}}
	for _, r := range controls.Evaluate(in) {
		if r.Control.ID != "K07.1" {
			continue
		}
		if want := "of CIS 2.0.1 level 1 met by alternative: 1.2.1, 4.2.9"; r.State != controls.MetAlternative || r.Evidence != want {
			t.Errorf("%s: %s, want %s", r.State, r.Evidence, want)
		}
		return
	}
	t.Error("no result for K07.1")
}

// A profile that turns one thing off must lose the controls over it, and no others.
func TestOneThingLost(t *testing.T) {
	for _, tc := range []struct {
		name    string
		profile string
		key     settings.Key
		value   any // nil removes the setting
		want    string
	}{
		{"profiling back on", "cis-level-1", settings.Flag(settings.APIServer, "profiling"), true, "cis-1.12/1.2.15 cis-2.0.1/1.2.15"},
		{"no minimum TLS version", "disa-stig", settings.Flag(settings.Scheduler, "tls-min-version"), nil, "disa-stig/V-242377"},
		{"one kubelet forgotten", "disa-stig", settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: "protectKernelDefaults"}, nil, "disa-stig/V-242434"},
		{"no authentication file", "cis-level-1", settings.Key{Component: settings.APIServer, Path: "AuthenticationConfiguration"}, nil, "cis-1.12/1.2.1 cis-2.0.1/1.2.1"},
		{"no audit policy", "cis-level-2", settings.Key{Component: settings.APIServer, Path: "Policy"}, nil, "cis-1.12/3.2.2 cis-2.0.1/3.2.2"},
		{"short retention", "cis-level-1", settings.Flag(settings.APIServer, "audit-log-maxage"), 7, "cis-1.12/1.2.17 cis-2.0.1/1.2.17"},
		{"no kubelet rotation", "cis-level-1", settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "serverTLSBootstrap"}, false, "cis-1.12/4.2.9 cis-2.0.1/4.2.9"},
		{"no kernel protection", "nsa-cisa", settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: "podPidsLimit"}, -1, "nsa-cisa/NSA-NET-07"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			minors := catalog.Minors()
			in := input(resolved(t, tc.profile, minors[len(minors)-1]))
			before := notMet(in)
			if tc.value == nil {
				in.Settings.Delete(tc.key)
			} else {
				in.Settings.Put(settings.Setting{Key: tc.key, Value: settings.Of(tc.value)})
			}
			var lost []string
			for _, name := range notMet(in) {
				if !slices.Contains(before, name) {
					lost = append(lost, name)
				}
			}
			if diff := cmp.Diff(strings.Fields(tc.want), lost); diff != "" {
				t.Errorf("lost (-want +got):\n%s", diff)
			}
			for _, name := range lost {
				if !slices.Contains(controls.ForSetting(tc.key), name) {
					t.Errorf("ForSetting(%s) does not name %s", tc.key, name)
				}
			}
		})
	}
}

func notMet(in controls.Input) []string {
	var out []string
	for _, r := range controls.Evaluate(in) {
		if r.State == controls.NotMet {
			out = append(out, r.Control.Name())
		}
	}
	return out
}

func BenchmarkWeak(b *testing.B) {
	r := resolved(b, "restricted", "1.37")
	for b.Loop() {
		controls.Weak(r.Settings)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	in := input(resolved(b, "cis-level-2", "1.37"))
	for b.Loop() {
		controls.Evaluate(in)
	}
}
