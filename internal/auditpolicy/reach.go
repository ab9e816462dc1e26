package auditpolicy

import (
	"fmt"
	"slices"
)

// Which requests is a rule left with, once the rules above it have taken theirs? Answered by looking
// for one request that meets the rule and none above it.
//
// Every rule is a conjunction over four dimensions: who, verb, where, what. In each, a few candidates
// stand for all values: those that the rule names, or, where it names none, a fresh value that no rule
// names, which the fewest rules match. A candidate is known by the set of earlier rules that match it in
// its dimension; an earlier rule takes the whole request when it is in the set of all four. So a witness
// is one candidate a dimension whose sets have no rule in common. Nothing is approximated: without a
// witness the rule is unreachable, whether one earlier rule covers it or several together.

// presence says whether requests have an object's name or a namespace.
type presence uint8

const (
	either presence = iota
	with
	without
)

// space is a part of all requests; the zero value is all of them.
type space struct {
	targets       []Attributes // Group, Resource, Subresource; none: any resource, and paths
	verbs         []string     // none: any
	named         presence
	namespaced    presence
	authenticated bool // leave out requests that failed authentication
	failed        bool // only those
}

// Bounds of the search, for one witness and for a whole policy: finding a witness is as hard as
// satisfying a formula, and a policy that was written to be lint's undoing must not be.
const (
	maxTries    = 10_000
	maxTriesAll = 1_000_000
	maxPairs    = 4_096 // of a user and a group in one rule
)

// reach is the outcome of a search.
type reach struct {
	witness *Attributes
	gaveUp  bool
	empty   bool  // the rule has no requests at all in the space, whatever stands above it
	by      []int // without a witness: the earlier rules (indexes) that take its requests, one if one does
}

// searcher holds what the searches of one policy share.
type searcher struct {
	*policy
	fresh string // a rune no text of the policy has
	tries int    // left for the whole policy
	known map[usersOf][]candidate
}

// usersOf says whose candidates were worked out: many probes ask for the same.
type usersOf struct {
	rule                  int
	authenticated, failed bool
}

func newSearcher(p *policy) *searcher {
	used := make(map[rune]bool)
	note := func(lists ...[]string) {
		for _, list := range lists {
			for _, s := range list {
				for _, r := range s {
					used[r] = true
				}
			}
		}
	}
	for i := range p.rules {
		r := &p.rules[i]
		note(r.users, r.userGroups, r.verbs, r.namespaces, r.nonResourceURLs)
		for _, e := range r.resources {
			note([]string{e.group}, e.resources, e.names)
		}
	}
	fresh := '\uE000' // the first of the runes for private use
	for used[fresh] {
		fresh++
	}
	return &searcher{policy: p, fresh: string(fresh), tries: maxTriesAll, known: make(map[usersOf][]candidate)}
}

// rule returns a rule by index; the one after the last stands for "no rule matched".
func (s *searcher) rule(i int) *rule {
	if i < len(s.rules) {
		return &s.rules[i]
	}
	return &rule{number: 0, level: None, omitStages: s.omitStages, at: s.at, levelAt: s.at}
}

// candidate is one value of a dimension, set in a request, with the earlier rules it matches.
type candidate struct {
	set     func(a *Attributes)
	matched bitset
}

// find looks for a request of the space that rule i decides.
func (s *searcher) find(i int, in space) reach {
	r := s.rule(i)
	if len(r.users)*len(r.userGroups) > maxPairs {
		return reach{gaveUp: true}
	}
	out := reach{empty: true}
	taken, common := newBitset(i), ones(i)
	for _, kind := range s.kinds(r, in) {
		if slices.ContainsFunc(kind, func(d []candidate) bool { return len(d) == 0 }) {
			continue
		}
		out.empty = false
		search := search{dimensions: kind, tries: min(maxTries, s.tries), taken: taken, common: common}
		before := search.tries
		var a Attributes
		found := search.try(0, ones(i), &a)
		s.tries -= before - search.tries
		if found {
			return reach{witness: &a}
		}
		out.gaveUp = out.gaveUp || search.tries == 0
		taken, common = search.taken, search.common
	}
	if out.empty {
		return out
	}
	if !common.none() {
		taken = common.first()
	}
	out.by = taken.members()
	return out
}

// kinds returns the dimensions of requests for resources, and of those for other paths.
func (s *searcher) kinds(r *rule, in space) [][][]candidate {
	var out [][][]candidate
	var users []candidate
	if len(r.resources)+len(r.namespaces) > 0 || len(r.nonResourceURLs) == 0 {
		objects := s.objects(r, in)
		if len(objects) == 0 { // most probes end here, before the dear part
			return nil
		}
		users = s.users(r, in)
		out = append(out, [][]candidate{users, s.verbs(r, in, resourceVerbs()), s.namespaces(r, in), objects})
	}
	if len(r.resources)+len(r.namespaces) == 0 && len(in.targets) == 0 {
		if users == nil {
			users = s.users(r, in)
		}
		out = append(out, [][]candidate{users, s.verbs(r, in, append(pathVerbs(), s.fresh)), s.paths(r)})
	}
	return out
}

// earlier returns the rules above r that match in one dimension.
func (s *searcher) earlier(r *rule, match func(*rule) bool) bitset {
	n := len(s.rules)
	if r.number > 0 {
		n = r.number - 1
	}
	set := newBitset(n)
	for j := range n {
		if match(&s.rules[j]) {
			set.add(j)
		}
	}
	return set
}

// minimal drops candidates that more earlier rules match than another: what another cannot evade they
// cannot either. Of equals the first stays.
func minimal(all []candidate) []candidate {
	seen := make(map[string]bool)
	distinct := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool {
		key := fmt.Sprint(c.matched)
		dup := seen[key]
		seen[key] = true
		return dup
	})
	return slices.DeleteFunc(slices.Clone(distinct), func(c candidate) bool {
		return slices.ContainsFunc(distinct, func(o candidate) bool {
			return o.matched.within(c.matched) && !c.matched.within(o.matched)
		})
	})
}

// search picks one candidate a dimension.
type search struct {
	dimensions    [][]candidate
	tries         int    // left
	taken, common bitset // rules that took some complete pick, and those that took all
}

func (s *search) try(d int, left bitset, a *Attributes) bool {
	if d == len(s.dimensions) {
		if left.none() {
			return true
		}
		s.tries--
		s.taken, s.common = s.taken.or(left.first()), s.common.and(left)
		return false
	}
	for _, c := range s.dimensions[d] {
		if s.tries == 0 {
			return false
		}
		c.set(a)
		if s.try(d+1, left.and(c.matched), a) {
			return true
		}
	}
	return false
}
