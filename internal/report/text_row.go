package report

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// row is a finding as one line of a table.
type row struct {
	component string
	name      string // the setting without its component, with the part
	found     string
	wanted    string
	words     string // what differs, where it takes the place of found and wanted
	places    []string
	opens     string
	on        string   // the nodes, where not all of their role have it
	more      []remark // what has a line of its own
	direction compare.Direction
}

// remark is a line below a row.
type remark struct {
	text  string
	paint string
}

// row makes a line of a finding.
func (t *text) row(f compare.Finding, most cellLimits) row {
	out := row{component: component(f.Key), name: nameWithin(f), direction: direction(f), opens: clean(f.Opens)}
	if f.Message != "" {
		out.words = clean(f.Message)
	} else {
		out.found, out.wanted, out.words = told(f, most)
	}
	if disagrees(f) {
		out.more = append(out.more, apart(f, most)...)
	} else {
		out.places = shortPlaces(f)
	}
	out.on = t.onSome(f)
	if f.Expired != nil {
		out.more = append(out.more, remark{"the waiver of " + expiredText(*f.Expired), yellow})
	}
	if f.Waiver != nil {
		out.opens = ""
		out.more = append(out.more, remark{string(direction(f)) + ", waived by " + waiverText(*f.Waiver), dim})
	}
	return out
}

// nameWithin names a setting below the heading of its component.
func nameWithin(f compare.Finding) string {
	name := orElse(clean(f.Key.Path), "all of it")
	if f.Part != "" {
		name += " " + clean(f.Part)
	}
	return name
}

// told says what is found and what is wanted, or in words what a list or a map lacks and has too
// much.
func told(f compare.Finding, most cellLimits) (found, wanted, words string) {
	s, w := worst(f), f.Wanted.Value
	v := s.Said.Value
	switch list := changes(w, v); {
	case len(list) > 0 && list[0].orderOfAll():
		return "", "", "the same members in another order"
	case len(list) > 0:
		return "", "", changeWords(list, 40)
	case v == nil:
		return foundOrNot(f, s), briefly(w, most.wanted), ""
	case w == nil:
		return briefly(v, most.found), notSet, ""
	case v.IsScalar() && w.IsScalar():
		return toldScalars(v, w, most)
	}
	return briefly(v, most.found), briefly(w, most.wanted), ""
}

// toldScalars says two scalars. A text that looks like a number needs no quotes beside another
// text.
func toldScalars(v, w *settings.Value, most cellLimits) (found, wanted, words string) {
	if isPath(v) || isPath(w) {
		return briefly(v, most.found), briefly(w, most.wanted), ""
	}
	found, wanted = inline(v), inline(w)
	if v.Text != w.Text {
		found, wanted = bare(v), bare(w)
	}
	if width(found) > most.found || width(wanted) > most.wanted {
		wanted, found = shortPair(wanted, found, most.found)
	}
	return found, wanted, ""
}

// bare returns a scalar without the quotes that tell a text from a number.
func bare(v *settings.Value) string {
	if v.Kind == settings.String && looksTyped(v.Text) && v.Text != notSet && v.Text != notKnown {
		return clean(v.Text)
	}
	return inline(v)
}

// worst returns the sighting that a finding is about.
func worst(f compare.Finding) compare.Sighting {
	for _, s := range f.Found {
		if s.Direction == f.Direction {
			return s
		}
	}
	if len(f.Found) > 0 {
		return f.Found[0]
	}
	return compare.Sighting{Direction: compare.Unknown}
}

func foundOrNot(f compare.Finding, s compare.Sighting) string {
	if len(f.Found) == 0 {
		return notKnown
	}
	return found(s)
}

func isPath(v *settings.Value) bool {
	return v != nil && v.Kind == settings.String && strings.HasPrefix(v.Text, "/")
}

// briefly returns a value in at most limit cells; of a path that is longer, the end.
func briefly(v *settings.Value, limit int) string {
	if isPath(v) {
		return cut(tail(inline(v), limit), limit)
	}
	return short(v, limit)
}

// tail leaves out directories at the beginning of a path until it has at most limit cells or is
// its last element.
func tail(path string, limit int) string {
	if width(path) <= limit || !strings.HasPrefix(path, "/") {
		return path
	}
	for rest := path; ; {
		next := strings.IndexByte(rest[1:], '/')
		if next >= 0 {
			rest = rest[1+next:]
		}
		if next < 0 || width(rest) < limit {
			return "…" + rest
		}
	}
}

// changeWords says changes in one line: -member is missing, +member is too many.
func changeWords(list []change, limit int) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, changeWord(c, limit))
		if len(parts) == 100 { // fitting leaves out far fewer
			parts = append(parts, "…")
			break
		}
	}
	return strings.Join(parts, ", ")
}

func changeWord(c change, limit int) string {
	head := ""
	if c.path != "" {
		head = c.path + ": "
	}
	switch {
	case c.reordered():
		return head + "in another order"
	case c.sign == '~':
		wanted, found := shortPair(inline(c.wanted), inline(c.found), limit)
		return head + found + " (wanted " + wanted + ")"
	}
	return string(c.sign) + head + cut(inline(c.value()), max(limit, 40))
}

// apart says what each source shows, where they do not agree.
func apart(f compare.Finding, most cellLimits) []remark {
	var rows [][]string
	for _, s := range f.Found {
		judged := "as wanted"
		if s.Direction != "" {
			judged = clean(string(s.Direction))
		}
		rows = append(rows, []string{cut(found(s), most.wanted), judged, sightingPlace(s)})
	}
	var out []remark
	for _, line := range table(rows) {
		out = append(out, remark{line, dim})
	}
	return out
}

// shortPlaces says where the sightings of a finding are, without what the setting's name says.
func shortPlaces(f compare.Finding) []string {
	var out []string
	for _, s := range f.Found {
		p := sightingPlace(s)
		if by, ok := strings.CutPrefix(p, "by default of Kubernetes "); ok {
			p = "default of " + by
		}
		if p != "" && !slices.Contains(out, p) && !strings.HasSuffix(f.Key.Path, p) && f.Part != p && !strings.Contains(f.Message, p) {
			out = append(out, p)
		}
	}
	return out
}

// onSome says on which nodes a finding is, where others of their roles do not have it.
func (t *text) onSome(f compare.Finding) string {
	if len(f.Nodes) == 0 || len(f.Elsewhere) == 0 && !t.others(f.Nodes) {
		return ""
	}
	return "on " + some(f.Nodes, t.most.nodes)
}

// others reports whether there are more nodes of the roles that nodes have.
func (t *text) others(nodes []string) bool {
	var roles []string
	for _, s := range t.r.Subjects {
		if slices.Contains(nodes, s.Name) {
			roles = append(roles, s.Role)
		}
	}
	return slices.ContainsFunc(t.r.Subjects, func(s compare.Subject) bool {
		return s.Name != "" && slices.Contains(roles, s.Role) && !slices.Contains(nodes, s.Name)
	})
}
