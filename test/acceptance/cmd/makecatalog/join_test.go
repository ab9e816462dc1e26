package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

func part(t *testing.T, name string, p facts.Part) string {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunWritesSortedLines(t *testing.T) {
	a := part(t, "a", facts.Part{
		Modules: map[string]string{"k8s.io/kubernetes": "v1.37.0"},
		Flags:   map[string]map[string]facts.Flag{"a": {"z": {Type: "bool", Usage: "Z <b>."}, "b": {Type: "int", Default: "1"}}},
		Gates:   map[string]map[string]facts.Gate{"a": {"Both": {Stage: "BETA", Default: true}, "OnlyA": {Stage: "GA", Locked: true}}},
	})
	b := part(t, "b", facts.Part{
		Modules:  map[string]string{"k8s.io/kubernetes": "v1.37.0"},
		Gates:    map[string]map[string]facts.Gate{"b": {"Both": {Stage: "BETA", Default: true}}},
		Sections: map[string]any{"list": []int{1, 2, 3, 4, 5, 6}, "short": []int{1}},
	})
	out := t.TempDir()
	if err := run(out, "x", []string{a, b}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(out, "x.json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `
 "gates":{
  "Both":{"default":true,"stage":"BETA"},
  "OnlyA":{"components":["a"],"default":false,"locked":true,"stage":"GA"}
 },`
	if !strings.Contains(string(got), want) {
		t.Errorf("the gates are not laid out as\n%s\nin\n%s", want, got)
	}
	if !strings.Contains(string(got), "\"list\":[\n  1,\n") || !strings.Contains(string(got), `"short":[1]`) {
		t.Errorf("lists:\n%s", got)
	}
	if strings.Contains(string(got), "usage") {
		t.Errorf("help texts among the facts:\n%s", got)
	}
	usage, err := os.ReadFile(filepath.Join(out, "x-usage.json"))
	if err != nil || !strings.Contains(string(usage), "Z <b>.") {
		t.Errorf("help texts: %v\n%s", err, usage)
	}
	if err := run(out, "y", []string{b, a}); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(filepath.Join(out, "y.json"))
	if err != nil || !bytes.Equal(got, again) {
		t.Errorf("the order of the parts shows: %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	on := facts.Part{Gates: map[string]map[string]facts.Gate{"a": {"G": {Stage: "BETA", Default: true}}}, Modules: map[string]string{"m": "v1"}}
	off := facts.Part{Gates: map[string]map[string]facts.Gate{"b": {"G": {Stage: "GA", Default: true}}}}
	newer := facts.Part{Modules: map[string]string{"m": "v2"}}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		parts []string
		says  string
	}{
		{"no part", nil, "usage:"},
		{"a gate whose stage differs by component", []string{part(t, "a", on), part(t, "b", off)}, "gate G"},
		{"two versions of a module", []string{part(t, "a", on), part(t, "b", newer)}, "another part with v1"},
		{"a part that is cut off", []string{broken}, "broken"},
		{"a part that is not there", []string{"no/such/part"}, "no/such/part"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := run(t.TempDir(), "x", c.parts); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want something about %q", err, c.says)
			}
		})
	}
}

func TestJoinGatesKeepsWhoOverridesADefault(t *testing.T) {
	beta := facts.Gate{Stage: "BETA"}
	on := facts.Gate{Stage: "BETA", Default: true}
	gates, err := joinGates(map[string]map[string]facts.Gate{"a": {"G": beta}, "b": {"G": on}, "c": {"G": beta}})
	if err != nil {
		t.Fatal(err)
	}
	if g := gates["G"]; g.Default || len(g.DefaultIn) != 1 || !g.DefaultIn["b"] || g.Components != nil {
		t.Errorf("got %+v", g)
	}
}
