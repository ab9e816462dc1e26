package bundle

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// bundleOf has as many files as a bundle of one cluster, of the usual size.
func bundleOf(version string) *Bundle {
	b := &Bundle{}
	for i := range 60 {
		b.Files = append(b.Files, text(fmt.Sprintf("host/role-%d/etc/part-%d/file-%d.yaml", i%2, i%7, i), version+strings.Repeat("x: y\n", 300)))
	}
	return b
}

func BenchmarkWriteNew(b *testing.B) {
	parent := b.TempDir()
	for i := 0; b.Loop(); i++ {
		if _, err := Write(filepath.Join(parent, fmt.Sprint(i)), bundleOf("1"), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteUnchanged(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "out")
	for b.Loop() {
		if _, err := Write(dir, bundleOf("1"), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteAllChanged(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "out")
	for i := 0; b.Loop(); i++ {
		if _, err := Write(dir, bundleOf(fmt.Sprint(i)), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
