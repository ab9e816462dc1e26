package report

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// changeLines says changes in lines of at most limit cells, and no more than most lines; scalars
// that a list has lost or gained share a line.
func changeLines(list []change, limit, most int) []string {
	var lines []string
	for i := 0; i < len(list); {
		n := alike(list[i:])
		lines = append(lines, changeLine(list[i:i+n], limit))
		i += n
	}
	if len(lines) > most {
		more := len(lines) - most
		lines = append(lines[:most:most], "and "+counted(more, "more difference", "more differences"))
	}
	return lines
}

// alike counts the changes at the head of a list that share a line.
func alike(list []change) int {
	n := 1
	for n < len(list) && member(list[0]) && member(list[n]) && list[n].sign == list[0].sign && list[n].path == list[0].path {
		n++
	}
	return n
}

// member reports whether a change is a scalar that a list has lost or gained.
func member(c change) bool { return c.sign != '~' && c.value().IsScalar() }

// value returns the value of a change that has one side.
func (c change) value() *settings.Value {
	if c.wanted != nil {
		return c.wanted
	}
	return c.found
}

func changeLine(list []change, limit int) string {
	c := list[0]
	head := string(c.sign) + " "
	if c.path != "" {
		head += c.path + ": "
	}
	room := max(12, limit-width(head))
	switch {
	case c.reordered():
		return head + "the same members in another order"
	case c.sign == '~':
		wanted, found := shortPair(inline(c.wanted), inline(c.found), max(12, room/2-2))
		return head + wanted + " -> " + found
	case len(list) > 1:
		var names []string
		for _, c := range list {
			names = append(names, inline(c.value()))
		}
		return head + fitting(names, room)
	}
	return head + cut(inline(c.value()), room)
}

// fitting joins as many names as have room, and says how many are left out.
func fitting(names []string, room int) string {
	all := strings.Join(names, ", ")
	if width(all) <= room {
		return all
	}
	for n := min(len(names)-1, room); n > 0; n-- {
		text := strings.Join(names[:n], ", ") + " and " + counted(len(names)-n, "more", "more")
		if width(text) <= room {
			return text
		}
	}
	return cut(all, room)
}
