package generate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// source hands out settings to the views of one file and remembers which it handed out: these
// are what the file has to carry.
type source struct {
	in       *Input
	keys     []settings.Key
	problems diag.List
}

// problem says what is wrong with a setting, at the place it came from.
func problem(s settings.Setting, format string, args ...any) diag.Problem {
	var l diag.List
	var o settings.Origin
	if s.Value != nil {
		o = s.Value.Origin
	}
	l.Errorf(diag.Position{File: o.File, Line: o.Line, Column: o.Column}, s.Key.String(), format, args...)
	return l[0]
}

func (s *source) fail(of settings.Setting, format string, args ...any) {
	s.problems.Add(problem(of, format, args...))
}

func (s *source) took(k settings.Key) {
	if !slices.Contains(s.keys, k) {
		s.keys = append(s.keys, k)
	}
}

// value returns a setting's value, or nil.
func (s *source) value(component, role, path string) *settings.Value {
	k := settings.Key{Component: component, Role: role, Path: path}
	v := s.in.Settings.Value(k)
	if v != nil {
		s.took(k)
	}
	return v
}

// text returns the text of a setting that is a scalar, or "".
func (s *source) text(component, role, path string) string {
	v := s.value(component, role, path)
	switch {
	case v == nil:
		return ""
	case !v.IsScalar():
		s.fail(settings.Setting{Key: settings.Key{Component: component, Role: role, Path: path}, Value: v},
			"a %s stands where a scalar is wanted", v.Kind)
		return ""
	}
	return v.Text
}

// argument is a flag as kubeadm takes it.
type argument struct {
	Name  string
	Value string
}

// arguments returns a component's flags by name, one for each time the flag is given.
func (s *source) arguments(component, role string) []argument {
	var out []argument
	for _, setting := range s.in.Settings.Of(component, role) {
		name, ok := strings.CutPrefix(setting.Key.Path, "--")
		if !ok {
			continue
		}
		words, err := settings.FlagWords(s.in.flagType(component, name), setting.Value)
		if err != nil {
			s.fail(setting, "%v", err)
			continue
		}
		s.took(setting.Key)
		for _, word := range words {
			out = append(out, argument{name, word})
		}
	}
	return out
}

// flagType names the type of a flag, or returns "" where nothing is known.
func (in *Input) flagType(component, flag string) string {
	if in.FlagType == nil {
		return ""
	}
	return in.FlagType(component, flag)
}

// nest turns fields with dots into the tree they stand for, or nil when there are none.
func (s *source) nest(fields []settings.Setting) *settings.Value {
	var root *settings.Value
	made := map[*settings.Value]bool{} // the maps that stand for a path, not for a value
	for _, f := range fields {
		if root == nil {
			root = &settings.Value{Kind: settings.Map}
		}
		path := strings.Split(f.Key.Path, ".")
		at := root
		for _, name := range path[:len(path)-1] {
			next := at.Get(name)
			if next == nil {
				next = &settings.Value{Kind: settings.Map}
				made[next] = true
				at.Put(name, next)
			}
			if !made[next] {
				s.fail(f, "%q is a value and cannot hold a field", name)
				next = &settings.Value{Kind: settings.Map}
			}
			at = next
		}
		name := path[len(path)-1]
		if at.Get(name) != nil {
			s.fail(f, "another setting stands at this field already")
			continue
		}
		at.Put(name, f.Value)
		s.took(f.Key)
	}
	return root
}

func sortKeys(keys []settings.Key) {
	slices.SortFunc(keys, func(a, b settings.Key) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Path, b.Path))
	})
}
