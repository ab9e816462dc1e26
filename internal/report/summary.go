package report

import (
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// count is one number of the summary.
type count struct {
	word  string // for people
	label string // for machines
	n     int
}

// counts returns the numbers of a report in the order of the summary line.
func counts(r *compare.Report) []count {
	c := r.Counts()
	return []count{
		{"weaker", "weaker", c.Weaker},
		{"stronger", "stronger", c.Stronger},
		{"different", "different", c.Different},
		{"unknown", "unknown", c.Unknown},
		{"not looked at", "not_looked_at", c.NotLookedAt},
		{"waived", "waived", c.Waived},
		{"match", "match", c.Match},
	}
}

// Summary returns the line that ends every report for people: each count, zeros included.
func Summary(r *compare.Report) string {
	var parts []string
	for _, c := range counts(r) {
		parts = append(parts, fmt.Sprintf("%d %s", c.n, c.word))
	}
	return strings.Join(parts, ", ")
}

// group is the findings of one heading.
type group struct {
	name      string
	direction compare.Direction // "" for the waived
	findings  []compare.Finding
}

// groups sorts findings under headings, in the order of reports, the waived last; each keeps its
// order. A heading without findings is left out.
func groups(r *compare.Report) []group {
	var out []group
	for _, d := range compare.Directions() {
		g := group{name: string(d), direction: d}
		for _, f := range r.Findings {
			if f.Waiver == nil && direction(f) == d {
				g.findings = append(g.findings, f)
			}
		}
		out = append(out, g)
	}
	waived := group{name: "waived"}
	for _, f := range r.Findings {
		if f.Waiver != nil {
			waived.findings = append(waived.findings, f)
		}
	}
	var filled []group
	for _, g := range append(out, waived) {
		if len(g.findings) > 0 {
			filled = append(filled, g)
		}
	}
	return filled
}

// direction returns a finding's direction as it is counted: what has no known one is unknown.
func direction(f compare.Finding) compare.Direction {
	for _, d := range compare.Directions() {
		if f.Direction == d {
			return d
		}
	}
	return compare.Unknown
}
