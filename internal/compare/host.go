package compare

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// host compares what of the node's own belongs to a profile: kernel parameters, modes and owners of files, the
// firewall, the user of etcd's data.
func (s *seen) host(role string, accounts []*effective.Account) {
	for _, wanted := range s.w.Settings.Of(settings.Host, role) {
		kind, name, _ := strings.Cut(wanted.Key.Path, "/")
		switch kind {
		case "sysctl":
			s.sysctl(wanted, accounts)
		case "tmpfile":
			s.fileModes(wanted, name, accounts)
		case "user":
			s.user(wanted, accounts)
		default:
			s.firewall(wanted, accounts)
		}
	}
	s.laid(role, accounts)
	s.above(role, accounts)
	s.strangers(role, accounts)
}

// laid compares who owns the bundle's own files, and who may read them. A file that is not there is missed where
// its settings are compared; one that carries none, as a unit, is missed here.
func (s *seen) laid(role string, accounts []*effective.Account) {
	for _, a := range accountsOf(accounts, "modes") {
		for _, l := range s.w.Laid {
			k := settings.Key{Component: settings.Host, Role: role, Path: "file/" + l.Path}
			have := a.Set.Value(k)
			if l.Role == role && have == nil {
				s.missed(k, l, a)
			}
			if l.Role != role || have == nil {
				continue
			}
			wanted := settings.Of(map[string]string{"mode": fmt.Sprintf("%04o", l.Mode), "user": l.User, "group": l.Group})
			one := Sighting{Source: a.Source, Said: Said{modeText(have), have.Origin}}
			var opens string
			// One that fewer can read is well; one that tmpfiles.d names has been compared.
			if one.Direction, opens = judgeMode(wanted, have); one.Direction != Weaker || s.inTmpfiles(role, l.Path) {
				continue
			}
			s.add(Finding{Key: k, Wanted: Said{modeText(wanted), settings.Origin{Source: settings.FromDerived, Note: "of the bundle"}}, Found: []Sighting{one}, Opens: opens})
		}
	}
}

// missed tells that a file of the bundle for systemd is not there: what it does at each start is no longer done.
func (s *seen) missed(k settings.Key, l Laid, a *effective.Account) {
	line := settings.Key{Component: k.Component, Role: k.Role, Path: "tmpfile/" + l.Path}
	if dir := path.Dir(l.Path); !strings.HasPrefix(dir, "/etc/systemd/") && dir != "/etc/tmpfiles.d" || s.list.hides(a, line) {
		return
	}
	s.add(Finding{
		Key: k, Wanted: Said{Origin: settings.Origin{Source: settings.FromDerived, Note: "of the bundle"}}, Message: "is not there",
		Found: []Sighting{{Source: a.Source, Said: Said{Origin: placeOf(a)}, Direction: Different}}, Opens: "what it does at each start is no longer done",
	})
}

// above looks whether somebody else can write to a directory above the files whose modes are wanted, and so put another
// file in their place. The logs of a node are left out: distributions let the group of their logger write to /var/log.
func (s *seen) above(role string, accounts []*effective.Account) {
	for _, a := range accountsOf(accounts, "modes") {
		for _, one := range a.Set.All() {
			dir, isFile := strings.CutPrefix(one.Key.Path, "file/")
			if !isFile || textOf(one.Value, "kind") != "directory" || s.inTmpfiles(role, dir) || strings.HasPrefix(dir+"/", "/var/log/") {
				continue
			}
			mode, err := strconv.ParseUint(textOf(one.Value, "mode"), 8, 32)
			writable := err == nil && mode&0o022 != 0 && textOf(one.Value, "sticky") != "true"
			if owner := textOf(one.Value, "user"); !writable && (owner == "root" || owner == "etcd") {
				continue
			}
			s.add(Finding{
				Key: one.Key, Wanted: Said{Value: settings.Of("written by root alone")}, Opens: "who can write to the directory can replace the files in it",
				Found: []Sighting{{Source: a.Source, Said: Said{modeText(one.Value), one.Value.Origin}, Direction: Weaker}},
			})
		}
	}
}

func accountsOf(accounts []*effective.Account, names ...string) []*effective.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a *effective.Account) bool { return !slices.Contains(names, a.Account) })
}

// sysctl compares a kernel parameter: what the kernel has, and what its files will set when the node boots.
func (s *seen) sysctl(wanted settings.Setting, accounts []*effective.Account) {
	d, known := catalog.DirectionOf("host:" + wanted.Key.Path)
	var found []Sighting
	for _, a := range accountsOf(accounts, "sysctl.d", "kernel") {
		if s.list.hides(a, wanted.Key) {
			continue
		}
		one := Sighting{Source: a.Source, Said: Said{Origin: placeOf(a)}}
		if v := a.Set.Value(wanted.Key); v != nil {
			one.Said = Said{v, v.Origin}
		}
		switch {
		case one.Said.Value != nil && sameNumber(one.Said.Value.Text, wanted.Value.Text):
		case known:
			one.Direction = direction(d.Compare(wanted.Value.Text, plain(one.Said.Value)))
		default:
			one.Direction = Different
		}
		found = append(found, one)
	}
	if len(found) == 0 {
		return
	}
	s.covered[wanted.Key] = true
	opens := "the kernel parameter is not what the kubelet and the profile count on"
	if known {
		opens = d.Why
	}
	s.add(Finding{Key: wanted.Key, Wanted: Said{wanted.Value, wanted.Value.Origin}, Found: found, Opens: opens})
}

func sameNumber(a, b string) bool {
	x, errX := strconv.ParseInt(strings.TrimSpace(a), 0, 64)
	y, errY := strconv.ParseInt(strings.TrimSpace(b), 0, 64)
	return a == b || errX == nil && errY == nil && x == y
}

// fileModes compares the files that a line of tmpfiles.d names. One that is not there is no difference: the lines
// name all that may be.
func (s *seen) fileModes(wanted settings.Setting, pattern string, accounts []*effective.Account) {
	for _, a := range accountsOf(accounts, "modes") {
		s.covered[wanted.Key] = true
		before := len(s.findings)
		var all []Sighting
		for _, one := range a.Set.All() {
			file, isFile := strings.CutPrefix(one.Key.Path, "file/")
			if !isFile || !s.decides(wanted, pattern, file) {
				continue
			}
			found := Sighting{Source: a.Source, Said: Said{modeText(one.Value), one.Value.Origin}}
			var opens string
			found.Direction, opens = judgeMode(wanted.Value, one.Value)
			all = append(all, found)
			if found.Direction != "" {
				s.findings = append(s.findings, Finding{
					Key: wanted.Key, Part: partOf(pattern, file), Direction: found.Direction, Opens: opens,
					Wanted: Said{modeText(wanted.Value), wanted.Value.Origin}, Found: []Sighting{found},
				})
			}
		}
		if len(s.findings) == before {
			s.matches = append(s.matches, Match{Key: wanted.Key, Found: all, Nodes: s.nodes()})
		}
	}
}

// inTmpfiles reports whether a line of tmpfiles.d names a file.
func (s *seen) inTmpfiles(role, file string) bool {
	return slices.ContainsFunc(s.w.Settings.Of(settings.Host, role), func(one settings.Setting) bool {
		pattern, is := strings.CutPrefix(one.Key.Path, "tmpfile/")
		ok, err := path.Match(pattern, file)
		return is && err == nil && ok
	})
}

// modeText says a mode and owners as ls and chown do.
func modeText(v *settings.Value) *settings.Value {
	return settings.Of(textOf(v, "mode") + " " + textOf(v, "user") + ":" + textOf(v, "group"))
}

func partOf(pattern, file string) string {
	if pattern == file {
		return ""
	}
	return file
}

// decides reports whether of all lines of tmpfiles.d that name a file this one holds: the last, and one
// without a pattern before one with (tmpfiles.d(5)).
func (s *seen) decides(line settings.Setting, pattern, file string) bool {
	if ok, err := path.Match(pattern, file); err != nil || !ok {
		return false
	}
	if pattern == file {
		return true
	}
	exact := settings.Key{Component: settings.Host, Role: line.Key.Role, Path: "tmpfile/" + file}
	if _, named := s.w.Settings.Get(exact); named {
		return false
	}
	for _, other := range s.w.Settings.Of(settings.Host, line.Key.Role) {
		p, is := strings.CutPrefix(other.Key.Path, "tmpfile/")
		if ok, err := path.Match(p, file); is && err == nil && ok && len(p) > len(pattern) {
			return false
		}
	}
	return true
}

// judgeMode compares who owns a file and who may use it.
func judgeMode(wanted, found *settings.Value) (Direction, string) {
	var weaker, stronger, different bool
	w, errW := strconv.ParseUint(strings.TrimLeft(textOf(wanted, "mode"), "~:"), 8, 32)
	f, errF := strconv.ParseUint(textOf(found, "mode"), 8, 32)
	if textOf(wanted, "mode") != "-" && errW == nil && errF == nil {
		weaker, stronger = f&^w != 0, w&^f != 0
	}
	opens := "more users can read or change the file"
	for _, who := range []string{"user", "group"} {
		want, have := textOf(wanted, who), textOf(found, who)
		if want == "" || want == "-" || want == have || want == "root" && have == "0" {
			continue
		}
		if have == "root" || have == "0" {
			different = true // root may anyway
			continue
		}
		weaker, opens = true, "another "+who+" owns the file"
	}
	switch {
	case weaker:
		return Weaker, opens
	case different:
		return Different, "it belongs to root instead"
	case stronger:
		return Stronger, "fewer users can use the file"
	}
	return "", ""
}

// user looks for the account that owns etcd's data.
func (s *seen) user(wanted settings.Setting, accounts []*effective.Account) {
	for _, a := range accountsOf(accounts, "accounts") {
		s.covered[wanted.Key] = true
		k := settings.Key{Component: settings.Host, Role: wanted.Key.Role, Path: "account/" + wanted.Value.Text}
		one := Sighting{Source: a.Source, Said: Said{Origin: placeOf(a)}, Direction: Weaker}
		if v := a.Set.Value(k); v != nil {
			one.Said, one.Direction = Said{v, v.Origin}, ""
		}
		s.add(Finding{Key: wanted.Key, Wanted: Said{wanted.Value, wanted.Value.Origin}, Found: []Sighting{one},
			Message: "there is no such user", Opens: "the data of etcd then belong to root"})
	}
}

// firewall compares a list of networks, or a port, of the ruleset.
func (s *seen) firewall(wanted settings.Setting, accounts []*effective.Account) {
	for _, a := range accountsOf(accounts, "files") {
		if s.list.hides(a, wanted.Key) {
			continue
		}
		s.covered[wanted.Key] = true
		have := a.Set.Value(wanted.Key)
		one := Sighting{Source: a.Source, Said: Said{have, placeOf(a)}}
		if have != nil {
			one.Said.Origin = have.Origin
		}
		f := Finding{Key: wanted.Key, Wanted: Said{wanted.Value, wanted.Value.Origin}, Opens: "more networks reach the port"}
		switch {
		case have == nil:
			one.Direction, f.Message = Weaker, "no rule of the bundle's firewall is there"
		case wanted.Value.Kind != settings.List:
			if wanted.Value.Text != have.Text {
				one.Direction = Different
			}
		default:
			one.Direction = judgeNetworks(wanted.Value.Strings(), have.Strings())
		}
		f.Found = []Sighting{one}
		s.add(f)
	}
}

func judgeNetworks(wanted, have []string) Direction {
	more := slices.ContainsFunc(have, func(n string) bool { return !slices.Contains(wanted, n) })
	fewer := slices.ContainsFunc(wanted, func(n string) bool { return !slices.Contains(have, n) })
	switch {
	case more:
		return Weaker
	case fewer:
		return Stronger
	}
	return ""
}

// strangers looks at what of the firewall is there and not wanted.
func (s *seen) strangers(role string, accounts []*effective.Account) {
	for _, a := range accountsOf(accounts, "files") {
		for _, one := range a.Set.All() {
			if _, wanted := s.w.Settings.Get(one.Key); wanted || one.Key.Role != role || !strings.HasPrefix(one.Key.Path, "firewall/") {
				continue
			}
			s.add(Finding{Key: one.Key, Found: []Sighting{{Source: a.Source, Said: Said{one.Value, one.Value.Origin}, Direction: Different}},
				Opens: "the firewall guards more than the profile says"})
		}
	}
}
