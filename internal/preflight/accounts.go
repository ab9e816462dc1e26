package preflight

import (
	"maps"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// accounts finds users that tmpfiles.d or a unit names and that neither the node has nor the bundle's
// sysusers.d makes.
func accounts(n *Node) (diag.List, error) {
	named := map[string]string{} // user to the file that names it
	for _, s := range n.Settings.Of(settings.Host, n.Role) {
		if strings.HasPrefix(s.Key.Path, "tmpfile/") {
			if user := s.Value.Get("user"); user != nil {
				named[user.Text] = "/etc/tmpfiles.d/hardstrap.conf"
			}
		}
	}
	known := map[string]bool{"root": true, "-": true}
	for name, data := range n.Files {
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			if user, ok := strings.CutPrefix(line, "User="); ok && strings.HasSuffix(name, ".service") {
				named[user] = name
			}
			if f := strings.Fields(line); strings.HasPrefix(name, "/etc/sysusers.d/") && len(f) > 1 && f[0] == "u" {
				known[f[1]] = true
			}
		}
	}
	data, err := n.read("etc/passwd")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(line, ":")
		known[f[0]] = true
		if len(f) > 2 {
			known[f[2]] = true // tmpfiles.d takes numbers too
		}
	}
	var out diag.List
	for _, user := range slices.Sorted(maps.Keys(named)) {
		if !known[user] {
			out.Add(fault("make it, or set host.etcdUser in the profile, whose bundle makes it", "%s names the user %q, which the node does not have", named[user], user))
		}
	}
	return out, nil
}
