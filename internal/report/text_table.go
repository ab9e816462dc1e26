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
	placeWidth = 16
	narrow     = 100 // columns of a terminal below which a place has no column of its own
)

// grid is the columns of all tables of a report, so that they stand under each other.
type grid struct {
	width                      int // of the terminal; 0: unlimited
	name, found, wanted, place int
	values                     int // found and wanted together
}

// cellLimits bound the values of a row.
type cellLimits struct{ found, wanted int }

// limitsFor shares the room of a line between what is found and what is wanted.
func (t *text) limitsFor(rows []row) cellLimits {
	most := cellLimits{t.most.value, t.most.value}
	if t.o.Width == 0 {
		return most
	}
	g := t.grid(rows)
	room := t.o.Width - len(nameIndent) - g.name - 2*gap
	if t.o.Width >= narrow {
		room -= gap + placeWidth
	}
	room = max(room, 16)
	of := cellLimits{found: room * 2 / 5, wanted: room - room*2/5}
	switch {
	case g.found+g.wanted <= room:
		return most
	case g.found < of.found:
		of = cellLimits{g.found, room - g.found}
	case g.wanted < of.wanted:
		of = cellLimits{room - g.wanted, g.wanted}
	}
	return cellLimits{min(of.found, most.found), min(of.wanted, most.wanted)}
}

// grid finds the columns for rows. Names longer than most do not make the column wider.
func (t *text) grid(rows []row) grid {
	g := grid{width: t.o.Width, name: 16, found: width("found"), wanted: width("wanted")}
	name := 64
	switch {
	case g.width == 0:
	case g.width < narrow:
		name = max(g.name, g.width*9/20)
	default:
		name = g.width * 3 / 8
	}
	for _, r := range rows {
		g.found, g.wanted = max(g.found, width(r.found)), max(g.wanted, width(r.wanted))
		g.place = max(g.place, width(strings.Join(r.places, ", ")))
		if w := width(r.name); w <= name {
			g.name = max(g.name, w)
		}
	}
	g.values = g.found + gap + g.wanted
	g.place = min(g.place, 64)
	if g.width > 0 {
		g.place = max(0, min(g.place, g.width-len(nameIndent)-g.name-gap-g.values-gap))
	}
	return g
}

// findings writes the groups of findings as tables, a heading for each component.
func (t *text) findings(list []group) {
	_, rows := t.rows(list, cellLimits{t.most.value, t.most.value})
	by, rows := t.rows(list, t.limitsFor(rows))
	columns := t.grid(rows)
	for i, g := range list {
		fmt.Fprintln(t)
		t.heading(g, by[i], columns)
		t.table(by[i], columns)
	}
}

// rows makes rows of findings, by group and all of them.
func (t *text) rows(list []group, most cellLimits) (by [][]row, all []row) {
	by = make([][]row, len(list))
	for i, g := range list {
		for _, f := range g.findings {
			by[i] = append(by[i], t.row(f, most))
		}
		slices.SortStableFunc(by[i], func(a, b row) int { return strings.Compare(a.component, b.component) })
		all = append(all, by[i]...)
	}
	return by, all
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
		for line := range strings.SplitSeq(below, "\n") {
			if t.o.Width > 0 {
				line = cut(line, t.room(moreIndent))
			}
			t.below(remark{line, dim})
		}
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
	for i, line := range wrap(r.name, t.room(nameIndent)) {
		if i > 0 {
			b.end()
		}
		b.put("", nameIndent+line)
	}
	at := len(nameIndent) + c.name + gap
	if end := b.used + gap + width(r.found+r.words); b.used+gap > at && (end > at+c.found || r.words != "" && (c.width == 0 || end > c.width)) {
		b.end()
	}
	b.to(b.used + gap)
	b.to(at)
	t.values(b, r, c, at)
	var rest []string
	if r.on != "" {
		rest = append(rest, r.on)
	}
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
	return b.lines, t.joined(rest)
}

// joined joins what stands below a row; what would be cut to little has a line of its own.
func (t *text) joined(parts []string) string {
	const little = 24
	out, used := "", 0
	for i, p := range parts {
		sep := " · "
		switch left := t.room(moreIndent) - used - width(sep); {
		case i == 0:
			sep = ""
		case t.o.Width > 0 && left < min(width(p), little):
			sep, used = "\n", 0
		}
		out += sep + p
		used += width(sep + p)
	}
	return out
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
	if c.width == 0 || b.used+width(r.words) <= c.width {
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
