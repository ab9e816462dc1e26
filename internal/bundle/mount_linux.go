package bundle

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mountAt returns the first mount point at or below a directory, or "". The directory cannot be
// replaced while it is one; and one below would go with the old tree, and be emptied with it.
func mountAt(dir, parent string, info fs.FileInfo) string {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err == nil {
		return mountIn(table, dir)
	}
	if onOtherDevice(parent, info) { // not noticed: one below, and a bind mount
		return dir
	}
	return ""
}

// mountIn finds the first mount point at or below dir in a table of proc_pid_mountinfo(5): the
// fifth field, with space, tab, newline and backslash in octal.
func mountIn(table []byte, dir string) string {
	for line := range bytes.Lines(table) {
		fields := bytes.Fields(line)
		if len(fields) < 5 {
			continue
		}
		at := unescape(string(fields[4]))
		if rel, err := filepath.Rel(dir, at); err == nil && filepath.IsLocal(rel) {
			return at
		}
	}
	return ""
}

func unescape(field string) string {
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+3 < len(field) {
			if n, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(field[i])
	}
	return b.String()
}
