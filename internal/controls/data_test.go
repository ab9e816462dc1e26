package controls

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/controls/gen/table"
)

func TestTableIsMadeFromTheYAML(t *testing.T) {
	source, err := os.ReadFile("data/controls.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := table.FromYAML(source)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != tsv {
		t.Error("controls.tsv is not what data/controls.yaml gives; run: go generate ./internal/controls")
	}
}

func TestNoRecordIsLost(t *testing.T) {
	counts := map[string]int{}
	for _, c := range Controls() {
		counts[c.Benchmark+" "+c.Scope]++
		if c.Status != "" {
			t.Errorf("%s is %s and still in force", c.Name(), c.Status)
		}
	}
	for name, want := range map[string]int{
		"cis-1.12 rendered": 78, "cis-1.12 verifiable": 47, "cis-1.12 process": 6,
		"cis-2.0.1 rendered": 78, "cis-2.0.1 verifiable": 47, "cis-2.0.1 process": 6,
		"disa-stig rendered": 53, "disa-stig verifiable": 30, "disa-stig process": 9,
		"nsa-cisa rendered": 27, "nsa-cisa verifiable": 9, "nsa-cisa process": 16,
		"owasp-k8s-top10 rendered": 27, "owasp-k8s-top10 verifiable": 13, "owasp-k8s-top10 process": 17,
		"bsi-app.4.4 rendered": 11, "bsi-app.4.4 verifiable": 11, "bsi-app.4.4 process": 15,
		"k8s-checklist rendered": 14, "k8s-checklist verifiable": 9, "k8s-checklist process": 12,
	} {
		if counts[name] != want {
			t.Errorf("%s: %d controls, want %d", name, counts[name], want)
		}
		delete(counts, name)
	}
	for name, n := range counts {
		t.Errorf("unexpected: %s: %d controls", name, n)
	}
	if got := len(load().retired); got != 20 {
		t.Errorf("%d retired records, want 20", got)
	}
}

func TestLaterCISHasItsOwnLevels(t *testing.T) {
	var differ []string
	for _, c := range Controls() {
		if c.Benchmark != "cis-1.12" {
			continue
		}
		later, ok := Get("cis-2.0.1/" + c.ID)
		if !ok {
			t.Errorf("%s is missing in 2.0.1", c.ID)
		}
		if later.Level != c.Level {
			differ = append(differ, c.ID+" "+c.Level+" "+later.Level)
		}
	}
	if want := []string{"5.2.9 L1 L2"}; !slices.Equal(differ, want) {
		t.Errorf("levels that differ: %v, want %v", differ, want)
	}
}

func TestBenchmarks(t *testing.T) {
	want := []string{"cis-1.12", "cis-2.0.1", "disa-stig", "nsa-cisa", "owasp-k8s-top10", "bsi-app.4.4", "k8s-checklist"}
	if got := Benchmarks(); !slices.Equal(got, want) {
		t.Errorf("Benchmarks() = %v, want %v", got, want)
	}
}

func TestColumns(t *testing.T) {
	got, ok := Get("cis-1.12/1.1.1")
	if !ok || !slices.Equal(got.NIST, []string{"CM-6", "CM-6(1)"}) || got.Title != "API server static pod manifest mode" ||
		got.Assessment != "automated" || got.Reality != "ok" || !strings.HasPrefix(got.Source, "aquasecurity/kube-bench") {
		t.Errorf("%+v", got)
	}
	if got, ok := Get("nsa-cisa/NSA-NET-10"); !ok || got.NIST != nil || got.RemovedIn != "1.24" || got.Note == "" {
		t.Errorf("%+v", got)
	}
}

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		name, first, last string
		limited           bool
	}{{"cis-1.12", "1.32", "1.34", true}, {"cis-2.0.1", "1.34", "1.35", true}, {"disa-stig", "", "", false}, {"cis-9", "", "", false}} {
		t.Run(tc.name, func(t *testing.T) {
			if first, last, limited := Covers(tc.name); first != tc.first || last != tc.last || limited != tc.limited {
				t.Errorf("Covers = %q, %q, %v", first, last, limited)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	for _, tc := range []struct {
		name  string
		known bool
		hint  string // a part of it
	}{
		{name: "cis-1.12/1.2.11", known: true},
		{name: "cis-2.0.1/1.2.11", known: true},
		{name: "disa-stig/V-242390", known: true},
		{name: "nsa-cisa/NSA-AUTH-01", known: true},
		{name: "bsi-app.4.4/APP.4.4.A3(1)", known: true},
		{name: "weak/read-only-port", known: true},
		{name: "weak/audit-secret-bodies", known: true},
		{name: "weak/read-only-prt", hint: "weak/read-only-port"},
		{name: "cis-1.12/1.2.111", hint: "cis-1.12/1.2.11"},
		{name: "cis-1.11/1.2.11", hint: "nearest: cis-1.12/1.2.11"},
		{name: "1.2.11", hint: "nearest: cis-1.12/1.2.11"},
		{name: "V-242390", hint: "nearest: disa-stig/V-242390"},
		{name: "disa-stig/v-242390", hint: "nearest: disa-stig/V-242390"},
		{name: "disa-stig/V-242386", hint: "is retired: flag removed in Kubernetes 1.24"},
		{name: "owasp-k8s-top10/K01:2022", hint: "is superseded"},
		{name: "", hint: "write benchmark/id"},
		{name: "something else entirely", hint: "write benchmark/id"},
		{name: "weak/", hint: ""},
		{name: strings.Repeat("x", 10000), hint: "write benchmark/id"},
	} {
		t.Run(tc.name[:min(len(tc.name), 40)], func(t *testing.T) {
			if got := Known(tc.name); got != tc.known {
				t.Errorf("Known = %v, want %v", got, tc.known)
			}
			if tc.known {
				return
			}
			if got := Hint(tc.name); !strings.Contains(got, tc.hint) {
				t.Errorf("Hint = %q, want something with %q", got, tc.hint)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		parse(tsv)
	}
}
