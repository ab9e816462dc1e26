// Package diag owns how a fault in a user's input is said: where it stands, what is wrong,
// what is allowed, and what to do instead. It collects; it never prints by itself and never
// exits. Start reading at Problem.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Position is a place in a file. Line and Column count from 1, Column in characters; zero
// means "the file as a whole".
type Position struct {
	File   string
	Line   int
	Column int
}

// String returns file:line:column, leaving out what is not known.
func (p Position) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity tells whether a problem stops the work.
type Severity uint8

// An Error stops the work; a Warning is said and the work goes on.
const (
	Error Severity = iota
	Warning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is one fault.
type Problem struct {
	Severity Severity
	Position Position
	Path     string // where in the document, as a.b[2].c; may be empty
	Message  string // lower case, the offending value in quotes, no final full stop
	Allowed  string // what may stand there; may be empty
	Hint     string // what to do; may be empty
}

const warningWord = "warning:"

// String returns the problem on one line, without a snippet.
func (p Problem) String() string {
	var b strings.Builder
	if at := p.Position.String(); at != "" {
		b.WriteString(at + ": ")
	}
	if p.Severity == Warning {
		b.WriteString(warningWord + " ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Allowed != "" {
		b.WriteString("; allowed: " + p.Allowed)
	}
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return onOneLine(b.String())
}

// onOneLine replaces what would end the line or act upon a terminal: names out of a user's file
// stand in a path as they are.
func onOneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// List is several problems. The zero value is ready to use.
type List []Problem

// Add appends a problem.
func (l *List) Add(p Problem) { *l = append(*l, p) }

// Errorf appends an error at a position and path.
func (l *List) Errorf(at Position, path, format string, args ...any) {
	l.Add(Problem{Position: at, Path: path, Message: fmt.Sprintf(format, args...)})
}

// Sort orders by file, line, column, message and path, errors and warnings together, and
// drops exact repetitions (an alias can make a decoder report twice).
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Position.File, b.Position.File),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(a.Message, b.Message),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Path, b.Path),
		)
	})
	*l = slices.Compact(*l)
}

// Fold sorts, and makes one problem of several that differ only in their path: a line of a
// profile that speaks for six components is one fault, not six.
func (l *List) Fold() {
	l.Sort()
	var out List
	for _, p := range *l {
		if n := len(out); n > 0 {
			last := out[n-1]
			last.Path = p.Path
			if last == p {
				out[n-1].Path += ", " + p.Path
				continue
			}
		}
		out = append(out, p)
	}
	*l = out
}

// Errors returns only the problems that stop the work.
func (l List) Errors() List { return l.only(Error) }

// Warnings returns only the problems that do not.
func (l List) Warnings() List { return l.only(Warning) }

func (l List) only(s Severity) List {
	var out List
	for _, p := range l {
		if p.Severity == s {
			out = append(out, p)
		}
	}
	return out
}

// Err returns the list as an error when it holds at least one Error, otherwise nil.
func (l List) Err() error {
	if len(l.Errors()) == 0 {
		return nil
	}
	return l
}

// Error returns every problem, one a line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// As returns the list inside err, or a list of one problem made from its text.
func As(err error) List {
	if err == nil {
		return nil
	}
	var l List
	if errors.As(err, &l) {
		return l
	}
	return List{{Message: err.Error()}}
}
