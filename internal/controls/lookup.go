package controls

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// layer tells where an effective value stands.
type layer uint8

const (
	nowhere layer = iota
	byDefault
	byKubeadm
	rendered
)

// found is an effective value.
type found struct {
	key   settings.Key // where it was found: a flag may win over a field
	value *settings.Value
	layer layer
}

// written reports whether the value stands on a command line or in a file.
func (f found) written() bool { return f.layer >= byKubeadm }

// text returns the value for people, short.
func (f found) text() string {
	switch {
	case f.value == nil:
		return ""
	case f.value.Kind == settings.Map:
		return strings.Join(elements(f.value), ",")
	case f.value.Kind == settings.List:
		return strings.Join(f.value.Strings(), ",")
	}
	return f.value.Text
}

// describe says what was found and where it comes from.
func (f found) describe() string {
	subject := f.key.Component
	if f.key.Role != "" {
		subject += "[" + f.key.Role + "]"
	}
	subject += " " + f.key.Path
	switch text := f.text(); {
	case f.layer == nowhere, f.layer == byDefault && (text == "" || text == "[]"):
		return subject + " is not set"
	case f.layer == byDefault:
		return subject + "=" + text + " by default"
	case f.layer == byKubeadm:
		return subject + "=" + f.text() + ", set by kubeadm"
	}
	origin := f.value.Origin.String()
	if origin == "" {
		return subject + "=" + f.text()
	}
	return subject + "=" + f.text() + " (" + origin + ")"
}

// describeAll says what was found, and what is the same on both roles once.
func describeAll(all []found) string {
	var out []string
	for i, f := range all {
		text := f.describe()
		if f.key.Role == settings.Worker && i > 0 && all[i-1].key.Role == settings.ControlPlane {
			onBoth := strings.Replace(text, "["+settings.Worker+"]", "", 1)
			if last := len(out) - 1; strings.Replace(out[last], "["+settings.ControlPlane+"]", "", 1) == onBoth {
				out[last] = onBoth
				continue
			}
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, "; ")
}

// find returns the effective value of a setting: what is rendered, then what kubeadm sets, then
// the component's default. A rendered null removes what kubeadm sets.
func (in Input) find(k settings.Key) found {
	if flag, ok := kubeletFlag(k.Path); ok && k.Component == settings.Kubelet {
		form := settings.Key{Component: k.Component, Role: k.Role, Path: "--" + flag}
		if v := valueAt(in.Settings, form); v != nil {
			return found{form, v, rendered}
		}
	}
	if v := valueAt(in.Settings, k); v != nil {
		if v.Kind != settings.Null {
			return found{k, v, rendered}
		}
	} else if v := valueAt(in.Kubeadm, k); v != nil && v.Kind != settings.Null {
		return found{k, v, byKubeadm}
	}
	if in.Default != nil {
		if text, ok := in.Default(k); ok {
			return found{k, settings.Of(text), byDefault}
		}
	}
	return found{key: k}
}

// valueAt returns the value of a key in a set, or inside the map that a shorter path holds.
func valueAt(set *settings.Set, k settings.Key) *settings.Value {
	if set == nil {
		return nil
	}
	if s, ok := set.Get(k); ok {
		return s.Value
	}
	if strings.HasPrefix(k.Path, "-") {
		return nil
	}
	for i := len(k.Path) - 1; i > 0; i-- {
		if k.Path[i] != '.' {
			continue
		}
		parent := k
		parent.Path = k.Path[:i]
		if s, ok := set.Get(parent); ok && s.Value != nil {
			return s.Value.Lookup(strings.Split(k.Path[i+1:], ".")...)
		}
	}
	return nil
}

// elements returns the elements of a list setting: of a list its items, of a map "key=value",
// of a text its parts at commas.
func elements(v *settings.Value) []string {
	switch {
	case v == nil || v.Kind == settings.Null:
		return nil
	case v.Kind == settings.Map:
		var out []string
		for _, e := range v.Sorted() {
			out = append(out, e.Key+"="+e.Value.Text)
		}
		return out
	case v.Kind == settings.List:
		return v.Strings()
	case v.Text == "" || v.Text == "[]":
		return nil
	}
	return splitList(v.Text)
}

// same compares two texts: booleans and numbers by value, durations by length, the rest as
// they stand.
func same(a, b string) bool {
	if (isTrue(b) || isFalse(b)) && (b == "true" || b == "false") {
		return isTrue(a) && b == "true" || isFalse(a) && b == "false"
	}
	x, okA := number(a)
	y, okB := number(b)
	if okA && okB {
		return x == y
	}
	return a == b
}

// number reads a number, or a duration as seconds.
func number(text string) (float64, bool) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f, true
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d.Seconds(), true
	}
	return 0, false
}

// holds judges a comparison of a value that is set; presence is judged before.
func holds(op string, args []string, v *settings.Value) bool {
	text := ""
	if v != nil && v.IsScalar() {
		text = v.Text
	}
	has := elements(v)
	switch op {
	case "==":
		return same(text, args[0])
	case "!=":
		return !same(text, args[0])
	case ">", ">=":
		x, okX := number(text)
		y, okY := number(args[0])
		return okX && okY && (x > y || op == ">=" && x == y)
	case "matches":
		ok, err := path.Match(args[0], text)
		return err == nil && ok
	case "one-of":
		return slices.Contains(args, text)
	case "contains":
		return slices.Contains(has, args[0])
	case "not-contains":
		return !slices.Contains(has, args[0])
	case "subset-of":
		return len(has) > 0 && !slices.ContainsFunc(has, func(e string) bool { return !slices.Contains(args, e) })
	case "superset-of":
		return !slices.ContainsFunc(args, func(e string) bool { return !slices.Contains(has, e) })
	}
	return false
}
