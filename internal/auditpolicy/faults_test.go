package auditpolicy

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected messages")

// TestMessages reads every policy under testdata/parse and testdata/lint, each for 1.35, and compares
// what is said of it with the .out file beside it, word for word.
func TestMessages(t *testing.T) {
	for _, kind := range []string{"parse", "lint"} {
		files, err := filepath.Glob("testdata/" + kind + "/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatalf("no policies under testdata/%s: %v", kind, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".yaml")
			t.Run(kind+"/"+name, func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				tree, said := Parse(name+".yaml", data, "1.35")
				switch {
				case kind == "parse" && tree != nil:
					t.Error("a tree in spite of errors")
				case kind == "lint" && tree == nil:
					t.Fatalf("not read:\n%v", said)
				case kind == "lint":
					said = append(said, Lint(tree, "1.35")...)
				}
				var got strings.Builder
				for _, p := range said {
					got.WriteString(p.String() + "\n")
				}
				out := strings.TrimSuffix(file, ".yaml") + ".out"
				if *update {
					if err := os.WriteFile(out, []byte(got.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got.String()); diff != "" {
					t.Errorf("messages differ (-want +got); go test ./internal/auditpolicy -update rewrites them\n%s", diff)
				}
			})
		}
	}
}
