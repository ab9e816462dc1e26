package profiles

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
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

// element spells a place in a list: by the element's identity where it has one, because its
// number changes when lists are merged, else by its number.
func element(path string, s *shape, item *settings.Value, i int) string {
	if s != nil && s.identity != nil {
		id := item.Lookup(s.identity...)
		if id != nil && id.Kind == settings.String && plainID.MatchString(id.Text) {
			return path + "[" + id.Text + "]"
		}
	}
	return index(path, i)
}

// plainID is an identity that can be shown. A URL with a password is not.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:/._-]*$`)

// spell joins the steps of a path into a tree.
func (s *shape) spell(tree *settings.Value, steps []string) string {
	path, v := "", tree
	for _, step := range steps {
		switch {
		case v != nil && v.Kind == settings.List:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v.Items) {
				return child(path, step)
			}
			path, v = element(path, s, v.Items[i], i), v.Items[i]
			if s != nil {
				s = s.elem
			}
		default:
			path, v = child(path, step), v.Get(step)
			if f := s.field(step); f != nil {
				s = f.shape
			} else {
				s = nil
			}
		}
	}
	return path
}

// taint remembers the places where something was refused, so that nothing is said to be missing
// there.
type taint struct{ paths map[string]bool }

func (t *taint) add(path string) { t.paths[path] = true }

// has reports whether something was refused at the place, above it or below it.
func (t *taint) has(path string) bool {
	for p := range t.paths {
		if p == "" || p == path || isBelow(p, path) || isBelow(path, p) {
			return true
		}
	}
	return false
}

func isBelow(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest[0] == '.' || rest[0] == '[')
}
