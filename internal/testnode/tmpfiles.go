package testnode

import (
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
)

// tmpfiles does what systemd-tmpfiles --create does with the bundle's file: it sets mode and owner of what is there (z),
// and makes directories (d). See tmpfiles.d(5).
func (nd *node) tmpfiles() {
	nd.t.Helper()
	rules := nd.files[layout.Tmpfiles]
	if rules == nil {
		return
	}
	for line := range strings.Lines(string(rules.data)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 5 || fields[0] != "z" && fields[0] != "d" {
			nd.t.Fatalf("testnode: no line of tmpfiles.d is known like %q", line)
		}
		kind, pattern, owner := fields[0], fields[1], fields[3]+":"+fields[4]
		bits, err := strconv.ParseUint(fields[2], 8, 32)
		if err != nil {
			nd.t.Fatal(err)
		}
		if kind == "d" && nd.files[pattern] == nil {
			nd.put(pattern, fs.ModeDir, owner, nil)
			nd.parents()
		}
		for name, f := range nd.files {
			// The patterns are the project's own, and right.
			if ok, _ := path.Match(pattern, name); ok && f.mode.Type() != fs.ModeSymlink {
				f.mode, f.owner = f.mode.Type()|fs.FileMode(bits), owner
			}
		}
	}
}
