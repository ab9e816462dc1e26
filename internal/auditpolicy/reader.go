package auditpolicy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Bounds of a policy file: far above any policy in use, low enough that a hostile file costs nothing.
const (
	maxBytes = 1 << 20
	maxNodes = 10_000 // after aliases are followed
	maxDepth = 32
	maxRules = 500
)

// reader turns YAML nodes into a tree, collecting every fault.
type reader struct {
	file   string
	source settings.Source
	nodes  int
	within map[*yaml.Node]bool // aliases being followed
	faults diag.List
}

// read decodes one YAML document. The tree is nil when the text is not YAML at all.
func read(file string, source settings.Source, data []byte) (*settings.Value, diag.List) {
	r := &reader{file: file, source: source, within: make(map[*yaml.Node]bool)}
	switch {
	case len(data) > maxBytes:
		r.faults.Errorf(diag.Position{File: file}, "", "the audit policy has %d bytes; at most %d are read", len(data), maxBytes)
		return nil, r.faults
	case !utf8.Valid(data):
		r.faults.Errorf(positionOfByte(file, data), "", "the audit policy is not UTF-8 text")
		return nil, r.faults
	}
	node, err := r.document(data)
	if err != nil {
		r.faults.Add(yamlFault(file, err))
		return nil, r.faults
	}
	if node == nil {
		r.faults.Errorf(diag.Position{File: file}, "", "the audit policy is empty; it must be a mapping with apiVersion, kind and rules")
		return nil, r.faults
	}
	tree := r.value(node, "", 0)
	if len(r.faults.Errors()) > 0 {
		tree = nil
	}
	return tree, r.faults
}

// document returns the root of the only document, or nil when there is none.
func (r *reader) document(data []byte) (root *yaml.Node, err error) {
	defer func() {
		// The decoder is not ours: whatever it does with hostile text stays an error.
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("the YAML decoder gave up: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); err == nil {
		r.fault(&second, "", "a second document; an audit policy is one document, and the API server would ignore what follows it")
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(first.Content) == 0 {
		return nil, nil
	}
	return first.Content[0], nil
}

func (r *reader) fault(n *yaml.Node, path, format string, args ...any) {
	r.faults.Errorf(diag.Position{File: r.file, Line: n.Line, Column: n.Column}, path, format, args...)
}

func (r *reader) origin(n *yaml.Node) settings.Origin {
	return settings.Origin{Source: r.source, File: r.file, Line: n.Line, Column: n.Column}
}

func (r *reader) value(n *yaml.Node, path string, depth int) *settings.Value {
	out := &settings.Value{Kind: settings.Null, Origin: r.origin(n)}
	r.nodes++
	switch {
	case r.nodes == maxNodes:
		r.fault(n, path, "the audit policy has more than %d values once aliases are followed", maxNodes)
		return out
	case r.nodes > maxNodes:
		return out
	case depth > maxDepth:
		r.fault(n, path, "nested deeper than %d levels", maxDepth)
		return out
	case n.Style&yaml.TaggedStyle != 0:
		r.fault(n, path, "tag %s is not allowed here; write a plain value", quote(n.Tag))
		return out
	}
	switch n.Kind {
	case yaml.AliasNode:
		if r.within[n.Alias] {
			r.fault(n, path, "alias %s refers to itself", quote(n.Value))
			return out
		}
		r.within[n.Alias] = true
		defer delete(r.within, n.Alias)
		return r.value(n.Alias, path, depth+1)
	case yaml.MappingNode:
		r.mapping(n, out, path, depth)
	case yaml.SequenceNode:
		out.Kind = settings.List
		for i, item := range n.Content {
			out.Items = append(out.Items, r.value(item, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
	case yaml.ScalarNode:
		out.Kind, out.Text = scalar(n)
	}
	return out
}

func (r *reader) mapping(n *yaml.Node, out *settings.Value, path string, depth int) {
	out.Kind = settings.Map
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			if key.ShortTag() == "!!merge" {
				r.fault(key, path, `"<<" (merging one mapping into another) is not allowed here; write the fields out`)
			} else {
				r.fault(key, path, "a field's name must be plain text")
			}
			continue
		}
		if line, ok := seen[key.Value]; ok {
			r.fault(key, join(path, key.Value), "field %s stands twice, first in line %d", quote(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		out.Entries = append(out.Entries, settings.Entry{
			Key: key.Value, Origin: r.origin(key), Value: r.value(value, join(path, key.Value), depth+1),
		})
	}
}

func scalar(n *yaml.Node) (settings.Kind, string) {
	switch n.ShortTag() {
	case "!!null":
		return settings.Null, ""
	case "!!bool":
		return settings.Bool, strings.ToLower(n.Value)
	case "!!int":
		return settings.Int, n.Value
	case "!!float":
		return settings.Float, n.Value
	}
	return settings.String, n.Value
}

func join(path, key string) string {
	if r := []rune(key); len(r) > 80 {
		key = string(r[:80]) + "…"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// yamlFault takes the line out of the decoder's message, "yaml: line 3: did not find expected key".
func yamlFault(file string, err error) diag.Problem {
	at := diag.Position{File: file}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^line (\d+): (?s)(.*)$`).FindStringSubmatch(message); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	return diag.Problem{Position: at, Message: "not YAML: " + message}
}

func positionOfByte(file string, data []byte) diag.Position {
	at := diag.Position{File: file, Line: 1, Column: 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		at.Column++
		if r == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
		data = data[size:]
	}
	return at
}
