package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// Limits of a table's cells: a comment on a pull request has room for 65536 characters.
const (
	markdownValue = 80
	markdownLines = 6
	markdownNodes = 6
)

// writeMarkdown shows a report as a comment on a pull request.
func writeMarkdown(b *bytes.Buffer, r *compare.Report, o Options) error {
	fmt.Fprintf(b, "### hardstrap diff: profile %s\n\n**%s**\n", code(r.Profile), Summary(r))
	if same := noDifferences(r); same != "" {
		fmt.Fprintf(b, "\n%s\n", prose(same))
	}
	for _, g := range groups(r) {
		markdownGroup(b, g)
	}
	markdownNotes(b, r)
	markdownMatches(b, r, o)
	if o.Verbose {
		markdownUnseen(b, r)
	}
	return nil
}

func markdownGroup(b *bytes.Buffer, g group) {
	fmt.Fprintf(b, "\n#### %s (%d)\n\n", g.name, len(g.findings))
	if g.direction == "" {
		fmt.Fprint(b, "| setting | direction | wanted | found | waiver |\n|---|---|---|---|---|\n")
	} else {
		fmt.Fprint(b, "| setting | wanted | found | what to know |\n|---|---|---|---|\n")
	}
	for _, f := range g.findings {
		row := []string{markdownSetting(f), markdownWanted(f), markdownFound(f), markdownMore(f)}
		if f.Waiver != nil {
			row = []string{row[0], string(direction(f)), row[1], row[2], prose(waiverText(*f.Waiver))}
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
}

func markdownSetting(f compare.Finding) string {
	text := code(f.Key.String())
	if f.Part != "" {
		text += " " + code(f.Part)
	}
	if on := where(f, markdownNodes); on != "" {
		text += "<br>on " + prose(on)
	}
	return text
}

func markdownWanted(f compare.Finding) string {
	if !shows(f, f.Wanted.Value) {
		return prose(place(f.Wanted.Origin))
	}
	wanted := short(f.Wanted.Value, markdownValue)
	if len(f.Found) > 0 && f.Found[0].Said.Value != nil && !disagrees(f) {
		wanted, _ = shown(f.Wanted.Value, f.Found[0].Said.Value, markdownValue)
	}
	return valueAt(wanted, place(f.Wanted.Origin))
}

func markdownFound(f compare.Finding) string {
	var lines []string
	if f.Message != "" {
		lines = append(lines, prose(f.Message))
	}
	sightings := f.Found
	if !disagrees(f) && len(sightings) > 1 {
		sightings = sightings[:1]
	}
	for _, s := range sightings {
		at := sightingPlace(s)
		if len(sightings) == 1 {
			at = places(f.Found)
		}
		value := found(s)
		if v := s.Said.Value; v != nil && len(sightings) == 1 {
			_, value = shown(f.Wanted.Value, v, markdownValue)
		} else if v != nil {
			value = short(v, markdownValue)
		}
		line := valueAt(value, at)
		if !shows(f, s.Said.Value) {
			line = prose(at)
		}
		if len(sightings) > 1 {
			line += ", " + orElse(prose(string(s.Direction)), "as wanted")
		}
		lines = append(lines, line)
	}
	if len(sightings) == 1 {
		list := changes(f.Wanted.Value, sightings[0].Said.Value)
		for _, line := range changeLines(list, markdownValue, markdownLines) {
			lines = append(lines, code(line))
		}
	}
	return strings.Join(lines, "<br>")
}

// markdownMore says what a finding opens, its controls and the remedy.
func markdownMore(f compare.Finding) string {
	var lines []string
	if f.Opens != "" {
		lines = append(lines, prose(f.Opens))
	}
	if len(f.Controls) > 0 {
		lines = append(lines, prose(some(f.Controls, markdownNodes)))
	}
	if f.Expired != nil {
		lines = append(lines, "the waiver of "+prose(expiredText(*f.Expired)))
	}
	for _, step := range f.Remedy {
		lines = append(lines, "&rarr; "+prose(step))
	}
	return strings.Join(lines, "<br>")
}

func markdownNotes(b *bytes.Buffer, r *compare.Report) {
	var lines []string
	for _, w := range r.Unused {
		lines = append(lines, unusedText(w))
	}
	if unseen := notLookedAt(r); unseen != "" {
		lines = append(lines, unseen)
	}
	if len(lines) > 0 {
		fmt.Fprintln(b)
	}
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", prose(line))
	}
}

// markdownMatches lists what is as wanted, folded; with Verbose also where each value came from.
func markdownMatches(b *bytes.Buffer, r *compare.Report, o Options) {
	if len(r.Matches) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%d match</summary>\n\n", len(r.Matches))
	if o.Verbose {
		fmt.Fprint(b, "| setting | value | where | nodes |\n|---|---|---|---|\n")
	} else {
		fmt.Fprint(b, "| setting | value |\n|---|---|\n")
	}
	for _, m := range r.Matches {
		value := notSet
		if len(m.Found) > 0 {
			value = short(m.Found[0].Said.Value, markdownValue)
		}
		row := []string{code(m.Key.String()), code(value)}
		if o.Verbose {
			row = append(row, prose(places(m.Found)), prose(some(m.Nodes, markdownNodes)))
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprint(b, "\n</details>\n")
}

func markdownUnseen(b *bytes.Buffer, r *compare.Report) {
	if len(r.NotLookedAt) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%d not looked at</summary>\n\n", len(r.NotLookedAt))
	for _, k := range r.NotLookedAt {
		fmt.Fprintf(b, "- %s\n", code(k.String()))
	}
	fmt.Fprint(b, "\n</details>\n")
}

// valueAt puts a value and below it its place.
func valueAt(value, at string) string {
	if at == "" {
		return code(value)
	}
	return code(value) + "<br><sub>" + prose(at) + "</sub>"
}
