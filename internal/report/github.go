package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// writeGitHub shows a report as workflow commands, which GitHub puts beside the lines of the
// profile that want something else. Waived findings are lines of a folded group: notices would
// take the place of findings, of which GitHub shows only so many.
func writeGitHub(b *bytes.Buffer, r *compare.Report, _ Options) error {
	for _, g := range groups(r) {
		if g.direction == "" {
			fmt.Fprintf(b, "::group::waived (%d)\n", len(g.findings))
		}
		for _, f := range g.findings {
			if f.Waiver != nil {
				// the first word keeps the line from being a command
				fmt.Fprintln(b, "waived: "+commandData(title(f)+" ("+waiverText(*f.Waiver)+"): "+sentence(f)))
				continue
			}
			command(b, annotation(g.direction), f.Wanted.Origin, f.Found, title(f), githubText(f))
		}
		if g.direction == "" {
			fmt.Fprintln(b, "::endgroup::")
		}
	}
	for _, w := range r.Unused {
		command(b, "notice", w.Origin, nil, "unused waiver", unusedText(w))
	}
	command(b, "notice", settings.Origin{}, nil, "hardstrap diff", Summary(r))
	return nil
}

// annotation returns the command for a direction.
func annotation(d compare.Direction) string {
	switch d {
	case compare.Weaker:
		return "error"
	case compare.Stronger:
		return "notice"
	}
	return "warning"
}

// githubText says a finding, with its controls and the remedy in lines of their own.
func githubText(f compare.Finding) string {
	lines := []string{sentence(f)}
	if len(f.Controls) > 0 {
		lines = append(lines, "controls: "+strings.Join(cleanAll(f.Controls), ", "))
	}
	return strings.Join(append(lines, cleanAll(f.Remedy)...), "\n")
}

// command writes one workflow command. It points to the profile's line, which the repository
// has; where that is no file, to the live file.
func command(b *bytes.Buffer, name string, wanted settings.Origin, found []compare.Sighting, title, message string) {
	at := wanted
	if at.Source != settings.FromProfile || at.File == "" {
		at = settings.Origin{}
		if len(found) > 0 && found[0].Source == settings.FromFile {
			at = found[0].Said.Origin
		}
	}
	var properties []string
	if at.File != "" {
		properties = append(properties, "file="+commandProperty(clean(at.File)))
		if at.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", at.Line))
			if at.Column > 0 {
				properties = append(properties, fmt.Sprintf("col=%d", at.Column))
			}
		}
	}
	properties = append(properties, "title="+commandProperty(title))
	fmt.Fprintf(b, "::%s %s::%s\n", name, strings.Join(properties, ","), commandData(message))
}

// commandData escapes a message as actions/toolkit does, and what older runners took for a
// command within a line.
func commandData(s string) string {
	s = strings.ReplaceAll(s, "##[", "## [")
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// commandProperty escapes a property's value.
func commandProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(s))
}
