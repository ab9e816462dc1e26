package controls

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate go run ./gen

// tsv is data/controls.yaml in a form that is read in a fraction of a millisecond.
//
//go:embed controls.tsv
var tsv string

// Scopes: where a control can be judged.
const (
	Rendered   = "rendered"   // from a bundle's settings
	Verifiable = "verifiable" // on a live cluster only
	Process    = "process"    // by people
)

// Control is one requirement of a benchmark.
type Control struct {
	Benchmark  string // cis-1.12, cis-2.0.1, disa-stig, nsa-cisa, owasp-k8s-top10, bsi-app.4.4, k8s-checklist
	Version    string // the benchmark's own, e.g. 1.12.0
	ID         string // 1.2.11, V-242390, NSA-AUTH-01
	Title      string
	Level      string // L1, L2, CAT I, basic ...; empty where a benchmark has none
	Assessment string // automated or manual, in the benchmark's words
	Setting    string // what is to be set, for people
	SettingKey string // the same for the program: component:setting
	Expect     string
	Scope      string
	Reality    string // ok, default-ok, conflict, no-effect, redundant-gate, gate-removed, flag-removed, outdated-value
	RemovedIn  string // the Kubernetes minor from which what the control asks about is gone; or empty
	Status     string // empty, retired or superseded
	Note       string
	NIST       []string // 800-53 controls, indicative
	Source     string
}

// Name returns how profiles, waivers and records name the control: benchmark/id.
func (c Control) Name() string { return c.Benchmark + "/" + c.ID }

// The columns of the table, in order. gen writes them, parse reads them.
const (
	colBenchmark = iota
	colVersion
	colID
	colTitle
	colLevel
	colLevel201
	colAlsoVersions
	colAssessment
	colSetting
	colSettingKey
	colExpect
	colScope
	colReality
	colRemovedIn
	colStatus
	colNote
	colNIST
	colSource
	columns
)

// catalogue is the parsed table. It is made once and never changed.
type catalogue struct {
	active  []Control
	retired []Control
	byName  map[string]int // into active
}

// load parses the embedded table at its first use.
//
//nolint:gochecknoglobals // made once from embedded data, never changed
var load = sync.OnceValue(func() *catalogue { return parse(tsv) })

// parse reads the table. A record that also stands in CIS 2.0.1 becomes two controls: ids and
// predicates are the same, the level may differ.
func parse(text string) *catalogue {
	c := &catalogue{byName: make(map[string]int, 640)}
	c.active = make([]Control, 0, 600)
	var later []Control
	var cells [columns]string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for i := range cells {
			cells[i], line, _ = strings.Cut(line, "\t")
		}
		control := Control{
			Benchmark: cells[colBenchmark], Version: cells[colVersion], ID: cells[colID], Title: cells[colTitle],
			Level: cells[colLevel], Assessment: cells[colAssessment], Setting: cells[colSetting],
			SettingKey: cells[colSettingKey], Expect: cells[colExpect], Scope: cells[colScope],
			Reality: cells[colReality], RemovedIn: cells[colRemovedIn], Status: cells[colStatus],
			Note: cells[colNote], Source: cells[colSource],
		}
		if cells[colNIST] != "" {
			control.NIST = strings.Split(cells[colNIST], ",")
		}
		if control.Status != "" {
			c.retired = append(c.retired, control)
			continue
		}
		if control.Benchmark != "cis-1.12" { // the later version follows the earlier one's last control
			c.active = append(c.active, later...)
			later = nil
		}
		c.active = append(c.active, control)
		if cells[colAlsoVersions] == "2.0.1" {
			control.Benchmark, control.Version = "cis-2.0.1", "2.0.1"
			if cells[colLevel201] != "" {
				control.Level = cells[colLevel201]
			}
			later = append(later, control)
		}
	}
	c.active = append(c.active, later...)
	for i := range c.active {
		c.byName[c.active[i].Name()] = i
	}
	return c
}

// Controls returns every control in force, in the order of the benchmarks; retired and
// superseded ones are left out. The slice is shared: do not change it.
func Controls() []Control { return load().active }

// Benchmarks returns the names of the benchmarks there are controls of.
func Benchmarks() []string {
	var out []string
	for _, c := range Controls() {
		if len(out) == 0 || out[len(out)-1] != c.Benchmark {
			out = append(out, c.Benchmark)
		}
	}
	return out
}

// Get returns the control of a name such as cis-1.12/1.2.11.
func Get(name string) (Control, bool) {
	i, ok := load().byName[name]
	if !ok {
		return Control{}, false
	}
	return load().active[i], true
}

// Covers returns the first and last Kubernetes minor that a benchmark was written for; limited
// is false for a benchmark that names none, or that is not known.
func Covers(benchmark string) (first, last string, limited bool) {
	switch benchmark {
	case "cis-1.12":
		return "1.32", "1.34", true
	case "cis-2.0.1":
		return "1.34", "1.35", true
	}
	return "", "", false
}
