package generate

import "testing"

// BenchmarkBundle renders and reads back one cluster's bundle as a whole run does.
func BenchmarkBundle(b *testing.B) {
	in := inputOf(fullSet())
	b.Run("first cluster", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g, err := New()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := g.Bundle(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("further clusters", func(b *testing.B) {
		g := newGenerator(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := g.Bundle(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("templates", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := New(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
