package pipeline

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// LostReaders compares the EncryptionConfiguration that stands in dir with the one about to take
// its place, and says which stored data no API server could read any more: a resource that was
// encrypted and is no longer named, a key or a KMS plugin that is gone. Upstream tries only the
// providers of the block that names a resource (k8s.io/apiserver v0.37.0,
// pkg/server/options/encryptionconfig). A directory without such a file loses nothing; one that
// cannot be read is a problem too, since nobody can tell.
func (c *Cluster) LostReaders(dir string) diag.List {
	d, _ := layout.DocumentFor("EncryptionConfiguration")
	inBundle := "host/" + settings.ControlPlane + d.File
	file := filepath.Join(dir, filepath.FromSlash(inBundle))
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
		return nil // what stands in the way of the file itself, writing judges
	}
	var lost diag.List
	text, err := readRegular(file, maxPolicy)
	if err != nil {
		lost.Add(diag.Problem{Position: diag.Position{File: file}, Message: "what encrypted stored data cannot be read: " + err.Error()})
		return lost
	}
	before, err := observe.File(inBundle, text)
	if err != nil || len(before) != 1 {
		lost.Add(diag.Problem{Position: diag.Position{File: file}, Message: "what encrypted stored data cannot be told from this file", Hint: "--force replaces it"})
		return lost
	}
	now := readers(c.Resolved.Settings.Value(settings.Key{Component: settings.APIServer, Path: d.Path}))
	for _, old := range readers(before[0].Value) {
		if old.name == keys.PlaceholderName || slices.ContainsFunc(now, old.keptBy) {
			continue
		}
		at := diag.Position{File: file, Line: old.origin.Line, Column: old.origin.Column}
		lost.Add(diag.Problem{
			Position: at,
			Message:  old.resource + " that " + old.name + " encrypted could not be read any more",
			Hint:     "keep both until everything has been written again, or --force where nothing was encrypted with it",
		})
	}
	lost.Sort()
	return lost
}

// reader is one way in which one resource can be read: by a key of a provider, or by a plugin.
type reader struct {
	resource string
	provider string
	name     string // of the key or the plugin
	origin   settings.Origin
}

// keptBy reports whether other reads all that r does.
func (r reader) keptBy(other reader) bool {
	return r.provider == other.provider && r.name == other.name && coversResource(other.resource, r.resource)
}

// coversResource reports whether a pattern of EncryptionConfiguration takes in another: *.* is
// everything, *.apps a group, "*." the core group, whose resources have no dot.
func coversResource(pattern, resource string) bool {
	if pattern == resource || pattern == "*.*" {
		return true
	}
	group, wild := strings.CutPrefix(pattern, "*.")
	_, of, _ := strings.Cut(resource, ".")
	return wild && group == of
}

// readers lists what an EncryptionConfiguration can read; identity needs no key and is left out.
func readers(config *settings.Value) []reader {
	var out []reader
	for _, block := range itemsOf(config.Get("resources")) {
		for _, resource := range block.Get("resources").Strings() {
			for _, provider := range itemsOf(block.Get("providers")) {
				for _, e := range provider.Entries {
					names := itemsOf(e.Value.Get("keys"))
					if e.Key == "kms" {
						names = []*settings.Value{e.Value}
					}
					for _, key := range names {
						if name := key.Get("name"); name != nil {
							out = append(out, reader{resource, e.Key, name.Text, name.Origin})
						}
					}
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b reader) int { return cmp.Compare(a.resource, b.resource) })
	return out
}

func itemsOf(v *settings.Value) []*settings.Value {
	if v == nil {
		return nil
	}
	return v.Items
}
