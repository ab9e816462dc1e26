package meaning

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// fromYAML reads one document; empty text is nil.
func fromYAML(t testing.TB, text string) *settings.Value {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(node.Content) == 0 {
		return nil
	}
	return valueOf(node.Content[0])
}

func valueOf(n *yaml.Node) *settings.Value {
	out := &settings.Value{Text: n.Value, Origin: settings.Origin{Source: settings.FromFile, Line: n.Line, Column: n.Column}}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = settings.Map
		for i := 0; i+1 < len(n.Content); i += 2 {
			out.Entries = append(out.Entries, settings.Entry{Key: n.Content[i].Value, Value: valueOf(n.Content[i+1])})
		}
	case yaml.SequenceNode:
		out.Kind = settings.List
		for _, item := range n.Content {
			out.Items = append(out.Items, valueOf(item))
		}
	default:
		out.Kind = map[string]settings.Kind{"!!null": settings.Null, "!!bool": settings.Bool, "!!int": settings.Int, "!!float": settings.Float}[n.ShortTag()]
		if out.Kind == settings.Null && n.ShortTag() != "!!null" {
			out.Kind = settings.String
		}
	}
	return out
}
