package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/compare"
)

var update = flag.Bool("update", false, "write the golden files anew and remove stale ones")

// extensions are those by which editors know the formats.
var extensions = map[string]string{
	"text": ".txt", "json": ".json", "sarif": ".sarif", "junit": ".xml", "github": ".github", "markdown": ".md", "prometheus": ".prom",
}

func show(t *testing.T, format string, r *compare.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rendered returns the content of every golden file by its name.
func rendered(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	reports := map[string]*compare.Report{"rich": rich(), "same": same(), "hostile": hostile(), "wide": wide(), "nothing": {Profile: "production"}}
	for name, r := range reports {
		for _, format := range Formats() {
			out[name+extensions[format]] = show(t, format, r, Options{ToolVersion: "v1.2.3"})
		}
	}
	for name, o := range map[string]Options{
		"rich-verbose":    {Verbose: true, ToolVersion: "v1.2.3"},
		"rich-80":         {Width: 80},
		"rich-verbose-80": {Width: 80, Verbose: true},
		"rich-color":      {Color: true, Width: 120},
	} {
		out[name+".txt"] = show(t, "text", rich(), o)
	}
	out["wide-60.txt"] = show(t, "text", wide(), Options{Width: 60})
	for _, format := range []string{"json", "markdown"} {
		out["rich-verbose"+extensions[format]] = show(t, format, rich(), Options{Verbose: true, ToolVersion: "v1.2.3"})
	}
	return out
}

// TestGolden compares every format with its golden file: a missing, a stale or a different one
// fails.
func TestGolden(t *testing.T) {
	got := rendered(t)
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, made := got[filepath.Base(file)]; made {
			continue
		}
		if !*update {
			t.Errorf("%s belongs to no report; run: go test ./internal/report -update", file)
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range got {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
			t.Errorf("%s (-golden +shown); if the change is meant, run: go test ./internal/report -update\n%s", name, diff)
		}
	}
}

// TestSameBytes: the same report twice is the same bytes, and is not changed by being shown.
func TestSameBytes(t *testing.T) {
	r := rich()
	for _, format := range Formats() {
		o := Options{Verbose: true, Color: true, Width: 100}
		first := show(t, format, r, o)
		if second := show(t, format, r, o); first != second {
			t.Errorf("%s: another text the second time", format)
		}
		if other := show(t, format, rich(), o); first != other {
			t.Errorf("%s: the same report gives another text", format)
		}
	}
	if diff := cmp.Diff(rich(), r); diff != "" {
		t.Errorf("showing it changed the report:\n%s", diff)
	}
}

func TestUnknownFormat(t *testing.T) {
	var b bytes.Buffer
	err := Write(&b, "html", rich(), Options{})
	if want := `there is no format "html"; allowed: text, json, sarif, junit, github, markdown, prometheus`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if b.Len() > 0 {
		t.Error("something was written")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteTellsOfAFullDisk(t *testing.T) {
	for _, format := range Formats() {
		if err := Write(fullDisk{}, format, rich(), Options{}); err == nil {
			t.Errorf("%s: no error", format)
		}
	}
}

func TestSummary(t *testing.T) {
	if got, want := Summary(rich()), "3 weaker, 1 stronger, 3 different, 1 unknown, 2 not looked at, 1 waived, 3 match"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Summary(&compare.Report{}), "0 weaker, 0 stronger, 0 different, 0 unknown, 0 not looked at, 0 waived, 0 match"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, format := range []string{"text", "json", "sarif", "github", "markdown"} {
		if !strings.Contains(show(t, format, rich(), Options{}), Summary(rich())) {
			t.Errorf("%s: the summary line is missing", format)
		}
	}
}

// TestWidth: no line is wider than the terminal, but for words that are.
func TestWidth(t *testing.T) {
	for _, r := range []*compare.Report{rich(), wide()} {
		for _, columns := range []int{60, 80, 100, 120, 160} {
			for line := range strings.Lines(show(t, "text", r, Options{Width: columns})) {
				line = strings.TrimSuffix(line, "\n")
				if width(line) > columns && len(strings.Fields(line)) > 1 {
					t.Errorf("%d columns: %d: %q", columns, width(line), line)
				}
			}
		}
	}
}
