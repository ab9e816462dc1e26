package report

import "github.com/hardstrap/hardstrap/internal/compare"

// APIVersion is the version of the JSON format. Within it fields may be added; what a field
// means, and that it is there, does not change.
const APIVersion = "hardstrap.dev/v1alpha1"

// Kind is what a JSON report calls itself.
const Kind = "DiffReport"

// diffReport is everything that one comparison says.
type diffReport struct {
	APIVersion    string        `json:"apiVersion"`        // version of this format
	Kind          string        `json:"kind"`              // always DiffReport
	Tool          jsonTool      `json:"tool"`              // what made the report
	Profile       jsonProfile   `json:"profile"`           // what was wanted
	At            string        `json:"at,omitempty"`      // day by which waivers were judged, YYYY-MM-DD
	Summary       jsonSummary   `json:"summary"`           // how many of each
	Subjects      []jsonSubject `json:"subjects"`          // what was looked at
	Findings      []jsonFinding `json:"findings"`          // every difference, the waived too
	Matches       []jsonMatch   `json:"matches,omitempty"` // settings that are as wanted; only with --verbose, else they are only counted
	NotLookedAt   []jsonSetting `json:"notLookedAt"`       // settings that no chosen source can carry
	UnusedWaivers []jsonWaiver  `json:"unusedWaivers"`     // waivers of the profile that lift nothing
}

// jsonTool is the program that made a report.
type jsonTool struct {
	Name    string `json:"name"`              // always hardstrap
	Version string `json:"version,omitempty"` // its release
}

// jsonProfile is the profile that a cluster was held against.
type jsonProfile struct {
	Name              string `json:"name"`                        // the profile's name
	KubernetesVersion string `json:"kubernetesVersion,omitempty"` // version of Kubernetes that it wants
}

// jsonSummary counts the findings, each once however many nodes have it, and waived ones only as
// waived.
type jsonSummary struct {
	Weaker      int    `json:"weaker"`      // found weaker than wanted
	Stronger    int    `json:"stronger"`    // found stronger than wanted
	Different   int    `json:"different"`   // neither weaker nor stronger, but not the same
	Unknown     int    `json:"unknown"`     // could not be read or reached
	NotLookedAt int    `json:"notLookedAt"` // settings that no chosen source can carry
	Waived      int    `json:"waived"`      // differences that a waiver accepts
	Match       int    `json:"match"`       // settings that are as wanted
	Text        string `json:"text"`        // the same as the line that ends a report for people
}

// jsonSubject is a node that was looked at, or the objects of the cluster.
type jsonSubject struct {
	Name    string   `json:"name"`              // the node's name; empty for the cluster's objects
	Role    string   `json:"role,omitempty"`    // control-plane, worker or etcd; absent for the cluster's objects
	Version string   `json:"version,omitempty"` // version of Kubernetes that was seen; absent where none was
	Sources []string `json:"sources"`           // what was read: file, process, api, wire
}

// jsonSetting names one thing that can be set.
type jsonSetting struct {
	Component string `json:"component"`      // kube-apiserver, kubelet, etcd, host, cluster ...
	Role      string `json:"role,omitempty"` // control-plane or worker, where the setting differs by role
	Path      string `json:"path"`           // a flag with its dashes, a field, a document's kind, an object
	Key       string `json:"key"`            // all three as hardstrap explain takes them
}

// jsonFinding is one difference between the profile and what is live.
type jsonFinding struct {
	Fingerprint   string         `json:"fingerprint"`             // the same as long as the same is wanted and found of the same setting, wherever it stands
	Setting       jsonSetting    `json:"setting"`                 // what differs
	Part          string         `json:"part,omitempty"`          // where within a document or an object; absent for the whole setting
	Direction     string         `json:"direction"`               // seen from what is wanted, the worst of the sightings: weaker, stronger, different or unknown
	Wanted        jsonSaid       `json:"wanted"`                  // what the profile wants
	Found         []jsonSighting `json:"found"`                   // what each source shows
	Disagreement  bool           `json:"disagreement"`            // whether the sources of one node do not say the same
	Message       string         `json:"message,omitempty"`       // what differs, where two values do not tell it
	Opens         string         `json:"opens,omitempty"`         // what the difference opens, or what was the matter
	Controls      []string       `json:"controls"`                // controls of benchmarks that the difference concerns
	Remedy        []string       `json:"remedy"`                  // what to do, a step or a command each
	Waiver        *jsonWaiver    `json:"waiver,omitempty"`        // waiver that accepts the difference
	ExpiredWaiver *jsonWaiver    `json:"expiredWaiver,omitempty"` // waiver that would accept it, had it not expired
	Nodes         []string       `json:"nodes"`                   // nodes that have it; none for what is the cluster's
	Elsewhere     []string       `json:"elsewhere"`               // nodes of the same role that were looked at and do not have it
}

// jsonSaid is a value as somebody or something says it.
type jsonSaid struct {
	Value  *any        `json:"value,omitempty"`  // the value; absent where it is not set or not known
	Text   string      `json:"text"`             // the value in one line for people, safe to print: not set, not known, or the value
	Origin *jsonOrigin `json:"origin,omitempty"` // where it says so
}

// jsonSighting is what one source shows of a setting.
type jsonSighting struct {
	Source    string      `json:"source,omitempty"`    // file, process, api or wire
	Value     *any        `json:"value,omitempty"`     // the value; absent where it is not set or not known
	Text      string      `json:"text"`                // the value in one line for people, safe to print: not set, not known, or the value
	Origin    *jsonOrigin `json:"origin,omitempty"`    // where it says so
	Direction string      `json:"direction,omitempty"` // seen from what is wanted: weaker, stronger, different or unknown; absent where it is what is wanted
}

// jsonOrigin tells where a value came from.
type jsonOrigin struct {
	Source string `json:"source,omitempty"` // profile, built-in, derived, kubeadm, default, file, process, api or wire
	File   string `json:"file,omitempty"`   // a profile, a built-in profile or a live file
	Line   int    `json:"line,omitempty"`   // counted from 1; absent where it is not known
	Column int    `json:"column,omitempty"` // counted from 1; absent where it is not known
	Note   string `json:"note,omitempty"`   // what else is known of the place
}

// jsonWaiver is a difference accepted on purpose.
type jsonWaiver struct {
	Control string      `json:"control"`           // the control that is given up
	Reason  string      `json:"reason,omitempty"`  // why
	Owner   string      `json:"owner,omitempty"`   // who answers for it
	Expires string      `json:"expires,omitempty"` // last day, YYYY-MM-DD; absent for never
	Origin  *jsonOrigin `json:"origin,omitempty"`  // where the profile says so
}

// jsonMatch is a setting that is as wanted.
type jsonMatch struct {
	Setting jsonSetting    `json:"setting"` // what matches
	Found   []jsonSighting `json:"found"`   // what each source shows
	Nodes   []string       `json:"nodes"`   // nodes where it does; none for what is the cluster's
}

// allDirections lists the words of a direction, for the schema.
func allDirections() []string {
	var out []string
	for _, d := range compare.Directions() {
		out = append(out, string(d))
	}
	return out
}
