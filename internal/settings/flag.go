package settings

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// NormalizeFlag returns the tree that a flag's value means, given the name of its type as
// pflag's Value.Type says it (github.com/spf13/pflag v1.0, k8s.io/component-base
// v0.37.0 cli/flag). What a file or a command line holds is text and what a profile holds may
// be a tree: both come out the same, so that they can be compared with Equal. Several
// occurrences of one flag are given as a List of Strings. A type that is not known is text. The
// error says what the text should have been; v is never changed, and origins are kept.
func NormalizeFlag(flagType string, v *Value) (*Value, error) {
	if v == nil || v.Kind == Null {
		return nil, fmt.Errorf("no value")
	}
	out, err := normalizeFlag(flagType, v)
	if err != nil {
		return nil, err
	}
	out.Origin = v.Origin
	return out, nil
}

func normalizeFlag(flagType string, v *Value) (*Value, error) {
	switch flagType {
	case "bool", "tristate":
		return normalizeScalar(v, func(s string) (*Value, error) {
			b, err := strconv.ParseBool(s)
			return Of(b), err
		}, "true or false")
	case "int", "int8", "int16", "int32", "int64", "count", "uint", "uint8", "uint16", "uint32", "uint64":
		return normalizeScalar(v, integer, "an integer")
	case "float32", "float64":
		return normalizeScalar(v, func(s string) (*Value, error) {
			f, err := strconv.ParseFloat(s, 64)
			return Of(f), err
		}, "a number")
	case "duration":
		return normalizeScalar(v, func(s string) (*Value, error) {
			d, err := time.ParseDuration(s)
			return Of(d.String()), err
		}, "a duration such as 5m0s")
	case "stringArray", "sliceString", "namedCertKey":
		return listOf(v.Strings()), nil
	case "stringSlice":
		return normalizeList(v, commaSeparated)
	case "intSlice", "int32Slice", "int64Slice", "uintSlice":
		return normalizeIntegers(v)
	case "mapStringBool":
		return normalizeMap(v, func(s string) (*Value, error) {
			b, err := strconv.ParseBool(s)
			return Of(b), err
		})
	case "mapStringString", "stringToString", "colonSeparatedMultimapStringString":
		return normalizeMap(v, func(s string) (*Value, error) { return Of(s), nil })
	}
	return normalizeText(v)
}

func normalizeScalar(v *Value, parse func(string) (*Value, error), want string) (*Value, error) {
	if !v.IsScalar() {
		return nil, fmt.Errorf("a %s stands where %s is wanted", v.Kind, want)
	}
	out, err := parse(strings.TrimSpace(v.Text))
	if err != nil {
		return nil, fmt.Errorf("%q is not %s", v.Text, want)
	}
	return out, nil
}

func integer(s string) (*Value, error) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return Of(n), nil
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return &Value{Kind: Int, Text: strconv.FormatUint(n, 10)}, err
}

// commaSeparated splits as pflag's stringSlice does: one record of comma separated values.
func commaSeparated(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	return csv.NewReader(strings.NewReader(s)).Read()
}

// normalizeList splits one text; items of a List are whole already, unless they are the
// occurrences of a repeated flag, which nothing tells apart from items without a separator.
func normalizeList(v *Value, split func(string) ([]string, error)) (*Value, error) {
	switch v.Kind {
	case List:
		return texts(v)
	case Map:
		return nil, fmt.Errorf("a map stands where a list is wanted")
	}
	items, err := split(v.Text)
	if err != nil {
		return nil, fmt.Errorf("%q is not a list separated by commas", v.Text)
	}
	return listOf(items), nil
}

func texts(v *Value) (*Value, error) {
	for _, item := range v.Items {
		if !item.IsScalar() || item.Kind == Null {
			return nil, fmt.Errorf("a %s stands where a list of scalars is wanted", item.Kind)
		}
	}
	return listOf(v.Strings()), nil
}

func normalizeIntegers(v *Value) (*Value, error) {
	list, err := normalizeList(v, func(s string) ([]string, error) { return splitComma(s), nil })
	if err != nil {
		return nil, err
	}
	for i, item := range list.Items {
		n, err := integer(strings.TrimSpace(item.Text))
		if err != nil {
			return nil, fmt.Errorf("%q is not an integer", item.Text)
		}
		list.Items[i] = n
	}
	return list, nil
}

func splitComma(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// normalizeMap reads "k=v,k=v", or several of these; later pairs win as they do upstream.
func normalizeMap(v *Value, parse func(string) (*Value, error)) (*Value, error) {
	pairs := make(map[string]any)
	add := func(k, text string) error {
		value, err := parse(text)
		if err != nil {
			return fmt.Errorf("%q is not a value for %q", text, k)
		}
		pairs[k] = value
		return nil
	}
	if v.Kind == Map {
		for _, e := range v.Entries {
			if !e.Value.IsScalar() {
				return nil, fmt.Errorf("a %s stands where the value of %q is wanted", e.Value.Kind, e.Key)
			}
			if err := add(e.Key, e.Value.Text); err != nil {
				return nil, err
			}
		}
		return mapOf(pairs), nil
	}
	for _, text := range v.Strings() {
		for _, pair := range splitComma(text) {
			if pair == "" {
				continue
			}
			k, value, ok := strings.Cut(pair, "=")
			if !ok {
				return nil, fmt.Errorf("%q is not a pair such as name=value", pair)
			}
			if err := add(strings.TrimSpace(k), strings.TrimSpace(value)); err != nil {
				return nil, err
			}
		}
	}
	return mapOf(pairs), nil
}

func normalizeText(v *Value) (*Value, error) {
	switch v.Kind {
	case Map:
		pairs := make([]string, 0, len(v.Entries))
		for _, e := range v.Sorted() {
			if !e.Value.IsScalar() {
				return nil, fmt.Errorf("a %s stands where the value of %q is wanted", e.Value.Kind, e.Key)
			}
			pairs = append(pairs, e.Key+"="+e.Value.Text)
		}
		return Of(strings.Join(pairs, ",")), nil
	case List:
		list, err := texts(v)
		if err != nil {
			return nil, err
		}
		return Of(strings.Join(list.Strings(), ",")), nil
	}
	return Of(v.Text), nil
}

// FlagWords returns how a flag's value is said on a command line: one text for each occurrence
// of the flag. Only stringArray and its kin occur more than once. The error tells what cannot
// be said there, e.g. a map's value that holds a comma.
func FlagWords(flagType string, v *Value) ([]string, error) {
	tree, err := NormalizeFlag(flagType, v)
	if err != nil {
		return nil, err
	}
	words, err := flagWords(flagType, tree)
	if err != nil {
		return nil, err
	}
	back, err := NormalizeFlag(flagType, said(flagType, words))
	if err != nil || !Equal(tree, back) {
		return nil, fmt.Errorf("%q cannot be said as a %s flag", strings.Join(words, " "), flagType)
	}
	return words, nil
}

func said(flagType string, words []string) *Value {
	if Repeated(flagType) {
		return listOf(words)
	}
	return Of(words[0])
}

// Repeated reports whether a flag of this type is given once for each of its values.
func Repeated(flagType string) bool {
	return slices.Contains([]string{"stringArray", "sliceString", "namedCertKey"}, flagType)
}

func flagWords(flagType string, tree *Value) ([]string, error) {
	switch {
	case Repeated(flagType):
		return tree.Strings(), nil
	case flagType == "stringSlice":
		return joinRecord(tree.Strings())
	case tree.Kind == List:
		return []string{strings.Join(tree.Strings(), ",")}, nil
	case tree.Kind == Map:
		text, err := normalizeText(tree)
		if err != nil {
			return nil, err
		}
		return []string{text.Text}, nil
	}
	return []string{tree.Text}, nil
}

func joinRecord(items []string) ([]string, error) {
	switch {
	case len(items) == 0:
		return []string{""}, nil
	case len(items) == 1 && items[0] == "":
		return []string{`""`}, nil
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(items); err != nil {
		return nil, fmt.Errorf("cannot write a list separated by commas: %w", err)
	}
	w.Flush()
	return []string{strings.TrimSuffix(b.String(), "\n")}, nil
}

// FlagShape tells how the values of a flag of this type are compared: pflag's names, component-base's, etcd's
// (go.etcd.io/etcd/pkg/v3 v3.7.3, flags). A repeated flag keeps its order.
func FlagShape(flagType string) Shape {
	switch flagType {
	case "stringSlice", "intSlice", "int32Slice", "int64Slice", "uintSlice", "Strings", "UniqueStrings", "SelectiveStrings", "UniqueURLs":
		return Unordered
	case "mapStringBool", "mapStringString", "stringToString", "colonSeparatedMultimapStringString", "featureGate":
		return Mapping
	}
	if Repeated(flagType) {
		return Ordered
	}
	return Scalar
}
