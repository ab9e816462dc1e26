package observe

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestJSON(t *testing.T) {
	o := settings.Origin{Source: settings.FromAPI, File: "Role a/b"}
	got, err := JSON([]byte(`{"a": [1, 1.0, 3e2, 0.5, -0, 18446744073709551616, true, null, "x", {}, []], "A": "é\u0000"}`), o)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"A": "é\x00", "a": []any{int64(1), int64(1), int64(300), 0.5, int64(0), "18446744073709551616", true, nil, "x", map[string]any{}, []any{}}}
	if diff := cmp.Diff(want, got.Plain()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if huge := got.Get("a").Items[5]; huge.Kind != settings.Int || huge.Origin != o || got.Entries[0].Origin != o {
		t.Errorf("a large integer is %+v", huge)
	}
}

func TestJSONRefuses(t *testing.T) {
	deep := strings.Repeat("[", jsonDepth+2) + strings.Repeat("]", jsonDepth+2)
	for name, row := range map[string]struct{ text, want string }{
		"nothing":                {"", "not JSON: the text ends in the middle"},
		"half":                   {`{"a":`, "not JSON: the text ends in the middle"},
		"two documents":          {`{} {}`, "not JSON: something follows the document"},
		"other text":             {`<html>hunter2`, "not JSON from byte 1 on"},
		"a key twice":            {`{"a":1,"b":{"c":1,"c":2}}`, "a key stands twice in one map"},
		"too deep":               {deep, "deeper than what is read: more than 128 levels"},
		"too many values":        {"[" + strings.Repeat("0,", jsonNodes) + "0]", "larger than what is read: more than 500000 values"},
		"a number too large":     {"1e999", "a number is larger than any that is read"},
		"a number too long":      {strings.Repeat("1", 500), "a number is longer than any that is read"},
		"another encoding":       {"\"\xff\"", "not JSON: the text is not UTF-8"},
		"a key that is no text":  {`{1:2}`, "not JSON from byte 1 on"},
		"a comma without a next": {`[1,]`, "not JSON from byte 3 on"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := JSON([]byte(row.text), settings.Origin{})
			if err == nil || err.Error() != row.want || v != nil {
				t.Errorf("%v, error %v, want %s", v, err, row.want)
			}
		})
	}
}

// FuzzJSON: what is read is JSON, means what encoding/json says, and stays the same when it is written and read again.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a": [1, 2.5, "x", null, true, {}], "b": {"c": -1e3}}`))
	f.Add([]byte(`[[[[]]]]`))
	f.Add([]byte(`1E20`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := JSON(data, settings.Origin{})
		if err != nil {
			return
		}
		var plain any
		if err := json.Unmarshal(data, &plain); err != nil {
			t.Fatalf("encoding/json refuses what was read: %v", err)
		}
		if !sameShape(v, plain) {
			t.Fatalf("%q was read as %v", data, v.Plain())
		}
		written, err := json.Marshal(v.Plain())
		if err != nil {
			t.Fatal(err)
		}
		again, err := JSON(written, settings.Origin{})
		if err != nil {
			t.Fatalf("%q does not read what was written of %q: %v", written, data, err)
		}
		if diff := cmp.Diff(v.Plain(), again.Plain()); diff != "" {
			t.Fatalf("%q (-first +again):\n%s", data, diff)
		}
	})
}

func sameShape(v *settings.Value, plain any) bool {
	switch p := plain.(type) {
	case map[string]any:
		if v.Kind != settings.Map || len(v.Entries) != len(p) {
			return false
		}
		for _, e := range v.Entries {
			other, ok := p[e.Key]
			if !ok || !sameShape(e.Value, other) {
				return false
			}
		}
		return true
	case []any:
		if v.Kind != settings.List || len(v.Items) != len(p) {
			return false
		}
		for i, item := range v.Items {
			if !sameShape(item, p[i]) {
				return false
			}
		}
		return true
	case string:
		return v.Kind == settings.String && v.Text == p
	case bool:
		return v.Kind == settings.Bool && v.Plain() == p
	case float64:
		return v.Kind == settings.Int || v.Kind == settings.Float
	}
	return v.Kind == settings.Null && plain == nil
}
