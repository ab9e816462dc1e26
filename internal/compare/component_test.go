package compare_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestDocumentThatNobodyRead: a process or a mirror pod that names another audit policy than the wanted one shows no
// more than that, unless the node's files have been read.
func TestDocumentThatNobodyRead(t *testing.T) {
	minor, err := catalog.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	policy := settings.Setting{
		Key: settings.Key{Component: settings.APIServer, Path: "Policy"}, Shape: settings.Document,
		Value: settings.Of(map[string]any{"rules": []any{map[string]any{"level": "Metadata"}}}),
	}
	flag := func(file string) settings.Setting {
		return settings.Setting{Key: settings.Flag(settings.APIServer, "audit-policy-file"), Value: settings.Of(file)}
	}
	w := &compare.Wanted{
		Minor: minor, Version: "1.37.0", Settings: &settings.Set{}, Kubeadm: &settings.Set{}, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		File: func(settings.Key) string { return "" },
	}
	w.Settings.Put(policy)
	w.Settings.Put(flag("/wanted.yaml"))
	layer := func(source settings.Source, account string, found ...settings.Setting) observe.Layer {
		return observe.Layer{View: observe.View{Source: source, Component: settings.APIServer, Account: account}, Rank: observe.Flags, Settings: found}
	}
	for name, c := range map[string]struct {
		layers []observe.Layer
		found  bool
	}{
		"the wanted one":       {[]observe.Layer{layer(settings.FromAPI, "mirror pod", flag("/wanted.yaml"))}, false},
		"another":              {[]observe.Layer{layer(settings.FromAPI, "mirror pod", flag("/other.yaml"))}, true},
		"another of a process": {[]observe.Layer{layer(settings.FromProcess, "process", flag("/other.yaml")), layer(settings.FromFile, "manifest", flag("/wanted.yaml"), policy)}, true},
		"another that is read": {[]observe.Layer{layer(settings.FromProcess, "process", flag("/other.yaml")), layer(settings.FromFile, "manifest", flag("/other.yaml"), policy)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			report := compare.Compare(w, []observe.Observation{{Subject: "cp-1", Role: settings.ControlPlane, Layers: c.layers}})
			var got bool
			for _, f := range report.Findings {
				got = got || strings.HasSuffix(f.Key.Path, "audit-policy-file")
			}
			if got != c.found {
				t.Errorf("found: %t", got)
			}
		})
	}
}
