package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOfAndPlain(t *testing.T) {
	for _, test := range []struct {
		name string
		in   any
		kind Kind
		text string
		want any // what Plain gives back
	}{
		{"nothing", nil, Null, "", nil},
		{"false", false, Bool, "false", false},
		{"true", true, Bool, "true", true},
		{"integer", -5, Int, "-5", int64(-5)},
		{"largest integer", int64(1<<63 - 1), Int, "9223372036854775807", int64(1<<63 - 1)},
		{"number", 0.5, Float, "0.5", 0.5},
		{"small number", 0.00001, Float, "1e-05", 0.00001},
		{"whole number", 3.0, Int, "3", int64(3)},
		{"text", "x", String, "x", "x"},
		{"text that looks like a number", "30", String, "30", "30"},
		{"empty text", "", String, "", ""},
		{"texts", []string{"a", "b"}, List, "", []any{"a", "b"}},
		{"no texts", []string(nil), List, "", []any{}},
		{"mixed list", []any{1, "b", nil, []string{"c"}}, List, "", []any{int64(1), "b", nil, []any{"c"}}},
		{"nodes", []*Value{{Kind: String, Text: "a"}}, List, "", []any{"a"}},
		{"map", map[string]any{"b": 1, "a": true}, Map, "", map[string]any{"a": true, "b": int64(1)}},
		{"map of texts", map[string]string{"a": "x"}, Map, "", map[string]any{"a": "x"}},
		{"map of booleans", map[string]bool{"a": true}, Map, "", map[string]any{"a": true}},
		{"a node", &Value{Kind: Int, Text: "7"}, Int, "7", int64(7)},
		{"an integer beyond 64 bits", &Value{Kind: Int, Text: "99999999999999999999"}, Int, "99999999999999999999", "99999999999999999999"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := Of(test.in)
			if v.Kind != test.kind || v.Text != test.text {
				t.Errorf("Of = %s %q, want %s %q", v.Kind, v.Text, test.kind, test.text)
			}
			if diff := cmp.Diff(test.want, v.Plain()); diff != "" {
				t.Errorf("Plain (-want +got):\n%s", diff)
			}
		})
	}
	if (*Value)(nil).Plain() != nil {
		t.Error("nil has a plain value")
	}
}

func TestOfSortsKeys(t *testing.T) {
	v := Of(map[string]any{"c": 1, "a": 2, "b": 3})
	for i, want := range []string{"a", "b", "c"} {
		if v.Entries[i].Key != want {
			t.Errorf("key %d is %q, want %q", i, v.Entries[i].Key, want)
		}
	}
}

func TestOfRefusesOtherTypes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Of took a channel")
		}
	}()
	Of(make(chan int))
}

func TestEqual(t *testing.T) {
	ordered := &Value{Kind: Map, Entries: []Entry{{Key: "a", Value: Of(1)}, {Key: "b", Value: Of(2)}}}
	turned := &Value{Kind: Map, Entries: []Entry{{Key: "b", Value: Of(2)}, {Key: "a", Value: Of(1)}}}
	for _, test := range []struct {
		name string
		a, b *Value
		want bool
	}{
		{"nothing", nil, nil, true},
		{"nothing and null", nil, Of(nil), false},
		{"same texts", Of("a"), Of("a"), true},
		{"a text and a number", Of("1"), Of(1), false},
		{"a text and a boolean", Of("true"), Of(true), false},
		{"null and an empty text", Of(nil), Of(""), false},
		{"null and an empty list", Of(nil), Of([]string{}), false},
		{"an empty list and an empty map", Of([]string{}), Of(map[string]any{}), false},
		{"same lists", Of([]string{"a", "b"}), Of([]any{"a", "b"}), true},
		{"another order of a list", Of([]string{"a", "b"}), Of([]string{"b", "a"}), false},
		{"a longer list", Of([]string{"a"}), Of([]string{"a", "a"}), false},
		{"another order of a map", ordered, turned, true},
		{"another key", Of(map[string]any{"a": 1}), Of(map[string]any{"b": 1}), false},
		{"another value below", Of(map[string]any{"a": []any{1}}), Of(map[string]any{"a": []any{2}}), false},
		{"a key more", Of(map[string]any{"a": 1}), Of(map[string]any{"a": 1, "b": nil}), false},
		{"another origin", Of("a").At(Origin{File: "x", Line: 1}), Of("a"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if Equal(test.a, test.b) != test.want || Equal(test.b, test.a) != test.want {
				t.Errorf("Equal(%v, %v) = %v and %v, want %v", test.a.Plain(), test.b.Plain(), Equal(test.a, test.b), Equal(test.b, test.a), test.want)
			}
		})
	}
}

func TestCloneSharesNothing(t *testing.T) {
	of := func() *Value {
		return Of(map[string]any{"list": []any{1, map[string]any{"x": "y"}}, "text": "t"}).At(Origin{File: "f", Line: 3})
	}
	original := of()
	clone := original.Clone()
	if diff := cmp.Diff(original, clone, cmp.Comparer(func(a, b *Value) bool { return Equal(a, b) && a.Origin == b.Origin })); diff != "" {
		t.Errorf("the clone differs (-original +clone):\n%s", diff)
	}
	var change func(v *Value)
	change = func(v *Value) {
		v.Text, v.Origin = "changed", Origin{File: "changed"}
		for _, item := range v.Items {
			change(item)
		}
		for i := range v.Entries {
			change(v.Entries[i].Value)
			v.Entries[i].Key, v.Entries[i].Origin = "changed", Origin{File: "changed"}
		}
	}
	change(clone)
	if !Equal(original, of()) || original.Origin.File != "f" || original.Entries[0].Origin.File != "f" || original.Entries[0].Value.Items[0].Origin.File != "f" {
		t.Errorf("changing the clone changed the original: %v", original.Plain())
	}
	if (*Value)(nil).Clone() != nil {
		t.Error("the clone of nil is something")
	}
}

func TestAtKeepsOrigins(t *testing.T) {
	here, there := Origin{File: "here", Line: 1}, Origin{File: "there", Line: 2}
	v := Of(map[string]any{"a": Of("x").At(there), "b": []string{"y"}}).At(here)
	if v.Origin != here || v.Get("b").Origin != here || v.Get("b").Items[0].Origin != here || v.Entries[0].Origin != here {
		t.Error("a node without an origin did not get one")
	}
	if v.Get("a").Origin != there {
		t.Errorf("a node lost its origin: %+v", v.Get("a").Origin)
	}
	if (*Value)(nil).At(here) != nil {
		t.Error("nil became something")
	}
}

func TestMapsAndLists(t *testing.T) {
	v := Of(map[string]any{"a": map[string]any{"b": "x"}, "n": nil, "l": []any{"1", 2}})
	if got := v.Lookup("a", "b"); got == nil || got.Text != "x" {
		t.Errorf("Lookup = %v", got.Plain())
	}
	if v.Lookup("a", "c") != nil || v.Lookup("z", "b") != nil || v.Lookup("l", "b") != nil || (*Value)(nil).Get("a") != nil {
		t.Error("Lookup found what is not there")
	}
	v.Put("a", Of(1).At(Origin{Line: 9}))
	v.Put("new", Of(2).At(Origin{Line: 8}))
	if v.Get("a").Text != "1" || v.Get("new").Text != "2" || len(v.Entries) != 4 {
		t.Errorf("after Put: %v", v.Plain())
	}
	if !v.Delete("a") || v.Delete("a") || v.Get("a") != nil {
		t.Error("Delete does not tell what was there")
	}
	first := v.Entries[0].Key
	if got := v.Sorted(); got[0].Key != "l" || got[2].Key != "new" || v.Entries[0].Key != first {
		t.Errorf("Sorted = %v", got)
	}
	for _, test := range []struct {
		name string
		v    *Value
		want []string
	}{
		{"list", v.Get("l"), []string{"1", "2"}},
		{"scalar", Of("x"), []string{"x"}},
		{"null", Of(nil), nil},
		{"nil", nil, nil},
		{"map", v, nil},
	} {
		if diff := cmp.Diff(test.want, test.v.Strings()); diff != "" {
			t.Errorf("Strings of a %s (-want +got):\n%s", test.name, diff)
		}
	}
	if (*Value)(nil).IsScalar() || v.IsScalar() || v.Get("l").IsScalar() || !Of(nil).IsScalar() || !Of("x").IsScalar() {
		t.Error("IsScalar is wrong")
	}
}

func TestOriginString(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Origin
		want string
	}{
		{"a place", Origin{Source: FromProfile, File: "a.yaml", Line: 3, Column: 7}, "a.yaml:3:7"},
		{"derived", Origin{Source: FromDerived, Note: "servingCertificates: rotated"}, "derived servingCertificates: rotated"},
		{"a default", Origin{Source: FromDefault}, "default"},
		{"nothing", Origin{}, ""},
	} {
		if got := test.o.String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestSetIsOrdered(t *testing.T) {
	var s Set
	if s.Len() != 0 || s.Value(Flag(APIServer, "x")) != nil || len(s.All()) != 0 {
		t.Error("the zero Set is not empty")
	}
	kubelet := func(role, path string) Key { return Key{Component: Kubelet, Role: role, Path: path} }
	for _, k := range []Key{kubelet(Worker, "b"), Flag(APIServer, "z"), kubelet(ControlPlane, "a"), kubelet(Worker, "a"), Flag(APIServer, "a")} {
		s.Put(Setting{Key: k, Value: Of(k.Path)})
	}
	var all []string
	for _, setting := range s.All() {
		all = append(all, setting.Key.String())
	}
	want := []string{"kube-apiserver:--a", "kube-apiserver:--z", "kubelet[control-plane]:a", "kubelet[worker]:a", "kubelet[worker]:b"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	if of := s.Of(Kubelet, Worker); len(of) != 2 || of[0].Key.Path != "a" || of[1].Key.Path != "b" {
		t.Errorf("Of = %v", of)
	}
	s.Put(Setting{Key: Flag(APIServer, "a"), Value: Of("new")})
	if got := s.Flag(APIServer, "a"); got.Text != "new" || s.Len() != 5 {
		t.Errorf("Put did not replace: %v of %d", got.Plain(), s.Len())
	}
	s.Delete(Flag(APIServer, "a"))
	if _, ok := s.Get(Flag(APIServer, "a")); ok || s.Len() != 4 {
		t.Error("Delete left the setting")
	}
}
