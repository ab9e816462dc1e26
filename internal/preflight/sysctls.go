package preflight

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// own is the bundle's file of kernel parameters.
const own = "90-hardstrap.conf"

// sysctlDirs are searched in this order; a name in an earlier one hides the same in a later, and all
// files are then read by name, the last value winning (sysctl.d(5)).
func sysctlDirs() []string {
	return []string{"etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d"}
}

// sysctls looks for kernel parameters that the kernel does not have and that another file sets to
// another value after ours. With protectKernelDefaults the kubelet does not start on a difference.
func sysctls(n *Node) (diag.List, error) {
	want := map[string]string{}
	for _, s := range n.Settings.Of(settings.Host, n.Role) {
		if name, ok := strings.CutPrefix(s.Key.Path, "sysctl/"); ok && s.Value.IsScalar() {
			want[slashed(name)] = s.Value.Text
		}
	}
	if len(want) == 0 {
		return nil, nil
	}
	add := warning
	if n.Role != settings.Etcd && n.kubelet("protectKernelDefaults", "false") == "true" {
		add = func(hint, format string, args ...any) diag.Problem {
			return fault(hint+"; with protectKernelDefaults the kubelet does not start otherwise", format, args...)
		}
	}
	var out diag.List
	for name := range want {
		if n.exists("proc/sys") && !n.exists("proc/sys/"+name) {
			out.Add(add("load the module that has it, or take it out of the profile", "the kernel has no parameter %q", dotted(name)))
		}
	}
	files, err := n.after()
	for _, file := range files {
		data, readErr := n.read(file)
		if readErr != nil {
			err = errors.Join(err, readErr)
			continue
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || line[0] == ';' {
				continue
			}
			name, value, ok := strings.Cut(strings.TrimPrefix(line, "-"), "=")
			name, value = slashed(strings.TrimSpace(name)), strings.TrimSpace(value)
			if ours, set := want[name]; ok && set && ours != value {
				out.Add(inFile(add("take the line out", "sets %s to %q, after the bundle's %q", dotted(name), value, ours), path.Join(n.Root, file), number))
			}
		}
	}
	return out, err
}

// after lists the files that are read after ours.
func (n *Node) after() ([]string, error) {
	found := map[string]string{}
	for _, dir := range sysctlDirs() {
		entries, err := fs.ReadDir(n.root.FS(), dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if _, hidden := found[e.Name()]; !hidden && strings.HasSuffix(e.Name(), ".conf") && e.Name() > own {
				found[e.Name()] = dir + "/" + e.Name()
			}
		}
	}
	var out []string
	for _, file := range found {
		out = append(out, file)
	}
	slices.Sort(out)
	return out, nil
}

// slashed spells a parameter as a path below /proc/sys: the first separator tells which of the two
// spellings it is (sysctl.d(5)).
func slashed(name string) string {
	if i := strings.IndexAny(name, "./"); i >= 0 && name[i] == '.' {
		return strings.Map(func(r rune) rune {
			switch r {
			case '.':
				return '/'
			case '/':
				return '.'
			}
			return r
		}, name)
	}
	return name
}

func dotted(name string) string { return strings.ReplaceAll(name, "/", ".") }
