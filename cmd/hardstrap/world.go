package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// world is everything outside of the program that a command touches besides files: tests make
// their own.
type world struct {
	out     io.Writer // the product, and nothing else
	err     io.Writer // everything that is said about it
	columns int       // of the terminal that out is; 0: it is none
	colour  bool      // whether err takes colours, unless the tool settings say otherwise
	version string
	now     func() time.Time
}

// system is the world of a real run.
func system(linked string) *world {
	return &world{
		out:     os.Stdout,
		err:     os.Stderr,
		columns: columns(os.Stdout),
		colour:  term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		version: ownVersion(linked),
		now:     time.Now,
	}
}

// columns returns how wide a terminal is; 0 for what is none.
func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// ownVersion returns the version that was linked in, else the module's, as go install notes it.
func ownVersion(linked string) string {
	if linked != "" {
		return linked
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// The colours of words that a reader must not miss.
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	plain  = "\x1b[0m"
)

// say writes a line about the work.
func (w *world) say(format string, args ...any) { fmt.Fprintf(w.err, format+"\n", args...) }

// paint colours a word where colours are taken.
func (w *world) paint(colour, word string) string {
	if !w.colour {
		return word
	}
	return colour + word + plain
}

// paintProblem colours what marks a problem in a file.
func (w *world) paintProblem(s diag.Severity, text string) string {
	if s == diag.Warning {
		return w.paint(yellow, text)
	}
	return w.paint(red, text)
}
