package diag

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrint looks where the mark stands below lines whose characters are not all one cell wide.
func TestPrint(t *testing.T) {
	const file = "a.yaml"
	for _, test := range []struct {
		name   string
		source string
		at     Position
		want   string
	}{
		{"plain", "one\nkey: value\n", Position{file, 2, 6}, "    2 | key: value\n      |      ^\n"},
		{"first column", "key: value\n", Position{file, 1, 1}, "    1 | key: value\n      | ^\n"},
		{"accents", "clé: été\n", Position{file, 1, 6}, "    1 | clé: été\n      |      ^\n"},
		{"combining accents", "cle\u0301: x\n", Position{file, 1, 7}, "    1 | cle\u0301: x\n      |      ^\n"},
		{"wide characters", "名前: 値\n", Position{file, 1, 5}, "    1 | 名前: 値\n      |       ^\n"},
		{"tabs", "a\t\tb\n", Position{file, 1, 4}, "    1 | a  b\n      |    ^\n"},
		{"line ends of Windows", "one\r\nkey: value\r\n", Position{file, 2, 6}, "    2 | key: value\n      |      ^\n"},
		{"no line end", "key: value", Position{file, 1, 6}, "    1 | key: value\n      |      ^\n"},
		{"control characters", "a\x1b[31mb\n", Position{file, 1, 7}, "    1 | a\uFFFD[31mb\n      |       ^\n"},
		{"behind the end", "key:\n", Position{file, 1, 99}, "    1 | key:\n      |     ^\n"},
		{"not UTF-8", "a\xffb\n", Position{file, 1, 3}, "    1 | a\uFFFDb\n      |   ^\n"},
		{"a long line, its start", strings.Repeat("x", 500) + "\n", Position{file, 1, 3}, "    1 | " + strings.Repeat("x", 160) + "…\n      |   ^\n"},
		{"a long line, its middle", strings.Repeat("x", 300) + "y" + strings.Repeat("x", 300) + "\n", Position{file, 1, 301}, "    1 | …" + strings.Repeat("x", 80) + "y" + strings.Repeat("x", 79) + "…\n      |  " + strings.Repeat(" ", 80) + "^\n"},
		{"a long line, its end", strings.Repeat("x", 499) + "y\n", Position{file, 1, 500}, "    1 | …" + strings.Repeat("x", 80) + "y\n      |  " + strings.Repeat(" ", 80) + "^\n"},
		{"large numbers of lines", strings.Repeat("\n", 123455) + "x\n", Position{file, 123456, 1}, "123456 | x\n       | ^\n"},
		{"an unknown file", "x\n", Position{"b.yaml", 1, 1}, ""},
		{"no column", "x\n", Position{file, 1, 0}, ""},
		{"no line", "x\n", Position{file, 0, 0}, ""},
		{"a line too far", "x\n", Position{file, 9, 1}, ""},
		{"an empty line", "\n\n", Position{file, 1, 1}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got bytes.Buffer
			Print(&got, List{{Position: test.at, Message: "wrong"}}, Sources{file: []byte(test.source)})
			want := test.at.String() + ": wrong\n" + test.want
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemString(t *testing.T) {
	for _, test := range []struct {
		name string
		p    Problem
		want string
	}{
		{"message alone", Problem{Message: "wrong"}, "wrong"},
		{"everything", Problem{Position: Position{"f", 1, 2}, Path: "a.b", Message: "wrong", Allowed: "x, y", Hint: "write x"}, "f:1:2: a.b: wrong; allowed: x, y; write x"},
		{"a warning", Problem{Severity: Warning, Position: Position{"f", 1, 0}, Message: "odd"}, "f:1: warning: odd"},
		{"a file", Problem{Position: Position{File: "f"}, Message: "wrong"}, "f: wrong"},
	} {
		if got := test.p.String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestSortDropsRepetitions(t *testing.T) {
	a := Problem{Position: Position{"a", 1, 1}, Message: "one"}
	b := Problem{Position: Position{"a", 1, 2}, Message: "two"}
	c := Problem{Position: Position{"a", 10, 1}, Message: "three"}
	d := Problem{Position: Position{"b", 1, 1}, Message: "four"}
	l := List{d, c, b, a, c, b}
	l.Sort()
	if diff := cmp.Diff(List{a, b, c, d}, l); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFoldJoinsPaths(t *testing.T) {
	at := Position{"a", 1, 1}
	l := List{
		{Position: at, Path: "y", Message: "one"}, {Position: at, Path: "x", Message: "one"},
		{Position: at, Path: "x", Message: "one"}, {Position: at, Path: "x", Message: "one", Severity: Warning},
		{Position: at, Path: "x", Message: "two"},
	}
	l.Fold()
	paths := map[string]int{}
	for _, p := range l {
		paths[fmt.Sprint(p.Severity, " ", p.Message, " ", p.Path)]++
	}
	if paths["error one x, y"] != 1 || paths["warning one x"] != 1 || paths["error two x"] != 1 || len(l) != 3 {
		t.Errorf("folded to %v", paths)
	}
}

func TestErrors(t *testing.T) {
	var l List
	if l.Err() != nil || As(nil) != nil {
		t.Error("nothing is an error")
	}
	l.Add(Problem{Severity: Warning, Message: "odd"})
	if l.Err() != nil {
		t.Error("a warning alone is an error")
	}
	l.Errorf(Position{"f", 1, 2}, "a", "%q is wrong", "x")
	if err := l.Err(); err == nil || err.Error() != "warning: odd\nf:1:2: a: \"x\" is wrong" {
		t.Errorf("Err = %v", err)
	}
	if len(l.Errors()) != 1 || len(l.Warnings()) != 1 || l.Errors()[0].Path != "a" {
		t.Errorf("errors %v, warnings %v", l.Errors(), l.Warnings())
	}
	if got := As(fmt.Errorf("while loading: %w", l)); len(got) != 2 {
		t.Errorf("As lost problems: %v", got)
	}
	if got := As(errors.New("other")); len(got) != 1 || got[0].Message != "other" {
		t.Errorf("As of another error: %v", got)
	}
}

// What a user's file or command line puts into a message cannot end its line or act upon a
// terminal.
func TestProblemStaysOnOneLine(t *testing.T) {
	p := Problem{Position: Position{File: "a\nb"}, Path: "flags.\x1b[31m", Message: "x\u202ey", Hint: "z\u2028"}
	if got, want := p.String(), "a\uFFFDb: flags.\uFFFD[31m: x\uFFFDy; z\uFFFD"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrintPainted(t *testing.T) {
	paint := func(s Severity, text string) string { return fmt.Sprintf("<%s %s>", s, text) }
	l := List{
		{Severity: Warning, Position: Position{"f", 1, 2}, Message: `"b" is odd; warning: the last`},
		{Position: Position{"f", 1, 1}, Message: "warning: this is an error"},
		{Severity: Warning, Message: "no place"},
	}
	var got strings.Builder
	PrintPainted(&got, l, Sources{"f": []byte("ab\n")}, paint)
	want := `f:1:2: <warning warning:> "b" is odd; warning: the last
    1 | ab
      |  <warning ^>
f:1:1: warning: this is an error
    1 | ab
      | <error ^>
<warning warning:> no place
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}
