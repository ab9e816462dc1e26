// Package nearest owns the guess at what a misspelt name meant. It knows nothing of what the
// names are; start reading at Name.
package nearest

import (
	"slices"
	"strings"
)

// Name returns the candidate closest to name by edit distance, case aside, or "" when none is
// close enough to be a slip of the fingers.
func Name(name string, candidates []string) string {
	return First(name, slices.Sorted(slices.Values(candidates)))
}

// First is Name for candidates whose order means something: of two that are equally close, it
// returns the earlier one.
func First(name string, candidates []string) string {
	best, bestDistance := "", max(1, len(name)/4)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// Hint returns `did you mean "x"?`, or "".
func Hint(name string, candidates []string) string {
	if n := Name(name, candidates); n != "" {
		return `did you mean "` + n + `"?`
	}
	return ""
}

// distance is the Damerau-Levenshtein distance (optimal string alignment) of a and b, or limit
// when it is at least that.
func distance(a, b string, limit int) int {
	ra, rb := []rune(a), []rune(b)
	if len(ra)-len(rb) >= limit || len(rb)-len(ra) >= limit {
		return limit
	}
	before, last := make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		row := make([]int, len(rb)+1)
		row[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return min(last[len(rb)], limit)
}
