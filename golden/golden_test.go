package golden

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/profiles"
)

var update = flag.Bool("update", false, "write the golden files anew and remove stale ones")

// tree is one golden bundle: where it stands and the profile it is rendered from.
type tree struct {
	dir     string // below golden/
	profile string // file
}

// trees lists every built-in profile on every minor, and the profiles of options/ on their own.
func trees(t *testing.T) []tree {
	t.Helper()
	var out []tree
	for _, name := range profiles.Builtins() {
		for _, minor := range catalog.Minors() {
			out = append(out, tree{dir: filepath.Join(name, minor), profile: onMinor(t, name, minor)})
		}
	}
	options, err := filepath.Glob("options/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range options {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "kind: Profile") {
			out = append(out, tree{dir: filepath.Join("options", strings.TrimSuffix(filepath.Base(file), ".yaml")), profile: file})
		}
	}
	return out
}

// onMinor writes a profile that is a built-in one on another minor, as a user would.
func onMinor(t *testing.T, name, minor string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name+".yaml")
	text := "apiVersion: " + profiles.APIVersion + "\nkind: " + profiles.Kind + "\nmetadata: {name: " + name + "}\n" +
		"extends: [" + name + "]\nkubernetesVersion: \"" + minor + "\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// render returns the files of a bundle, the record included, by path.
func render(t *testing.T, p *pipeline.Pipeline, profile string) map[string]string {
	t.Helper()
	c, err := p.Bundle(profile, "out", pipeline.PlaceholderKeys)
	if err != nil {
		for _, problem := range diag.As(err) {
			t.Error(problem)
		}
		t.FailNow()
	}
	out := map[string]string{}
	for _, f := range c.Bundle.Files {
		out[f.Path] = string(f.Data)
	}
	record, err := c.Bundle.Encode()
	if err != nil {
		t.Fatal(err)
	}
	out["hardstrap.json"] = string(record)
	return out
}

// TestGolden compares each rendered bundle with its tree: a missing, an extra or a different
// file fails.
func TestGolden(t *testing.T) {
	p, err := pipeline.New("golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range trees(t) {
		t.Run(filepath.ToSlash(tr.dir), func(t *testing.T) {
			got := render(t, p, tr.profile)
			if *update {
				rewrite(t, tr.dir, got)
				return
			}
			want := read(t, tr.dir)
			if len(want) == 0 {
				t.Fatalf("golden/%s holds nothing; run: make golden", tr.dir)
			}
			for _, path := range paths(want, got) {
				w, wanted := want[path]
				g, rendered := got[path]
				switch {
				case !wanted:
					t.Errorf("%s is rendered and has no golden file; run: make golden", path)
				case !rendered:
					t.Errorf("%s is no longer rendered; run: make golden", path)
				default:
					if diff := cmp.Diff(strings.Split(w, "\n"), strings.Split(g, "\n")); diff != "" {
						t.Errorf("%s (-golden +rendered); if the change is meant, run: make golden\n%s", path, diff)
					}
				}
			}
		})
	}
}

// TestNoStaleTrees finds trees that no profile makes any more.
func TestNoStaleTrees(t *testing.T) {
	made := map[string]bool{}
	for _, tr := range trees(t) {
		made[tr.dir] = true
	}
	for _, dir := range existing(t) {
		if made[dir] {
			continue
		}
		if !*update {
			t.Errorf("golden/%s belongs to no profile; run: make golden", dir)
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// existing lists the trees there are: what has a record.
func existing(t *testing.T) []string {
	t.Helper()
	records, err := filepath.Glob("*/*/hardstrap.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range records {
		out = append(out, filepath.Dir(r))
	}
	return out
}

func paths(a, b map[string]string) []string {
	var out []string
	for _, m := range []map[string]string{a, b} {
		for p := range m {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

func rewrite(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
