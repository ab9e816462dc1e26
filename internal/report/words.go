package report

import (
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// theCluster names the subject that is no node.
const theCluster = "the cluster"

// setting names what a finding is about, with the part within it.
func setting(f compare.Finding) string {
	name := clean(f.Key.String())
	if f.Part != "" {
		name += " " + clean(f.Part)
	}
	return name
}

// component names a component, with the role where there is one.
func component(k settings.Key) string {
	if k.Role != "" {
		return clean(k.Component + "[" + k.Role + "]")
	}
	return clean(k.Component)
}

// some joins names, of many only the first.
func some(names []string, most int) string {
	names = cleanAll(names)
	if len(names) <= most+1 { // "and 1 more" would be no shorter
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
}

// where says on which nodes a finding is; "" where it is the cluster's.
func where(f compare.Finding, most int) string {
	text := some(f.Nodes, most)
	if text != "" && len(f.Elsewhere) > 0 {
		text += "; not on " + some(f.Elsewhere, most)
	}
	return text
}

// nodes counts the subjects that are nodes.
func nodes(r *compare.Report) int {
	n := 0
	for _, s := range r.Subjects {
		if s.Name != "" {
			n++
		}
	}
	return n
}

// subjectName names a subject.
func subjectName(s compare.Subject) string {
	if s.Name == "" {
		return theCluster
	}
	return clean(s.Name)
}

// subjectNames joins the names of subjects: "cp-1, cp-2 and the cluster".
func subjectNames(list []compare.Subject) string {
	var names []string
	for _, s := range list {
		names = append(names, subjectName(s))
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, ", ")
}

// noDifferences says that what was looked at is as wanted; "" where there is a finding.
func noDifferences(r *compare.Report) string {
	switch {
	case len(r.Findings) > 0:
		return ""
	case len(r.Subjects) == 0:
		return "no differences, but nothing was looked at"
	case len(r.Matches) == 0:
		return "no differences, but no setting of profile " + clean(r.Profile) + " was seen"
	case len(r.Subjects) == 1:
		return "no differences: " + subjectNames(r.Subjects) + " matches profile " + clean(r.Profile)
	}
	return "no differences: " + subjectNames(r.Subjects) + " match profile " + clean(r.Profile)
}

// waiverText says a waiver that holds.
func waiverText(w compare.Waiver) string {
	until := ", without an end"
	if w.Expires != "" {
		until = " until " + clean(w.Expires)
	}
	return clean(w.Control) + until + because(w)
}

// expiredText says a waiver that does not hold any more.
func expiredText(w compare.Waiver) string {
	return clean(w.Control) + " expired on " + clean(w.Expires) + because(w)
}

// unusedText says a waiver that lifted nothing.
func unusedText(w compare.Waiver) string {
	text := "the waiver of " + clean(w.Control) + " lifts nothing"
	if p := place(w.Origin); p != "" {
		text += " (" + p + ")"
	}
	return text + because(w)
}

// because says whose a waiver is and why.
func because(w compare.Waiver) string {
	text := ""
	if w.Owner != "" {
		text += ", by " + clean(w.Owner)
	}
	if w.Reason != "" {
		text += ": " + clean(w.Reason)
	}
	return text
}

// notLookedAt says how many settings no source can carry; "" where there is none.
func notLookedAt(r *compare.Report) string {
	if len(r.NotLookedAt) == 0 {
		return ""
	}
	return counted(len(r.NotLookedAt), "setting was not looked at: no chosen source can carry it", "settings were not looked at: no chosen source can carry them")
}
