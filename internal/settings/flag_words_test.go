package settings

import (
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

func TestFlagWords(t *testing.T) {
	for name, row := range map[string]struct {
		flagType string
		in       any
		want     []string
	}{
		"boolean":        {"bool", false, []string{"false"}},
		"duration":       {"duration", "300s", []string{"5m0s"}},
		"list":           {"stringSlice", []string{"a", "b"}, []string{"a,b"}},
		"list of commas": {"stringSlice", []string{"a,b", `c"d`, ""}, []string{`"a,b","c""d",`}},
		"one empty item": {"stringSlice", []string{""}, []string{`""`}},
		"empty list":     {"stringSlice", []string{}, []string{""}},
		"repeated":       {"stringArray", []string{"a,b", ""}, []string{"a,b", ""}},
		"integers":       {"int32Slice", []any{29, 23}, []string{"29,23"}},
		"map":            {"mapStringBool", map[string]bool{"B": false, "A": true}, []string{"A=true,B=false"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := FlagWords(row.flagType, Of(row.in))
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
		})
	}
}

// TestFlagWordsMeanWhatWasSaid: whatever is said on a command line means the value again.
func TestFlagWordsMeanWhatWasSaid(t *testing.T) {
	law := func(items []string, pairs map[string]string, which uint8) bool {
		flagType := []string{"stringSlice", "stringArray", "mapStringString", "string"}[which%4]
		var v *Value
		switch flagType {
		case "mapStringString":
			v = Of(pairs)
		case "string":
			v = Of(strings.Join(items, "x"))
		default:
			v = Of(items)
		}
		words, err := FlagWords(flagType, v)
		if err != nil {
			return strings.Contains(err.Error(), "cannot be said")
		}
		back := Of(words)
		if !Repeated(flagType) {
			back = Of(words[0])
		}
		got, err := NormalizeFlag(flagType, back)
		want, _ := NormalizeFlag(flagType, v)
		return err == nil && Equal(got, want)
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}
