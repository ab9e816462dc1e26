package profiles

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/diag"
)

var update = flag.Bool("update", false, "write the messages of testdata/bad anew; read the difference before committing it")

// TestBadProfiles compares what is said of every broken profile, snippets included, with the
// .out file beside it.
func TestBadProfiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d broken profiles (%v); they belong in testdata/bad", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			loaded, err := Load(file)
			if err == nil {
				t.Error("the profile was taken")
			}
			var got bytes.Buffer
			diag.Print(&got, append(diag.As(err), loaded.Warnings...), loaded.Sources)
			out := strings.TrimSuffix(file, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(out, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("messages differ from %s (-want +got):\n%s\ngo test ./profiles -run TestBadProfiles -update writes them anew", out, diff)
			}
		})
	}
}
