package resolve_test

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/resolve"
	"github.com/hardstrap/hardstrap/profiles"
)

// BenchmarkResolve turns a loaded profile into settings; the parts of the catalog it asks for
// are decoded once for the whole benchmark.
func BenchmarkResolve(b *testing.B) {
	loaded, err := profiles.Load("cis-level-1")
	if err != nil {
		b.Fatal(err)
	}
	minor, err := catalog.For(loaded.Profile.KubernetesVersion)
	if err != nil {
		b.Fatal(err)
	}
	in := resolve.Inputs{Keys: []resolve.Key{{Name: "key-0badcafe", Provider: string(loaded.Profile.APIServer.Encryption.Provider)}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := resolve.Resolve(loaded, minor, in); err != nil {
			b.Fatal(err)
		}
	}
}
