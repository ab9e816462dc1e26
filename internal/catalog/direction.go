package catalog

import (
	"fmt"
	"slices"
	"sync"
)

// Relation is what one value is, seen from another.
type Relation string

// Relations. Different is a difference that has no better or worse.
const (
	Equal     Relation = "equal"
	Weaker    Relation = "weaker"
	Stronger  Relation = "stronger"
	Different Relation = "different"
)

// Direction tells which values of a setting are weaker. Each row of direction.yaml is one or more of them.
type Direction struct {
	// Key is the setting, as in kube-apiserver:--profiling, kubelet:authentication.anonymous.enabled,
	// kubeadm:encryptionAlgorithm or host:sysctl/kernel.panic. It has no role.
	Key string
	// Rule names the comparison; the constants below say what each does.
	Rule string
	// Why says in a few words what is at stake, or why there is no better or worse. Source is where that stands.
	Why, Source string

	order   [][]string
	value   string
	special map[string]string
	weak    []string
	strong  []string
	standin []string
	empty   string
	apart   bool
}

// The rules of direction.yaml.
const (
	ruleTrue     = "true-is-weaker"
	ruleFalse    = "false-is-weaker"
	ruleOrder    = "order"              // order lists the values, weakest first; values of one line are equal, or different where apart
	ruleLower    = "lower-is-weaker"    // numbers and durations; special ranks single values, "negative" and "absent"
	ruleHigher   = "higher-is-weaker"   // the same, the other way round
	ruleAbsent   = "absent-is-weaker"   // any value is stronger than none
	rulePresent  = "present-is-weaker"  // none is stronger than any value
	ruleOther    = "other-is-weaker"    // value is the one strong value
	ruleSubset   = "subset-is-weaker"   // a list that lacks something is weaker; empty ranks the empty one
	ruleSuperset = "superset-is-weaker" // a list that has something more is weaker; empty ranks the empty one
	ruleMembers  = "members"            // a list gets weaker with a member of weak, or without one of strong; empty means default
	ruleAddress  = "address"            // loopback is stronger than one address, one address than all
	ruleVersion  = "version"            // an older version is weaker
	ruleNone     = "none"               // no better or worse
)

// The ranks that special and empty give.
const (
	weakest   = "weakest"
	strongest = "strongest"
)

type directionRow struct {
	Keys    []string          `yaml:"keys"`
	Rule    string            `yaml:"rule"`
	Order   [][]string        `yaml:"order"`
	Value   string            `yaml:"value"`
	Special map[string]string `yaml:"special"`
	Weak    []string          `yaml:"weak"`
	Strong  []string          `yaml:"strong"`
	Default []string          `yaml:"default"`
	Empty   string            `yaml:"empty"`
	Apart   bool              `yaml:"apart"`
	Why     string            `yaml:"why"`
	Source  string            `yaml:"source"`
}

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var directions = sync.OnceValues(func() (map[string]Direction, error) {
	var rows []directionRow
	if err := decodeYAML("direction.yaml", &rows); err != nil {
		return nil, err
	}
	out := map[string]Direction{}
	for _, row := range rows {
		for _, key := range row.Keys {
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("direction.yaml: %s stands twice", key)
			}
			out[key] = Direction{
				Key: key, Rule: row.Rule, Why: row.Why, Source: row.Source,
				order: row.Order, value: row.Value, special: row.Special, weak: row.Weak, strong: row.Strong,
				standin: row.Default, empty: row.Empty, apart: row.Apart,
			}
		}
	}
	return out, nil
})

// DirectionOf returns the direction of a setting; ok is false where nothing is known of it. The key is a
// setting's without its role: component:--flag, or component:path of a field, of kubeadm's configuration or of the host.
// DirectionFor finds besides what stands under the other name of a flag or field.
func DirectionOf(key string) (d Direction, ok bool) {
	all, err := directions()
	if err != nil {
		return Direction{}, false
	}
	d, ok = all[key]
	return d, ok
}

// DirectionKeys returns the keys that have a direction, sorted. The error is that of a faulty direction.yaml.
func DirectionKeys() ([]string, error) {
	all, err := directions()
	return sortedKeys(all), err
}

// Compare tells what have is, seen from want. Values are nil for absent, a string, a bool, a number, or a list; where the
// setting is a list, a string is split at its commas. A version's default is the caller's to fill in: nil is nothing.
func (d Direction) Compare(want, have any) Relation {
	switch d.Rule {
	case ruleTrue:
		return compareRanks(want, have, orderRank([][]string{{"true"}, {"false"}}))
	case ruleFalse:
		return compareRanks(want, have, orderRank([][]string{{"false"}, {"true"}}))
	case ruleOrder:
		return compareRanks(want, have, d.rank)
	case ruleVersion:
		return compareReleases(text(want), text(have))
	case ruleAddress:
		return compareRanks(want, have, addressRank)
	case ruleLower, ruleHigher:
		return d.compareNumbers(want, have)
	case ruleAbsent:
		return comparePresence(want, have, Weaker)
	case rulePresent:
		return comparePresence(want, have, Stronger)
	case ruleOther:
		return compareRanks(want, have, orderRank([][]string{nil, {d.value}}))
	case ruleSubset, ruleSuperset, ruleMembers:
		return d.compareLists(items(want), items(have))
	}
	if slices.Equal(items(want), items(have)) {
		return Equal
	}
	return Different
}

// invert turns a relation round.
func invert(r Relation) Relation {
	switch r {
	case Weaker:
		return Stronger
	case Stronger:
		return Weaker
	}
	return r
}
