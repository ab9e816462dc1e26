package mutation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
)

// shape is what kind of values a setting takes.
type shape string

const (
	isBool     shape = "bool"
	isNumber   shape = "number"
	isDuration shape = "duration"
	isText     shape = "text"
	isList     shape = "list" // whose order has no meaning
	isOrdered  shape = "ordered list"
	isNumbers  shape = "list of numbers"
	isMap      shape = "map"
	isQuantity shape = "quantity"
	isObjects  shape = "list of objects"
)

// shapeOf reads the name of a type in the catalog.
func shapeOf(typ, path string) shape {
	switch {
	case slices.Contains([]string{"registerWithTaints", "reservedMemory", "shutdownGracePeriodByPodPriority"}, path):
		return isObjects
	case path == "--kubelet-preferred-address-types" || path == "clusterDNS" || slices.Contains([]string{"stringArray", "namedCertKey"}, typ):
		return isOrdered
	case typ == "bool" || typ == "tristate":
		return isBool
	case strings.HasSuffix(typ, "Slice") && typ != "stringSlice" || typ == "[]int32" || typ == "[]int64":
		return isNumbers
	case typ == "stringSlice" || strings.HasPrefix(typ, "[]") || slices.Contains([]string{"Strings", "UniqueStrings", "SelectiveStrings", "UniqueURLs"}, typ):
		return isList
	case strings.HasPrefix(typ, "map") || strings.Contains(typ, "ToString") || typ == "featureGate":
		return isMap
	case strings.HasPrefix(typ, "int") || strings.HasPrefix(typ, "uint") || strings.HasPrefix(typ, "float") || typ == "Level":
		return isNumber
	case typ == "duration":
		return isDuration
	case typ == "quantity":
		return isQuantity
	}
	return isText
}

// value is a value as parts of a list, or one part; none is not set. Of a map they are name=value.
type value []string

// variants lists values to put in the place of one, by what a person would think of.
func (r rule) variants(of shape, want value) []value {
	var out []value
	add := func(parts ...string) { out = append(out, value(parts)) }
	for _, line := range r.Order {
		for _, one := range line {
			if one != "" {
				add(one)
			}
		}
	}
	switch of {
	case isBool:
		add("true")
		add("false")
	case isNumber:
		if n, err := strconv.Atoi(only(want)); err == nil {
			add(strconv.Itoa(n + 1))
			add(strconv.Itoa(n * 3))
			add(strconv.Itoa(max(n/2, 1)))
		} else {
			add("7")
		}
		if r.Special["0"] != "" {
			add("0")
		}
		if r.Special["negative"] != "" {
			add("-1")
		}
	case isDuration:
		if d, err := time.ParseDuration(only(want)); err == nil {
			add((d + time.Second).String())
			add((d * 3).String())
			add((d / 2).String())
		}
		if r.Special["0"] != "" {
			add("0s")
		}
	case isList, isOrdered, isNumbers:
		if r.Rule == "address" {
			for _, one := range r.texts(want[:min(1, len(want))]) {
				out = append(out, one)
				if !slices.Equal(one, want) {
					out = append(out, append(slices.Clone(want), one...))
				}
			}
			return out
		}
		out = append(out, r.lists3(of, want)...)
	case isMap:
		add(append(slices.Clone(want), "hardstrap.example=1")...)
	case isQuantity:
		add("77Mi")
	case isText:
		out = append(out, r.texts(want)...)
	}
	return out
}

// lists3 changes a list: something more, something less, something else.
func (r rule) lists3(of shape, want value) []value {
	more := append(slices.Clone(r.Weak[:min(2, len(r.Weak))]), r.Strong...)
	if len(more) == 0 {
		more = []string{map[shape]string{isNumbers: "23"}[of]}
		if more[0] == "" {
			more[0] = "hardstrap.example"
		}
	}
	var out []value
	for _, item := range more {
		if !slices.Contains(want, item) {
			out = append(out, append(slices.Clone(want), item))
		}
	}
	for i := range want {
		if len(want) > 1 {
			out = append(out, slices.Delete(slices.Clone(want), i, i+1))
		}
		if i == 0 && len(r.Weak)+len(r.Strong) == 0 && of != isNumbers {
			other := slices.Clone(want)
			other[0] += "x"
			out = append(out, other)
		}
	}
	if of == isOrdered && len(want) > 1 {
		turned := slices.Clone(want)
		slices.Reverse(turned)
		out = append(out, turned)
	}
	return out
}

func (r rule) texts(want value) []value {
	w := only(want)
	switch r.Rule {
	case "address":
		port := ""
		if strings.Contains(w, "://") || strings.Count(w, ":") == 1 {
			port = w[strings.LastIndex(w, ":"):]
		}
		scheme, _, _ := cutLast("://", w)
		if scheme != "" {
			scheme += "://"
		}
		return []value{{scheme + "0.0.0.0" + port}, {scheme + "192.0.2.77" + port}, {scheme + "127.0.0.1" + port}, {scheme + "localhost" + port}}
	case "order":
		return nil
	}
	return []value{{w + "x"}}
}

// spellings lists other ways to write a value that mean the same, in a flag.
func spellings(of shape, want value) []string {
	w := only(want)
	switch of {
	case isBool:
		return []string{strings.ToUpper(w[:1]) + w[1:], strings.ToUpper(w), map[string]string{"true": "1", "false": "0"}[w], w[:1]}
	case isNumber:
		if n, err := strconv.Atoi(w); err == nil && n >= 0 {
			return []string{"0x" + strconv.FormatInt(int64(n), 16), "0o" + strconv.FormatInt(int64(n), 8)}
		}
	case isDuration:
		if d, err := time.ParseDuration(w); err == nil {
			return []string{strconv.FormatInt(d.Milliseconds(), 10) + "ms", strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"}
		}
	case isList, isNumbers:
		turned := slices.Clone(want)
		slices.Reverse(turned)
		return []string{strings.Join(turned, ","), strings.Join(append(turned, want...), ",")}
	}
	return nil
}

// defaultOf returns what holds where a setting is not set, as a value; ok is false where only the component knows.
func defaultOf(m *catalog.Minor, component, path string) (value, bool) {
	v, known := m.Default(component, path)
	if !known {
		return nil, false
	}
	return valueOf(v), true
}

func valueOf(v any) value {
	switch t := v.(type) {
	case nil:
		return nil
	case []any:
		var out value
		for _, item := range t {
			out = append(out, valueOf(item)...)
		}
		return out
	case map[string]any:
		var out value
		for k, one := range t {
			out = append(out, k+"="+only(valueOf(one)))
		}
		slices.Sort(out)
		return out
	case string:
		if t == "" {
			return nil
		}
		return value{t}
	case bool:
		return value{strconv.FormatBool(t)}
	case float64:
		return value{strconv.FormatFloat(t, 'f', -1, 64)}
	}
	return nil
}

// durationText gives a duration the text that Go prints.
func durationText(s string) string {
	if d, err := time.ParseDuration(s); err == nil {
		return d.String()
	}
	return s
}
