package effective

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kindOf returns the kind of a component's configuration file, or "".
func kindOf(component string) string {
	switch component {
	case settings.Kubelet:
		return "KubeletConfiguration"
	case settings.KubeProxy:
		return "KubeProxyConfiguration"
	}
	return ""
}

// ShapeOf tells how the values of a setting are compared.
func ShapeOf(m *catalog.Minor, k settings.Key) settings.Shape {
	if name, ok := strings.CutPrefix(k.Path, "--"); ok {
		flag, _ := m.Flag(k.Component, name)
		if k.Path == "--kubelet-preferred-address-types" { // the first that a node has is used
			return settings.Ordered
		}
		return settings.FlagShape(flag.Type)
	}
	if kind := kindOf(k.Component); kind != "" {
		field, _ := m.Field(kind, k.Path)
		return settings.FieldShape(field.Type, catalog.Ordered(k.Path))
	}
	return settings.Document
}

// Canonical returns a value in the one form that its type has: two that mean the same are Equal then, the
// order of unordered lists aside. What is no setting of a component that the catalog knows stays as it is.
func Canonical(m *catalog.Minor, k settings.Key, v *settings.Value) (*settings.Value, error) {
	if name, ok := strings.CutPrefix(k.Path, "--"); ok {
		flag, _ := m.Flag(k.Component, name)
		out, err := canonicalFlag(flag.Type, v)
		if err != nil {
			return nil, err
		}
		if name == "feature-gates" {
			out = gates(out)
		}
		if m.MeansDefault(k.Component, k.Path, plain(out)) {
			if value, known := m.Default(k.Component, k.Path); known && value != nil {
				if out, err = canonicalFlag(flag.Type, settings.Of(value)); err != nil {
					return nil, err
				}
				out = out.Clone()
				out.Origin = v.Origin
			}
		}
		return sorted(ShapeOf(m, k), out), nil
	}
	kind := kindOf(k.Component)
	if kind == "" {
		return v, nil
	}
	field, ok := m.Field(kind, k.Path)
	if !ok {
		return v, nil
	}
	out, err := canonicalField(field.Type, v)
	if err != nil {
		return nil, err
	}
	if out.Kind == settings.Null || m.MeansDefault(k.Component, k.Path, plain(out)) {
		if value, known := m.Default(k.Component, k.Path); known && value != nil {
			if out, err = canonicalField(field.Type, settings.Of(value)); err != nil {
				return nil, err
			}
			out = out.Clone()
			out.Origin = v.Origin
		}
	}
	return sorted(ShapeOf(m, k), out), nil
}

// gates spells the values of gates as true and false, and leaves out the prefix that stands for Kubernetes itself
// (k8s.io/component-base v0.37.0, compatibility/registry.go, SetFeatureGates by component).
func gates(v *settings.Value) *settings.Value {
	if v.Kind != settings.Map {
		return v
	}
	out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
	for _, e := range v.Entries {
		one := *e.Value
		if b, err := strconv.ParseBool(one.Text); err == nil {
			one.Text = strconv.FormatBool(b)
		}
		out.Put(strings.TrimPrefix(e.Key, "kube:"), &one)
	}
	return out
}

// canonicalFlag reads a flag that may have been given several times: a list's items add up
// (pflag's stringSlice), of anything else the last one holds.
func canonicalFlag(flagType string, v *settings.Value) (*settings.Value, error) {
	t := flagType
	switch t {
	case "Strings", "UniqueStrings", "SelectiveStrings", "UniqueURLs":
		t = "stringSlice"
	case "featureGate":
		t = "mapStringBool"
	}
	if v.Kind != settings.List || settings.Repeated(t) {
		return settings.NormalizeFlag(t, v)
	}
	if shape := settings.FlagShape(flagType); shape != settings.Unordered {
		if len(v.Items) == 0 {
			return nil, wrong(v, "a value")
		}
		if shape == settings.Mapping {
			return settings.NormalizeFlag(t, v)
		}
		return settings.NormalizeFlag(t, v.Items[len(v.Items)-1])
	}
	out := &settings.Value{Kind: settings.List, Items: []*settings.Value{}, Origin: v.Origin}
	for _, item := range v.Items {
		part, err := settings.NormalizeFlag(t, item)
		if err != nil {
			return nil, err
		}
		if part.Kind != settings.List {
			part = &settings.Value{Kind: settings.List, Items: []*settings.Value{part}}
		}
		out.Items = append(out.Items, part.Items...)
	}
	return out, nil
}

// canonicalField reads a field's value by its type in the catalog.
func canonicalField(fieldType string, v *settings.Value) (*settings.Value, error) {
	element, isList := strings.CutPrefix(fieldType, "[]")
	value, isMap := strings.CutPrefix(fieldType, "map[string]")
	switch {
	case v.Kind == settings.Null:
		return v, nil
	case isList:
		return canonicalItems(element, v)
	case isMap:
		return canonicalEntries(value, v)
	case fieldType == "object", fieldType == "any":
		return v, nil
	case !v.IsScalar():
		return nil, wrong(v, "a "+fieldType)
	}
	out := *v
	switch fieldType {
	case "duration":
		d, err := time.ParseDuration(v.Text)
		if ns, intErr := strconv.ParseInt(v.Text, 10, 64); err != nil && intErr == nil {
			d, err = time.Duration(ns), nil // as logging.flushFrequency takes it
		}
		if err != nil {
			return nil, wrong(v, "a duration")
		}
		out.Kind, out.Text = settings.String, d.String()
	case "bool":
		b, err := strconv.ParseBool(v.Text)
		if err != nil {
			return nil, wrong(v, "true or false")
		}
		out.Kind, out.Text = settings.Bool, strconv.FormatBool(b)
	case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64":
		n, err := strconv.ParseInt(strings.TrimSpace(v.Text), 0, 64)
		if err != nil {
			return nil, wrong(v, "an integer")
		}
		out.Kind, out.Text = settings.Int, strconv.FormatInt(n, 10)
	case "float":
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil {
			return nil, wrong(v, "a number")
		}
		number := settings.Of(f)
		out.Kind, out.Text = number.Kind, number.Text
	case "quantity":
		out.Kind, out.Text = settings.String, quantity(v.Text)
	case "string":
		out.Kind = settings.String
	}
	return &out, nil
}

func canonicalItems(element string, v *settings.Value) (*settings.Value, error) {
	if v.Kind != settings.List {
		return nil, wrong(v, "a list")
	}
	out := &settings.Value{Kind: settings.List, Items: make([]*settings.Value, 0, len(v.Items)), Origin: v.Origin}
	for _, item := range v.Items {
		one, err := canonicalField(element, item)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

func canonicalEntries(value string, v *settings.Value) (*settings.Value, error) {
	if v.Kind != settings.Map {
		return nil, wrong(v, "a map")
	}
	out := &settings.Value{Kind: settings.Map, Origin: v.Origin}
	for _, e := range v.Sorted() {
		one, err := canonicalField(value, e.Value)
		if err != nil {
			return nil, err
		}
		out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: one})
	}
	return out, nil
}

// plain gives the catalog a value as it takes them.
func plain(v *settings.Value) any {
	if v.IsScalar() {
		return v.Text
	}
	return v.Plain()
}

// sorted returns an unordered list in the order of its texts, each once.
func sorted(shape settings.Shape, v *settings.Value) *settings.Value {
	if shape != settings.Unordered || v.Kind != settings.List {
		return v
	}
	out := *v
	out.Items = slices.Clone(v.Items)
	slices.SortStableFunc(out.Items, func(a, b *settings.Value) int { return strings.Compare(a.Text, b.Text) })
	out.Items = slices.CompactFunc(out.Items, settings.Equal)
	return &out
}

// quantity returns a quantity in one form: 1Ki is 1024, 500m is 0.5
// (k8s.io/apimachinery v0.37.0, pkg/api/resource/quantity.go). What is none stays as it is.
func quantity(s string) string {
	digits := strings.TrimRight(s, "EPTGMkKinum")
	factor, known := map[string]float64{
		"": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
	}[s[len(digits):]]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known {
		return s
	}
	return strconv.FormatFloat(n*factor, 'g', -1, 64)
}
