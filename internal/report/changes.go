package report

import (
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// change is one difference between two trees.
type change struct {
	sign          byte   // '-' wanted and not found, '+' found and not wanted, '~' other than wanted
	path          string // below the setting; "" for members of the setting's own list
	wanted, found *settings.Value
}

// changes tells two lists or maps apart, member by member: lists by what they hold, maps by key.
// Of other values it tells nothing that they do not tell themselves.
func changes(wanted, found *settings.Value) []change {
	if wanted == nil || found == nil || wanted.Kind != found.Kind || wanted.IsScalar() {
		return nil
	}
	return below(nil, "", wanted, found)
}

func below(out []change, path string, wanted, found *settings.Value) []change {
	switch {
	case settings.Equal(wanted, found):
		return out
	case wanted == nil || found == nil || wanted.Kind != found.Kind || wanted.IsScalar():
		return append(out, change{sign: '~', path: path, wanted: wanted, found: found})
	case wanted.Kind == settings.Map:
		return fields(out, path, wanted, found)
	}
	return members(out, path, wanted, found)
}

func fields(out []change, path string, wanted, found *settings.Value) []change {
	w, f := byKey(wanted), byKey(found)
	var keys []string
	for _, e := range slices.Concat(wanted.Entries, found.Entries) {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		at := word(key, true)
		if path != "" {
			at = path + "." + at
		}
		switch {
		case f[key] == nil:
			out = append(out, change{sign: '-', path: at, wanted: w[key]})
		case w[key] == nil:
			out = append(out, change{sign: '+', path: at, found: f[key]})
		default:
			out = below(out, at, w[key], f[key])
		}
	}
	return out
}

func byKey(v *settings.Value) map[string]*settings.Value {
	out := make(map[string]*settings.Value, len(v.Entries))
	for _, e := range v.Entries {
		out[e.Key] = e.Value
	}
	return out
}

// members tells two lists apart. Where one member took the place of another, both are maps and
// the rest is the same, it is told what changed within.
func members(out []change, path string, wanted, found *settings.Value) []change {
	missing, more := without(wanted.Items, found.Items), without(found.Items, wanted.Items)
	if len(missing) == 0 && len(more) == 0 {
		return append(out, change{sign: '~', path: path, wanted: wanted, found: found})
	}
	if len(missing) == 1 && len(more) == 1 && missing[0] == more[0] && wanted.Items[missing[0]].Kind == settings.Map {
		i := missing[0]
		return below(out, index(path, i), wanted.Items[i], found.Items[i])
	}
	for _, i := range missing {
		out = append(out, change{sign: '-', path: memberPath(path, i, wanted.Items[i]), wanted: wanted.Items[i]})
	}
	for _, i := range more {
		out = append(out, change{sign: '+', path: memberPath(path, i, found.Items[i]), found: found.Items[i]})
	}
	return out
}

// without returns the indices of a's items that b does not have, each as often as it is missing.
func without(a, b []*settings.Value) []int {
	has := make(map[string]int, len(b))
	for _, item := range b {
		has[item.Kind.String()+inline(item)]++
	}
	var out []int
	for i, item := range a {
		id := item.Kind.String() + inline(item)
		if has[id] == 0 {
			out = append(out, i)
			continue
		}
		has[id]--
	}
	return out
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// memberPath names a list for its scalars, which need no place, and the place of anything else.
func memberPath(path string, i int, item *settings.Value) string {
	if item.IsScalar() {
		return path
	}
	return index(path, i)
}

// reordered reports whether a change is one of order alone.
func (c change) reordered() bool {
	return c.sign == '~' && c.wanted != nil && c.found != nil && c.wanted.Kind == settings.List && c.found.Kind == settings.List
}

// orderOfAll reports whether the order of the setting's own members is all that differs.
func (c change) orderOfAll() bool { return c.reordered() && c.path == "" }
