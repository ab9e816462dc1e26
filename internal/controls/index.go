package controls

import (
	"slices"
	"strings"
	"sync"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// index is which controls each setting carries. It is made once and never changed.
type index struct {
	byKey        map[settings.Key][]string
	files        []filed          // controls over files, for the host's tmpfile settings
	bySettingKey map[string][]int // places among Controls, for the cluster's objects
}

type filed struct{ pattern, name string }

// indexed makes the index at its first use.
//
//nolint:gochecknoglobals // made once from embedded data, never changed
var indexed = sync.OnceValue(func() *index { return buildIndex(Controls()) })

func buildIndex(controls []Control) *index {
	in := &index{byKey: make(map[settings.Key][]string, 256), bySettingKey: make(map[string][]int, 256)}
	for i, c := range controls {
		name := c.Name()
		in.bySettingKey[c.SettingKey] = append(in.bySettingKey[c.SettingKey], i)
		if pattern, ok := filePattern(c.SettingKey); ok {
			in.files = append(in.files, filed{pattern, name})
			continue
		}
		for _, k := range keysOf(c) {
			if names := in.byKey[k]; !slices.Contains(names, name) {
				in.byKey[k] = append(names, name)
			}
		}
	}
	return in
}

// keysOf returns every setting that decides a control, the one it names first.
func keysOf(c Control) []settings.Key {
	s := subjectOf(c.SettingKey)
	keys := append(slices.Clone(s.keys), companions(c.SettingKey)...)
	for _, k := range s.keys {
		if flag, ok := kubeletFlag(k.Path); ok && k.Component == settings.Kubelet {
			keys = append(keys, settings.Key{Component: k.Component, Role: k.Role, Path: "--" + flag})
		}
	}
	if len(s.keys) > 0 && c.Scope == Rendered {
		keys = append(keys, mentioned(s.keys[0], c.Expect)...)
	}
	return keys
}

// mentioned returns the settings that a predicate names besides its subject, as in
// "present and --etcd-keyfile present".
func mentioned(first settings.Key, expect string) []settings.Key {
	var out []settings.Key
	for word := range strings.FieldsSeq(expect) {
		if flag, ok := strings.CutPrefix(word, "--"); ok && first.Component != settings.Kubelet && first.Role == "" {
			out = append(out, settings.Flag(first.Component, strings.TrimRight(flag, ",;")))
		}
	}
	return out
}

// ForSetting returns the names of the controls that a setting, or an object of the cluster,
// carries, in the order of Controls. A setting that no control asks about has none.
func ForSetting(k settings.Key) []string {
	in := indexed()
	if kind, _, name, ok := k.Object(); ok {
		if k.Component == settings.Companion {
			return nil // what is for other software meets nothing by itself
		}
		return in.carriedBy(kind, name)
	}
	file, ok := strings.CutPrefix(k.Path, "tmpfile/")
	if !ok || k.Component != settings.Host {
		return slices.Clone(in.byKey[k])
	}
	var out []string
	for _, f := range in.files {
		if matchesFile(f.pattern, file) {
			out = append(out, f.name)
		}
	}
	return out
}

// KeysFor returns the settings of components that decide a control; none for a control that no
// setting decides, or that is not known. Objects of the cluster are in a Result's Keys.
func KeysFor(name string) []settings.Key {
	c, ok := Get(name)
	if !ok {
		return nil
	}
	return keysOf(c)
}

// Lifts reports whether a waiver for a control, or for a rule over weak values, gives up on purpose that a setting
// is as the profile says. elements are those of a list or map that differ: a control over one element, such as
// an admission plugin, lifts no other; none stand for the whole value.
func Lifts(waived string, k settings.Key, elements []string) bool {
	if id, isWeak := strings.CutPrefix(waived, weakPrefix); isWeak {
		return slices.ContainsFunc(weakRules(), func(r weakRuleOf) bool { return r.id == id && r.looks(k) })
	}
	if !slices.ContainsFunc(ForSetting(k), func(name string) bool {
		c, ok := Get(name)
		return ok && covers(waived, c)
	}) {
		return false
	}
	c, ok := Get(waived)
	if !ok {
		return false
	}
	s := subjectOf(c.SettingKey)
	if s.element == "" || !slices.Contains(s.keys, k) && k.Path != "--disable-admission-plugins" { // a list of the same plugins
		return true
	}
	return len(elements) > 0 && !slices.ContainsFunc(elements, func(e string) bool { return e != s.element && !strings.HasPrefix(e, s.element+"=") })
}
