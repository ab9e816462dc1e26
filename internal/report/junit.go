package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// The elements of JUnit's XML, as far as CI systems agree on them.
type (
	xmlSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Suites   []xmlSuite `xml:"testsuite"`
	}
	xmlSuite struct {
		Name     string    `xml:"name,attr"`
		Tests    int       `xml:"tests,attr"`
		Failures int       `xml:"failures,attr"`
		Errors   int       `xml:"errors,attr"`
		Skipped  int       `xml:"skipped,attr"`
		Cases    []xmlCase `xml:"testcase"`
	}
	xmlCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Failure *xmlResult `xml:"failure"`
		Error   *xmlResult `xml:"error"`
		Skipped *xmlResult `xml:"skipped"`
	}
	xmlResult struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
)

// writeJUnit shows a report as test results: a suite for each subject, a test for each setting.
// Every difference fails, as it ends the program with 1; what is unknown is an error, what is
// waived or was not looked at is skipped.
func writeJUnit(b *bytes.Buffer, r *compare.Report, _ Options) error {
	all := xmlSuites{Name: "hardstrap diff " + clean(r.Profile)}
	for _, subject := range junitSubjects(r) {
		suite := xmlSuite{Name: subjectName(compare.Subject{Name: subject})}
		for _, f := range r.Findings {
			if isOn(f.Nodes, subject) {
				suite.add(testOf(f))
			}
		}
		for _, m := range r.Matches {
			if isOn(m.Nodes, subject) {
				suite.add(xmlCase{Class: component(m.Key), Name: clean(m.Key.Path)})
			}
		}
		all.add(suite)
	}
	unseen := xmlSuite{Name: "not looked at"}
	for _, k := range r.NotLookedAt {
		unseen.add(skippedTest(k))
	}
	if unseen.Tests > 0 {
		all.add(unseen)
	}
	b.WriteString(xml.Header)
	encoder := xml.NewEncoder(b)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("cannot write XML: %w", err)
	}
	b.WriteByte('\n')
	return nil
}

// junitSubjects returns the names of the subjects, and of nodes and the cluster where only
// findings or matches name them.
func junitSubjects(r *compare.Report) []string {
	var names, more []string
	for _, s := range r.Subjects {
		names = append(names, s.Name)
	}
	see := func(nodes []string) {
		if len(nodes) == 0 {
			nodes = []string{""}
		}
		for _, n := range nodes {
			if !slices.Contains(names, n) {
				more = append(more, n)
			}
		}
	}
	for _, f := range r.Findings {
		see(f.Nodes)
	}
	for _, m := range r.Matches {
		see(m.Nodes)
	}
	slices.Sort(more)
	return append(names, slices.Compact(more)...)
}

// isOn reports whether a subject is among nodes; no nodes mean the cluster.
func isOn(nodes []string, subject string) bool {
	if len(nodes) == 0 {
		return subject == ""
	}
	return slices.Contains(nodes, subject)
}

func testOf(f compare.Finding) xmlCase {
	c := xmlCase{Class: component(f.Key), Name: clean(f.Key.Path)}
	if f.Part != "" {
		c.Name += " " + clean(f.Part)
	}
	result := &xmlResult{Message: differs(f), Type: string(direction(f)), Text: junitText(f)}
	switch {
	case f.Waiver != nil:
		c.Skipped = &xmlResult{Message: "waived: " + waiverText(*f.Waiver)}
	case direction(f) == compare.Unknown:
		c.Error = result
	default:
		c.Failure = result
	}
	return c
}

// junitText says what the message does not.
func junitText(f compare.Finding) string {
	var lines []string
	add := func(label, s string) {
		if s != "" {
			lines = append(lines, label+": "+s)
		}
	}
	if shows(f, f.Wanted.Value) {
		add("wanted", cut(inline(f.Wanted.Value), valueInFull)+in(place(f.Wanted.Origin)))
	} else {
		add("wanted", place(f.Wanted.Origin))
	}
	for _, s := range f.Found {
		if shows(f, s.Said.Value) {
			add("found", cut(found(s), valueInFull)+in(sightingPlace(s)))
		} else {
			add("seen in", sightingPlace(s))
		}
	}
	add("opens", clean(f.Opens))
	add("controls", strings.Join(cleanAll(f.Controls), ", "))
	if f.Expired != nil {
		add("waiver", expiredText(*f.Expired))
	}
	for _, step := range f.Remedy {
		add("remedy", clean(step))
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

func skippedTest(k settings.Key) xmlCase {
	return xmlCase{
		Class: component(k), Name: clean(k.Path),
		Skipped: &xmlResult{Message: "not looked at: no chosen source can carry it"},
	}
}

// add appends a test and counts it.
func (s *xmlSuite) add(c xmlCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// add appends a suite and counts its tests.
func (a *xmlSuites) add(s xmlSuite) {
	a.Suites = append(a.Suites, s)
	a.Tests += s.Tests
	a.Failures += s.Failures
	a.Errors += s.Errors
	a.Skipped += s.Skipped
}
