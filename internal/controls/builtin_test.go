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
func resolved(t *testing.T, name, minor string) *resolve.Resolved {
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

// leftToTheCluster are the controls that no setting of a component meets: objects in the
// cluster, and a webhook that only its user can name.
func leftToTheCluster() map[string][]string {
	policies := []string{"5.3.2", "5.5.1"}
	return map[string][]string{
		"cis-level-1": nil,
		"cis-level-2": policies,
		"restricted":  policies,
		"disa-stig":   nil,
		"nsa-cisa":    {"NSA-POD-04", "NSA-NET-03", "NSA-NET-04", "NSA-NET-05", "NSA-NET-06", "NSA-NET-19"},
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

// The states of every control of a benchmark, so that a change of a predicate or a profile
// shows.
func TestStatesOfBuiltinProfiles(t *testing.T) {
	for _, tc := range []struct {
		profile string
		want    map[string]int
	}{} {
		t.Run(tc.profile, func(t *testing.T) {
			got := map[string]int{}
			for _, r := range controls.Evaluate(input(resolved(t, tc.profile, "1.37"))) {
				got[r.Control.Benchmark+" "+string(r.State)]++
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
