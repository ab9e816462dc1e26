package snapshot

import (
	"bytes"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// The parser says where a scalar begins, and not where it ends. Here is only what is needed to find that: that
// the right end was found is seen when what was written is read again.

// starts are the offsets of lines.
func starts(data []byte) []int {
	out := []int{0}
	for i, c := range data {
		if c == '\n' {
			out = append(out, i+1)
		}
	}
	return out
}

// offset is where a scalar begins. Columns count characters.
func offset(data []byte, lines []int, n *yaml.Node) (int, bool) {
	if n.Line < 1 || n.Line > len(lines) {
		return 0, false
	}
	at := lines[n.Line-1]
	for range n.Column - 1 {
		if at >= len(data) || data[at] == '\n' {
			return at, n.Value == "" // nothing stands there
		}
		_, size := utf8.DecodeRune(data[at:])
		at += size
	}
	return at, true
}

// extent is the offset behind a scalar.
func extent(data []byte, start int, n *yaml.Node) (int, bool) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return behindQuote(data, start, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return behindQuote(data, start, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return behindBlock(data, start)
	case n.Value == "":
		return start, true
	}
	return behindPlain(data, start, n.Value)
}

func behindQuote(data []byte, start int, quote byte) (int, bool) {
	if start >= len(data) || data[start] != quote {
		return 0, false
	}
	for i := start + 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] == quote && quote == '\'' && i+1 < len(data) && data[i+1] == quote:
			i++
		case data[i] == quote:
			return i + 1, true
		}
	}
	return 0, false
}

// behindPlain follows a scalar without quotes, in which a break of lines is a blank.
func behindPlain(data []byte, start int, value string) (int, bool) {
	at := start
	for i := 0; i < len(value); i++ {
		if at >= len(data) {
			return 0, false
		}
		if value[i] == ' ' || value[i] == '\n' {
			before := at
			for at < len(data) && bytes.IndexByte([]byte(" \t\r\n"), data[at]) >= 0 {
				at++
			}
			if at == before {
				return 0, false
			}
			for i+1 < len(value) && (value[i+1] == ' ' || value[i+1] == '\n') {
				i++
			}
			continue
		}
		if data[at] != value[i] {
			return 0, false
		}
		at++
	}
	return at, true
}

// behindBlock follows a scalar of | or >: the lines after it that are empty or indented as the first one is. One that
// says its indentation itself, or has a comment behind the sign, is not followed.
func behindBlock(data []byte, start int) (int, bool) {
	end := bytes.IndexByte(data[start:], '\n')
	if end < 0 {
		return len(data), true
	}
	if head := bytes.TrimSpace(data[start : start+end]); len(head) > 2 || bytes.ContainsAny(head, "0123456789#") {
		return 0, false
	}
	at, last, indent := start+end+1, start+end, -1
	for at < len(data) {
		line := data[at:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		text := bytes.TrimLeft(line, " ")
		if empty := len(bytes.TrimSpace(line)) == 0; !empty {
			depth := len(line) - len(text)
			if indent < 0 {
				indent = depth
			}
			if depth < indent || indent == 0 {
				break
			}
			last = at + len(line)
			if line[len(line)-1] == '\n' {
				last--
			}
		}
		at += len(line)
	}
	return last, true
}
