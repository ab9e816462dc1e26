package main

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// chart collects templates and the values they take.
type chart struct {
	templates  []template
	valuesFile strings.Builder
	values     int // in valuesFile
	bytes      int // of the bundle's files
	wrapped    int // files that are not YAML
}

type template struct{ name, text string }

// file adds the template of one file of the bundle.
func (c *chart) file(name, text string) error {
	if strings.Contains(text, "{{") {
		return fmt.Errorf("%s holds {{, which Helm would take for its own", name)
	}
	c.bytes += len(text)
	id := "f" + strconv.Itoa(len(c.templates)+1)
	fmt.Fprintf(&c.valuesFile, "%s:\n", id)
	lines := strings.SplitAfter(text, "\n")
	var holes []hole
	var err error
	if path.Ext(name) == ".yaml" {
		holes, err = scalars(text, lines)
	} else {
		holes = words(name, lines)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.punch(id, lines, holes)
	if path.Ext(name) != ".yaml" {
		c.wrapped++
		lines = wrap(id, lines)
	}
	c.templates = append(c.templates, template{templateName(name), strings.Join(lines, "")})
	return nil
}

// hole is a value within a line: bytes from to to, and whether it stands in double quotes.
type hole struct {
	line, from, to int
	quoted         bool
	value          string
}

// punch replaces values in lines by what takes them from .Values.
func (c *chart) punch(id string, lines []string, holes []hole) {
	slices.Reverse(holes) // from the end, so that places before stay right
	for i, h := range holes {
		key := "v" + strconv.Itoa(len(holes)-i)
		fmt.Fprintf(&c.valuesFile, "  %s: %q\n", key, h.value)
		action := "{{ .Values." + id + "." + key
		if h.quoted {
			action += " | quote"
		}
		l := lines[h.line]
		lines[h.line] = l[:h.from] + action + " }}" + l[h.to:]
		c.values++
	}
	if len(holes) == 0 {
		fmt.Fprintln(&c.valuesFile, "  none: \"\"")
	}
}

// scalars finds the scalars of YAML that stand on one line, keys aside, in order.
func scalars(text string, lines []string) ([]hole, error) {
	var out []hole
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, below(&doc, lines)...)
	}
}

func below(n *yaml.Node, lines []string) []hole {
	var out []hole
	switch n.Kind {
	case yaml.DocumentNode, yaml.SequenceNode:
		for _, child := range n.Content {
			out = append(out, below(child, lines)...)
		}
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			if key := n.Content[i-1].Value; key == "apiVersion" || key == "kind" {
				continue // a chart says these itself
			}
			out = append(out, below(n.Content[i], lines)...)
		}
	case yaml.ScalarNode:
		rest := lines[n.Line-1][n.Column-1:]
		h := hole{line: n.Line - 1, from: n.Column - 1, value: n.Value}
		switch {
		case n.Style == 0 && n.Value != "" && strings.HasPrefix(rest, n.Value):
			h.to = h.from + len(n.Value)
		case n.Style == yaml.DoubleQuotedStyle && strings.HasPrefix(rest, strconv.Quote(n.Value)):
			h.to, h.quoted = h.from+len(strconv.Quote(n.Value)), true
		default:
			return nil // a block, or nothing: it stays as text
		}
		out = append(out, h)
	}
	return out
}

// words finds what a line-based file says: what follows an equals sign, else every word. Prose
// is text.
func words(name string, lines []string) []hole {
	if path.Ext(name) == ".md" {
		return nil
	}
	var out []hole
	for i, l := range lines {
		l = strings.TrimRight(l, "\n")
		if l == "" || strings.ContainsAny(l[:1], "#[") || strings.ContainsAny(l, "{}\"") {
			continue
		}
		if _, value, ok := strings.Cut(l, "="); ok {
			value = strings.TrimSpace(value)
			if value != "" {
				out = append(out, hole{line: i, from: len(l) - len(value), to: len(l), value: value})
			}
			continue
		}
		at := 0
		for _, word := range strings.Fields(l) {
			from := at + strings.Index(l[at:], word)
			at = from + len(word)
			out = append(out, hole{line: i, from: from, to: at, value: word})
		}
	}
	return out
}

// wrap makes a manifest of a file that is not YAML: Helm parses what it renders.
func wrap(id string, lines []string) []string {
	out := []string{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + id + "}\ndata:\n  file: |\n"}
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			l = "    " + l
		}
		out = append(out, l)
	}
	return out
}
