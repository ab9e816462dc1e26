package observe

import (
	"strconv"
	"strings"
)

// names are the users and groups of a node by number. Another machine than the one hardstrap runs on may
// have the tree, so that the system's own look-up would tell of the wrong one.
type names struct{ users, groups map[int]string }

func namesOf(read func(string) ([]byte, error)) names {
	table := func(name string) map[int]string {
		data, err := read(name)
		if err != nil {
			return nil // numbers stand for the names
		}
		return byNumber(string(data))
	}
	return names{users: table("/etc/passwd"), groups: table("/etc/group")}
}

// byNumber reads the lines of passwd(5) and group(5), name:password:number:...; of several lines with one
// number the first gives the name, as for getpwuid(3).
func byNumber(table string) map[int]string {
	out := map[int]string{0: "root"}
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) < 3 || fields[0] == "" || strings.HasPrefix(fields[0], "#") {
			continue
		}
		number, err := strconv.Atoi(fields[2])
		if err != nil {
			continue
		}
		// 0 is root whatever it is called, and nobody else is: a second account of that name would hide another owner.
		if (number == 0) != (fields[0] == "root") {
			continue
		}
		if _, known := out[number]; !known {
			out[number] = fields[0]
		}
	}
	return out
}

// fill sets the names of a file's owner and group.
func (n names) fill(info *Info) {
	name := func(table map[int]string, number int) string {
		if name, ok := table[number]; ok {
			return name
		}
		return strconv.Itoa(number)
	}
	info.User, info.Group = name(n.users, info.UID), name(n.groups, info.GID)
}
