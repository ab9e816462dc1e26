package compare

import (
	"slices"

	"github.com/hardstrap/hardstrap/internal/meaning"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// between holds the nodes of one role against each other in what no profile can tell: whether control planes have the
// same encryption keys. Secrets never leave a node; a snapshot has digests in their place, which are the same for the
// same secret where they were made with one key.
type between struct {
	ways []way
}

// way is one content of the file, and the nodes that have it.
type way struct {
	value  *settings.Value
	origin settings.Origin
	source settings.Source
	nodes  []string
}

// add notes what one node has.
func (b *between) add(node string, v *settings.Value, source settings.Source, minor string) {
	for i := range b.ways {
		if len(meaning.Compare(encryption, b.ways[i].value, v, minor)) == 0 && len(meaning.Compare(encryption, v, b.ways[i].value, minor)) == 0 {
			b.ways[i].nodes = append(b.ways[i].nodes, node)
			return
		}
	}
	b.ways = append(b.ways, way{v, v.Origin, source, []string{node}})
}

const encryption = "EncryptionConfiguration"

// findings says where nodes are not like most of the others.
func (b *between) findings(minor string) []Finding {
	if len(b.ways) < 2 {
		return nil
	}
	most := 0
	for i, w := range b.ways {
		if len(w.nodes) > len(b.ways[most].nodes) {
			most = i
		}
	}
	var out []Finding
	for i, w := range b.ways {
		if i == most {
			continue
		}
		for _, d := range meaning.Compare(encryption, b.ways[most].value, w.value, minor) {
			out = append(out, Finding{
				Key: settings.Key{Component: settings.APIServer, Path: encryption}, Part: d.Part, Direction: Different,
				Message: "is not the same on every control plane",
				Wanted:  Said{settings.Of(d.Want), b.ways[most].origin},
				Found:   []Sighting{{Source: w.source, Said: Said{settings.Of(d.Have), w.origin}, Direction: Different}},
				Opens:   "what one control plane writes another cannot read", Nodes: slices.Clone(w.nodes), Elsewhere: slices.Clone(b.ways[most].nodes),
			})
		}
	}
	return out
}
