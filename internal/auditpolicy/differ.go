package auditpolicy

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Which requests do two policies record differently? A rule is a conjunction over four dimensions (reach.go), so a few
// values of each stand for all: those that a rule of either policy names, and fresh ones that none does. Values that the
// same rules match are one class. Every combination of classes is decided by both policies; no request is left out.

// Bounds of the comparison: far above any policy in use.
const (
	maxCompared     = 1_000  // rules of both
	maxStages       = 64     // texts where stages are omitted
	maxNamed        = 5_000  // texts in the rules
	maxValues       = 20_000 // of one dimension
	maxMatches      = 20_000_000
	maxCombinations = 1_000_000
	maxChanges      = 200
)

// ErrTooLarge says that two policies have too many combinations to decide each.
var ErrTooLarge = errors.New("too large to compare")

// Effect is what is recorded of a request that goes well, or fails: the level, the stages at which an event is
// written, and whether managed fields are left out of bodies. Two decisions of one effect write the same events.
type Effect struct {
	Level             string
	Stages            []string // none at level None
	OmitManagedFields bool     // false where there is no body
}

// Change is requests of which one policy records something else than another.
type Change struct {
	Want, Have Effect
	Requests   []string        // which, the most telling first
	At         settings.Origin // the first rule of the found policy that decides such a request; else the policy
	Leak       string          // what of the bodies does not belong into a log: "the contents of Secrets"; or ""
	LeakID     string          // the identifier of Lint's finding for it, where it has one
}

// Differ compares what two policies record in a minor such as "1.36". The error is ErrTooLarge, or a minor that is none.
func Differ(want, have *settings.Value, minor string) ([]Change, error) {
	n, err := parseMinor(minor)
	if err != nil {
		return nil, fmt.Errorf("audit policy: %w", err)
	}
	if oversized(want) || oversized(have) {
		return nil, ErrTooLarge
	}
	w, h := compile(want, n), compile(have, n)
	if len(w.rules)+len(h.rules) > maxCompared || named(&w)+named(&h) > maxNamed {
		return nil, ErrTooLarge
	}
	both := w
	both.rules = slices.Concat(w.rules, h.rules)
	d := &differ{want: &w, have: &h, searcher: newSearcher(&both), served: servedBy(n), names: make(map[string][]ranked), changes: make(map[changed]*change)}
	d.effects = [2][]string{effectsOf(&w), effectsOf(&h)}
	if err := d.compare(); err != nil {
		return nil, err
	}
	return d.results(), nil
}

// oversized reports whether a tree is too large to be compiled.
func oversized(tree *settings.Value) bool {
	stages := func(v *settings.Value) bool { return len(v.Get("omitStages").Strings()) > maxStages }
	rules := tree.Get("rules")
	return stages(tree) || rules != nil && (len(rules.Items) > maxCompared || slices.ContainsFunc(rules.Items, stages))
}

// named counts the texts of a policy's rules.
func named(p *policy) int {
	n := 0
	for i := range p.rules {
		r := &p.rules[i]
		n += len(r.users) + len(r.userGroups) + len(r.verbs) + len(r.namespaces) + len(r.nonResourceURLs)
		for _, e := range r.resources {
			n += 1 + len(e.resources) + len(e.names)
		}
	}
	return n
}

// value is one value of a dimension, with the words for it; class is those that the same rules match.
type value struct {
	set   func(a *Attributes)
	label string // "" for what no rule names
	key   string // what tells apart classes besides the rules: the kind of secret

	combined bool // of more than one name or group
}

type class struct {
	matched bitset // rules of the wanted policy, then, from a word of their own, those of the found one
	values  []value
}

type differ struct {
	*searcher
	want, have *policy
	served     served
	names      map[string][]ranked // of classes
	changes    map[changed]*change
	effects    [2][]string // by rule, of the wanted and of the found policy: what tells effects apart
	order      []*change
}

// changed tells changes apart.
type changed struct{ want, have, leak string }

// change is a Change in the making: for each class of objects or paths, by whom, how and where.
type change struct {
	Change
	what  []*affected
	index map[int]*affected
}

type affected struct {
	class                    class
	users, verbs, namespaces []bool
	dims                     [4][]class
}

func (d *differ) compare() error {
	users, err := d.allUsers()
	if err != nil {
		return err
	}
	objects, err := d.allObjects()
	if err != nil {
		return err
	}
	anyone, err := d.classes(users, func(p *policy, r *rule, a Attributes) bool { return matchesUser(r, a.User) })
	if err != nil {
		return err
	}
	resource, err := d.classes(d.verbValues(resourceVerbs()), func(_ *policy, r *rule, a Attributes) bool { return matchesVerb(r, a.Verb) })
	if err != nil {
		return err
	}
	method, err := d.classes(d.verbValues(append(pathVerbs(), d.fresh)), func(_ *policy, r *rule, a Attributes) bool { return matchesVerb(r, a.Verb) })
	if err != nil {
		return err
	}
	where, err := d.classes(d.allNamespaces(), func(_ *policy, r *rule, a Attributes) bool { return matchesNamespace(r, a.Namespace) })
	if err != nil {
		return err
	}
	what, err := d.classes(objects, func(p *policy, r *rule, a Attributes) bool { return p.matchesObject(r, a) })
	if err != nil {
		return err
	}
	paths, err := d.classes(d.allPaths(), func(_ *policy, r *rule, a Attributes) bool { return matchesPath(r, a.Path) })
	if err != nil {
		return err
	}
	for _, dims := range [][4][]class{{what, resource, anyone, where}, {paths, method, anyone, {d.everywhere()}}} {
		total := 1
		for _, classes := range dims {
			if total *= max(len(classes), 1); total > maxCombinations {
				return ErrTooLarge
			}
		}
		if d.decideAll(dims); len(d.order) > maxChanges {
			return ErrTooLarge
		}
	}
	return nil
}

// width is the number of words of the wanted policy's rules.
func (d *differ) width() int { return (len(d.want.rules) + 63) / 64 }

// everywhere is the one class of a dimension that requests for paths do not have.
func (d *differ) everywhere() class {
	all := newBitset(64 * (d.width() + (len(d.have.rules)+63)/64))
	for i := range all {
		all[i] = ^uint64(0)
	}
	return class{matched: all, values: []value{{set: func(*Attributes) {}}}}
}

// classes sorts the values of a dimension by the rules that match them.
func (d *differ) classes(values []value, match func(p *policy, r *rule, a Attributes) bool) ([]class, error) {
	if len(values) > maxValues || len(values)*(named(d.want)+named(d.have)+len(d.rules)) > maxMatches {
		return nil, ErrTooLarge
	}
	var out []class
	index := make(map[string]int)
	for _, v := range values {
		var a Attributes
		v.set(&a)
		set := newBitset(64 * (d.width() + (len(d.have.rules)+63)/64))
		for i := range d.want.rules {
			if match(d.want, &d.want.rules[i], a) {
				set.add(i)
			}
		}
		for i := range d.have.rules {
			if match(d.have, &d.have.rules[i], a) {
				set.add(64*d.width() + i)
			}
		}
		key := fmt.Sprint(set) + v.key
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, class{matched: set})
		}
		out[i].values = append(out[i].values, v)
	}
	return out, nil
}

// decideAll goes through every combination of classes.
func (d *differ) decideAll(dims [4][]class) {
	words := d.width() + (len(d.have.rules)+63)/64
	var left [3]bitset
	for i := range left {
		left[i] = make(bitset, words)
	}
	and := func(out, a, b bitset) {
		for i := range out {
			out[i] = a[i] & b[i]
		}
	}
	last := make(bitset, words)
	for i, a := range dims[0] {
		for j, b := range dims[1] {
			and(left[0], a.matched, b.matched)
			for k, c := range dims[2] {
				and(left[1], left[0], c.matched)
				for l, e := range dims[3] {
					and(last, left[1], e.matched)
					d.decideOne(dims, [4]int{i, j, k, l}, firstOf(last[:d.width()]), firstOf(last[d.width():]))
				}
			}
		}
	}
}

// firstOf returns the smallest member, or -1.
func firstOf(b bitset) int {
	for i, w := range b {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

func (d *differ) decideOne(dims [4][]class, at [4]int, w, h int) {
	if d.effects[0][w+1] == d.effects[1][h+1] || len(d.order) > maxChanges {
		return
	}
	want, have := d.want.effect(w), d.have.effect(h)
	var a Attributes
	dims[0][at[0]].values[0].set(&a)
	leaks, id := leak(a, dims[1][at[1]], want.Level, have.Level)
	key := changed{d.effects[0][w+1], d.effects[1][h+1], leaks}
	c := d.changes[key]
	if c == nil {
		c = &change{Change: Change{Want: want, Have: have, At: d.have.at, Leak: leaks, LeakID: id}, index: make(map[int]*affected)}
		if h >= 0 {
			c.At = d.have.rules[h].levelAt
		}
		d.changes[key] = c
		d.order = append(d.order, c)
	}
	index := at[0]
	if a.Resource == "" {
		index = -1 - index
	}
	x := c.index[index]
	if x == nil {
		x = &affected{class: dims[0][at[0]], dims: dims, verbs: make([]bool, len(dims[1])), users: make([]bool, len(dims[2])), namespaces: make([]bool, len(dims[3]))}
		c.index[index] = x
		c.what = append(c.what, x)
	}
	x.verbs[at[1]], x.users[at[2]], x.namespaces[at[3]] = true, true, true
}
