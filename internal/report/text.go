package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// The colours are those of the commands' messages.
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	green  = "\x1b[1;32m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"

	softRed    = "\x1b[31m"
	softYellow = "\x1b[33m"
	softGreen  = "\x1b[32m"

	plain = "\x1b[0m"
)

// text is a report being written for a person.
type text struct {
	*bytes.Buffer
	r    *compare.Report
	o    Options
	most limits
}

// limits bound what is shown of one thing.
type limits struct {
	value    int // cells of a value
	lines    int // lines of changes
	nodes    int // names of nodes
	controls int // names of controls
}

// writeText shows a report to a person: what was looked at, findings by direction, what to do
// about them, what else is worth a note, and the summary line. A finding is a line or two; with
// Verbose a block that has all of it.
func writeText(b *bytes.Buffer, r *compare.Report, o Options) error {
	t := &text{Buffer: b, r: r, o: o, most: limits{value: 56, lines: 8, nodes: 6, controls: 4}}
	if o.Verbose {
		t.most = limits{value: 1000, lines: 1000, nodes: 1000, controls: 1000}
	}
	t.head()
	list := groups(r)
	if o.Verbose {
		for _, g := range list {
			t.group(g)
		}
		t.matches()
	} else if len(list) > 0 {
		t.findings(list)
	}
	t.steps()
	t.unseen()
	t.notes()
	if same := noDifferences(r); same != "" {
		fmt.Fprintf(t, "\n%s\n", same)
	}
	fmt.Fprintf(t, "\n%s\n", t.summary())
	return nil
}

// head says which profile was held against what.
func (t *text) head() {
	line := "profile " + t.paint(bold, clean(t.r.Profile))
	if t.r.Version != "" {
		line += " for Kubernetes " + clean(t.r.Version)
	}
	fmt.Fprintln(t, line)
	for _, line := range table(subjectRows(t.r.Subjects, t.most.nodes)) {
		t.labelled("  ", "", line)
	}
}

// subjectRows tells subjects, those that differ in nothing but the name in one row.
func subjectRows(list []compare.Subject, most int) [][]string {
	var rows [][]string
	var names [][]string
	for _, s := range list {
		var sources []string
		for _, source := range s.Sources {
			sources = append(sources, sourceWord(source))
		}
		row := []string{"", clean(s.Role), clean(s.Version), strings.Join(sources, ", ")}
		i := slices.IndexFunc(rows, func(other []string) bool { return slices.Equal(row, other) })
		if i < 0 || s.Name == "" {
			i = len(rows)
			rows, names = append(rows, row), append(names, nil)
		}
		names[i] = append(names[i], subjectName(s))
	}
	for i := range rows {
		rows[i][0] = some(names[i], most)
	}
	return rows
}

// group writes the findings of one heading.
func (t *text) group(g group) {
	head := fmt.Sprintf("%s (%d)", g.name, len(g.findings))
	if g.direction == "" && t.r.At != "" {
		fmt.Fprintf(t, "\n%s, judged by %s\n", t.paint(bold, head), clean(t.r.At))
	} else {
		fmt.Fprintf(t, "\n%s\n", t.paint(colour(g.direction), head))
	}
	for _, f := range g.findings {
		t.finding(f)
	}
}

// matches lists what is as wanted, and where each value came from.
func (t *text) matches() {
	if len(t.r.Matches) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", t.paint(green, fmt.Sprintf("match (%d)", len(t.r.Matches))))
	rows := make([][]string, 0, len(t.r.Matches))
	for _, m := range t.r.Matches {
		row := []string{clean(m.Key.String()), notSet, places(m.Found)}
		if len(m.Found) > 0 {
			row[1] = short(m.Found[0].Said.Value, 40)
		}
		if len(m.Nodes) > 0 && nodes(t.r) > 1 {
			row = append(row, "on "+some(m.Nodes, t.most.nodes))
		}
		rows = append(rows, row)
	}
	for i, line := range table(rows) {
		if t.o.Width == 0 || width(line)+2 <= t.o.Width {
			fmt.Fprintln(t, "  "+line)
			continue
		}
		t.labelled("  ", "", rows[i][0]+"  "+rows[i][1])
		t.labelled("    ", "", strings.Join(rows[i][2:], "  "))
	}
}

// notes writes what is no difference and should be known.
func (t *text) notes() {
	if len(t.r.Unused) > 0 {
		fmt.Fprintln(t)
	}
	for _, w := range t.r.Unused {
		t.labelled("", "note: ", unusedText(w))
	}
}

// summary is the summary line, with colours on what is not nothing; it is broken between counts
// where the terminal ends.
func (t *text) summary() string {
	var b strings.Builder
	used := 0
	list := counts(t.r)
	for i, c := range list {
		part := fmt.Sprintf("%d %s", c.n, c.word)
		w := width(part) + len(", ")
		switch {
		case i == 0:
		case t.o.Width > 0 && used+w > t.o.Width:
			b.WriteString(",\n")
			used = 0
		default:
			b.WriteString(", ")
		}
		used += w
		if c.n > 0 && slices.Contains(compare.Directions(), compare.Direction(c.label)) {
			part = t.paint(colour(compare.Direction(c.label)), part)
		}
		b.WriteString(part)
	}
	return b.String()
}

// colour returns the colour of a direction.
func colour(d compare.Direction) string {
	switch d {
	case compare.Weaker, compare.Unknown:
		return red
	case compare.Different:
		return yellow
	case compare.Stronger:
		return green
	}
	return bold
}

// soft returns the colour of a value that is found, which is many times in a report.
func soft(d compare.Direction) string {
	switch d {
	case compare.Weaker, compare.Unknown:
		return softRed
	case compare.Different:
		return softYellow
	}
	return softGreen
}

// paint colours a text where colours are taken.
func (t *text) paint(colour, s string) string {
	if !t.o.Color || s == "" || colour == "" {
		return s
	}
	return colour + s + plain
}

// labelled writes a text behind a label, wrapped to the terminal's width.
func (t *text) labelled(indent, label, s string) {
	room := 0
	if t.o.Width > 0 {
		room = max(24, t.o.Width-width(indent+label))
	}
	for i, line := range wrap(s, room) {
		if i > 0 {
			label = strings.Repeat(" ", width(label))
		}
		fmt.Fprintln(t, indent+label+line)
	}
}

// shows reports whether a value says something: where a message tells the difference, one that
// is not there does not.
func shows(f compare.Finding, v *settings.Value) bool { return v != nil || f.Message == "" }
