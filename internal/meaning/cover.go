package meaning

import (
	"math/bits"
	"slices"
	"strings"
)

// What do some rules cover that others do not? A rule is a conjunction over axes, as verbs and resources; a set of rules
// covers what one of them does. On each axis a few values stand for all: those that a rule names, and one that none does.
// Values that the same rules match are one class, and every combination of classes is looked at, so nothing is
// approximated but the words: a rule is said to exceed by the words of it that have a part in what it exceeds by.

// axis is one of the dimensions.
type axis struct {
	n     int                                   // number of values
	match func(rule, value int) bool            // the wanted rules come first
	words func(rule int, values []int) []string // what of a rule matches one of the values, for people
	cost  int                                   // of holding every value against every rule
}

// grid is two sets of rules.
type grid struct {
	want, have int // number of rules
	axes       []axis
}

// excess is what a rule covers and the other set does not: words by axis.
type excess struct {
	rule  int // within its own set
	words [][]string
}

// Bounds of a grid: far above any object in use.
const (
	maxRules  = 2_000
	maxValues = 5_000
	maxCost   = 20_000_000 // of an axis
	maxWork   = 5_000_000  // words looked at
	maxParts  = 5_000      // that differ
	maxSaid   = 200        // values that words are looked for
	maxTold   = 30         // words of one axis
)

// compare returns what the found rules cover beyond the wanted ones, and what they lack; ok is false where that is too
// much to find out.
func (g grid) compare() (more, less []excess, ok bool) {
	if g.want+g.have > maxRules {
		return nil, nil, false
	}
	words := wordsFor(g.want) + wordsFor(g.have)
	work := words
	classes := make([][]cell, len(g.axes))
	for i, x := range g.axes {
		if x.n > maxValues || x.cost+x.n*(g.want+g.have) > maxCost {
			return nil, nil, false
		}
		classes[i] = g.classes(x)
		if work *= max(len(classes[i]), 1); work > maxWork {
			return nil, nil, false
		}
	}
	w := &walk{grid: g, classes: classes, more: make(map[part]*involved), less: make(map[part]*involved), at: make([]int, len(g.axes))}
	all := make([]uint64, words)
	for i := range all {
		all[i] = ^uint64(0)
	}
	if w.step(0, all); len(w.moreOrder)+len(w.lessOrder) > maxParts {
		return nil, nil, false
	}
	return w.said(w.more, w.moreOrder, g.want), w.said(w.less, w.lessOrder, 0), true
}

func wordsFor(n int) int { return (n + 63) / 64 }

// cell is a class of values.
type cell struct {
	matched []uint64
	values  []int
}

func (g grid) classes(x axis) []cell {
	var out []cell
	seen := make(map[string]int)
	for v := range x.n {
		set := make([]uint64, wordsFor(g.want)+wordsFor(g.have))
		key := make([]byte, 0, 8*len(set))
		for r := range g.want {
			if x.match(r, v) {
				set[r/64] |= 1 << (r % 64)
			}
		}
		for r := range g.have {
			if x.match(g.want+r, v) {
				set[wordsFor(g.want)+r/64] |= 1 << (r % 64)
			}
		}
		for _, word := range set {
			for shift := 0; shift < 64; shift += 8 {
				key = append(key, byte(word>>shift))
			}
		}
		i, ok := seen[string(key)]
		if !ok {
			i = len(out)
			seen[string(key)] = i
			out = append(out, cell{matched: set})
		}
		out[i].values = append(out[i].values, v)
	}
	return out
}

// part is a rule and a class of the first axis: what is said in one breath.
type part struct{ rule, first int }

// involved are the classes of the other axes that have a part in an excess.
type involved struct{ axes [][]bool }

type walk struct {
	grid
	classes              [][]cell
	at                   []int
	more, less           map[part]*involved
	moreOrder, lessOrder []part
}

func (w *walk) step(axis int, left []uint64) {
	if axis == len(w.classes) {
		want, have := first(left[:wordsFor(w.want)]), first(left[wordsFor(w.want):])
		switch {
		case have >= 0 && want < 0:
			w.moreOrder = w.note(w.more, w.moreOrder, have)
		case want >= 0 && have < 0:
			w.lessOrder = w.note(w.less, w.lessOrder, want)
		}
		return
	}
	next := make([]uint64, len(left))
	for i, c := range w.classes[axis] {
		some := uint64(0)
		for j := range left {
			next[j] = left[j] & c.matched[j]
			some |= next[j]
		}
		if some == 0 {
			continue
		}
		w.at[axis] = i
		w.step(axis+1, next)
	}
}

// first returns the smallest member, or -1.
func first(set []uint64) int {
	for i, word := range set {
		if word != 0 {
			return i*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

func (w *walk) note(in map[part]*involved, order []part, rule int) []part {
	p := part{rule, w.at[0]}
	if in[p] == nil {
		if len(order) > maxParts {
			return order
		}
		in[p] = &involved{axes: make([][]bool, len(w.classes))}
		for i := range w.classes {
			in[p].axes[i] = make([]bool, len(w.classes[i]))
		}
		order = append(order, p)
	}
	for i, class := range w.at {
		in[p].axes[i][class] = true
	}
	return order
}

// said puts excesses into words; those of one rule that differ in the first axis alone are one.
func (w *walk) said(in map[part]*involved, order []part, offset int) []excess {
	slices.SortFunc(order, func(a, b part) int {
		if a.rule != b.rule {
			return a.rule - b.rule
		}
		return a.first - b.first
	})
	var out []excess
	index := make(map[string]int)
	for _, p := range order {
		words := make([][]string, len(w.axes))
		for i, x := range w.axes {
			var values []int
			for class, yes := range in[p].axes[i] {
				if yes {
					values = append(values, w.classes[i][class].values...)
				}
			}
			words[i] = unique(x.words(offset+p.rule, values[:min(len(values), maxSaid)]))
			words[i] = words[i][:min(len(words[i]), maxTold)]
		}
		key := string(rune(p.rule))
		for _, list := range words[1:] {
			key += "\x00" + strings.Join(list, "\x01")
		}
		if i, ok := index[key]; ok {
			out[i].words[0] = unique(append(out[i].words[0], words[0]...))
			continue
		}
		index[key] = len(out)
		out = append(out, excess{rule: p.rule, words: words})
	}
	return out
}

// textAxis is an axis of texts: by rule the terms, any of which matches. Where a rule has none, it matches all or nothing.
func textAxis(terms [][]string, noneIsAll bool, values []string, matches func(term, value string) bool) axis {
	total := 0
	for _, list := range terms {
		total += len(list)
	}
	return axis{
		n:    len(values),
		cost: total * len(values),
		match: func(rule, value int) bool {
			if len(terms[rule]) == 0 {
				return noneIsAll
			}
			return slices.ContainsFunc(terms[rule], func(term string) bool { return matches(term, values[value]) })
		},
		words: func(rule int, involved []int) []string {
			var out []string
			for _, term := range terms[rule] {
				if slices.ContainsFunc(involved, func(v int) bool { return matches(term, values[v]) }) {
					out = append(out, term)
				}
			}
			return out
		},
	}
}

// valuesOf returns the texts of all terms, once, with others besides.
func valuesOf(terms [][]string, others ...string) []string {
	out := slices.Clone(others)
	for _, list := range terms {
		out = append(out, list...)
	}
	return unique(out)
}

// unnamed is a text that stands in none of some terms.
func unnamed(terms ...[][]string) string {
	longest := 0
	for _, axis := range terms {
		for _, list := range axis {
			for _, term := range list {
				if strings.HasPrefix(term, standin) {
					longest = max(longest, len(term))
				}
			}
		}
	}
	return standin + strings.Repeat("+", longest)
}

// standin begins texts that no document has reason to hold: a rune for private use.
const standin = "\uE000"

// exactOr matches a term that is the value, or the wildcard.
func exactOr(wildcard string) func(term, value string) bool {
	return func(term, value string) bool { return term == wildcard || term == value }
}
