package report

import (
	"bytes"
	"math"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// writeJSON shows a report as docs/diff-report.md describes.
func writeJSON(b *bytes.Buffer, r *compare.Report, o Options) error {
	c := r.Counts()
	d := diffReport{
		APIVersion: APIVersion,
		Kind:       Kind,
		Tool:       jsonTool{Name: "hardstrap", Version: o.ToolVersion},
		Profile:    jsonProfile{Name: r.Profile, KubernetesVersion: r.Version},
		At:         r.At,
		Summary: jsonSummary{
			Weaker: c.Weaker, Stronger: c.Stronger, Different: c.Different, Unknown: c.Unknown,
			NotLookedAt: c.NotLookedAt, Waived: c.Waived, Match: c.Match, Text: Summary(r),
		},
		Subjects:      []jsonSubject{},
		Findings:      []jsonFinding{},
		NotLookedAt:   []jsonSetting{},
		UnusedWaivers: []jsonWaiver{},
	}
	for _, s := range r.Subjects {
		d.Subjects = append(d.Subjects, jsonSubject{Name: s.Name, Role: s.Role, Version: s.Version, Sources: sources(s.Sources)})
	}
	for _, f := range r.Findings {
		d.Findings = append(d.Findings, findingOf(f))
	}
	if o.Verbose {
		for _, m := range r.Matches {
			d.Matches = append(d.Matches, jsonMatch{Setting: settingOf(m.Key), Found: sightingsOf(m.Found), Nodes: list(m.Nodes)})
		}
	}
	for _, k := range r.NotLookedAt {
		d.NotLookedAt = append(d.NotLookedAt, settingOf(k))
	}
	for _, w := range r.Unused {
		d.UnusedWaivers = append(d.UnusedWaivers, *waiverOf(&w))
	}
	return encode(b, d)
}

func findingOf(f compare.Finding) jsonFinding {
	return jsonFinding{
		Fingerprint:   fingerprint(f),
		Setting:       settingOf(f.Key),
		Part:          f.Part,
		Direction:     string(direction(f)),
		Wanted:        jsonSaid{Value: valueOf(f.Wanted.Value), Text: inline(f.Wanted.Value), Origin: originOf(f.Wanted.Origin)},
		Found:         sightingsOf(f.Found),
		Disagreement:  disagrees(f),
		Message:       f.Message,
		Opens:         f.Opens,
		Controls:      list(f.Controls),
		Remedy:        list(f.Remedy),
		Waiver:        waiverOf(f.Waiver),
		ExpiredWaiver: waiverOf(f.Expired),
		Nodes:         list(f.Nodes),
		Elsewhere:     list(f.Elsewhere),
	}
}

func settingOf(k settings.Key) jsonSetting {
	return jsonSetting{Component: k.Component, Role: k.Role, Path: k.Path, Key: k.String()}
}

func sightingsOf(sightings []compare.Sighting) []jsonSighting {
	out := []jsonSighting{}
	for _, s := range sightings {
		out = append(out, jsonSighting{
			Source: string(s.Source), Value: valueOf(s.Said.Value), Text: found(s),
			Origin: originOf(s.Said.Origin), Direction: string(s.Direction),
		})
	}
	return out
}

func originOf(o settings.Origin) *jsonOrigin {
	if o == (settings.Origin{}) {
		return nil
	}
	return &jsonOrigin{Source: string(o.Source), File: o.File, Line: max(0, o.Line), Column: max(0, o.Column), Note: o.Note}
}

func waiverOf(w *compare.Waiver) *jsonWaiver {
	if w == nil {
		return nil
	}
	return &jsonWaiver{Control: w.Control, Reason: w.Reason, Owner: w.Owner, Expires: w.Expires, Origin: originOf(w.Origin)}
}

// valueOf returns a tree as JSON has it; nil where there is none, which is not null.
func valueOf(v *settings.Value) *any {
	if v == nil {
		return nil
	}
	tree := expressible(v.Plain())
	return &tree
}

// expressible puts texts for the numbers that JSON does not have.
func expressible(v any) any {
	switch t := v.(type) {
	case float64:
		switch {
		case math.IsNaN(t):
			return "NaN"
		case math.IsInf(t, 1):
			return "+Inf"
		case math.IsInf(t, -1):
			return "-Inf"
		}
	case []any:
		for i := range t {
			t[i] = expressible(t[i])
		}
	case map[string]any:
		for k := range t {
			t[k] = expressible(t[k])
		}
	}
	return v
}

// list returns a list that is never null.
func list(l []string) []string { return append([]string{}, l...) }

func sources(l []settings.Source) []string {
	out := []string{}
	for _, s := range l {
		out = append(out, string(s))
	}
	return out
}
