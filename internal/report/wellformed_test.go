package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// checkWellFormed holds a report in every format against the rules of the format, and against
// the rule that nothing in it acts.
func checkWellFormed(t *testing.T, r *compare.Report) {
	t.Helper()
	for _, o := range []Options{{}, {Verbose: true, Width: 40, ToolVersion: "v1"}} {
		for _, format := range Formats() {
			text := show(t, format, r, o)
			if hides(strings.ReplaceAll(text, "\n", "")) {
				t.Errorf("%s: a character hides or acts: %q", format, text)
			}
			if !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: the last line has no end", format)
			}
			switch format {
			case "json":
				checkJSON(t, text)
			case "sarif":
				checkSARIF(t, text)
			case "junit":
				checkXML(t, text)
			case "github":
				checkGitHub(t, text)
			case "markdown":
				checkMarkdown(t, text)
			case "prometheus":
				checkPrometheus(t, text)
			}
		}
	}
}

func TestWellFormed(t *testing.T) {
	for name, r := range map[string]*compare.Report{"rich": rich(), "same": same(), "hostile": hostile(), "wide": wide(), "nothing": {}} {
		t.Run(name, func(t *testing.T) { checkWellFormed(t, r) })
	}
}

// FuzzWrite: whatever a cluster says, no format breaks.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"", "a", evil, "\x00", "]]>", "::endgroup::", "{{0}}", "$(x)", "https://www.example.org", "\U000E0041", "\u115f", "-> |\\|", "//h/p", "a:b", "NaN", "'''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkWellFormed(t, hostileWith(s)) })
}

// TestLargeValues: what a cluster says may be large, and takes no longer than in proportion.
func TestLargeValues(t *testing.T) {
	members := make([]string, 20_000)
	for i := range members {
		members[i] = "m" + strconv.Itoa(i)
	}
	fields := make(map[string]any, len(members))
	for _, m := range members {
		fields[m] = m
	}
	r := rich()
	r.Findings[0].Wanted.Value, r.Findings[0].Found[0].Said.Value = settings.Of(members[:10_000]), settings.Of(members)
	r.Findings[5].Wanted.Value, r.Findings[5].Found[0].Said.Value = settings.Of(map[string]any{}), settings.Of(fields)
	r.Findings[7].Opens, r.Findings[7].Found[0].Said.Value = strings.Join(members, " "), settings.Of(strings.Join(members, " "))
	for _, o := range []Options{{}, {Verbose: true, Width: 80}} {
		for _, format := range Formats() {
			show(t, format, r, o)
		}
	}
}

// TestNumbersThatJSONDoesNotHave: they are texts.
func TestNumbersThatJSONDoesNotHave(t *testing.T) {
	r := rich()
	r.Findings[0].Found[0].Said.Value = settings.Of(map[string]any{"list": []any{&settings.Value{Kind: settings.Float, Text: "NaN"}},
		"up": &settings.Value{Kind: settings.Float, Text: "Inf"}, "down": &settings.Value{Kind: settings.Float, Text: "-Inf"}, "huge": &settings.Value{Kind: settings.Int, Text: "18446744073709551616"}})
	checkWellFormed(t, r)
	if text := show(t, "json", r, Options{}); !strings.Contains(text, `"NaN"`) || !strings.Contains(text, `"-Inf"`) || !strings.Contains(text, `"18446744073709551616"`) {
		t.Error("a number is missing")
	}
	if expressible(math.Inf(1)) != "+Inf" || expressible(1.5) != 1.5 {
		t.Error("a number changed")
	}
}

func checkJSON(t *testing.T, text string) {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Errorf("json: %v", err)
		return
	}
	if why := misfit(schema(t), schema(t), document, "$"); why != "" {
		t.Errorf("json: does not fit docs/diff-report.schema.json: %s", why)
	}
}

func checkXML(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Errorf("junit: %v", err)
			return
		}
	}
	var all xmlSuites
	if err := xml.Unmarshal([]byte(text), &all); err != nil {
		t.Errorf("junit: %v", err)
		return
	}
	tests, failures, errs, skipped := 0, 0, 0, 0
	for _, s := range all.Suites {
		if s.Tests != len(s.Cases) || s.Name == "" {
			t.Errorf("junit: suite %q says %d tests and has %d", s.Name, s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			tests++
			failures += count01(c.Failure != nil)
			errs += count01(c.Error != nil)
			skipped += count01(c.Skipped != nil)
		}
	}
	if all.Tests != tests || all.Failures != failures || all.Errors != errs || all.Skipped != skipped {
		t.Errorf("junit: the totals %d %d %d %d are not %d %d %d %d", all.Tests, all.Failures, all.Errors, all.Skipped, tests, failures, errs, skipped)
	}
}

func count01(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkGitHub: a line is a command of this package, or one of the lines of the group.
func checkGitHub(t *testing.T, text string) {
	t.Helper()
	command := regexp.MustCompile(`^::(error|warning|notice) ((file|line|col|title)=[^:,\r\n]*,?)+::`)
	grouped := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.Contains(line, "##["):
			t.Errorf("github: an old runner may take this for a command: %q", line)
		case strings.HasPrefix(line, "::group::waived ("):
			grouped = true
		case line == "::endgroup::" && grouped:
			grouped = false
		case grouped && !strings.HasPrefix(line, "waived: "), !grouped && !command.MatchString(line):
			t.Errorf("github: not a command of a report: %q", line)
		}
	}
}

// checkMarkdown: every row of a table has as many cells as its head, and there is no other HTML
// than the report's own.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else if n != columns {
			t.Errorf("markdown: %d bars where the head of the table has %d: %q", n, columns, line)
		}
	}
	own := regexp.MustCompile(`</?(code|sub|details|summary|br)>`)
	rest := own.ReplaceAllString(text, "")
	if strings.ContainsAny(rest, "<>`@") || strings.Contains(rest, "](") {
		t.Errorf("markdown: markup that is not the report's own: %q", rest)
	}
	if strings.Count(text, "<code>") != strings.Count(text, "</code>") || strings.Count(text, "<details>") != strings.Count(text, "</details>") {
		t.Error("markdown: an element has no end")
	}
}

// checkPrometheus holds a text against the grammar of the exposition format.
func checkPrometheus(t *testing.T, text string) {
	t.Helper()
	sample := regexp.MustCompile(`^([a-z_]+)\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)+\} \d+$`)
	typed, seen := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			typed[strings.TrimSuffix(name, " gauge")] = true
			continue
		}
		if strings.HasPrefix(line, "# HELP ") {
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || !typed[m[1]] {
			t.Errorf("prometheus: not a sample of a metric with a type: %q", line)
		}
		series := line[:strings.LastIndexByte(line, ' ')]
		if seen[series] {
			t.Errorf("prometheus: a series stands twice: %q", line)
		}
		seen[series] = true
	}
}

// checkSARIF holds a log against the rules of SARIF 2.1.0 that a report touches.
func checkSARIF(t *testing.T, text string) {
	t.Helper()
	var log sarifLog
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&log); err != nil {
		t.Errorf("sarif: %v", err)
		return
	}
	run := log.Runs[0]
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.ID == "" || ids[rule.ID] {
			t.Errorf("sarif: the rule %q has no name of its own", rule.ID)
		}
		ids[rule.ID] = true
	}
	for _, r := range run.Results {
		if r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("sarif: the rule of %q is not at its index", r.RuleID)
		}
		if !slices.Contains([]string{"none", "note", "warning", "error"}, r.Level) || r.Message.Text == "" || len(r.Locations) == 0 {
			t.Errorf("sarif: the result for %q is not whole", r.RuleID)
		}
		for _, l := range slices.Concat(r.Locations, r.RelatedLocations) {
			checkSARIFLocation(t, l)
		}
	}
	if strings.Contains(text, `"startLine": 0`) || strings.Contains(text, `"region": {}`) {
		t.Error("sarif: a region without a line")
	}
}

func checkSARIFLocation(t *testing.T, l sarifLocation) {
	t.Helper()
	if l.Physical == nil && len(l.Logical) == 0 {
		t.Error("sarif: a location that is nowhere")
	}
	if l.Physical == nil {
		return
	}
	uri := l.Physical.Artifact.URI
	if _, err := url.Parse(uri); err != nil || uri == "" || strings.ContainsAny(uri, " \"<>\\^`{|}") {
		t.Errorf("sarif: %q is not a URI reference (%v)", uri, err)
	}
}
