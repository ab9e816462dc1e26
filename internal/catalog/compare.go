package catalog

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text spells a value as a flag or file would, a list with commas; absent is "".
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []string, []any:
		return strings.Join(items(v), ",")
	case float64: // as encoding/json decodes a whole number
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// items spells a list, or the parts of a string that stands for one; absent and empty are none.
func items(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []string:
		return slices.Clone(v)
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, text(item))
		}
		return out
	}
	var out []string
	for part := range strings.SplitSeq(text(v), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// compareRanks compares by a rank, the higher the stronger. Values of one rank that are spelled differently are equal where
// the rank says so, and different otherwise.
func compareRanks(want, have any, rank func(string) (rank int, same bool, ok bool)) Relation {
	w, h := text(want), text(have)
	if w == h {
		return Equal
	}
	rankW, sameW, okW := rank(w)
	rankH, sameH, okH := rank(h)
	switch {
	case !okW || !okH:
		return Different
	case rankH < rankW:
		return Weaker
	case rankH > rankW:
		return Stronger
	case sameW && sameH:
		return Equal
	}
	return Different
}

// orderRank ranks by a list of lines, weakest first. An empty line stands for everything that no other line names.
func orderRank(order [][]string) func(string) (int, bool, bool) {
	return func(value string) (int, bool, bool) {
		rest := -1
		for i, line := range order {
			if len(line) == 0 {
				rest = i
			}
			if slices.Contains(line, value) {
				return i, true, true
			}
		}
		return rest, false, rest >= 0
	}
}

// rank ranks by the row's own order; of several values in a list the weakest counts.
func (d Direction) rank(value string) (rank int, same, ok bool) {
	rank, same, ok = orderRank(d.order)(value)
	if strings.Contains(value, ",") {
		for part := range strings.SplitSeq(value, ",") {
			if r, _, known := orderRank(d.order)(strings.TrimSpace(part)); known && r < rank {
				rank, same = r, false
			}
		}
	}
	return rank, same && !d.apart, ok
}

// compareReleases compares Kubernetes versions, with or without a leading v; what is no version is different.
func compareReleases(want, have string) Relation {
	w, okW := releaseOf(want)
	h, okH := releaseOf(have)
	switch {
	case want == have:
		return Equal
	case !okW || !okH:
		return Different
	}
	switch slices.Compare(h, w) {
	case -1:
		return Weaker
	case 1:
		return Stronger
	}
	if strings.TrimPrefix(want, "v") == strings.TrimPrefix(have, "v") {
		return Equal
	}
	return Different // two builds or candidates of one release
}

// releaseOf reads major, minor, patch, and 0 for what comes before that release.
func releaseOf(version string) ([]int, bool) {
	minor, ok := minorOf(version)
	if !ok {
		return nil, false
	}
	out := make([]int, 0, 4)
	rest := strings.TrimPrefix(strings.TrimPrefix(version, "v"), minor)
	patch := strings.TrimPrefix(rest, ".")
	end := strings.IndexAny(patch, "-+")
	final := end < 0 || patch[end] == '+'
	if end >= 0 {
		patch = patch[:end]
	}
	major, n := numbers(minor)
	p, err := strconv.Atoi(patch)
	out = append(out, major, n, p, 0)
	if final {
		out[3] = 1
	}
	return out, err == nil
}

// addressRank ranks addresses, with or without port and scheme, and lists of them by their weakest: 0 all addresses, 1 some
// address, 2 loopback only, 3 nothing listens.
func addressRank(value string) (rank int, same, ok bool) {
	if value == "" {
		return 3, true, true
	}
	rank = 3
	for part := range strings.SplitSeq(value, ",") {
		rank = min(rank, rankOfAddress(strings.TrimSpace(part)))
	}
	return rank, false, true
}

func rankOfAddress(s string) int {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Host
	}
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	ip := net.ParseIP(strings.Trim(s, "[]"))
	switch {
	case s == "localhost" || ip != nil && ip.IsLoopback():
		return 2
	case s == "" || ip != nil && ip.IsUnspecified():
		return 0
	}
	return 1
}

// comparePresence compares whether there is a value; absent tells what none is, seen from one.
func comparePresence(want, have any, absent Relation) Relation {
	w, h := text(want), text(have)
	switch {
	case w == h:
		return Equal
	case h == "":
		return absent
	case w == "":
		return invert(absent)
	}
	return Different
}

// compareNumbers compares numbers and durations by size, after special has had its say.
func (d Direction) compareNumbers(want, have any) Relation {
	w, okW := d.number(text(want))
	h, okH := d.number(text(have))
	switch {
	case text(want) == text(have):
		return Equal
	case !okW || !okH:
		return Different
	case h == w:
		return Equal
	case h < w:
		return Weaker
	}
	return Stronger
}

// number gives a value a size that grows with strength; ok is false where it has none.
func (d Direction) number(s string) (size float64, ok bool) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		duration, err := time.ParseDuration(s)
		if err != nil && s != "" {
			return 0, false
		}
		n = duration.Seconds()
	}
	rank, special := d.special[s]
	switch {
	case special:
	case s == "":
		rank, special = d.special["absent"], true
	case n == 0:
		rank, special = d.special["0"]
	case n < 0:
		rank, special = d.special["negative"]
	}
	switch {
	case special && rank == weakest:
		return math.Inf(-1), true
	case special && rank == strongest:
		return math.Inf(1), true
	case special:
		return 0, false
	case d.Rule == ruleHigher:
		return -n, true
	}
	return n, true
}

// compareLists compares lists as sets. One that is worse in any member is weaker, whatever else has come to it: nobody
// hides the loss of a plugin behind another one.
func (d Direction) compareLists(want, have []string) Relation {
	if len(want) == 0 {
		want = d.standin
	}
	if len(have) == 0 {
		have = d.standin
	}
	missing := without(want, have)
	added := without(have, want)
	if len(missing) == 0 && len(added) == 0 {
		return Equal
	}
	if d.empty != "" && (len(want) == 0 || len(have) == 0) {
		r := map[string]Relation{weakest: Weaker, strongest: Stronger}[d.empty]
		switch {
		case r == "":
			return Different
		case len(have) == 0:
			return r
		}
		return invert(r)
	}
	better, worse := 0, 0
	for _, name := range added {
		better, worse = d.count(name, better, worse)
	}
	for _, name := range missing {
		worse, better = d.count(name, worse, better)
	}
	switch {
	case worse > 0:
		return Weaker
	case better > 0:
		return Stronger
	}
	return Different
}

// count adds a member that came to what makes the list better or worse.
func (d Direction) count(name string, better, worse int) (int, int) {
	switch {
	case slices.Contains(d.weak, name), d.Rule == ruleSuperset:
		return better, worse + 1
	case slices.Contains(d.strong, name), d.Rule == ruleSubset:
		return better + 1, worse
	}
	return better, worse
}

// without returns what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
