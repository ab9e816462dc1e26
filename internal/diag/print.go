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
	PrintPainted(w, l, sources, func(_ Severity, text string) string { return text })
}

// PrintPainted is Print for a terminal with colours: paint gets the word that tells a warning,
// and each mark, and returns them as they are to be written.
func PrintPainted(w io.Writer, l List, sources Sources, paint func(Severity, string) string) {
	for _, p := range l {
		said := p.String()
		if at, rest, ok := strings.Cut(said, warningWord); ok && p.Severity == Warning && len(at) <= len(p.Position.String())+len(": ") {
			said = at + paint(Warning, warningWord) + rest
		}
		fmt.Fprintln(w, said)
		line, ok := sourceLine(sources[p.Position.File], p.Position.Line)
		if !ok || p.Position.Column < 1 {
			continue
		}
		gutter := fmt.Sprintf("%5d | ", p.Position.Line)
		shown, before := snippet(line, p.Position.Column)
		fmt.Fprintln(w, gutter+shown)
		fmt.Fprintln(w, strings.Repeat(" ", len(gutter)-2)+"| "+strings.Repeat(" ", runewidth.StringWidth(before))+paint(p.Severity, "^"))
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

// snippet returns what is shown of a line, and the part of it before a column. Of a very long
// line it is the part around the column; what a terminal would act upon is replaced.
func snippet(line string, column int) (shown, before string) {
	runes := []rune(line)
	for i, r := range runes {
		switch {
		case r == '\t':
			runes[i] = ' '
		case r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0):
			runes[i] = '\uFFFD'
		}
	}
	at := min(column-1, len(runes))
	from := 0
	if at > maxSnippet/2 && len(runes) > maxSnippet {
		from = at - maxSnippet/2
	}
	to := min(from+maxSnippet, len(runes))
	shown, before = string(runes[from:to]), string(runes[from:at])
	if from > 0 {
		shown, before = "…"+shown, "…"+before
	}
	if to < len(runes) {
		shown += "…"
	}
	return shown, before
}
