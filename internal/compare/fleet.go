package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// fleet folds what is the same on several nodes.
type fleet struct {
	findings map[string]*Finding
	matches  map[settings.Key]*Match
	nodes    map[string][]string // by role
	roles    map[string]string   // a finding's role, by its identity
	keys     between
}

func newFleet() *fleet {
	return &fleet{findings: map[string]*Finding{}, matches: map[settings.Key]*Match{}, nodes: map[string][]string{}, roles: map[string]string{}}
}

// add takes in what was found on one subject.
func (f *fleet) add(o observe.Observation, s *seen) {
	if o.Subject != "" {
		f.nodes[o.Role] = append(f.nodes[o.Role], o.Subject)
	}
	if s.keys != nil {
		f.keys.add(o.Subject, s.keys, s.keysFrom, s.w.Minor.Name)
	}
	for _, one := range s.findings {
		id := identity(one)
		if known, ok := f.findings[id]; ok {
			if o.Subject != "" {
				known.Nodes = append(known.Nodes, o.Subject)
			}
			continue
		}
		one.Nodes = s.nodes()
		f.findings[id], f.roles[id] = &one, o.Role
	}
	for _, m := range s.matches {
		if known, ok := f.matches[m.Key]; ok {
			known.Nodes = append(known.Nodes, s.nodes()...)
			continue
		}
		f.matches[m.Key] = &m
	}
}

// identity is the same for two findings that say the same of two nodes; the lines they were found at do not count.
func identity(f Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\x00%s\x00%s\x00%s", f.Key, f.Part, f.Direction, f.Message)
	for _, s := range f.Found {
		fmt.Fprintf(&b, "\x00%s\x00%s\x00%v", s.Source, s.Direction, s.Said.Value.Plain())
	}
	return b.String()
}

// fold returns the findings and matches in order. A setting that differs somewhere is no match.
func (f *fleet) fold(minor string) ([]Finding, []Match) {
	differs := map[settings.Key]bool{}
	findings := f.keys.findings(minor)
	for _, one := range findings {
		differs[one.Key] = true
	}
	for id, one := range f.findings {
		differs[one.Key] = true
		slices.Sort(one.Nodes)
		for _, node := range f.nodes[f.roles[id]] {
			if len(one.Nodes) > 0 && !slices.Contains(one.Nodes, node) {
				one.Elsewhere = append(one.Elsewhere, node)
			}
		}
		slices.Sort(one.Elsewhere)
		findings = append(findings, *one)
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Directions(), a.Direction), slices.Index(Directions(), b.Direction)),
			cmp.Compare(a.Key.String(), b.Key.String()), cmp.Compare(a.Part, b.Part), cmp.Compare(identity(a), identity(b)),
		)
	})
	matches := make([]Match, 0, len(f.matches))
	for k, m := range f.matches {
		if !differs[k] {
			matches = append(matches, *m)
		}
	}
	slices.SortFunc(matches, func(a, b Match) int { return cmp.Compare(a.Key.String(), b.Key.String()) })
	return findings, matches
}
