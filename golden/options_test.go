package golden

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// TestEveryOptionIsExercised finds the fields of a profile, and the words that an enumeration
// takes, that stand in no profile with a golden tree: what no tree shows, no tree can lose.
func TestEveryOptionIsExercised(t *testing.T) {
	used := map[string]bool{}
	for _, tr := range trees(t) {
		loaded, err := profiles.Load(tr.profile)
		if err != nil {
			t.Fatal(err)
		}
		exercised(reflect.ValueOf(loaded.Profile), "", used)
	}
	all := map[string]bool{}
	options(reflect.TypeFor[profiles.Profile](), "", all)
	if len(all) < 150 {
		t.Errorf("only %d options are looked for", len(all))
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if why, not := leftOut()[name]; used[name] == not {
			t.Errorf("%s: set by a profile with a golden tree: %t; left out on purpose: %t (%s)", name, used[name], not, why)
		}
	}
}

// leftOut are the options that no tree can show, and why.
func leftOut() map[string]string {
	return map[string]string{
		"apiServer.authorization[]=ABAC":             "needs a policy file of the site's own",
		"kubelet.controlPlane.staticPods":            "every value is refused",
		"namespaces[].exemptions[]=namespace-labels": "is refused: the policy guards the labels of all",
	}
}

// options names what can be set: fields by path, items of a list by [], and the words of an
// enumeration as path=word.
func options(t reflect.Type, path string, out map[string]bool) {
	if t == reflect.TypeFor[*settings.Value]() {
		out[path] = true
		return
	}
	if a, ok := reflect.Zero(t).Interface().(interface{ Allowed() []string }); ok {
		for _, word := range a.Allowed() {
			out[path+"="+word] = true
		}
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		options(t.Elem(), path, out)
	case reflect.Slice:
		options(t.Elem(), path+"[]", out)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			options(f.Type, strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), "."), out)
		}
	default:
		out[path] = true
	}
}

// exercised adds what a profile sets, in the spelling of options.
func exercised(v reflect.Value, path string, out map[string]bool) {
	if v.Type() == reflect.TypeFor[*settings.Value]() {
		if !v.IsNil() {
			out[path] = true
		}
		return
	}
	if v.Type().Implements(reflect.TypeFor[interface{ Allowed() []string }]()) && v.Kind() == reflect.String {
		out[path+"="+v.String()] = true
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			if k := v.Elem().Kind(); k != reflect.Struct {
				out[path] = true
			} else {
				exercised(v.Elem(), path, out)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			exercised(v.Index(i), path+"[]", out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			exercised(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Tag.Get("yaml"), "."), out)
		}
	default:
		if !v.IsZero() {
			out[path] = true
		}
	}
}
