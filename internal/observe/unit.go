package observe

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// UnitDirs are where systemd looks for units, the strongest first (systemd.unit(5), system units; generators' own aside).
func UnitDirs() []string {
	return []string{
		"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	}
}

// service is what a unit and its drop-ins say of how a program is started.
type service struct {
	start    []word            // ExecStart=, the last one that is set, unexpanded
	own      map[string][]word // Environment=, a value's words by name
	env      map[string][]word // the same, with those of EnvironmentFile= over them
	envFiles []envFile
	files    []string // that were read
	views    []word   // directives that show the program other files than the node's
}

// envFile is a file that EnvironmentFile= names.
type envFile struct {
	pattern  string
	optional bool
}

// service reads a service with its drop-ins, in the order systemd reads them: the names of drop-ins decide,
// those for all services (service.d) among them, and a file of the same name in a stronger directory hides the
// other (systemd.unit(5)). Its start is empty where no unit says it.
func (n *node) service(name string) service {
	var s service
	s.own = map[string][]word{}
	n.managerEnvironment(&s)
	var files []string
	dropIns := map[string]string{} // base name to the strongest file
	for _, dir := range UnitDirs() {
		if file := path.Join(dir, name); len(files) == 0 && n.exists(file) {
			files = append(files, file)
		}
	}
	// What is said of the one service is stronger than what is said of all, whatever the directory.
	for _, of := range append(n.aliases(name), "service") {
		for _, dir := range UnitDirs() {
			matches, err := n.tree.Glob(path.Join(dir, of+".d", "*.conf"))
			if err != nil {
				n.unread(settings.Kubelet, nil, path.Join(dir, of+".d"), err)
			}
			for _, file := range matches {
				if base := path.Base(file); dropIns[base] == "" {
					dropIns[base] = file
				}
			}
		}
	}
	for _, base := range slices.Sorted(mapKeys(dropIns)) {
		files = append(files, dropIns[base])
	}
	for _, file := range files {
		if info, err := n.tree.Lstat(file); err == nil && info.Target == "/dev/null" {
			continue // masked
		}
		if data, ok := n.read(settings.Kubelet, nil, file); ok {
			n.directives(&s, file, data)
		}
	}
	return s
}

// aliases returns the names that a service goes by, its own first: systemd reads the drop-ins of all of them. A unit that
// is a link has the name of what it leads to, too, and that of each link to it (systemd.unit(5)).
func (n *node) aliases(name string) []string {
	out := []string{name}
	add := func(other string) {
		if strings.HasSuffix(other, ".service") && !slices.Contains(out, other) {
			out = append(out, other)
		}
	}
	for _, dir := range UnitDirs() {
		if info, err := n.tree.Stat(path.Join(dir, name)); err == nil {
			add(path.Base(info.Path))
		}
	}
	for _, dir := range UnitDirs() {
		names, err := n.tree.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			n.unread(settings.Kubelet, nil, dir, err)
		}
		for _, other := range names {
			info, err := n.tree.Lstat(path.Join(dir, other))
			if err == nil && info.Target != "" && slices.Contains(out, path.Base(info.Target)) {
				add(other)
			}
		}
	}
	return out
}

// managerEnvironment reads the variables that systemd gives every service (systemd-system.conf(5), DefaultEnvironment=).
func (n *node) managerEnvironment(s *service) {
	files := map[string]string{} // base name to the strongest file
	for _, dir := range []string{"/etc", "/run", "/usr/local/lib", "/usr/lib"} {
		dir = path.Join(dir, "systemd", "system.conf.d")
		matches, err := n.tree.Glob(path.Join(dir, "*.conf"))
		if err != nil {
			n.unread(settings.Kubelet, nil, dir, err)
		}
		for _, file := range matches {
			if base := path.Base(file); files[base] == "" {
				files[base] = file
			}
		}
	}
	ordered := []string{"/etc/systemd/system.conf"}
	for _, base := range slices.Sorted(mapKeys(files)) {
		ordered = append(ordered, files[base])
	}
	for _, file := range ordered {
		if n.exists(file) {
			if data, ok := n.read(settings.Kubelet, nil, file); ok {
				n.directives(s, file, data)
			}
		}
	}
}

// environment puts together the variables that the program is started with.
func (n *node) environment(s *service) {
	s.env = maps.Clone(s.own)
	for _, f := range s.envFiles {
		n.environmentFiles(s, f)
	}
}

// directives reads the directives of a unit that decide on arguments (systemd.exec(5), systemd.service(5)). An empty
// value takes back what was said of it before.
func (n *node) directives(s *service, file string, data []byte) {
	s.files = append(s.files, file)
	r := &reader{path: file}
	section := ""
	for _, l := range joined(lines(data)) {
		if strings.HasPrefix(l.text, "[") {
			section = l.text
			continue
		}
		key, value, ok := strings.Cut(l.text, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "DefaultEnvironment" && section == "[Manager]" {
			key = "Environment"
		} else if section != "[Service]" {
			continue
		}
		if !ok {
			continue
		}
		switch key {
		case "Environment":
			if value == "" {
				clear(s.own)
			}
			for _, pair := range splitQuoted(value) {
				if name, text, ok := strings.Cut(pair, "="); ok {
					s.own[name] = wordsAt(text, r.at(l))
				}
			}
		case "EnvironmentFile":
			if value == "" {
				s.envFiles = nil
				continue
			}
			pattern, optional := strings.CutPrefix(value, "-")
			s.envFiles = append(s.envFiles, envFile{pattern, optional})
		case "RootDirectory", "RootImage", "BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem", "MountImages", "ExtensionImages", "ExtensionDirectories":
			s.views = slices.DeleteFunc(s.views, func(w word) bool { return value == "" && strings.HasPrefix(w.text, key+"=") })
			if value != "" && value != "/" {
				s.views = append(s.views, word{key + "=" + value, r.at(l)})
			}
		case "ExecStart":
			s.start = wordsAt(value, r.at(l))
		}
	}
}

// environmentFiles reads the files of a pattern. They are read when the program is about to start, and win over
// Environment=, wherever it stands (systemd.exec(5), EnvironmentFile=).
func (n *node) environmentFiles(s *service, f envFile) {
	if !strings.ContainsAny(f.pattern, "*?[") {
		n.environmentFile(s, f.pattern, f.optional)
		return
	}
	files, err := n.tree.Glob(f.pattern)
	if err != nil {
		n.unread(settings.Kubelet, nil, f.pattern, err)
	}
	for _, file := range files {
		n.environmentFile(s, file, f.optional)
	}
}

// environmentFile reads a file of NAME="value" lines.
func (n *node) environmentFile(s *service, file string, optional bool) {
	if optional && !n.exists(file) {
		return
	}
	data, ok := n.read(settings.Kubelet, nil, file)
	if !ok {
		return
	}
	s.files = append(s.files, file)
	r := &reader{path: file}
	for _, l := range joined(lines(data)) {
		if name, value, ok := strings.Cut(l.text, "="); ok {
			s.env[strings.TrimSpace(name)] = wordsAt(strings.Join(splitQuoted(value), " "), r.at(l))
		}
	}
}

// starts reports whether the program is the one of a name, by itself or through one that changes nothing of its
// arguments.
func (s *service) starts(program string) bool {
	is := func(w word, names ...string) bool {
		return slices.Contains(names, path.Base(strings.TrimLeft(w.text, "-+!:|@")))
	}
	if is(s.start[0], program) {
		return true
	}
	return is(s.start[0], "env", "nice", "ionice", "numactl", "taskset", "chrt") &&
		slices.ContainsFunc(s.start[1:], func(w word) bool { return is(w, program) })
}

// arguments returns what the program is started with: the words of ExecStart after the program, with
// $NAME replaced by the words of a variable and ${NAME} by its text (systemd.service(5), command lines).
func (s *service) arguments() []word {
	if len(s.start) == 0 {
		return nil
	}
	start := s.start
	if strings.HasPrefix(strings.TrimLeft(start[0].text, "-+!:|"), "@") && len(start) > 1 {
		start = start[1:] // the second word is what the program is told to be called
	}
	var out []word
	for _, w := range start[1:] {
		name, isVariable := strings.CutPrefix(w.text, "$")
		if isVariable && !strings.HasPrefix(name, "{") {
			out = append(out, s.env[name]...)
			continue
		}
		out = append(out, word{s.replaced(w.text), w.origin})
	}
	return out
}

// replaced puts the text of variables in the place of ${NAME}; one that is not set is empty.
func (s *service) replaced(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(before)
		for i, w := range s.env[name] {
			if i > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(w.text)
		}
		text = after
	}
}

// joined puts lines that end with a backslash together.
func joined(in []lineOf) []lineOf {
	var out []lineOf
	open := false
	for _, l := range in {
		text, more := strings.CutSuffix(l.text, `\`)
		if open {
			out[len(out)-1].text += " " + strings.TrimSpace(text)
		} else {
			out = append(out, lineOf{l.number, strings.TrimSpace(text)})
		}
		open = more
	}
	return out
}

// wordsAt splits text at blanks outside of quotes.
func wordsAt(text string, o settings.Origin) []word {
	var out []word
	for _, part := range splitQuoted(text) {
		out = append(out, word{part, o})
	}
	return out
}

// splitQuoted splits at blanks; single and double quotes keep text together and are taken off.
func splitQuoted(text string) []string {
	var (
		out   []string
		part  strings.Builder
		quote rune
		open  bool
	)
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			part.WriteRune(r)
		case r == '"' || r == '\'':
			quote, open = r, true
		case r == ' ' || r == '\t':
			if open {
				out = append(out, part.String())
				part.Reset()
				open = false
			}
		default:
			part.WriteRune(r)
			open = true
		}
	}
	if open {
		out = append(out, part.String())
	}
	return out
}
