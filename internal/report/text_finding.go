package report

import (
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// Where the lines of a finding stand.
const (
	settingIndent = "  "
	labelIndent   = "    "
	labelWidth    = 10
)

// finding writes one finding: the setting, what is wanted and found, and what to know of it.
func (t *text) finding(f compare.Finding) {
	head := t.paint(bold, setting(f))
	if f.Waiver != nil {
		head += "  " + t.paint(colour(direction(f)), string(direction(f)))
	}
	fmt.Fprintf(t, "\n%s%s\n", settingIndent, head)
	if on := where(f, t.most.nodes); on != "" && (nodes(t.r) > 1 || len(f.Elsewhere) > 0) {
		t.say("on", on)
	}
	if f.Message != "" {
		t.say("differs", clean(f.Message))
	}
	t.said(f)
	if f.Opens != "" {
		t.say("opens", clean(f.Opens))
	}
	if len(f.Controls) > 0 {
		t.say("controls", some(f.Controls, t.most.controls))
	}
	if f.Waiver != nil {
		t.say("waiver", waiverText(*f.Waiver))
	}
	if f.Expired != nil {
		t.say("waiver", expiredText(*f.Expired))
	}
	if !mends(f) {
		return
	}
	for i, line := range f.Remedy { // not wrapped: it may be a command
		label := ""
		if i == 0 {
			label = "remedy"
		}
		fmt.Fprintln(t, labelIndent+pad(label, labelWidth)+clean(line))
	}
}

func (t *text) say(label, s string) { t.labelled(labelIndent, pad(label, labelWidth), s) }

// side is a value that is wanted or found, as it is shown.
type side struct {
	label string
	value string
	judge string // the direction, where sources do not agree
	place string
	paint string // the colour of the value
}

// said writes what is wanted, what is found, and from where.
func (t *text) said(f compare.Finding) {
	sides := t.sides(f)
	c := t.columns(sides)
	for _, s := range sides {
		t.side(s, c)
	}
	if disagrees(f) {
		t.say("", "the sources do not agree")
	}
	if len(f.Found) == 0 || disagrees(f) {
		return
	}
	list := changes(f.Wanted.Value, f.Found[0].Said.Value)
	room := t.most.value + 20
	if t.o.Width > 0 {
		room = max(24, min(room, t.o.Width-len(labelIndent)-labelWidth))
	}
	for _, line := range changeLines(list, room, t.most.lines) {
		fmt.Fprintln(t, labelIndent+pad("", labelWidth)+line)
	}
}

// sides returns the lines of said: what is wanted first, sightings that agree as one.
func (t *text) sides(f compare.Finding) []side {
	var out []side
	limit := t.most.value
	if t.o.Width > 0 {
		limit = max(24, min(limit, t.o.Width-len(labelIndent)-labelWidth))
	}
	wanted := short(f.Wanted.Value, limit)
	list := f.Found
	if !disagrees(f) && len(list) > 1 {
		list = list[:1]
	}
	for _, s := range list {
		value := found(s)
		if v := s.Said.Value; v != nil {
			value = short(v, limit)
			if len(list) == 1 {
				wanted, value = shown(f.Wanted.Value, v, limit)
			}
		}
		next := side{value: value, place: sightingPlace(s), paint: colour(s.Direction)}
		if !shows(f, s.Said.Value) {
			next.value = ""
		}
		if len(list) == 1 {
			next.place, next.paint = places(f.Found), colour(direction(f))
		} else {
			next.judge = orElse(clean(string(s.Direction)), "as wanted")
			if s.Direction == "" {
				next.paint = ""
			}
		}
		out = append(out, next)
	}
	first := side{value: wanted, place: place(f.Wanted.Origin)}
	if !shows(f, f.Wanted.Value) {
		first.value = ""
	}
	out = append([]side{first}, out...)
	return label(out)
}

// label names the sides and drops those that say nothing.
func label(sides []side) []side {
	var out []side
	for i, s := range sides {
		switch i {
		case 0:
			s.label = "wanted"
		case 1:
			s.label = "found"
			if s.value == "" {
				s.label = "seen in"
			}
		}
		if s.value != "" || s.place != "" {
			out = append(out, s)
		}
	}
	return out
}

// columns is where the parts of a side stand, counted from what follows the label; 0 is right
// behind what comes before.
type columns struct {
	judge, place int
}

// columns finds places that stand under each other; where the terminal has no room for that,
// each stands behind its value.
func (t *text) columns(sides []side) columns {
	var c columns
	var judged, placed int
	for _, s := range sides {
		c.judge, judged, placed = max(c.judge, width(s.value)), max(judged, width(s.judge)), max(placed, width(s.place))
	}
	if c.judge > 0 {
		c.judge += 2
	}
	if c.place = c.judge; judged > 0 {
		c.place += judged + 2
	}
	if t.o.Width > 0 && len(labelIndent)+labelWidth+c.place+placed > t.o.Width {
		c.place = 0
	}
	return c
}

// side writes one side; where the line has no room for the place, it stands in a line below.
func (t *text) side(s side, c columns) {
	line, used := t.paint(s.paint, s.value), width(s.value)
	to := func(column int) {
		if used > 0 {
			column = max(column, used+2)
		}
		line += strings.Repeat(" ", max(0, column-used))
		used = max(column, used)
	}
	if s.judge != "" {
		to(c.judge)
		line += s.judge
		used += width(s.judge)
	}
	before := used
	to(c.place)
	head := labelIndent + pad(s.label, labelWidth)
	if s.place == "" || t.o.Width == 0 || width(head)+used+width(s.place) <= t.o.Width {
		fmt.Fprintln(t, strings.TrimRight(head+line+s.place, " "))
		return
	}
	if before > 0 {
		fmt.Fprintln(t, strings.TrimRight(head+line, " "))
		s.label = ""
	}
	t.say(s.label, s.place)
}
