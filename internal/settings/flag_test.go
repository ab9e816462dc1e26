package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNormalizeFlag: what a profile says as a tree and what a command line says as text mean
// the same.
func TestNormalizeFlag(t *testing.T) {
	for _, test := range []struct {
		name     string
		flagType string
		in       any
		want     any
	}{
		{"a boolean", "bool", true, true},
		{"a boolean as text", "bool", "true", true},
		{"a boolean as pflag reads it", "bool", "T", true},
		{"an integer", "int", 30, int64(30)},
		{"an integer as text", "int32", "30", int64(30)},
		{"the largest unsigned integer", "uint64", "18446744073709551615", "18446744073709551615"},
		{"a number", "float64", "0.5", 0.5},
		{"a duration", "duration", "300s", "5m0s"},
		{"text that is a number", "string", 30, "30"},
		{"a list", "stringSlice", []string{"a", "b"}, []any{"a", "b"}},
		{"a list as text", "stringSlice", "a,b", []any{"a", "b"}},
		{"a list with a quoted comma", "stringSlice", `"a,b",c`, []any{"a,b", "c"}},
		{"an empty list", "stringSlice", "", []any{}},
		{"repeated", "stringArray", []string{"a,b", "c"}, []any{"a,b", "c"}},
		{"once of repeated", "stringArray", "a,b", []any{"a,b"}},
		{"integers", "intSlice", "1,2", []any{int64(1), int64(2)}},
		{"a map", "mapStringBool", map[string]any{"B": true, "A": false}, map[string]any{"A": false, "B": true}},
		{"a map as text", "mapStringBool", "B=true,A=false", map[string]any{"A": false, "B": true}},
		{"a map of texts", "mapStringString", "a=1,b=x=y", map[string]any{"a": "1", "b": "x=y"}},
		{"a list where text is wanted", "string", []string{"a", "b"}, "a,b"},
		{"a map where text is wanted", "string", map[string]any{"b": 1, "a": 2}, "a=2,b=1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := Of(test.in)
			before := in.Clone()
			in.Origin = Origin{File: "f", Line: 1}
			got, err := NormalizeFlag(test.flagType, in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Plain()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Origin != in.Origin || !Equal(in, before) {
				t.Error("the origin is lost, or what was given is changed")
			}
			again, err := NormalizeFlag(test.flagType, got)
			if err != nil || !Equal(got, again) {
				t.Errorf("said again it is %v (%v)", again.Plain(), err)
			}
			words, err := FlagWords(test.flagType, in)
			if err != nil {
				t.Fatal(err)
			}
			if len(words) != 1 && !Repeated(test.flagType) {
				t.Errorf("a flag that stands once is said as %q", words)
			}
		})
	}
}

func TestNormalizeFlagRefuses(t *testing.T) {
	for _, test := range []struct {
		name     string
		flagType string
		in       any
		want     string
	}{
		{"null", "string", nil, "no value"},
		{"no boolean", "bool", "maybe", `"maybe" is not true or false`},
		{"no integer", "int", "many", `"many" is not an integer`},
		{"no duration", "duration", "300", `"300" is not a duration such as 5m0s`},
		{"a list for a boolean", "bool", []string{"true"}, "a list stands where true or false is wanted"},
		{"a map for a list", "stringSlice", map[string]any{"a": 1}, "a map stands where a list is wanted"},
		{"a list in a list", "stringSlice", []any{[]string{"a"}}, "a list stands where a list of scalars is wanted"},
		{"no pair", "mapStringString", "a", `"a" is not a pair such as name=value`},
		{"no boolean in a map", "mapStringBool", "A=maybe", `"maybe" is not a value for "A"`},
		{"a list in a map", "mapStringString", map[string]any{"a": []string{"b"}}, `a list stands where the value of "a" is wanted`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := NormalizeFlag(test.flagType, Of(test.in)); err == nil || err.Error() != test.want {
				t.Errorf("said %v, want %s", err, test.want)
			}
		})
	}
	if _, err := FlagWords("mapStringString", Of(map[string]any{"a": "x,y"})); err == nil {
		t.Error("a value with a comma was said in a map that is separated by commas")
	}
}
