package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Bounds of a file's tree. Aliases count as often as they are used.
const (
	maxNodes = 20_000
	maxDepth = 48
)

// broken is the kind of a node that was reported and has no value. Checking removes it, and
// keeps quiet about what is missing where it stood.
const broken settings.Kind = 255

// parser turns YAML nodes into a tree of settings. What is read differently by readers of YAML
// 1.1 and 1.2 is refused: a profile has one meaning, for a person as for any tool.
type parser struct {
	origin settings.Origin // file and source of every node
	faults diag.List
	nodes  int
	full   bool                // the bound of nodes was reported
	open   map[*yaml.Node]bool // anchored nodes being expanded
}

// parse reads exactly one YAML document. The tree is nil when there is none to go on with.
func parse(origin settings.Origin, text []byte) (*settings.Value, diag.List) {
	p := &parser{origin: origin, open: map[*yaml.Node]bool{}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, next yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		p.faults.Add(diag.Problem{
			Position: diag.Position{File: origin.File},
			Message:  "the file is empty",
			Hint:     "a profile starts with apiVersion: " + APIVersion + " and kind: " + Kind,
		})
		return nil, p.faults
	} else if err != nil {
		p.syntax(text, err)
		return nil, p.faults
	}
	switch err := decoder.Decode(&next); {
	case err == nil:
		p.fault(&next, "a second document starts here", "one profile, one file: put it in a file of its own, or in extends")
	case !errors.Is(err, io.EOF):
		p.syntax(text, err)
		return nil, p.faults
	}
	return p.value(doc.Content[0], 0), p.faults
}

func (p *parser) at(n *yaml.Node) settings.Origin {
	o := p.origin
	o.Line, o.Column = n.Line, n.Column
	return o
}

func (p *parser) fault(n *yaml.Node, message, hint string) {
	p.faults.Add(diag.Problem{
		Position: diag.Position{File: p.origin.File, Line: n.Line, Column: n.Column},
		Message:  message, Hint: hint,
	})
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// syntax reports what yaml.v3 could not read. It tells the line only, so the mark stands below
// the first character of it.
func (p *parser) syntax(text []byte, err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	at, hint := diag.Position{File: p.origin.File, Line: 1, Column: 1}, ""
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		message = strings.TrimPrefix(err.Error(), m[0])
		at.Line, _ = strconv.Atoi(m[1])
		if strings.HasPrefix(message, "did not find expected") {
			// The parser, unlike the scanner, counts from 0, and tells where the list or map starts
			// (gopkg.in/yaml.v3 v3.0.1, decode.go, parser.fail).
			at.Line++
			hint = "the fault is in what starts here"
		}
		lines := strings.Split(string(text), "\n")
		at.Line = min(at.Line, len(lines))
		line := lines[at.Line-1]
		at.Column = 1 + len(line) - len(strings.TrimLeft(line, " "))
		if strings.HasPrefix(strings.TrimLeft(line, " "), "\t") {
			hint = "indent with spaces: YAML does not take tabs"
		}
	}
	p.faults.Add(diag.Problem{Position: at, Message: "this is not YAML: " + message, Hint: hint})
}

// value converts a node, or returns nil after reporting why it cannot.
func (p *parser) value(n *yaml.Node, depth int) *settings.Value {
	if p.nodes++; p.nodes > maxNodes {
		if !p.full {
			p.full = true
			p.fault(n, fmt.Sprintf("the profile grows beyond %d values here", maxNodes), "take out what is not needed; an alias counts as all it stands for")
		}
		return nil
	}
	if depth > maxDepth {
		p.fault(n, fmt.Sprintf("values are nested deeper than %d levels", maxDepth), "")
		return nil
	}
	if n.Kind != yaml.AliasNode && n.Style&yaml.TaggedStyle != 0 {
		p.fault(n, fmt.Sprintf("the tag %q cannot stand in a profile", n.Tag), "leave it out; quote the value where text is meant")
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return p.alias(n, depth)
	case yaml.MappingNode:
		return p.mapping(n, depth)
	case yaml.SequenceNode:
		out := &settings.Value{Kind: settings.List, Origin: p.at(n)}
		for _, item := range n.Content {
			v := p.value(item, depth+1)
			if p.full {
				break
			}
			if v == nil {
				v = &settings.Value{Kind: broken}
			}
			out.Items = append(out.Items, v)
		}
		return out
	}
	return p.scalar(n)
}

// alias gives what the anchor stands for, with the places of the anchor's text. After the bound
// of nodes is passed it is reported where the outermost alias stands.
func (p *parser) alias(n *yaml.Node, depth int) *settings.Value {
	if p.open[n.Alias] {
		p.fault(n, fmt.Sprintf("the alias %q stands within what it stands for", "*"+n.Value), "")
		return nil
	}
	p.open[n.Alias] = true
	defer delete(p.open, n.Alias)
	already := p.full
	v := p.value(n.Alias, depth)
	if p.full && !already && len(p.faults) > 0 {
		last := &p.faults[len(p.faults)-1]
		last.Position.Line, last.Position.Column = n.Line, n.Column
	}
	return v
}

func (p *parser) mapping(n *yaml.Node, depth int) *settings.Value {
	out := &settings.Value{Kind: settings.Map, Origin: p.at(n)}
	seen := make(map[string]settings.Origin, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content) && !p.full; i += 2 {
		key := n.Content[i]
		name, ok := p.key(key)
		var value *settings.Value
		if v := n.Content[i+1]; depth == 0 && name == "kubernetesVersion" && v.Kind == yaml.ScalarNode && isNumber(v) {
			value = &settings.Value{Kind: settings.String, Text: v.Value, Origin: p.at(v)} // 1.30 is a version, not 1.3
		} else {
			value = p.value(v, depth+1)
		}
		if !ok {
			continue
		}
		at := p.at(key)
		if first, again := seen[name]; again {
			p.fault(key, fmt.Sprintf("the key %q stands twice", name), fmt.Sprintf("it stands at line %d already: keep one", first.Line))
			continue
		}
		seen[name] = at
		if value == nil {
			value = &settings.Value{Kind: broken}
		}
		if value.Kind == settings.Null && value.Text == "" {
			value.Origin = at // nothing has no place of its own
		}
		out.Entries = append(out.Entries, settings.Entry{Key: name, Origin: at, Value: value})
	}
	return out
}

func (p *parser) key(n *yaml.Node) (string, bool) {
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0
	switch {
	case n.Kind == yaml.AliasNode || n.Kind != yaml.ScalarNode:
		p.fault(n, "a key must be text", "")
	case n.Style&yaml.TaggedStyle != 0:
		p.fault(n, fmt.Sprintf("the tag %q cannot stand in a profile", n.Tag), "leave it out")
	case n.ShortTag() == "!!merge":
		p.fault(n, `the merge key "<<" cannot stand in a profile`, "it is not part of YAML 1.2; use extends, or an alias for a whole value")
	case n.ShortTag() != "!!str" && n.ShortTag() != "!!timestamp":
		p.fault(n, fmt.Sprintf("the key %q is not text", n.Value), fmt.Sprintf("quote it: %q", n.Value))
	case plain && ambiguous(n.Value):
		p.fault(n, fmt.Sprintf("the key %q is a boolean to some readers of YAML", n.Value), fmt.Sprintf("quote it: %q", n.Value))
	case strings.ContainsFunc(n.Value, func(r rune) bool { return r < 0x20 || r == 0x7F }):
		p.fault(n, fmt.Sprintf("the key %q has a control character", n.Value), "")
	default:
		return n.Value, true
	}
	return "", false
}

func (p *parser) scalar(n *yaml.Node) *settings.Value {
	out := &settings.Value{Kind: settings.String, Text: n.Value, Origin: p.at(n)}
	if strings.ContainsRune(n.Value, 0) {
		p.fault(n, "the text has a NUL character", "no setting of Kubernetes can hold one: remove it")
		return nil
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return out
	}
	var canonical string
	switch n.ShortTag() {
	case "!!null":
		out.Kind = settings.Null // Text tells null from nothing
		return out
	case "!!bool":
		out.Kind, canonical = settings.Bool, strings.ToLower(n.Value)
	case "!!int":
		out.Kind, canonical = settings.Int, canonicalInt(n.Value)
	case "!!float":
		out.Kind, canonical = settings.Float, canonicalFloat(n.Value)
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			out.Text = strconv.FormatFloat(f, 'g', -1, 64) // as settings.Of spells it
		}
	case "!!merge":
		return out
	default:
		if ambiguous(n.Value) {
			p.fault(n, fmt.Sprintf("%q is a boolean to some readers of YAML and text to others", n.Value),
				fmt.Sprintf("write true or false, or %q for the text", n.Value))
			return nil
		}
		return out
	}
	if n.Value != canonical {
		if canonical == "" {
			p.fault(n, fmt.Sprintf("%q is not a number a setting can have", n.Value), fmt.Sprintf("write a number, or %q for the text", n.Value))
			return nil
		}
		p.fault(n, fmt.Sprintf("%q is read as %s", n.Value, canonical), fmt.Sprintf("write %s, or %q for the text", canonical, n.Value))
		return nil
	}
	return out
}

func isNumber(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Style&yaml.TaggedStyle == 0 && (tag == "!!int" || tag == "!!float")
}

// ambiguous reports whether YAML 1.1 reads a plain scalar as a boolean where 1.2 reads text.
func ambiguous(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "no", "on", "off":
		return true
	}
	return false
}

// canonicalInt returns the decimal form of what YAML reads as an integer, "" beyond 64 bits.
func canonicalInt(text string) string {
	plain := strings.ReplaceAll(text, "_", "")
	if n, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	if n, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return ""
}

// canonicalFloat returns the shortest decimal form of what YAML reads as a number, "" for
// infinity, for what is no number, and for what is too large or small to be meant.
func canonicalFloat(text string) string {
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
