package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// writePrometheus shows a report as a file for node_exporter's textfile collector: the counts,
// and a series for each finding and node.
func writePrometheus(b *bytes.Buffer, r *compare.Report, _ Options) error {
	profile := metricLabel("profile", r.Profile)
	help(b, "hardstrap_diff_findings", "Settings by how they differ from the profile.")
	for _, c := range counts(r) {
		fmt.Fprintf(b, "hardstrap_diff_findings{%s,%s} %d\n", profile, metricLabel("direction", c.label), c.n)
	}
	help(b, "hardstrap_diff_finding_info", "A difference between the profile and a node, or the cluster where node is empty.")
	seen := map[string]bool{}
	for _, f := range r.Findings {
		on := f.Nodes
		if len(on) == 0 {
			on = []string{""}
		}
		for _, node := range on {
			line := "hardstrap_diff_finding_info{" + strings.Join(findingLabels(profile, f, node), ",") + "} 1\n"
			if !seen[line] { // a series stands once
				seen[line] = true
				b.WriteString(line)
			}
		}
	}
	for _, m := range []struct {
		name, text string
		n          int
	}{
		{"hardstrap_diff_subjects", "Nodes that were looked at, and the cluster where its objects were.", len(r.Subjects)},
		{"hardstrap_diff_expired_waivers", "Differences whose waiver has expired.", expired(r)},
		{"hardstrap_diff_unused_waivers", "Waivers of the profile that lift nothing.", len(r.Unused)},
	} {
		help(b, m.name, m.text)
		fmt.Fprintf(b, "%s{%s} %d\n", m.name, profile, m.n)
	}
	return nil
}

func findingLabels(profile string, f compare.Finding, node string) []string {
	return []string{
		profile,
		metricLabel("setting", f.Key.String()),
		metricLabel("part", f.Part),
		metricLabel("direction", string(direction(f))),
		metricLabel("node", node),
		metricLabel("waived", fmt.Sprint(f.Waiver != nil)),
	}
}

// expired counts the findings whose waiver has expired.
func expired(r *compare.Report) int {
	n := 0
	for _, f := range r.Findings {
		if f.Expired != nil {
			n++
		}
	}
	return n
}

func help(b *bytes.Buffer, name, text string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, text, name)
}

// metricLabel returns a label with its value.
func metricLabel(name, value string) string {
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(value)) + `"`
}
