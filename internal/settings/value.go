// Package settings owns the model that generating and observing share: a setting is one thing
// that can be set, with a key, a value that is a tree, and the origin of every node of it. It
// is a leaf: it imports no other room and knows no Kubernetes. Start reading at Value, then Set.
package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a node of a tree is.
type Kind uint8

// The kinds of nodes. A scalar keeps its text; Int and Float are kept as canonical text so
// that nothing is lost in conversion.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	List
	Map
)

// String returns the word for a kind used in messages.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "integer", "number", "string", "list", "map"}[k]
}

// Origin tells where a node came from.
type Origin struct {
	Source Source
	File   string // profile file, built-in profile's name, or live file
	Line   int
	Column int
	Note   string // why a derived value stands, e.g. "servingCertificates: rotated"
}

// Source is the kind of an origin.
type Source string

// Where values come from.
const (
	FromProfile Source = "profile"  // a user's profile file
	FromBuiltin Source = "built-in" // a built-in profile
	FromKubeadm Source = "kubeadm"  // kubeadm sets it itself
	FromDefault Source = "default"  // the component's default in that minor
	FromDerived Source = "derived"  // hardstrap derived it from a short section of the profile
	FromFile    Source = "file"     // read from a rendered or live file
	FromProcess Source = "process"  // seen on a running process
	FromAPI     Source = "api"      // read from the cluster's API
	FromWire    Source = "wire"     // seen in a connection
)

// String returns file:line:column with the source, or the source alone.
func (o Origin) String() string {
	if o.File == "" {
		return strings.TrimSpace(string(o.Source) + " " + o.Note)
	}
	return fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Column)
}

// Value is a node of a tree.
type Value struct {
	Kind    Kind
	Text    string   // scalars: canonical text ("true", "300", "text")
	Items   []*Value // List
	Entries []Entry  // Map, in the order written; Equal ignores the order
	Origin  Origin
}

// Entry is one key of a Map.
type Entry struct {
	Key    string
	Origin Origin // where the key stands
	Value  *Value
}

// Of makes a tree from Go values: nil, bool, int, int64, float64, string, []string, []any,
// map[string]any, *Value, and slices or maps of these. Maps get sorted keys. It panics on any
// other type, which only a fault of the caller's code can cause.
func Of(v any) *Value {
	switch t := v.(type) {
	case nil:
		return &Value{Kind: Null}
	case *Value:
		return t
	case bool:
		return &Value{Kind: Bool, Text: strconv.FormatBool(t)}
	case int:
		return &Value{Kind: Int, Text: strconv.Itoa(t)}
	case int64:
		return &Value{Kind: Int, Text: strconv.FormatInt(t, 10)}
	case float64:
		if t == float64(int64(t)) {
			return &Value{Kind: Int, Text: strconv.FormatInt(int64(t), 10)}
		}
		return &Value{Kind: Float, Text: strconv.FormatFloat(t, 'g', -1, 64)}
	case string:
		return &Value{Kind: String, Text: t}
	case []string:
		return listOf(t)
	case []any:
		return listOf(t)
	case []*Value:
		return listOf(t)
	case map[string]any:
		return mapOf(t)
	case map[string]string:
		return mapOf(t)
	case map[string]bool:
		return mapOf(t)
	}
	panic(fmt.Sprintf("settings.Of: unsupported type %T", v))
}

func listOf[T any](items []T) *Value {
	out := &Value{Kind: List, Items: make([]*Value, 0, len(items))}
	for _, item := range items {
		out.Items = append(out.Items, Of(item))
	}
	return out
}

func mapOf[T any](m map[string]T) *Value {
	out := &Value{Kind: Map, Entries: make([]Entry, 0, len(m))}
	for k, v := range m {
		out.Entries = append(out.Entries, Entry{Key: k, Value: Of(v)})
	}
	slices.SortFunc(out.Entries, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// At returns v after giving it, and every node below it that has none, the origin o.
func (v *Value) At(o Origin) *Value {
	if v == nil {
		return nil
	}
	if v.Origin == (Origin{}) {
		v.Origin = o
	}
	for _, item := range v.Items {
		item.At(o)
	}
	for i := range v.Entries {
		if v.Entries[i].Origin == (Origin{}) {
			v.Entries[i].Origin = o
		}
		v.Entries[i].Value.At(o)
	}
	return v
}

// Clone returns a deep copy.
func (v *Value) Clone() *Value {
	if v == nil {
		return nil
	}
	out := *v
	out.Items = make([]*Value, 0, len(v.Items))
	for _, item := range v.Items {
		out.Items = append(out.Items, item.Clone())
	}
	out.Entries = make([]Entry, 0, len(v.Entries))
	for _, e := range v.Entries {
		out.Entries = append(out.Entries, Entry{Key: e.Key, Origin: e.Origin, Value: e.Value.Clone()})
	}
	return &out
}

// IsScalar reports whether v is neither a List nor a Map.
func (v *Value) IsScalar() bool { return v != nil && v.Kind != List && v.Kind != Map }

// Get returns the value under a key of a Map, or nil.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for i := range v.Entries {
		if v.Entries[i].Key == key {
			return v.Entries[i].Value
		}
	}
	return nil
}

// Lookup walks down maps by key, or returns nil.
func (v *Value) Lookup(path ...string) *Value {
	for _, key := range path {
		v = v.Get(key)
	}
	return v
}

// Put sets a key of a Map, replacing what was there, and returns v.
func (v *Value) Put(key string, value *Value) *Value {
	for i := range v.Entries {
		if v.Entries[i].Key == key {
			v.Entries[i].Value = value
			return v
		}
	}
	v.Entries = append(v.Entries, Entry{Key: key, Origin: value.Origin, Value: value})
	return v
}

// Delete removes a key of a Map and reports whether it was there.
func (v *Value) Delete(key string) bool {
	n := len(v.Entries)
	v.Entries = slices.DeleteFunc(v.Entries, func(e Entry) bool { return e.Key == key })
	return len(v.Entries) < n
}

// Sorted returns a Map's entries by key, without changing v.
func (v *Value) Sorted() []Entry {
	return slices.SortedFunc(slices.Values(v.Entries), func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
}

// Strings returns the texts of a List's scalars; of a scalar, its text alone; of nil, nothing.
func (v *Value) Strings() []string {
	switch {
	case v == nil || v.Kind == Null || v.Kind == Map:
		return nil
	case v.Kind != List:
		return []string{v.Text}
	}
	out := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		out = append(out, item.Text)
	}
	return out
}

// Equal reports whether two trees are the same: same kinds and texts, lists in order, maps in
// any order. Origins do not count.
func Equal(a, b *Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Items {
		if !Equal(a.Items[i], b.Items[i]) {
			return false
		}
	}
	for _, e := range a.Entries {
		if other := b.Get(e.Key); other == nil || !Equal(e.Value, other) {
			return false
		}
	}
	return true
}

// Plain returns the tree as Go values: nil, bool, int64, float64, string, []any,
// map[string]any. Integers beyond 64 bits stay text.
func (v *Value) Plain() any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case Bool:
		return v.Text == "true"
	case Int:
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			return n
		}
		return v.Text
	case Float:
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return f
		}
		return v.Text
	case String:
		return v.Text
	case List:
		out := make([]any, 0, len(v.Items))
		for _, item := range v.Items {
			out = append(out, item.Plain())
		}
		return out
	case Map:
		out := make(map[string]any, len(v.Entries))
		for _, e := range v.Entries {
			out[e.Key] = e.Value.Plain()
		}
		return out
	}
	return nil
}

// Redacted stands in a tree where a file holds a secret: settings never carry secrets.
const Redacted = "<redacted>"

// Digest heads what stands for a secret where two of them can be compared: the start of a digest with a key
// that only the person who compares them has.
const Digest = "hmac:"
