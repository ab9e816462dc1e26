package keys

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// parser reads a key file. Its messages quote only what cannot be a secret: yaml.v3's own
// messages and a scalar as it stands are never passed on.
type parser struct {
	file   string
	faults diag.List
}

// parse returns the ring a key file describes, or every fault of it.
func parse(file string, data []byte) (*Ring, diag.List) {
	p := &parser{file: file}
	ring := p.document(data)
	p.faults.Sort()
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return ring, nil
}

func (p *parser) document(data []byte) *Ring {
	if !utf8.Valid(data) {
		p.faults.Add(diag.Problem{Position: diag.Position{File: p.file}, Message: "key file is not UTF-8"})
		return nil
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc yaml.Node
	err := decode(dec, &doc)
	switch {
	case errors.Is(err, io.EOF):
		p.faults.Add(diag.Problem{
			Position: diag.Position{File: p.file}, Message: "key file is empty",
			Hint: "remove it, and --new-keys makes one",
		})
		return nil
	case err != nil:
		p.faults.Add(diag.Problem{
			Position: diag.Position{File: p.file, Line: syntaxLine(err)}, Message: "key file is not valid YAML",
		})
		return nil
	}
	var next yaml.Node
	if err := decode(dec, &next); !errors.Is(err, io.EOF) {
		p.fault(&next, "", "key file has more than one document")
	}
	if len(doc.Content) == 0 {
		p.fault(&doc, "", "key file is empty")
		return nil
	}
	return p.ring(doc.Content[0])
}

func (p *parser) ring(root *yaml.Node) *Ring {
	ring := &Ring{}
	fields := p.mapping(root, "", "apiVersion", "kind", "keys")
	if fields == nil {
		return nil
	}
	p.constant(fields["apiVersion"], "apiVersion", APIVersion)
	p.constant(fields["kind"], "kind", Kind)
	list := fields["keys"]
	if list == nil {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		p.fault(list, "keys", "not a list")
		return nil
	}
	if len(list.Content) == 0 {
		p.fault(list, "keys", "no key in the list")
	}
	first := make(map[string]int, len(list.Content)) // line of each name
	for i, item := range list.Content {
		path := "keys[" + strconv.Itoa(i) + "]"
		k, ok := p.key(item, path)
		if !ok {
			continue
		}
		if line, dup := first[k.name]; dup {
			p.fault(item, path, fmt.Sprintf("key %q stands already in line %d", k.name, line))
			continue
		}
		first[k.name] = item.Line
		ring.keys = append(ring.keys, k)
	}
	return ring
}

// key reads one entry. It returns false after it has reported a fault.
func (p *parser) key(item *yaml.Node, path string) (key, bool) {
	before := len(p.faults)
	fields := p.mapping(item, path, "name", "provider", "secret")
	if fields == nil {
		return key{}, false
	}
	provider := fields["provider"]
	if provider != nil && p.scalar(provider, path+".provider") && !slices.Contains(Providers(), provider.Value) {
		p.faults.Add(diag.Problem{
			Position: p.at(provider), Path: path + ".provider",
			Message: "unknown provider" + quoteWord(provider.Value), Allowed: strings.Join(Providers(), ", "),
		})
	}
	secret := p.secret(fields["secret"], path+".secret")
	p.name(fields["name"], path+".name", secret)
	if len(p.faults) > before {
		return key{}, false
	}
	return newKey(provider.Value, secret), true
}

// secret decodes a secret; nil after a fault.
func (p *parser) secret(node *yaml.Node, path string) []byte {
	if node == nil || !p.scalar(node, path) {
		return nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(node.Value)
	switch {
	case err != nil || strings.ContainsAny(node.Value, "\r\n"): // which the decoder skips
		p.fault(node, path, "not base64 in one line, with padding")
		return nil
	case len(raw) != Size:
		p.fault(node, path, fmt.Sprintf("secret is %d bytes long; allowed: %d", len(raw), Size))
		return nil
	}
	return raw
}

// name compares a name with the fingerprint of its secret, when that could be read.
func (p *parser) name(node *yaml.Node, path string, secret []byte) {
	if node == nil || !p.scalar(node, path) || secret == nil {
		return
	}
	if want := nameOf(secret); node.Value != want {
		p.faults.Add(diag.Problem{
			Position: p.at(node), Path: path,
			Message: "name" + quoteName(node.Value) + " is not the fingerprint of the secret",
			Hint:    "the secret or the name was changed; the secret that stands here would be " + want,
		})
	}
}

// mapping returns the fields of a mapping by name, or nil when it is none. Every allowed field
// must be there, and no other.
func (p *parser) mapping(node *yaml.Node, path string, allowed ...string) map[string]*yaml.Node {
	if node.Kind != yaml.MappingNode {
		p.fault(node, path, "not a map of "+strings.Join(allowed, ", "))
		return nil
	}
	fields := make(map[string]*yaml.Node, len(allowed))
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		switch {
		case name.Kind != yaml.ScalarNode || !slices.Contains(allowed, name.Value):
			p.faults.Add(diag.Problem{
				Position: p.at(name), Path: path,
				Message: "unknown field" + quoteWord(name.Value), Allowed: strings.Join(allowed, ", "),
			})
		case fields[name.Value] != nil:
			p.fault(name, path, fmt.Sprintf("field %q stands twice", name.Value))
		default:
			fields[name.Value] = value
		}
	}
	for _, name := range allowed {
		if fields[name] == nil {
			p.fault(node, path, fmt.Sprintf("field %q is missing", name))
		}
	}
	return fields
}

// constant demands one text.
func (p *parser) constant(node *yaml.Node, path, want string) {
	if node != nil && p.scalar(node, path) && node.Value != want {
		p.faults.Add(diag.Problem{Position: p.at(node), Path: path, Message: "not a key file of hardstrap", Allowed: want})
	}
}

// scalar reports whether node is a string, and a fault when it is not.
func (p *parser) scalar(node *yaml.Node, path string) bool {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str" {
		return true
	}
	p.fault(node, path, "not a text")
	return false
}

func (p *parser) at(node *yaml.Node) diag.Position {
	return diag.Position{File: p.file, Line: node.Line, Column: node.Column}
}

func (p *parser) fault(node *yaml.Node, path, message string) {
	p.faults.Add(diag.Problem{Position: p.at(node), Path: path, Message: message})
}

// quoteWord quotes a text that looks like a word and not like a piece of a key: a few letters,
// at most one of them large. A secret may stand in the wrong place.
func quoteWord(s string) string {
	large := 0
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z':
			large++
		case r < 'a' || r > 'z':
			return ""
		}
	}
	if s == "" || len(s) > 12 || large > 1 {
		return ""
	}
	return ` "` + s + `"`
}

// quoteName quotes what has the form of a key's name, and nothing else.
func quoteName(s string) string {
	digits, ok := strings.CutPrefix(s, namePrefix)
	if _, err := hex.DecodeString(digits); !ok || err != nil || len(digits) != 2*fingerprint {
		return ""
	}
	return ` "` + s + `"`
}

// syntaxLine returns the line that yaml.v3's message names; zero when it names none.
func syntaxLine(err error) int {
	var line int
	if _, err := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); err != nil {
		return 0
	}
	return line
}

// decode reads the next document as nodes. yaml.v3 panics on a few malformed inputs; that is a
// fault of the file, not of the program.
func decode(dec *yaml.Decoder, node *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("yaml: malformed")
		}
	}()
	return dec.Decode(node)
}
