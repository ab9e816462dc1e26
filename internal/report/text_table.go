package report

import (
	"fmt"
	"slices"
	"strings"
)

// Where the lines of a table stand.
const (
	nameIndent = "    "
	moreIndent = "      "
	gap        = 2
	narrow     = 100 // columns of a terminal below which a place has no column of its own
)

// grid is the columns of all tables of a report, so that they stand under each other.
type grid struct {
	width                      int // of the terminal; 0: unlimited
	name, found, wanted, place int
	values                     int // found and wanted together
}

// valueLimit is how many cells a value may have.
func (t *text) valueLimit() int {
	if t.o.Width == 0 {
		return t.most.value
	}
	return min(max(12, t.o.Width/5), t.most.value)
}

// grid finds the columns for rows.
func (t *text) grid(rows []row) grid {
	g := grid{width: t.o.Width, found: width("found"), wanted: width("wanted")}
	names, places := 0, 0
	for _, r := range rows {
		g.found, g.wanted = max(g.found, width(r.found)), max(g.wanted, width(r.wanted))
		names, places = max(names, width(r.name)), max(places, width(strings.Join(r.places, ", ")))
	}
	g.values = g.found + gap + g.wanted
	if g.width == 0 {
		g.name, g.place = min(names, 64), min(places, 64)
		return g
	}
	room := g.width - len(nameIndent) - gap - g.values
	if g.width < narrow {
		g.name = min(names, max(20, room))
		return g
	}
	g.name = min(names, max(24, room-gap-24))
	g.place = max(0, min(places, room-g.name-gap))
	return g
}

// findings writes the groups of findings as tables, a heading for each component.
func (t *text) findings(list []group) {
	limit := t.valueLimit()
	var rows []row
	by := make([][]row, len(list))
	for i, g := range list {
		for _, f := range g.findings {
			by[i] = append(by[i], t.row(f, limit))
		}
		slices.SortStableFunc(by[i], func(a, b row) int { return strings.Compare(a.component, b.component) })
		rows = append(rows, by[i]...)
	}
	columns := t.grid(rows)
	for i, g := range list {
		fmt.Fprintln(t)
		t.heading(g, by[i], columns)
		t.table(by[i], columns)
	}
}

// heading names a group and, where there are values, the columns.
func (t *text) heading(g group, rows []row, c grid) {
	name := fmt.Sprintf("%s (%d)", g.name, len(g.findings))
	painted := t.paint(colour(g.direction), name)
	if g.direction == "" && t.r.At != "" {
		judged := ", judged by " + clean(t.r.At)
		name, painted = name+judged, painted+judged
	}
	head := ""
	at := len(nameIndent) + c.name + gap
	if slices.ContainsFunc(rows, func(r row) bool { return r.words == "" }) && width(name)+gap <= at {
		head = strings.Repeat(" ", at-width(name)) + t.paint(dim, pad("found", c.found+gap)+"wanted")
	}
	fmt.Fprintln(t, painted+head)
}

// table writes rows below the names of their components. Rows in turn of which the same is to be
// said share the line that says it.
func (t *text) table(rows []row, c grid) {
	for i := 0; i < len(rows); {
		r := rows[i]
		if i == 0 || r.component != rows[i-1].component {
			fmt.Fprintf(t, "  %s\n", t.paint(bold, r.component))
		}
		line, below := t.line(r, c)
		fmt.Fprint(t, line)
		n := 1
		for ; i+n < len(rows) && below != "" && r.alike(rows[i+n]); n++ {
			next, same := t.line(rows[i+n], c)
			if same != below {
				break
			}
			fmt.Fprint(t, next)
		}
		if n > 1 {
			below = fmt.Sprintf("these %d: %s", n, below)
		}
		if t.o.Width > 0 {
			below = cut(below, max(20, t.o.Width-len(moreIndent)))
		}
		t.below(remark{below, dim})
		for _, m := range r.more {
			t.below(m)
		}
		i += n
	}
}

// alike reports whether two rows can share the line below them.
func (r row) alike(other row) bool {
	return r.component == other.component && len(r.more) == 0 && len(other.more) == 0
}

// below writes a remark below a row, wrapped to the terminal's width.
func (t *text) below(m remark) {
	if m.text == "" {
		return
	}
	for _, line := range wrap(m.text, t.room(moreIndent)) {
		fmt.Fprintln(t, moreIndent+t.paint(m.paint, line))
	}
}

// room is how many cells a line has behind an indent; 0: as many as it likes.
func (t *text) room(indent string) int {
	if t.o.Width == 0 {
		return 0
	}
	return max(24, t.o.Width-width(indent))
}

// line returns the lines of a row, and what is to be said below because it has no room there.
func (t *text) line(r row, c grid) (lines, below string) {
	b := &builder{t: t}
	b.put("", nameIndent+r.name)
	at := len(nameIndent) + c.name + gap
	if b.used+gap > at {
		b.end()
	}
	b.to(at)
	t.values(b, r, c, at)
	var rest []string
	place, from := strings.Join(r.places, ", "), max(b.used+gap, at+c.values+gap)
	if room := c.width - from; c.width >= narrow && room >= 12 {
		place = placesIn(r.places, room)
	}
	switch {
	case place == "":
	case c.width == 0, c.width >= narrow && from+width(place) <= c.width:
		b.to(from)
		b.put(dim, place)
	default:
		rest = append(rest, strings.Join(r.places, ", "))
	}
	from = max(b.used+gap, at+c.values+gap+c.place+gap)
	switch {
	case r.opens == "":
	case c.width == 0, len(rest) == 0 && from+width(r.opens) <= c.width:
		b.to(from)
		b.put(dim, r.opens)
	default:
		rest = append(rest, r.opens)
	}
	b.end()
	return b.lines, strings.Join(rest, " · ")
}

// values puts what is found and wanted into a line, or the words that tell it; words too long for
// the rest of the line have lines of their own.
func (t *text) values(b *builder, r row, c grid, at int) {
	if r.words == "" {
		b.put(soft(r.direction), r.found)
		b.to(at + c.found + gap)
		b.put("", r.wanted)
		return
	}
	if c.width == 0 || at+width(r.words) <= c.width {
		b.put(soft(r.direction), r.words)
		return
	}
	b.end()
	for i, line := range wrap(r.words, t.room(moreIndent)) {
		if i > 0 {
			b.end()
		}
		b.to(len(moreIndent))
		b.put(soft(r.direction), line)
	}
}

// placesIn joins places in limit cells if that can be: beginnings of paths are left out.
func placesIn(places []string, limit int) string {
	all := strings.Join(places, ", ")
	switch {
	case width(all) <= limit:
		return all
	case len(places) == 1:
		return tail(all, limit)
	}
	var short []string
	for _, p := range places {
		short = append(short, tail(p, 1))
	}
	return strings.Join(short, ", ")
}

// builder makes lines of parts that stand in columns.
type builder struct {
	t     *text
	lines string // those that have ended
	line  string
	used  int // cells of line
}

// to fills the line up to a column.
func (b *builder) to(column int) {
	if column > b.used {
		b.line += strings.Repeat(" ", column-b.used)
		b.used = column
	}
}

func (b *builder) put(colour, s string) {
	b.line += b.t.paint(colour, s)
	b.used += width(s)
}

// end ends the line, unless it is blank.
func (b *builder) end() {
	if line := strings.TrimRight(b.line, " "); line != "" {
		b.lines += line + "\n"
	}
	b.line, b.used = "", 0
}
