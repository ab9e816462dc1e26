package observe

import (
	"cmp"
	"slices"
)

// Merge puts what several sources show of one subject together, ordered by name.
func Merge(observations []Observation) []Observation {
	var out []Observation
	for _, o := range observations {
		i := slices.IndexFunc(out, func(other Observation) bool {
			return other.Subject == o.Subject && (o.Subject == "" || other.Role == o.Role)
		})
		if i < 0 {
			o.Layers, o.Unknown = slices.Clone(o.Layers), slices.Clone(o.Unknown)
			out = append(out, o)
			continue
		}
		out[i].Layers = append(out[i].Layers, o.Layers...)
		out[i].Unknown = append(out[i].Unknown, o.Unknown...)
		out[i].Newer = append(out[i].Newer, o.Newer...)
		out[i].Version = cmp.Or(out[i].Version, o.Version)
	}
	slices.SortStableFunc(out, func(a, b Observation) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
}
