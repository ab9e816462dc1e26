package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/nearest"
)

// Known reports whether a name is a control in force or a weak-value rule, such as
// cis-1.12/1.2.11, disa-stig/V-242390 or weak/read-only-port.
func Known(name string) bool {
	if strings.HasPrefix(name, weakPrefix) {
		return slices.Contains(WeakRules(), name)
	}
	_, ok := load().byName[name]
	return ok
}

// Hint says what to write instead of a name that is not known: that the control is retired and
// why, or the nearest name in force.
func Hint(name string) string {
	for _, c := range load().retired {
		if c.Name() == name {
			return name + " is " + c.Status + ": " + c.Note
		}
	}
	if nearest := Nearest(name); nearest != "" {
		return "nearest: " + nearest
	}
	return "write benchmark/id, such as cis-1.12/1.2.11; benchmarks: " + strings.Join(Benchmarks(), ", ")
}

// Nearest returns the known name nearest to one that is not known, or "" when none is near. A
// bare id finds its control in the first benchmark that has it.
func Nearest(name string) string {
	id := name[strings.LastIndexByte(name, '/')+1:]
	var names []string
	for _, c := range Controls() {
		if strings.EqualFold(c.ID, id) && (name == id || strings.HasPrefix(c.Benchmark, benchmarkStem(name))) {
			return c.Name()
		}
		names = append(names, c.Name())
	}
	return nearest.Name(name, append(names, WeakRules()...))
}

// benchmarkStem returns the first word of a benchmark's name as a user may have written it:
// cis of cis-1.11/1.2.1.
func benchmarkStem(name string) string {
	stem, _, _ := strings.Cut(strings.ToLower(name), "/")
	stem, _, _ = strings.Cut(stem, "-")
	return stem
}
