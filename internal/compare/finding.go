package compare

import (
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Direction tells what is found, seen from what is wanted.
type Direction string

// Directions. Different is neither better nor worse, or nobody has said which; Unknown is what could not be
// read, and never a pass.
const (
	Weaker    Direction = "weaker"
	Stronger  Direction = "stronger"
	Different Direction = "different"
	Unknown   Direction = "unknown"
)

// Directions lists them in the order of reports, the one that matters most first.
func Directions() []Direction { return []Direction{Weaker, Unknown, Different, Stronger} }

// Said is a value as somebody or something says it.
type Said struct {
	Value  *settings.Value // nil: not set, and without a default that is known
	Origin settings.Origin // where; of a default, Source is settings.FromDefault
}

// Sighting is what one source shows of a setting.
type Sighting struct {
	Source    settings.Source // files, processes, the API, the wire
	Said      Said
	Direction Direction // seen from what is wanted; "" where it is what is wanted
}

// Finding is one difference between a profile and what is live.
type Finding struct {
	Key       settings.Key
	Part      string    // where within a document or an object, as in rules[2]; "" for the whole setting
	Direction Direction // the worst of the sightings
	Wanted    Said
	Found     []Sighting // at least one; those that are as wanted are listed where others are not
	Message   string     // what differs, where two values do not tell it: "the rule for secrets is missing"; "" otherwise
	Opens     string     // what the difference opens, or what was the matter; lower case, no full stop; may be ""
	Controls  []string   // names of controls, as in cis-1.12/1.2.15
	Remedy    []string   // what to do, a step or a command a line
	Waiver    *Waiver    // the waiver that takes it out of the count
	Expired   *Waiver    // a waiver that would, had it not expired
	Nodes     []string   // where it was found, sorted; none for what is the cluster's
	Elsewhere []string   // the nodes of the same role that were looked at and do not have it, sorted
}

// Disagrees reports whether the sources of one node do not say the same.
func (f Finding) Disagrees() bool {
	for _, s := range f.Found[1:] {
		if s.Direction != f.Found[0].Direction || !settings.Equal(s.Said.Value, f.Found[0].Said.Value) {
			return true
		}
	}
	return false
}

// Waiver is a difference accepted on purpose.
type Waiver struct {
	Control string
	Reason  string
	Owner   string
	Expires string // YYYY-MM-DD, or "" for never
	Origin  settings.Origin
}

// Match is a setting that is as wanted on some nodes.
type Match struct {
	Key   settings.Key
	Found []Sighting
	Nodes []string
}

// Subject is what was looked at: a node, or the objects of the cluster.
type Subject struct {
	Name    string // of the node, or of the snapshot's node; "" for the cluster
	Role    string // control-plane, worker or etcd; "" for the cluster
	Version string // of Kubernetes, as it was seen; "" where it was not
	Sources []settings.Source
}

// Report is everything that a comparison says. It is sorted: the same observations give the
// same report.
type Report struct {
	Profile     string // its name
	Version     string // of Kubernetes, as the profile wants it
	At          string // the day by which waivers were judged, YYYY-MM-DD
	Subjects    []Subject
	Findings    []Finding // the waived too, each with its Waiver
	Matches     []Match
	NotLookedAt []settings.Key // settings that no chosen source can carry
	Unused      []Waiver       // waivers of the profile that lifted nothing
}

// Counts is the summary of a report.
type Counts struct {
	Weaker, Stronger, Different, Unknown int
	NotLookedAt, Waived, Match           int
}

// Counts counts the findings, each once however many nodes have it; waived ones only as waived.
func (r *Report) Counts() Counts {
	c := Counts{NotLookedAt: len(r.NotLookedAt), Match: len(r.Matches)}
	for _, f := range r.Findings {
		switch {
		case f.Waiver != nil:
			c.Waived++
		case f.Direction == Weaker:
			c.Weaker++
		case f.Direction == Stronger:
			c.Stronger++
		case f.Direction == Different:
			c.Different++
		default:
			c.Unknown++
		}
	}
	return c
}
