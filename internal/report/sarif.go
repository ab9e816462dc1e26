package report

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// writeSARIF shows a report as SARIF 2.1.0 (OASIS): a rule for each setting and direction, a
// result for each finding.
func writeSARIF(b *bytes.Buffer, r *compare.Report, o Options) error {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "hardstrap", Version: o.ToolVersion,
			InformationURI: "https://github.com/hardstrap/hardstrap",
			Rules:          []sarifRule{},
		}},
		AutomationDetails: sarifAutomation{ID: "hardstrap diff/" + clean(r.Profile) + "/"},
		ColumnKind:        "unicodeCodePoints",
		Invocations:       []sarifInvocation{{ExecutionSuccessful: true, Notifications: notifications(r)}},
		Results:           []sarifResult{},
		Properties:        map[string]any{"profile": clean(r.Profile), "kubernetesVersion": clean(r.Version), "summary": Summary(r)},
	}
	index := map[string]int{}
	for _, f := range r.Findings {
		id := ruleID(f)
		i, ok := index[id]
		if !ok {
			i = len(run.Tool.Driver.Rules)
			index[id] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, ruleOf(f))
		}
		rule := &run.Tool.Driver.Rules[i]
		rule.Properties.Tags = appendNew(rule.Properties.Tags, cleanAll(f.Controls)...)
		run.Results = append(run.Results, resultOf(f, id, i))
	}
	return encode(b, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// notifications tells what is no result and should be known.
func notifications(r *compare.Report) []sarifNotification {
	out := []sarifNotification{}
	for _, w := range r.Unused {
		n := sarifNotification{Level: "note", Message: sarifText(unusedText(w)), Locations: []sarifLocation{}}
		if l, ok := fileLocation(w.Origin); ok {
			n.Locations = append(n.Locations, l)
		}
		out = append(out, n)
	}
	if unseen := notLookedAt(r); unseen != "" {
		out = append(out, sarifNotification{Level: "note", Message: sarifText(unseen), Locations: []sarifLocation{}})
	}
	return out
}

// ruleID names a rule: the setting and the direction.
func ruleID(f compare.Finding) string { return clean(f.Key.String()) + "/" + string(direction(f)) }

func ruleOf(f compare.Finding) sarifRule {
	is := map[compare.Direction]string{
		compare.Weaker:    "is weaker than the profile wants",
		compare.Stronger:  "is stronger than the profile wants",
		compare.Different: "is not as the profile wants",
		compare.Unknown:   "is not known to be as the profile wants",
	}[direction(f)]
	return sarifRule{
		ID:                   ruleID(f),
		ShortDescription:     sarifText(clean(f.Key.String()) + " " + is),
		DefaultConfiguration: sarifConfiguration{Level: level(direction(f))},
		Properties:           sarifTags{Tags: []string{"hardening", string(direction(f))}},
	}
}

// level returns the word of SARIF for a direction.
func level(d compare.Direction) string {
	switch d {
	case compare.Weaker:
		return "error"
	case compare.Stronger:
		return "note"
	}
	return "warning"
}

func resultOf(f compare.Finding, id string, index int) sarifResult {
	message := title(f) + ": " + sentence(f)
	if len(f.Remedy) > 0 {
		message += "\nremedy:\n" + strings.Join(cleanAll(f.Remedy), "\n")
	}
	out := sarifResult{
		RuleID: id, RuleIndex: index, Level: level(direction(f)),
		Message:             sarifText(message),
		Locations:           locations(f),
		RelatedLocations:    []sarifLocation{},
		PartialFingerprints: map[string]string{"hardstrapDiff/v1": fingerprint(f)},
		Suppressions:        []sarifSuppression{},
		Properties: sarifDetails{
			Direction: string(direction(f)), Wanted: cut(inline(f.Wanted.Value), valueInFull), Found: []string{},
			Controls: cleanAll(f.Controls), Nodes: cleanAll(f.Nodes), Elsewhere: cleanAll(f.Elsewhere),
		},
	}
	for _, s := range f.Found {
		out.Properties.Found = append(out.Properties.Found, cut(found(s), valueInFull)+in(sightingPlace(s)))
	}
	if l, ok := fileLocation(f.Wanted.Origin); ok {
		l.ID = 1
		l.Message = &sarifMessage{Text: "wanted here"}
		out.RelatedLocations = append(out.RelatedLocations, l)
	}
	if f.Waiver != nil {
		out.Suppressions = append(out.Suppressions, sarifSuppression{
			Kind: "external", Status: "accepted", Justification: waiverText(*f.Waiver),
		})
	}
	return out
}

// appendNew appends what a list does not have.
func appendNew(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
