package auditpolicy

import (
	_ "embed" // resources.tsv
	"slices"
	"strconv"
	"strings"
)

// resourcesTSV is made by test/acceptance/cmd/makeresources; its head says from which releases.
//
//go:embed resources.tsv
var resourcesTSV string

// served are the resources and subresources of one minor, by group.
type served map[string][]string

// servedBy reads the embedded table for a minor. A minor later than the table knows what the last knows.
func servedBy(minor int) served {
	out := make(served)
	for line := range strings.Lines(resourcesTSV) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 3 {
			continue
		}
		since, err := strconv.Atoi(strings.TrimPrefix(fields[2], "1."))
		if err != nil || since > minor {
			continue
		}
		group := fields[0]
		if group == "-" {
			group = ""
		}
		out[group] = append(out[group], fields[1])
	}
	return out
}

// Resources returns the resources and subresources that the API server of a minor (37 for 1.37) serves, by group; ""
// is the core group.
func Resources(minor int) map[string][]string { return servedBy(minor) }

// matches reports whether a rule's spelling means anything of the group.
func (s served) matches(group, spec string) bool {
	return slices.ContainsFunc(s[group], func(name string) bool {
		resource, sub, _ := strings.Cut(name, "/")
		return resourceMatches(spec, resource, sub)
	})
}

// groupsOf returns the groups that have a resource, sorted.
func (s served) groupsOf(spec string) []string {
	var out []string
	for group, names := range s {
		if slices.Contains(names, spec) {
			out = append(out, group)
		}
	}
	slices.Sort(out)
	return out
}
