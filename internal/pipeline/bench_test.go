package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hardstrap/hardstrap/profiles"
)

// BenchmarkNew is what every run pays before it knows its profile: parsing the templates.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New("bench"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBundle makes one bundle as a process of its own would: a new pipeline, nothing read
// back before. The catalog is decoded once for the whole benchmark.
func BenchmarkBundle(b *testing.B) {
	for _, name := range profiles.Builtins() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := New("bench")
				if err != nil {
					b.Fatal(err)
				}
				bundleOf(b, p, name)
			}
		})
	}
}

// BenchmarkBundleAgain makes bundles of one profile in one run, as many clusters do: templates
// are parsed, and what is rendered has been read back before.
func BenchmarkBundleAgain(b *testing.B) {
	p, err := New("bench")
	if err != nil {
		b.Fatal(err)
	}
	bundleOf(b, p, "cis-level-1")
	b.ReportAllocs()
	for b.Loop() {
		bundleOf(b, p, "cis-level-1")
	}
}

// BenchmarkBundleOfFile makes the bundle of a profile that a user wrote over a built-in one.
func BenchmarkBundleOfFile(b *testing.B) {
	file := filepath.Join(b.TempDir(), "prod.yaml")
	text := "apiVersion: " + profiles.APIVersion + "\nkind: " + profiles.Kind + `
metadata: {name: prod}
extends: [cis-level-1]
cluster:
  name: prod
  controlPlaneEndpoint: api.prod.example.org:6443
  podSubnet: 10.244.0.0/16
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := New("bench")
		if err != nil {
			b.Fatal(err)
		}
		bundleOf(b, p, file)
	}
}

// bundleOf makes a bundle with placeholders for keys: keys are read or made in no time.
func bundleOf(b *testing.B, p *Pipeline, profile string) {
	b.Helper()
	c, err := p.Bundle(profile, "out", PlaceholderKeys)
	if err != nil {
		b.Fatal(err)
	}
	if len(c.Bundle.Files) == 0 {
		b.Fatal("the bundle is empty")
	}
}
