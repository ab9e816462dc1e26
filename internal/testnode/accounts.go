package testnode

import (
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
)

// firstUser is the number of the first user that systemd-sysusers makes, and of its group.
const firstUser = 999

// accounts makes the files of users and groups: root, and those whom the bundle's sysusers.d names.
func (nd *node) accounts() {
	passwd, group := "root:x:0:0:root:/root:/bin/bash\n", "root:x:0:\n"
	for i, name := range nd.sysusers() {
		passwd += fmt.Sprintf("%s:x:%d:%d:%s:/:/usr/sbin/nologin\n", name, firstUser-i, firstUser-i, name)
		group += fmt.Sprintf("%s:x:%d:\n", name, firstUser-i)
	}
	nd.put("/etc/passwd", 0o644, root, []byte(passwd))
	nd.put("/etc/group", 0o644, root, []byte(group))
}

// sysusers lists the users of the bundle's sysusers.d.
func (nd *node) sysusers() []string {
	var out []string
	if rules := nd.files[layout.Sysusers]; rules != nil {
		for line := range strings.Lines(string(rules.data)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "u" {
				out = append(out, fields[1])
			}
		}
	}
	return out
}

// ids are the numbers of user:group.
func (nd *node) ids(owner string) (uid, gid int) {
	nd.t.Helper()
	number := func(name string) int {
		if name == "root" {
			return 0
		}
		for i, user := range nd.sysusers() {
			if user == name {
				return firstUser - i
			}
		}
		nd.t.Fatalf("testnode: the node has no user %q", name)
		return 0
	}
	user, group, _ := strings.Cut(owner, ":")
	return number(user), number(group)
}
