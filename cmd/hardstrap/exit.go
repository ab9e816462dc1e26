package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/preflight"
)

// Exit codes. The highest that applies wins.
const (
	exitFine       = 0
	exitFindings   = 1
	exitInvalid    = 2
	exitUnreadable = 3
	exitFailure    = 4
)

const exitCodesHelp = `Every command ends with one of these; the highest that applies wins.

  0  fine, or no difference
  1  differences or findings
  2  usage error or invalid input, or files that would be lost without --force
  3  something that a chosen source should have shown could not be read or reached
  4  failure of hardstrap itself, or of the system it runs on
`

// usageError says that the command line itself is wrong.
type usageError struct {
	help string // the command that tells more
	err  error
}

// usage makes a usageError of a command.
func usage(cmd *cobra.Command, err error) error {
	return &usageError{help: cmd.CommandPath() + " --help", err: err}
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// inputError is faults of files the user gave, with their text to show the lines.
type inputError struct {
	err     error
	sources diag.Sources
}

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// unseenError says that a source did not show what it should have. Without a cause the product has named it.
type unseenError struct{ err error }

func (e *unseenError) Error() string {
	if e.err == nil {
		return "something could not be read"
	}
	return e.err.Error()
}

// Unwrap returns the cause.
func (e *unseenError) Unwrap() error { return e.err }

// findingsError says that there are differences, which the product has named.
type findingsError struct{}

func (*findingsError) Error() string { return "there are differences" }

// exitCode tells by its type what an error means. What has no type of its own is a failure.
func exitCode(err error) int {
	if err == nil {
		return exitFine
	}
	code := exitFine
	for _, one := range split(err) {
		var (
			wrong   *usageError
			list    diag.List
			missing *keys.MissingError
			unknown *preflight.UnknownError
			unseen  *unseenError
			found   *findingsError
			render  *pipeline.RenderError // wraps a diag.List, and is no fault of the input
		)
		switch {
		case errors.As(one, &render):
			return exitFailure
		case errors.As(one, &unknown), errors.As(one, &unseen):
			code = max(code, exitUnreadable)
		case errors.As(one, &wrong), errors.As(one, &list), errors.As(one, &missing):
			code = max(code, exitInvalid)
		case errors.As(one, &found):
			code = max(code, exitFindings)
		default:
			return exitFailure
		}
	}
	return code
}

// split returns the errors that were joined, each by itself.
func split(err error) []error {
	var joined interface{ Unwrap() []error }
	if j, ok := err.(interface{ Unwrap() []error }); ok { // only the outermost: inner ones are one fault
		joined = j
	} else {
		return []error{err}
	}
	var out []error
	for _, one := range joined.Unwrap() {
		out = append(out, split(one)...)
	}
	return out
}
