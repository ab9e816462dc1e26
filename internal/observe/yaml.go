package observe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// reader reads one file and collects what is wrong with it.
type reader struct {
	path     string
	source   settings.Source // "" for a file
	problems diag.List
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	at := diag.Position{File: r.path}
	if n != nil {
		at.Line, at.Column = n.Line, n.Column
	}
	r.problems.Errorf(at, "", format, args...)
}

func (r *reader) origin(n *yaml.Node) settings.Origin {
	return settings.Origin{Source: cmp.Or(r.source, settings.FromFile), File: r.path, Line: n.Line, Column: n.Column}
}

// documents reads a stream of YAML documents. Anchors, aliases, merge keys, tags and repeated
// keys are refused: two readers may understand them differently.
func (r *reader) documents(data []byte) []*settings.Value {
	var out []*settings.Value
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.problems.Errorf(diag.Position{File: r.path}, "", "not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
			return out
		}
		if len(node.Content) == 1 {
			out = append(out, r.value(node.Content[0]))
		}
	}
}

// document reads a file that holds exactly one document, a map.
func (r *reader) document(data []byte) *settings.Value {
	docs := r.documents(data)
	if len(r.problems) > 0 {
		return nil
	}
	if len(docs) != 1 || docs[0].Kind != settings.Map {
		r.fail(nil, "%d documents stand where one map is wanted", len(docs))
		return nil
	}
	return docs[0]
}

func (r *reader) value(n *yaml.Node) *settings.Value {
	out := &settings.Value{Origin: r.origin(n)}
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		r.fail(n, "anchors and aliases are not read")
		return out
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.fail(n, "the tag %q is not read", n.Tag)
		return out
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = settings.Map
		out.Entries = r.entries(n)
	case yaml.SequenceNode:
		out.Kind = settings.List
		out.Items = make([]*settings.Value, 0, len(n.Content))
		for _, item := range n.Content {
			out.Items = append(out.Items, r.value(item))
		}
	default:
		r.scalar(n, out)
	}
	return out
}

func (r *reader) entries(n *yaml.Node) []settings.Entry {
	out := make([]settings.Entry, 0, len(n.Content)/2)
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.ShortTag() != "!!str" || k.Style&yaml.TaggedStyle != 0 || k.Anchor != "" {
			r.fail(k, "a key that is not plain text is not read")
			continue
		}
		if seen[k.Value] {
			r.fail(k, "%q stands here a second time", k.Value)
			continue
		}
		seen[k.Value] = true
		out = append(out, settings.Entry{Key: k.Value, Origin: r.origin(k), Value: r.value(v)})
	}
	return out
}

// scalar keeps numbers as canonical text of any size. What YAML would take for a time is text,
// as it is to every reader of these files.
func (r *reader) scalar(n *yaml.Node, out *settings.Value) {
	out.Text = n.Value
	switch n.ShortTag() {
	case "!!null":
		out.Kind, out.Text = settings.Null, ""
	case "!!bool":
		out.Kind, out.Text = settings.Bool, strings.ToLower(n.Value)
	case "!!int":
		number, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0)
		if !ok {
			r.fail(n, "%q is not an integer", n.Value)
			return
		}
		out.Kind, out.Text = settings.Int, number.String()
	case "!!float":
		f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		if err != nil || f != f || f-f != 0 {
			r.fail(n, "%q is not a finite number", n.Value)
			return
		}
		canonical := settings.Of(f)
		out.Kind, out.Text = canonical.Kind, canonical.Text
	default:
		out.Kind = settings.String
	}
}

// take removes a key of a map and returns its value, or nil.
func take(doc *settings.Value, key string) *settings.Value {
	v := doc.Get(key)
	if v != nil {
		doc.Delete(key)
	}
	return v
}

// takeText removes a key of a map that holds text, and returns the text.
func takeText(doc *settings.Value, key string) string {
	v := take(doc, key)
	if v == nil || !v.IsScalar() {
		return ""
	}
	return v.Text
}

func (r *reader) failAt(o settings.Origin, format string, args ...any) {
	r.problems.Errorf(diag.Position{File: r.path, Line: o.Line, Column: o.Column}, "", format, args...)
}

func unknownKind(apiVersion, kind string) string { return fmt.Sprintf("%s, kind %s", apiVersion, kind) }
