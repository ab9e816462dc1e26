package profiles

import (
	"regexp"
	"strconv"
	"strings"
)

// child and index spell a place in a profile as messages show it: a.b[2].c, and a["x.y"] for a
// key that could be mistaken for two.
func child(path, key string) string {
	switch {
	case strings.ContainsAny(key, `.[]" `) || key == "":
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// spell joins the steps of a path into a tree.
func spell(steps []string) string {
	path := ""
	for _, s := range steps {
		if i, err := strconv.Atoi(s); err == nil {
			path = index(path, i)
		} else {
			path = child(path, s)
		}
	}
	return path
}

// taint remembers the places where something was refused, so that nothing is said to be missing
// there. Positions in lists are left out: merging moves elements.
type taint struct{ paths map[string]bool }

var positions = regexp.MustCompile(`\[\d+\]`)

func (t *taint) add(path string) { t.paths[positions.ReplaceAllString(path, "[]")] = true }

// has reports whether something was refused at the place, above it or below it.
func (t *taint) has(path string) bool {
	if len(t.paths) == 0 {
		return false
	}
	path = positions.ReplaceAllString(path, "[]")
	for p := range t.paths {
		if p == path || strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") ||
			strings.HasPrefix(path, p+".") || strings.HasPrefix(path, p+"[") || p == "" {
			return true
		}
	}
	return false
}
