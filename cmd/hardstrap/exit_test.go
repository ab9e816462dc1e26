package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

func TestExitCode(t *testing.T) {
	var (
		input   = diag.List{{Message: "unknown field"}}
		wrong   = usage(&cobra.Command{Use: "x"}, errors.New("no"))
		full    = &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
		render  = fmt.Errorf("rendering: %w", &pipeline.RenderError{Err: input})
		refused = &bundle.RefusedError{Problems: input}
	)
	for _, row := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing wrong", nil, exitFine},
		{"usage", wrong, exitInvalid},
		{"faults of a file", input, exitInvalid},
		{"the same with sources", &inputError{err: input}, exitInvalid},
		{"files that would be lost", refused, exitInvalid},
		{"no key file", &keys.MissingError{Path: "k"}, exitInvalid},
		{"another run at work", &bundle.LockedError{Dir: "d"}, exitFailure},
		{"disk full", full, exitFailure},
		{"disk full, wrapped", fmt.Errorf("out: %w", full), exitFailure},
		{"rendering, which holds a list too", render, exitFailure},
		{"a broken built-in profile", &brokenBuiltinError{"x", input}, exitFailure},
		{"several faults", errors.Join(input, wrong, refused), exitInvalid},
		{"the highest wins, last", errors.Join(input, full), exitFailure},
		{"the highest wins, first", errors.Join(full, input), exitFailure},
		{"the highest wins, nested", errors.Join(input, errors.Join(wrong, render)), exitFailure},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := exitCode(row.err); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}

func TestReportShowsLinesOfTheRightFile(t *testing.T) {
	var out bytes.Buffer
	list := func(file string) diag.List {
		return diag.List{{Position: diag.Position{File: file, Line: 1, Column: 3}, Message: "wrong"}}
	}
	(&world{err: &out}).report(errors.Join(
		&inputError{err: list("a"), sources: diag.Sources{"a": []byte("of a\n")}},
		&inputError{err: list("b"), sources: diag.Sources{"b": []byte("of b\n")}},
		fmt.Errorf("disk: %w", syscall.ENOSPC),
	))
	want := "a:1:3: wrong\n    1 | of a\n      |   ^\n" +
		"b:1:3: wrong\n    1 | of b\n      |   ^\n" +
		"hardstrap: disk: no space left on device\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExitCodesAreDocumented(t *testing.T) {
	for _, code := range []int{exitFine, exitFindings, exitInvalid, exitUnreadable, exitFailure} {
		if !strings.Contains(exitCodesHelp, fmt.Sprintf("\n  %d  ", code)) {
			t.Errorf("%d is not in the help", code)
		}
	}
}
