package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

const stepIndent = "  "

// steps writes what to do, each step once and as a line for a shell.
func (t *text) steps() {
	t.stepList("to make it as the profile wants, in this order", stepsFor(toMend(t.r)))
	if slices.ContainsFunc(t.r.Findings, func(f compare.Finding) bool { return f.Waiver == nil && direction(f) == compare.Stronger }) {
		t.remark("what is stronger is no fault: say it in the profile, or install the bundle to have the profile's value back")
	}
	t.stepList("to see what is unknown", stepsFor(toSee(t.r)))
}

// remark writes a line on its own.
func (t *text) remark(s string) {
	fmt.Fprintln(t)
	for _, line := range wrap(s, t.room("")) {
		fmt.Fprintln(t, t.paint(dim, line))
	}
}

func (t *text) stepList(title string, list []step) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", t.paint(bold, title))
	column := 0
	for _, s := range list {
		if w := len(stepIndent) + width(clean(s.text)) + gap; s.command && (t.o.Width == 0 || w+width(t.stepNote(s)) <= t.o.Width) {
			column = max(column, w)
		}
	}
	for _, s := range list {
		t.step(s, column)
	}
	if slices.ContainsFunc(list, func(s step) bool { return strings.Contains(s.text, " BUNDLE") }) {
		t.labelled(stepIndent, "# ", "BUNDLE is what 'hardstrap generate' makes of the profile")
	}
}

// step writes one step, with a comment that says what it is for. A command that is too long for
// the terminal is continued as a shell does.
func (t *text) step(s step, column int) {
	note := t.stepNote(s)
	if !s.command {
		t.labelled(stepIndent, "# ", clean(s.text)+" ("+strings.TrimPrefix(note, "# ")+")")
		return
	}
	lines := []string{clean(s.text)}
	if room := t.room(stepIndent); room > 0 && width(lines[0]) > room {
		lines = wrap(lines[0], room-len("  \\ "))
	}
	b := &builder{t: t}
	for i, line := range lines {
		b.put("", stepIndent)
		if i > 0 {
			b.put("", "  ")
		}
		b.put("", line)
		if i < len(lines)-1 {
			b.put("", " \\")
			b.end()
		}
	}
	if from := max(b.used+gap, column); t.o.Width == 0 || from+width(note) <= t.o.Width {
		b.to(from)
	} else if b.to(b.used + gap); b.used+width(note) > t.o.Width {
		b.end()
		b.to(max(len(stepIndent), min(column, t.o.Width-width(note))))
	}
	b.put(dim, note)
	b.end()
	t.WriteString(b.lines)
}

// stepNote says what a step is for, and where.
func (t *text) stepNote(s step) string {
	note := "# " + counted(s.findings, "finding", "findings")
	if on := s.on(t.r, t.most.nodes); on != "" {
		note += ", " + on
	}
	return note
}

// unseen says how many settings no chosen source can carry, and which would.
func (t *text) unseen() {
	if len(t.r.NotLookedAt) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", t.paint(bold, fmt.Sprintf("not looked at (%d)", len(t.r.NotLookedAt))))
	var rows [][]string
	for _, u := range unseenBy(t.r) {
		rows = append(rows, []string{fmt.Sprintf("%4d", u.keys), u.what, u.source})
	}
	for _, line := range table(rows) {
		t.labelled("", "", line)
	}
	if !t.o.Verbose {
		return
	}
	for _, k := range t.r.NotLookedAt {
		fmt.Fprintln(t, labelIndent+clean(k.String()))
	}
}
