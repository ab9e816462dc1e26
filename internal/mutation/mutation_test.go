package mutation

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/internal/testnode"
)

// full runs every mutation of every node; without it a sample of a few nodes is run.
var full = flag.Bool("full", false, "every mutation of every built-in profile, role and minor")

// oneNode narrows the nodes, for work on the mutations themselves.
var oneNode = flag.String("node", "", "only nodes whose name (1.37/restricted/worker) has this in it")

// onePlace narrows the places.
var onePlace = flag.String("place", "", "only places whose name has this in it")

// subject is a node of a profile, and what the profile wants of it.
type subject struct {
	testnode.Node
	minor  *catalog.Minor
	wanted *compare.Wanted
	files  memory
	rows   rules
}

// state is a subject with something changed.
type state struct {
	*subject
	files  memory
	layers []observe.Layer // what other sources say of the node
	// cluster is what the API says that is no node's.
	cluster []observe.Layer
}

// mutation is one change, and what a comparison should say of it.
type mutation struct {
	place  string // which source carries the setting
	kind   string // unset, weaker, stronger, other, same, moved, ...
	what   string
	change func(*state)
	want   []expected // nothing else may be found, in any order
}

// expected is a finding.
type expected struct {
	key       settings.Key
	direction compare.Direction
}

// String names a finding.
func (e expected) String() string { return e.key.String() + " " + string(e.direction) }

func (m mutation) String() string { return m.place + ": " + m.what + ": " + m.kind }

// find compares a state with what is wanted.
func (s *state) find(t *testing.T) []expected {
	t.Helper()
	o, err := observe.Node(s.files, observe.NodeOptions{Role: s.Role, Modes: s.wanted.Files(), Sysctls: s.wanted.Sysctls()})
	if err != nil {
		t.Errorf("%s: %v", s.Node, err)
		return nil
	}
	o.Subject = s.Role // its files do not name it
	o.Layers = append(o.Layers, s.layers...)
	all := []observe.Observation{o}
	if s.cluster != nil {
		all = append(all, observe.Observation{Layers: s.cluster})
	}
	report := compare.Compare(s.wanted, all)
	var out []expected
	for _, f := range report.Findings {
		out = append(out, expected{f.Key, f.Direction})
	}
	return ordered(out)
}

func ordered(list []expected) []expected {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b expected) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}

// score counts what was found.
type score struct {
	sync.Mutex
	mutations, findings, silent int
	missed, invented            []string
	without                     map[string]bool // settings that have no better or worse, or no row
}

func newScore() *score { return &score{without: map[string]bool{}} }

// add takes in the score of one node.
func (c *score) add(one *score) {
	c.Lock()
	defer c.Unlock()
	c.mutations, c.findings, c.silent = c.mutations+one.mutations, c.findings+one.findings, c.silent+one.silent
	c.missed, c.invented = append(c.missed, one.missed...), append(c.invented, one.invented...)
	maps.Copy(c.without, one.without)
}

// TestMutation is the law: whatever is changed in a rendered node is found, as what it is, and nothing besides.
func TestMutation(t *testing.T) {
	total := newScore()
	t.Run("nodes", func(t *testing.T) {
		for _, n := range nodes() {
			t.Run(n.String(), func(t *testing.T) {
				t.Parallel()
				one := newScore()
				one.node(t, newSubject(t, n))
				total.add(one)
			})
		}
	})
	fmt.Fprintf(os.Stdout, "mutations: %d; findings expected %d, missed %d; expected silent %d; invented %d\n",
		total.mutations, total.findings, len(total.missed), total.silent, len(total.invented))
	if *full {
		without := slices.Sorted(maps.Keys(total.without))
		fmt.Fprintf(os.Stdout, "no better or worse is known of %d settings; a difference of theirs is \"different\":\n  %s\n", len(without), strings.Join(without, "\n  "))
	}
}

// node runs the mutations of one node, or a sample of them.
func (c *score) node(t *testing.T, s *subject) {
	t.Helper()
	if found := (&state{subject: s, files: s.files}).find(t); len(found) > 0 {
		t.Errorf("nothing was changed, and found is %v", found)
		return
	}
	for i, m := range s.mutations(c) {
		if !*full && i%sampling(s.Node) != 0 || !strings.Contains(m.place, *onePlace) {
			continue
		}
		c.run(t, s, m)
	}
	for _, line := range slices.Concat(c.missed, c.invented) {
		t.Error(line)
	}
}

// run applies one mutation and holds what is found against what is expected.
func (c *score) run(t *testing.T, s *subject, m mutation) {
	t.Helper()
	changed := &state{subject: s, files: s.files.clone()}
	m.change(changed)
	want, have := ordered(m.want), changed.find(t)
	c.mutations++
	c.findings += len(want)
	if len(want) == 0 {
		c.silent++
	}
	for _, e := range want {
		if !slices.Contains(have, e) {
			c.missed = append(c.missed, fmt.Sprintf("%s: missed %s; found %v", m, e, have))
		}
	}
	for _, e := range have {
		if !slices.Contains(want, e) {
			c.invented = append(c.invented, fmt.Sprintf("%s: invented %s; expected %v", m, e, want))
		}
	}
}

// nodes are those that are mutated: all of the newest minor, of older ones those of the strictest profile.
func nodes() []testnode.Node {
	minors := catalog.Minors()
	newest := minors[len(minors)-1]
	var out []testnode.Node
	for _, n := range testnode.Names() {
		switch {
		case n.Profile == "", !strings.Contains(n.String(), *oneNode):
		case *full && (n.Minor == newest || n.Profile == "restricted"),
			!*full && n.Minor == newest && n.Profile == "restricted":
			out = append(out, n)
		}
	}
	return out
}

// sampling is of how many mutations of a node one is run in a sample.
func sampling(n testnode.Node) int {
	if n.Role == settings.ControlPlane {
		return 41
	}
	return 23
}

func newSubject(t *testing.T, n testnode.Node) *subject {
	t.Helper()
	p, err := pipeline.New("test")
	if err != nil {
		t.Fatal(err)
	}
	c, wanted, err := p.Wanted(testnode.Profile(t, n.Profile, n.Minor), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &subject{Node: n, minor: c.Minor, wanted: wanted, files: load(t, testnode.Write(t, t.TempDir(), n)), rows: readRules(t)}
}

// mutations lists those of every place.
func (s *subject) mutations(c *score) []mutation {
	var out []mutation
	for _, of := range []func(*score) []mutation{
		s.flagMutations, s.extraMutations, s.siteMutations, s.kubeletMutations,
		s.writingMutations, s.podMutations, s.unitMutations, s.hostMutations, s.documentMutations, s.formMutations, s.objectMutations, s.keptMutations, s.proxyMutations, s.certificateMutations,
	} {
		out = append(out, of(c)...)
	}
	return out
}
