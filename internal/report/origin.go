package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// place says where a value came from: file:line:column, or in words where it is no file.
func place(o settings.Origin) string {
	note := clean(o.Note)
	if o.File != "" {
		text := clean(o.File)
		if o.Line > 0 {
			text += ":" + strconv.Itoa(o.Line)
			if o.Column > 0 {
				text += ":" + strconv.Itoa(o.Column)
			}
		}
		if note != "" {
			text += " (" + note + ")"
		}
		return text
	}
	switch o.Source {
	case settings.FromProcess:
		return join(prefixed("process", note))
	case settings.FromAPI:
		return orElse(note, "the API")
	case settings.FromWire:
		return orElse(note, "the wire")
	case settings.FromDefault:
		return join("by default", note)
	case settings.FromKubeadm:
		return join("set by kubeadm", note)
	case settings.FromDerived:
		return join(prefixed("derived from", note))
	}
	return join(clean(string(o.Source)), note)
}

func prefixed(prefix, note string) string {
	if note == "" || strings.HasPrefix(note, prefix) {
		return orElse(note, prefix)
	}
	return prefix + " " + note
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// sightingPlace says where a source shows what it shows.
func sightingPlace(s compare.Sighting) string {
	o := s.Said.Origin
	if o.Source == "" && o.File == "" {
		o.Source = s.Source
	}
	return place(o)
}

// places says where the sightings of a finding are, each place once.
func places(list []compare.Sighting) string {
	var out []string
	for _, s := range list {
		if p := sightingPlace(s); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

// disagrees reports whether the sources of one node do not say the same.
func disagrees(f compare.Finding) bool { return len(f.Found) > 1 && f.Disagrees() }

// sourceWord names a kind of source for people.
func sourceWord(s settings.Source) string {
	switch s {
	case settings.FromFile:
		return "files"
	case settings.FromProcess:
		return "processes"
	case settings.FromAPI:
		return "API"
	case settings.FromWire:
		return "wire"
	}
	return clean(string(s))
}
