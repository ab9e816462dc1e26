package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// sysctlDirs are where systemd-sysctl looks, the strongest first (sysctl.d(5)).
func sysctlDirs() []string {
	return []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"}
}

// sysctls reads the files of sysctl.d as systemd-sysctl does: in the order of their names, of several
// with one name the one in the strongest directory, and of several values the last.
func (n *node) sysctls() {
	files := map[string]string{}
	for _, dir := range sysctlDirs() {
		found, err := n.tree.Glob(dir + "/*.conf")
		if err != nil {
			n.unread(settings.Host, []string{"sysctl/"}, dir, err)
		}
		for _, file := range found {
			if base := path.Base(file); files[base] == "" {
				files[base] = file
			}
		}
	}
	values := map[string]settings.Setting{}
	for _, base := range slices.Sorted(maps.Keys(files)) {
		info, err := n.tree.Stat(files[base])
		if err == nil && !info.Mode.IsRegular() || errors.Is(err, fs.ErrNotExist) {
			continue // a link to /dev/null, or to nothing, switches a file off
		}
		data, ok := n.read(settings.Host, []string{"sysctl/"}, files[base])
		if !ok {
			continue
		}
		for _, s := range n.sysctlLines(files[base], data) {
			values[s.Key.Path] = s
		}
	}
	n.layer(settings.Host, "sysctl.d", ConfigFile, "/etc/sysctl.d", slices.Collect(maps.Values(values)))
}

// sysctlLines reads the pairs of a file; other software's are any text, with a dash before those that may
// fail and slashes for dots.
func (n *node) sysctlLines(file string, data []byte) []settings.Setting {
	r := &reader{path: file}
	var out []settings.Setting
	for _, l := range lines(data) {
		name, value, ok := strings.Cut(l.text, "=")
		if !ok {
			continue
		}
		name = strings.TrimPrefix(strings.TrimSpace(name), "-")
		out = append(out, n.sysctl(strings.ReplaceAll(name, "/", "."), strings.TrimSpace(value), r.at(l)))
	}
	return out
}

func (n *node) sysctl(name, value string, at settings.Origin) settings.Setting {
	v := &settings.Value{Kind: settings.String, Text: value, Origin: at}
	if number, err := strconv.ParseInt(value, 0, 64); err == nil {
		v.Kind, v.Text = settings.Int, strconv.FormatInt(number, 10)
	}
	return settings.Setting{Key: settings.Key{Component: settings.Host, Role: n.out.Role, Path: "sysctl/" + name}, Value: v}
}

// kernel reads the values that the kernel has, where there is one behind the tree.
func (n *node) kernel() {
	if !n.exists("/proc/sys/kernel") {
		return
	}
	var found []settings.Setting
	for _, name := range n.options.Sysctls {
		file := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
		data, err := n.tree.ReadFile(file)
		if err != nil {
			n.out.Unknown = append(n.out.Unknown, Unknown{
				Source: settings.FromProcess, Component: settings.Host, Account: "kernel", Paths: []string{"sysctl/" + name},
				Origin: settings.Origin{Source: settings.FromProcess, File: file}, Why: file + " cannot be read: " + cause(err),
			})
			continue
		}
		found = append(found, n.sysctl(name, strings.Join(strings.Fields(string(data)), " "), settings.Origin{Source: settings.FromProcess, File: file}))
	}
	n.out.Layers = append(n.out.Layers, Layer{
		View: View{Source: settings.FromProcess, Component: settings.Host, Account: "kernel"}, Rank: ConfigFile, Place: "/proc/sys", Settings: found,
	})
}

// hostFiles reads the firewall of a bundle, where there is one.
func (n *node) hostFiles() {
	var found []settings.Setting
	if n.exists(layout.Firewall) {
		if data, ok := n.read(settings.Host, []string{"firewall/"}, layout.Firewall); ok {
			r := &reader{path: layout.Firewall}
			rules := r.firewall(n.out.Role, data)
			if !n.faults(settings.Host, []string{"firewall/"}, r) {
				found = append(found, rules...)
			}
		}
	}
	n.layer(settings.Host, "files", ConfigFile, layout.Firewall, found)
}

// fileModes looks at the files that any of the patterns names: who owns them, and who may read them.
func (n *node) fileModes() {
	var found []settings.Setting
	seen := map[string]bool{}
	for _, pattern := range n.options.Modes {
		files, err := n.tree.Glob(pattern)
		if err != nil {
			n.unread(settings.Host, []string{"tmpfile/" + pattern}, pattern, err)
		}
		for _, file := range files {
			if seen[file] {
				continue
			}
			seen[file] = true
			// A link has no mode: what it leads to has. One that leads nowhere, or to a device, shows nothing.
			info, err := n.tree.Stat(file)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				n.unread(settings.Host, []string{"tmpfile/" + pattern}, file, err)
				continue
			}
			if info.Mode&(fs.ModeDevice|fs.ModeSocket|fs.ModeNamedPipe) != 0 {
				continue
			}
			found = append(found, n.mode(file, info))
			// Whoever may write to a directory above puts another file in the place of this one.
			for dir := path.Dir(file); dir != "/" && !seen[dir]; dir = path.Dir(dir) {
				seen[dir] = true
				if info, err := n.tree.Stat(dir); err == nil {
					found = append(found, n.mode(dir, info))
				}
			}
		}
	}
	n.layer(settings.Host, "modes", ConfigFile, "/", found)
}

// mode says who owns a file, and who may use it.
func (n *node) mode(file string, info Info) settings.Setting {
	sticky := "false"
	if info.Mode&fs.ModeSticky != 0 {
		sticky = "true"
	}
	return settings.Setting{
		Key: settings.Key{Component: settings.Host, Role: n.out.Role, Path: "file/" + file}, Shape: settings.Mapping,
		Value: settings.Of(map[string]string{
			"mode": fmt.Sprintf("%04o", info.Mode.Perm()), "user": info.User, "group": info.Group, "kind": kindOf(info), "sticky": sticky,
		}).At(settings.Origin{Source: settings.FromFile, File: file}),
	}
}

func kindOf(i Info) string {
	switch {
	case i.Mode.IsRegular():
		return "file"
	case i.Mode.IsDir():
		return "directory"
	case i.Target != "":
		return "link"
	}
	return "other"
}

// accounts looks for the users of the node that settings name: the one of etcd's data.
func (n *node) accounts() {
	data, err := n.tree.ReadFile("/etc/passwd")
	if err != nil {
		n.unread(settings.Host, []string{"user/"}, "/etc/passwd", err)
		return
	}
	r := &reader{path: "/etc/passwd"}
	var found []settings.Setting
	for _, l := range lines(data) {
		name, _, _ := strings.Cut(l.text, ":")
		found = append(found, settings.Setting{
			Key:   settings.Key{Component: settings.Host, Role: n.out.Role, Path: "account/" + name},
			Value: &settings.Value{Kind: settings.String, Text: name, Origin: r.at(l)},
		})
	}
	n.layer(settings.Host, "accounts", ConfigFile, "/etc/passwd", found)
}

// etcdMember reads the configuration of a member of an external etcd.
func (n *node) etcdMember() {
	if n.out.Role != settings.Etcd {
		return
	}
	data, ok := n.read(settings.Etcd, nil, layout.EtcdConfig)
	if !ok {
		return
	}
	r := &reader{path: layout.EtcdConfig}
	found := r.etcd(data)
	if n.faults(settings.Etcd, nil, r) {
		return
	}
	n.layer(settings.Etcd, "file", ConfigFile, layout.EtcdConfig, found)
}
