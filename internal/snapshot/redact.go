package snapshot

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// redactor replaces secrets.
type redactor struct{ key []byte }

// document is what a file of YAML holds.
type document struct{ roots []*yaml.Node }

// code stands for a secret: with a key, equal secrets have equal codes.
func (r redactor) code(secret string) string {
	if len(r.key) == 0 {
		return settings.Redacted
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(secret))
	return "hmac:" + hex.EncodeToString(mac.Sum(nil))[:16]
}

// yaml replaces the secrets in a file of YAML or JSON, and takes the text out of comments. Every other byte stays
// where it is in its line. The error says why it is not known that no secret is left; it says nothing of the text.
//
// All bytes are accounted for: each belongs to a scalar that was judged, to a comment that is emptied, or is
// punctuation. Anchors, aliases and tags are not understood.
func (r redactor) yaml(data []byte) ([]byte, document, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, doc, err
	}
	w := walker{redactor: r}
	for _, root := range doc.roots {
		w.kind = scalar(root, "kind")
		w.node(root, "", false)
	}
	if w.fault != nil {
		return nil, doc, w.fault
	}
	out, err := replace(data, w.scalars)
	if err != nil {
		return nil, doc, err
	}
	return out, doc, w.check(out, len(doc.roots))
}

// parse reads the documents of a file, each of which must be a map: nothing tells what any other text means.
func parse(data []byte) (document, error) {
	var doc document
	if !utf8.Valid(data) || bytes.HasPrefix(data, []byte("\ufeff")) || bytes.ContainsAny(data, "\u0085\u2028\u2029\x00") ||
		bytes.Count(data, []byte("\r")) != bytes.Count(data, []byte("\r\n")) {
		return doc, errors.New("it is not plain UTF-8 text")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return doc, nil
		}
		if err != nil {
			return doc, errors.New("it is not YAML") // the parser's error may quote the text
		}
		if len(node.Content) != 1 || node.Content[0].Kind == yaml.ScalarNode && node.Content[0].Tag == "!!null" {
			continue // a document without anything
		}
		if node.Content[0].Kind != yaml.MappingNode {
			return doc, errors.New("a document in it is not a map")
		}
		doc.roots = append(doc.roots, node.Content[0])
	}
}

// found is a scalar, and what is to stand in its place.
type found struct {
	node    *yaml.Node
	replace bool
	by      string
}

// walker judges every scalar of a file.
type walker struct {
	redactor
	kind    string // of the document
	scalars []found
	secrets []string
	fault   error
	depth   int
}

func (w *walker) node(n *yaml.Node, key string, secret bool) {
	if w.depth++; w.depth > 200 {
		w.fault = errors.New("it is nested too deeply")
	}
	defer func() { w.depth-- }()
	if n.Anchor != "" || n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0 {
		w.fault = errors.New("it has anchors, aliases or tags")
	}
	if w.fault != nil {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		w.mapping(n, key, secret)
	case yaml.SequenceNode:
		w.sequence(n, key, secret)
	default:
		w.scalar(n, secret)
	}
}

func (w *walker) mapping(n *yaml.Node, under string, secret bool) {
	name, pair := scalar(n, "name"), false
	for i := 0; i+1 < len(n.Content); i += 2 {
		pair = pair || n.Content[i].Value == "value"
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		key := strings.ToLower(k.Value)
		w.node(k, "", false)
		below := secret || isSecret(key, under) || w.kind == "Secret" && (key == "data" || key == "stringdata")
		if pair && key == "value" {
			below = below || isSecretValue(under, name)
		}
		next := key
		if under == "exec" || under == "auth-provider" {
			next = under + "." + key // a list in it is not a container's
		}
		w.node(v, next, below)
	}
}

// sequence hands on the key that a list stands under to its items. The words of a command line are judged together.
func (w *walker) sequence(n *yaml.Node, key string, secret bool) {
	if key == "command" || key == "args" {
		words := make([]string, 0, len(n.Content))
		for _, item := range n.Content {
			words = append(words, item.Value)
		}
		for i, hidden := range process.Hide(words) {
			item := n.Content[i]
			if item.Kind == yaml.ScalarNode && item.Anchor == "" && item.Style&yaml.TaggedStyle == 0 && hidden != item.Value && !secret {
				w.put(item, hidden)
				continue
			}
			w.node(item, key, secret)
		}
		return
	}
	for _, item := range n.Content {
		w.node(item, key, secret)
	}
}

func (w *walker) scalar(n *yaml.Node, secret bool) {
	switch hidden := process.HideURL(n.Value); {
	case n.Value == "":
		w.scalars = append(w.scalars, found{node: n})
	case secret, isKey(n.Value):
		w.put(n, w.code(n.Value))
	case hidden != n.Value:
		w.put(n, hidden)
	default:
		w.scalars = append(w.scalars, found{node: n})
	}
}

func (w *walker) put(n *yaml.Node, by string) {
	w.scalars = append(w.scalars, found{node: n, replace: true, by: by})
	w.secrets = append(w.secrets, n.Value)
}

// check reads what was written once more: it must be the same documents, and hold none of the secrets.
func (w *walker) check(out []byte, documents int) error {
	again, err := parse(out)
	if err != nil || len(again.roots) != documents {
		return errors.New("a secret in it could not be replaced")
	}
	var scalars []*yaml.Node
	var list func(n *yaml.Node)
	list = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			scalars = append(scalars, n)
		}
		for _, below := range n.Content {
			list(below)
		}
	}
	for _, root := range again.roots {
		list(root)
	}
	if len(scalars) != len(w.scalars) {
		return errors.New("a secret in it could not be replaced")
	}
	for i, s := range w.scalars {
		want := s.node.Value
		if s.replace {
			want = s.by
		}
		if scalars[i].Value != want || scalars[i].Line != s.node.Line {
			return errors.New("a secret in it could not be replaced")
		}
	}
	for _, secret := range w.secrets {
		for _, s := range w.scalars {
			// What is too short to be one is everywhere: "a" in every word.
			if !s.replace && len(secret) >= 8 && strings.Contains(s.node.Value, secret) {
				return errors.New("a secret of it stands at a second place")
			}
		}
	}
	return nil
}

// isSecret reports whether what stands under a key, in lower case, is secret:
//
//   - EncryptionConfiguration: secret (k8s.io/apiserver v0.37.0, pkg/apis/apiserver/v1/types_encryption.go);
//   - kubeconfig: token, password, client-key-data, the configuration of auth-provider, the arguments of exec,
//     extensions (k8s.io/client-go v0.37.0, tools/clientcmd/api/v1/types.go);
//   - kubeadm: token, tlsBootstrapToken, certificateKey (k8s.io/kubernetes v1.37.0,
//     cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go, cmd/kubeadm/app/apis/bootstraptoken/v1/types.go);
//   - etcd: what its flags of these names say; CNI: whatever ends with the same words.
func isSecret(key, under string) bool {
	switch key {
	case "secret", "client-key-data", "certificatekey", "as-user-extra", "extensions", "discovery-user", "kubectl.kubernetes.io/last-applied-configuration":
		return true
	case "args":
		return under == "exec"
	case "config":
		return under == "auth-provider"
	}
	for _, end := range []string{"password", "passphrase", "secretkey", "secret-key", "secret_key", "accesskey", "access_key"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return strings.HasSuffix(key, "token") && !slices.Contains(noTokens(), key)
}

// noTokens are fields that end with the word and hold none: a name, a switch, and a map whose own fields are judged.
func noTokens() []string {
	return []string{"initial-cluster-token", "automountserviceaccounttoken", "bootstraptoken"}
}

// isSecretValue reports whether the value of a {name, value} is secret, by the list it stands in.
func isSecretValue(under, name string) bool {
	switch under {
	case "env", "extraenvs", "exec.env":
		return !process.Configures(settings.Etcd, name)
	case "httpheaders":
		return true
	case "extraargs", "kubeletextraargs":
		return process.IsPassword(name)
	}
	return false
}

// isKey reports whether a text holds a private key, also in base64.
func isKey(text string) bool {
	const mark = "PRIVATE KEY-----"
	if strings.Contains(text, mark) {
		return true
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return err == nil && bytes.Contains(decoded, []byte(mark))
}

// scalar is the text under a key of a map.
func scalar(n *yaml.Node, key string) string {
	if v := child(n, key); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// child is what stands under a key of a map, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// replace puts other text in the place of scalars, and empties comments.
func replace(data []byte, scalars []found) ([]byte, error) {
	lines := starts(data)
	type span struct{ start, end int }
	spans := make([]span, len(scalars))
	for i, s := range scalars {
		start, ok := offset(data, lines, s.node)
		if !ok {
			return nil, errors.New("the place of a value in it could not be found")
		}
		end, ok := extent(data, start, s.node)
		if !ok {
			return nil, errors.New("the end of a value in it could not be found")
		}
		spans[i] = span{start, end}
	}
	order := make([]int, len(scalars))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return spans[a].start - spans[b].start })
	var out bytes.Buffer
	at := 0
	for _, i := range order {
		s, where := scalars[i], spans[i]
		if where.start < at {
			return nil, errors.New("two values in it overlap")
		}
		if err := between(&out, data[at:where.start]); err != nil {
			return nil, err
		}
		text := data[where.start:where.end]
		if s.replace {
			out.WriteString(quoted(s.by))
			lost := bytes.Count(text, []byte("\n"))
			out.WriteString(strings.Repeat("\n", lost))
		} else {
			out.Write(text)
		}
		at = where.end
	}
	if err := between(&out, data[at:]); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// quoted is a text within double quotes.
func quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		if r == '"' || r == '\\' {
			out.WriteByte('\\')
		}
		if r < ' ' {
			r = ' ' // a text with such is compared after reading it again, and refused
		}
		out.WriteRune(r)
	}
	out.WriteByte('"')
	return out.String()
}

// between writes what stands between two scalars: punctuation, and comments, of which the sign stays.
func between(out *bytes.Buffer, gap []byte) error {
	for i := 0; i < len(gap); i++ {
		c := gap[i]
		if c == '#' {
			out.WriteByte(c)
			end := bytes.IndexByte(gap[i:], '\n')
			if end < 0 {
				return nil
			}
			i += end - 1
			continue
		}
		if !strings.ContainsRune("-:{}[],? \t\r\n.", rune(c)) {
			return errors.New("something in it is neither a value nor a comment")
		}
		out.WriteByte(c)
	}
	return nil
}
