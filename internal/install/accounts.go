package install

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// accounts are the users and groups of the node's own files, not of the machine this runs on.
type accounts struct{ users, groups map[string]int }

func (s *surveyor) readAccounts() accounts {
	return accounts{s.numbers("etc/passwd"), s.numbers("etc/group")}
}

// numbers reads the third field of passwd(5) and group(5).
func (s *surveyor) numbers(name string) map[string]int {
	out := map[string]int{"root": 0}
	data, err := s.tree.read(name)
	if err != nil {
		return out // root is known everywhere; of others is said that they are not
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 3 {
			continue
		}
		if n, err := strconv.Atoi(f[2]); err == nil && n >= 0 {
			if _, taken := out[f[0]]; !taken {
				out[f[0]] = n
			}
		}
	}
	return out
}

// looks makes numbers of user:group; without the power to give owners, none.
func (a accounts) looks(mode fs.FileMode, owner string, super bool) (looks, error) {
	out := looks{Mode: mode, UID: -1, GID: -1}
	if owner == "" {
		owner = "root:root"
	}
	user, group, ok := strings.Cut(owner, ":")
	if !ok {
		return out, fmt.Errorf("invalid owner %q; allowed: user:group", owner)
	}
	if !super {
		return out, nil
	}
	for _, part := range []struct {
		kind, name string
		known      map[string]int
		to         *int
	}{{"user", user, a.users, &out.UID}, {"group", group, a.groups, &out.GID}} {
		n, ok := part.known[part.name]
		if !ok {
			return out, fmt.Errorf("is to belong to the %s %q, which the node does not have", part.kind, part.name)
		}
		*part.to = n
	}
	return out, nil
}
