package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
)

// write puts a value into a file as JSON with sorted keys and one entry a line, so that a difference between two
// releases reads as a difference of lines.
func write(path string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := layOut(&out, tree, 0); err != nil {
		return err
	}
	out.WriteByte('\n')
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// layOut breaks an object into lines where it holds another object; a small flat one stays on its line, and so does a
// short list of plain values.
func layOut(out *bytes.Buffer, value any, depth int) error {
	indent := "\n" + strings.Repeat(" ", depth+1)
	switch v := value.(type) {
	case map[string]any:
		if depth > 0 && flat(maps.Values(v)) && len(v) < 5 {
			break
		}
		out.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(indent)
			if err := encode(out, key); err != nil {
				return err
			}
			out.WriteByte(':')
			if err := layOut(out, v[key], depth+1); err != nil {
				return err
			}
		}
		out.WriteString("\n" + strings.Repeat(" ", depth) + "}")
		return nil
	case []any:
		if flat(slices.Values(v)) && len(v) < 6 {
			break
		}
		out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(indent)
			if err := encode(out, item); err != nil {
				return err
			}
		}
		out.WriteString("\n" + strings.Repeat(" ", depth) + "]")
		return nil
	}
	return encode(out, value)
}

func flat(values func(func(any) bool)) bool {
	for v := range values {
		switch v := v.(type) {
		case map[string]any:
			return false
		case []any:
			if len(v) > 0 && !flat(slices.Values(v)) {
				return false
			}
		}
	}
	return true
}

func encode(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the newline
	return nil
}
