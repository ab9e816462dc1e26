package diag

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Sources holds the text of files that were read, to show the line a problem is about.
type Sources map[string][]byte

// Print writes each problem to w: one line, and under it the line of the source with a mark
// below the place, when the source is known. Width is measured in terminal cells, so text
// that is not ASCII does not shift the mark.
func Print(w io.Writer, l List, sources Sources) {
	for _, p := range l {
		fmt.Fprintln(w, p.String())
		line, ok := sourceLine(sources[p.Position.File], p.Position.Line)
		if !ok || p.Position.Column < 1 {
			continue
		}
		gutter := fmt.Sprintf("%5d | ", p.Position.Line)
		fmt.Fprintln(w, gutter+visible(line))
		fmt.Fprintln(w, strings.Repeat(" ", len(gutter)-2)+"| "+
			strings.Repeat(" ", cellsBefore(line, p.Position.Column))+"^")
	}
}

// maxSnippet bounds the shown part of a line, in characters.
const maxSnippet = 160

func sourceLine(text []byte, number int) (string, bool) {
	if number < 1 {
		return "", false
	}
	rest := string(text)
	for ; number > 1; number-- {
		_, after, ok := strings.Cut(rest, "\n")
		if !ok {
			return "", false
		}
		rest = after
	}
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimRight(line, "\r"), line != ""
}

// visible replaces what a terminal would act upon and cuts very long lines.
func visible(line string) string {
	runes := []rune(line)
	if len(runes) > maxSnippet {
		runes = append(runes[:maxSnippet:maxSnippet], '…')
	}
	for i, r := range runes {
		switch {
		case r == '\t':
			runes[i] = ' '
		case r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0):
			runes[i] = '\uFFFD'
		}
	}
	return string(runes)
}

func cellsBefore(line string, column int) int {
	runes := []rune(visible(line))
	n := min(column-1, len(runes))
	return runewidth.StringWidth(string(runes[:n]))
}
