package report

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// cells measures text in terminal cells, the same on every machine: the package's own functions
// look at the environment.
func cells() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

func width(s string) int { return cells().StringWidth(s) }

// cut shortens a text to a number of cells.
func cut(s string, limit int) string {
	if width(s) <= limit {
		return s
	}
	return cells().Truncate(s, limit, "…")
}

// pad fills a text with spaces up to a number of cells.
func pad(s string, to int) string {
	return s + strings.Repeat(" ", max(0, to-width(s)))
}

// wrap breaks a text between words so that no line has more cells than limit, unless one word
// does; a limit below 1 breaks nothing.
func wrap(s string, limit int) []string {
	if limit < 1 || width(s) <= limit {
		return []string{s}
	}
	var lines, line []string
	used := 0
	for _, word := range strings.Split(s, " ") {
		w := width(word)
		if len(line) > 0 && used+1+w > limit {
			lines = append(lines, strings.Join(line, " "))
			line, used = nil, 0
		}
		if len(line) > 0 {
			used++
		}
		line = append(line, word)
		used += w
	}
	return append(lines, strings.Join(line, " "))
}

// table pads the cells of rows so that columns stand under each other; the last cell of a row
// is not padded, and a column that is empty in every row is left out.
func table(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	var lines []string
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if widths[i] > 0 {
				b.WriteString(pad(cell, widths[i]) + "  ")
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}
