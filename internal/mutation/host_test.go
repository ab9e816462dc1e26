package mutation

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// hostKey is the key of something of the host.
func (s *subject) hostKey(at string) settings.Key {
	return settings.Key{Component: settings.Host, Role: s.Role, Path: at}
}

// hostMutations change what of the node's own belongs to a profile.
func (s *subject) hostMutations(c *score) []mutation {
	return slices.Concat(s.sysctlMutations(), s.modeMutations(), s.firewallMutations(), s.accountMutations())
}

// sysctlMutations change kernel parameters: in their file, in one that wins over it, and in the kernel.
func (s *subject) sysctlMutations() []mutation {
	var out []mutation
	for _, name := range s.wanted.Sysctls() {
		at := "sysctl/" + name
		rule, known := s.rows["host:"+at]
		want := s.wanted.Settings.Value(s.hostKey(at)).Text
		expect := func(have string) []expected {
			d := different
			switch {
			case have == want:
				d = same
			case known:
				d = rule.relate(value{want}, value{have})
			}
			if d == same {
				return nil
			}
			return []expected{{s.hostKey(at), d}}
		}
		line := name + " = " + want + "\n"
		add := func(place, kind string, want []expected, change func(m memory)) {
			out = append(out, mutation{place: place, kind: kind, what: at, want: want, change: func(s *state) { change(s.files) }})
		}
		add("sysctl.d", "unset", expect(""), func(m memory) { m.replace(layout.Sysctl, line, "") })
		add("sysctl.d", "moved to another file", nil, func(m memory) {
			m.replace(layout.Sysctl, line, "")
			m.write("/usr/lib/sysctl.d/50-site.conf", line)
		})
		add("sysctl.d", "written otherwise", nil, func(m memory) {
			m.replace(layout.Sysctl, line, "; "+line+"\n -"+strings.ReplaceAll(name, ".", "/")+"="+want+"\n")
		})
		for _, other := range []string{"0", "1", "2", want + "7"} {
			if other == want {
				continue
			}
			text := name + "=" + other + "\n"
			add("sysctl.d", "changed to "+other, expect(other), func(m memory) { m.replace(layout.Sysctl, line, text) })
			add("sysctl.d", "a later file says "+other, expect(other), func(m memory) { m.write("/usr/lib/sysctl.d/99-site.conf", text) })
			add("sysctl.d", "an earlier file says "+other, nil, func(m memory) { m.write("/etc/sysctl.d/10-site.conf", text) })
			add("sysctl.d", "a weaker directory's file of the same name says "+other, nil, func(m memory) {
				m.write("/usr/lib/sysctl.d/"+path.Base(layout.Sysctl), text)
			})
			add("kernel", "changed to "+other, expect(other), func(m memory) {
				s.kernel(m)
				m.write("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), other+"\n")
			})
		}
		add("kernel", "as wanted", nil, s.kernel)
		add("kernel", "not there", []expected{{s.hostKey(at), unknown}}, func(m memory) {
			s.kernel(m)
			delete(m, "/proc/sys/"+strings.ReplaceAll(name, ".", "/"))
		})
	}
	return out
}

// kernel puts the kernel's values there, as they are wanted.
func (s *subject) kernel(m memory) {
	for _, name := range s.wanted.Sysctls() {
		m.write("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), s.wanted.Settings.Value(s.hostKey("sysctl/"+name)).Text+"\n")
	}
}

// modeMutations change modes and owners of files, and of what a link leads to.
func (s *subject) modeMutations() []mutation {
	var out []mutation
	for _, pattern := range s.wanted.Files() {
		key := s.hostKey("tmpfile/" + pattern)
		line := s.wanted.Settings.Value(key)
		if line == nil {
			continue // the other role's
		}
		bits, err := strconv.ParseUint(line.Get("mode").Text, 8, 32)
		if err != nil {
			continue
		}
		mode := fs.FileMode(bits)
		files, _ := s.files.Glob(pattern)
		for _, file := range files {
			if !s.decides(pattern, file) {
				continue
			}
			add := func(kind string, d compare.Direction, change func(f *memoryFile)) {
				var want []expected
				if d != same {
					want = []expected{{key, d}}
				}
				out = append(out, mutation{place: "mode", kind: kind, what: file, want: want, change: func(s *state) {
					f := s.files[file]
					change(&f)
					s.files[file] = f
				}})
			}
			wider := func(by fs.FileMode) compare.Direction {
				if mode|by == mode {
					return same
				}
				return weaker
			}
			set := func(to fs.FileMode) func(f *memoryFile) {
				return func(f *memoryFile) { f.mode = f.mode.Type() | to }
			}
			add("others may read", wider(0o004), set(mode|0o004))
			add("the group may write", wider(0o020), set(mode|0o020))
			add("others may run", wider(0o001), set(mode|0o001))
			add("the owner may less", stronger, set(mode&^0o200))
			add("some more, some less", weaker, set(mode&^0o200|0o002))
			add("of another user", weaker, func(f *memoryFile) { f.user = "nobody" })
			add("of another group", weaker, func(f *memoryFile) { f.group = "nogroup" })
			if f := s.files[file]; f.mode.IsRegular() {
				moved := "/srv" + file
				out = append(out, mutation{place: "mode", kind: "a link to a file as it is wanted", what: file, change: func(s *state) {
					s.files[moved] = f
					s.files.write(moved, f.data)
					s.files.link(file, moved)
				}}, mutation{place: "mode", kind: "a link to a file that others may read", what: file, want: []expected{{key, weaker}}, change: func(s *state) {
					open := f
					open.mode |= 0o006
					s.files[moved] = open
					s.files.write(moved, f.data)
					s.files.link(file, moved)
				}})
			}
		}
	}
	return out
}

// decides reports whether of the lines that name a file this one holds: the one without a pattern, else the longest.
func (s *subject) decides(pattern, file string) bool {
	best := ""
	for _, other := range s.wanted.Files() {
		if ok, _ := path.Match(other, file); ok && s.wanted.Settings.Value(s.hostKey("tmpfile/"+other)) != nil &&
			(other == file || best != file && len(other) > len(best)) {
			best = other
		}
	}
	return best == pattern
}

// firewallMutations change the firewall, where the profile has one.
func (s *subject) firewallMutations() []mutation {
	if _, ok := s.files[layout.Firewall]; !ok {
		return nil
	}
	var all []expected
	for _, one := range s.wanted.Settings.Of(settings.Host, s.Role) {
		if strings.HasPrefix(one.Key.Path, "firewall/") {
			all = append(all, expected{one.Key, weaker})
		}
	}
	return []mutation{{place: "firewall", kind: "gone", want: all, change: func(s *state) { delete(s.files, layout.Firewall) }}}
}

// accountMutations take the user of etcd's data away.
func (s *subject) accountMutations() []mutation {
	v := s.wanted.Settings.Value(s.hostKey("user/etcd"))
	if v == nil {
		return nil
	}
	key := s.hostKey("user/etcd")
	return []mutation{{
		place: "account", kind: "gone", want: []expected{{key, weaker}}, change: func(s *state) { s.files.write("/etc/passwd", "root:x:0:0::/:/bin/sh\n") },
	}, {
		place: "account", kind: "not readable", want: []expected{{s.hostKey("user/"), unknown}}, change: func(s *state) { delete(s.files, "/etc/passwd") },
	}, {
		place: "account", kind: "of another number", change: func(s *state) {
			s.files.write("/etc/passwd", "root:x:0:0::/:/bin/sh\n"+v.Text+":x:52:52::/:/usr/sbin/nologin\n")
		},
	}}
}
