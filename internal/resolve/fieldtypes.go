package resolve

import (
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// expandFields walks a tree of configuration down to the fields that the catalog knows, and
// sets each that is neither a struct nor below a list or map.
func (b *builder) expandFields(kind string, base settings.Key, tree *settings.Value, p place) {
	if tree == nil {
		return
	}
	for _, e := range tree.Entries {
		where, key := p.in(e.Key), base
		if key.Path != "" {
			key.Path += "."
		}
		key.Path += e.Key
		field, ok := b.minor.Field(kind, key.Path)
		switch {
		case !ok:
			b.unknownField(kind, key.Path, e.Origin, where)
		case field.Type == "object" && e.Value.Kind == settings.Map:
			b.expandFields(kind, key, e.Value, where)
		default:
			if key.Path == "featureGates" {
				b.featureGates(base.Component, e.Value, where)
			}
			if value := b.fieldTree(kind, key.Path, field.Type, e.Value, where); value != nil {
				b.set.Put(settings.Setting{Key: key, Shape: settings.FieldShape(field.Type, catalog.Ordered(key.Path)), Value: value})
			}
		}
	}
}

// fieldTree gives a field's value its canonical tree, checked down to the last scalar, or
// reports and returns nil. Types are the catalog's: string, bool, int32 and its kin, float, duration,
// quantity, object, any, []T and map[string]T.
func (b *builder) fieldTree(kind, path, fieldType string, v *settings.Value, p place) *settings.Value {
	element, isList := strings.CutPrefix(fieldType, "[]")
	value, isMap := strings.CutPrefix(fieldType, "map[string]")
	out := &settings.Value{Kind: v.Kind, Origin: v.Origin}
	switch {
	case fieldType == "any":
		return v.Clone()
	case isList && v.Kind == settings.List:
		for i, item := range v.Items {
			if tree := b.fieldTree(kind, path+"[]", element, item, p.in(strconv.Itoa(i))); tree != nil {
				out.Items = append(out.Items, tree)
			}
		}
		return out
	case isMap && v.Kind == settings.Map:
		for _, e := range v.Entries {
			if tree := b.fieldTree(kind, path+"{}", value, e.Value, p.in(e.Key)); tree != nil {
				out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: tree})
			}
		}
		return out
	case fieldType == "object" && v.Kind == settings.Map:
		for _, e := range v.Entries {
			field, ok := b.minor.Field(kind, path+"."+e.Key)
			if !ok {
				b.unknownField(kind, path+"."+e.Key, e.Origin, p.in(e.Key))
				continue
			}
			if tree := b.fieldTree(kind, path+"."+e.Key, field.Type, e.Value, p.in(e.Key)); tree != nil {
				out.Entries = append(out.Entries, settings.Entry{Key: e.Key, Origin: e.Origin, Value: tree})
			}
		}
		return out
	}
	scalar, allowed := fieldScalar(fieldType, v)
	if scalar == nil {
		b.fault(p, allowed, "%s is not a value for %s of %s, which takes %s", describe(v), path, kind, typeWords(fieldType))
	}
	return scalar
}

// fieldScalar gives a scalar its canonical spelling, or returns nil and what is allowed.
func fieldScalar(fieldType string, v *settings.Value) (*settings.Value, string) {
	switch {
	case v.Kind == settings.Null:
		return nil, "write a value, or leave the field out"
	case !v.IsScalar(), strings.HasPrefix(fieldType, "[]"), strings.HasPrefix(fieldType, "map["), fieldType == "object":
		return nil, "write " + typeWords(fieldType)
	}
	switch fieldType {
	case "duration":
		d, err := time.ParseDuration(v.Text)
		if err != nil {
			return nil, "write a duration with its unit, such as 300s, 5m or 1h30m"
		}
		return &settings.Value{Kind: settings.String, Text: d.String(), Origin: v.Origin}, ""
	case "string":
		if v.Kind != settings.String {
			return nil, "write a string; quote it if it looks like a number or a boolean"
		}
	case "bool":
		if v.Kind != settings.Bool {
			return nil, "write true or false, without quotes"
		}
	case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64":
		return flagScalar(fieldType, v)
	case "float":
		if v.Kind != settings.Int && v.Kind != settings.Float {
			return nil, "write a number, without quotes"
		}
	}
	return v.Clone(), ""
}
