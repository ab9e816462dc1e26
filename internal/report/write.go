package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// Options say how a report is shown; not every format heeds each.
type Options struct {
	Color       bool   // text: colours are taken
	Width       int    // text: columns of the terminal; 0: not a terminal, unlimited
	Verbose     bool   // list matches and what was not looked at, and shorten less
	ToolVersion string // of hardstrap
}

// format is one way to show a report.
type format struct {
	name  string
	write func(*bytes.Buffer, *compare.Report, Options) error
}

// formats lists the ways to show a report, the one for people first.
func formats() []format {
	return []format{
		{"text", writeText},
		{"json", writeJSON},
		{"sarif", writeSARIF},
		{"junit", writeJUnit},
		{"github", writeGitHub},
		{"markdown", writeMarkdown},
		{"prometheus", writePrometheus},
	}
}

// Formats returns the names that Write knows.
func Formats() []string {
	var out []string
	for _, f := range formats() {
		out = append(out, f.name)
	}
	return out
}

// Write shows a report in a format. All of it is written at once, or nothing.
func Write(w io.Writer, name string, r *compare.Report, o Options) error {
	for _, f := range formats() {
		if f.name != name {
			continue
		}
		var b bytes.Buffer
		if err := f.write(&b, r, o); err != nil {
			return fmt.Errorf("cannot show the report as %s: %w", name, err)
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return fmt.Errorf("cannot write the report: %w", err)
		}
		return nil
	}
	return fmt.Errorf("there is no format %q; allowed: %s", name, strings.Join(Formats(), ", "))
}
