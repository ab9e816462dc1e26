package report

import (
	"net/url"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// locations says where a finding is: each file that shows it, and by name what is no file.
func locations(f compare.Finding) []sarifLocation {
	out := []sarifLocation{}
	for _, s := range f.Found {
		if s.Direction == "" && disagrees(f) {
			continue // there it is as wanted
		}
		l, ok := fileLocation(s.Said.Origin)
		if !ok {
			l = sarifLocation{}
		}
		l.Logical = []sarifLogical{{Name: clean(f.Key.Path), FullName: setting(f), Kind: "member"}}
		if at := sightingPlace(s); !ok && at != "" {
			l.Message = &sarifMessage{Text: at}
		}
		if !slices.ContainsFunc(out, func(other sarifLocation) bool { return sameLocation(l, other) }) {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		out = append(out, sarifLocation{Logical: []sarifLogical{{Name: clean(f.Key.Path), FullName: setting(f), Kind: "member"}}})
	}
	return out
}

func sameLocation(a, b sarifLocation) bool {
	return samePointed(a.Physical, b.Physical) && samePointed(a.Message, b.Message)
}

func samePointed[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// fileLocation returns the place in a file; ok is false where the origin is none that a reader
// could open.
func fileLocation(o settings.Origin) (l sarifLocation, ok bool) {
	if o.File == "" || o.Source == settings.FromBuiltin || strings.HasPrefix(o.File, "built-in:") {
		return l, false
	}
	p := &sarifPhysical{Artifact: sarifArtifact{URI: fileURI(o.File)}}
	if o.Line > 0 {
		p.Region = sarifRegion{StartLine: o.Line, StartColumn: max(0, o.Column)}
	}
	return sarifLocation{Physical: p}, true
}

// fileURI returns a path as a URI: an absolute one as a file URI, another as a relative reference.
func fileURI(path string) string {
	u := url.URL{Path: strings.ToValidUTF8(path, "\uFFFD")}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

// sarifText makes a message of a text: nothing in it is a link or a placeholder.
func sarifText(s string) sarifMessage {
	s = strings.ReplaceAll(s, "](", "] (")
	for _, digit := range "0123456789" {
		s = strings.ReplaceAll(s, "{"+string(digit), "{ "+string(digit))
	}
	return sarifMessage{Text: s}
}
