// Package facts is what the programs of makecatalog share: reading facts out of a component's own types and printing
// them as one part of the catalog.
//
// Each component is a program of its own, because flags and feature gates register in package variables: only a
// process that imports what the real component imports has exactly the set the real component has.
// Start reading at Print; cmd/makecatalog/main.go joins the parts.
package facts

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// Part is what one program found out.
type Part struct {
	// Modules are the modules the facts come from, module path to version.
	Modules map[string]string `json:"modules,omitempty"`
	// Flags maps component to flag name to flag.
	Flags map[string]map[string]Flag `json:"flags,omitempty"`
	// Fields maps a configuration kind to dotted path to field.
	Fields map[string]map[string]Field `json:"fields,omitempty"`
	// Gates maps component to gate name to gate.
	Gates map[string]map[string]Gate `json:"gates,omitempty"`
	// APIVersions maps a kind to the versions a component can read, the preferred one first.
	APIVersions map[string][]string `json:"apiVersions,omitempty"`
	// Sections are further top-level sections of the catalog, as they are.
	Sections map[string]any `json:"sections,omitempty"`
}

// Flag is one command line flag.
type Flag struct {
	Type       string `json:"type"`
	Default    string `json:"default,omitempty"`
	Deprecated string `json:"deprecated,omitempty"`
	Hidden     bool   `json:"hidden,omitempty"`
	Usage      string `json:"usage,omitempty"`
}

// Field is one field of a configuration kind.
type Field struct {
	Type string `json:"type"`
	// Default is the JSON of the value the component's own defaulting gives, nil where it gives none.
	Default json.RawMessage `json:"default,omitempty"`
}

// Gate is one feature gate.
type Gate struct {
	Stage   string `json:"stage"`
	Default bool   `json:"default"`
	Locked  bool   `json:"locked,omitempty"`
}

// Print writes the part, with the versions of the modules this program was built from, as JSON.
func (p *Part) Print(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this program carries no build information: build it with module support")
	}
	p.Modules = map[string]string{}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		if strings.HasPrefix(m.Path, "k8s.io/") || strings.HasPrefix(m.Path, "go.etcd.io/etcd/") {
			p.Modules[m.Path] = m.Version
		}
	}
	return json.NewEncoder(w).Encode(p)
}

// FirstSentence shortens a help text to its first sentence, and to at most 160 bytes at a word's end.
func FirstSentence(help string) string {
	s := strings.Join(strings.Fields(help), " ")
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '.' && s[i+1] == ' ' && !strings.HasSuffix(s[:i], "e.g") && !strings.HasSuffix(s[:i], "i.e") {
			s = s[:i+1]
			break
		}
	}
	const most = 160
	if len(s) <= most {
		return s
	}
	cut := strings.LastIndexByte(s[:most-3], ' ')
	if cut <= 0 {
		cut = most - 3
	}
	return strings.ToValidUTF8(s[:cut], "") + "..."
}
