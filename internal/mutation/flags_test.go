package mutation

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// pods are the components whose flags stand in a static pod.
func pods() []string {
	return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd}
}

func manifestOf(component string) string { return "/etc/kubernetes/manifests/" + component + ".yaml" }

// flagPrefix begins the lines of flags in a manifest of kubeadm's.
const flagPrefix = "    - --"

// argument is a flag of a manifest: its name, and each of its values in order.
type argument struct {
	name  string
	texts []string
}

// arguments reads the flags of a manifest of kubeadm's.
func (m memory) arguments(component string) []argument {
	var out []argument
	for line := range strings.Lines(m[manifestOf(component)].data) {
		if !strings.HasPrefix(line, flagPrefix) {
			continue
		}
		var text string
		if err := yaml.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(line), "- ")), &text); err != nil {
			panic(err)
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		i := slices.IndexFunc(out, func(a argument) bool { return a.name == name })
		if i < 0 {
			out, i = append(out, argument{name: name}), len(out)
		}
		out[i].texts = append(out[i].texts, value)
	}
	return out
}

// setWords replaces all words of a flag in a manifest, at its place, or at the end of the command.
func (m memory) setWords(component, name string, words ...string) {
	file := manifestOf(component)
	var out strings.Builder
	written, inCommand := false, false
	write := func() {
		for _, w := range words {
			if !written {
				out.WriteString("    - " + strconv.Quote(w) + "\n")
			}
		}
		written = true
	}
	for line := range strings.Lines(m[file].data) {
		text := strings.Trim(strings.TrimPrefix(strings.TrimSpace(line), "- "), `"'`)
		isFlag := strings.HasPrefix(line, flagPrefix) || strings.HasPrefix(line, `    - "--`)
		if inCommand && !strings.HasPrefix(line, "    - ") {
			write()
		}
		inCommand = strings.HasPrefix(line, "  - command:") || inCommand && strings.HasPrefix(line, "    - ")
		if isFlag && (text == "--"+name || strings.HasPrefix(text, "--"+name+"=")) {
			write()
			continue
		}
		out.WriteString(line)
	}
	m.write(file, out.String())
}

// words says a value as words of a command line.
func words(name string, of shape, repeated bool, v value) []string {
	switch {
	case len(v) == 0:
		return nil
	case repeated:
		var out []string
		for _, part := range v {
			out = append(out, "--"+name+"="+part)
		}
		return out
	}
	return []string{"--" + name + "=" + strings.Join(v, ",")}
}

// flagOf is one flag of a component, and how values of it are judged.
type flagOf struct {
	*subject
	component, name string
	of              shape
	repeated        bool
	rule            rule
	known           bool // that there is a rule
	want            value
}

func (s *subject) flagOf(a argument, component string) flagOf {
	f, _ := s.minor.Flag(component, a.name)
	out := flagOf{subject: s, component: component, name: a.name, of: shapeOf(f.Type, "--"+a.name), repeated: settings.Repeated(f.Type)}
	out.rule, out.known = s.rows[component+":--"+a.name]
	out.want = out.parts(a.texts)
	return out
}

// parts takes a flag's texts apart.
func (f flagOf) parts(texts []string) value {
	switch {
	case f.repeated:
		return texts
	case f.of == isList || f.of == isOrdered || f.of == isNumbers || f.of == isMap:
		return strings.FieldsFunc(strings.Join(texts, ","), func(r rune) bool { return r == ',' })
	case len(texts) > 0 && texts[0] == "":
		return nil
	}
	return texts
}

func (f flagOf) key() settings.Key { return settings.Flag(f.component, f.name) }

// effect leaves out what a value says and what holds anyway.
func (f flagOf) effect(v value) value {
	out := slices.Clone(v)
	switch {
	case f.name == "enable-admission-plugins":
		out = slices.DeleteFunc(out, func(p string) bool { return slices.Contains(f.minor.DefaultAdmissionPlugins(), p) })
	case f.of == isList || f.of == isNumbers || f.of == isMap:
		slices.Sort(out)
	case f.of == isDuration && len(out) == 1:
		out[0] = durationText(out[0])
	}
	return out
}

// expect says what a value should be found as.
func (f flagOf) expect(have value) []expected {
	d := f.judge(have)
	if d == same {
		return nil
	}
	if f.component == settings.APIServer && f.name == "authentication-config" && len(have) == 0 {
		// The flags stand for the document then, and let everybody in as anonymous.
		return found(f.component, "", "AuthenticationConfiguration", weaker)
	}
	return []expected{{f.key(), d}}
}

func (f flagOf) judge(have value) compare.Direction {
	want, got := f.effect(f.want), f.effect(have)
	if f.minor.MeansDefault(f.component, "--"+f.name, only(got)) {
		got = nil // a zero that stands for the default in this minor
	}
	if len(got) == 0 {
		standard, known := defaultOf(f.minor, f.component, "--"+f.name)
		if !known && len(want) > 0 {
			return different
		}
		got = f.effect(standard)
	}
	if slices.Equal(want, got) {
		return same
	}
	if !f.known {
		return different
	}
	return f.rule.relate(want, got)
}

// isDocumentFlag reports whether a flag names a document: its content is compared, and its mutations stand with documents.
func isDocumentFlag(component, name string) bool {
	return component == settings.APIServer && slices.Contains([]string{
		"admission-control-config-file", "audit-policy-file", "authentication-config", "authorization-config", "encryption-provider-config",
	}, name)
}

// isSite reports whether what kubeadm gives a flag is the node's own.
func (s *subject) isSite(component, name string) bool {
	k := settings.Flag(component, name)
	return s.wanted.Settings.Value(k) == nil && s.wanted.Kubeadm.Value(k) == nil
}

// flagMutations changes every flag of every static pod, in every place that carries flags.
func (s *subject) flagMutations(c *score) []mutation {
	var out []mutation
	for _, component := range pods() {
		for _, a := range s.files.arguments(component) {
			f := s.flagOf(a, component)
			if !f.known || f.rule.Rule == "none" {
				c.without[component+":--"+a.name] = true
			}
			if s.isSite(component, a.name) {
				continue // in site_test.go
			}
			out = append(out, f.unset(), f.spread())
			if isDocumentFlag(component, a.name) {
				continue
			}
			for _, v := range f.rule.variants(f.of, f.want) {
				out = append(out, f.changes(v)...)
			}
			out = append(out, f.writings()...)
		}
	}
	return out
}

// values are those to try, besides the one that is wanted.
func (f flagOf) said(v value) []string { return words(f.name, f.of, f.repeated, v) }

func kindOf(e []expected) string {
	if len(e) == 0 {
		return "same"
	}
	return string(e[0].direction)
}

func (f flagOf) unset() mutation {
	want := f.expect(nil)
	return mutation{
		place: "manifest", kind: "unset (" + kindOf(want) + ")", what: f.key().String(), want: want,
		change: func(s *state) { s.files.setWords(f.component, f.name) },
	}
}

// spread writes "--a b", or the words of a repeated flag apart from one another.
func (f flagOf) spread() mutation {
	var list []string
	for _, w := range f.said(f.want) {
		name, text, _ := strings.Cut(w, "=")
		list = append(list, name, text)
	}
	if f.of == isBool || len(f.want) == 0 || slices.ContainsFunc(f.want, func(p string) bool { return strings.HasPrefix(p, "-") }) {
		list = f.said(f.want) // pflag and flag take a bool's value only behind "="
	}
	return mutation{
		place: "manifest", kind: "in two words", what: f.key().String(),
		change: func(s *state) { s.files.setWords(f.component, f.name, list...) },
	}
}

// changes puts another value into each of the places.
func (f flagOf) changes(v value) []mutation {
	if slices.Equal(v, f.want) || len(v) == 0 {
		return nil
	}
	want := f.expect(v)
	what := f.key().String() + "=" + only(v)
	out := []mutation{
		{
			place: "manifest", kind: kindOf(want), what: what, want: want,
			change: func(s *state) { s.files.setWords(f.component, f.name, f.said(v)...) },
		}, {
			place: "manifest, args", kind: kindOf(want), what: what, want: want,
			change: func(s *state) {
				s.files.setWords(f.component, f.name)
				s.files.args(f.component, f.said(v)...)
			},
		}, {
			place: "process", kind: kindOf(want), what: what, want: want,
			change: func(s *state) { s.processes(f.component, f.name, f.said(v)...) },
		}, {
			place: "mirror pod", kind: kindOf(want), what: what, want: want,
			change: func(s *state) { s.mirrorPod(f.component, f.name, f.said(v)...) },
		},
	}
	if !f.repeated && f.of != isList && f.of != isNumbers && f.of != isMap && f.of != isOrdered {
		// Of several the last holds.
		out = append(out, mutation{
			place: "manifest", kind: "twice, the last one " + kindOf(want), what: what, want: want,
			change: func(s *state) {
				s.files.setWords(f.component, f.name, slices.Concat(f.said(f.want), f.said(v))...)
			},
		}, mutation{
			place: "manifest", kind: "twice, the last one wanted", what: what,
			change: func(s *state) {
				s.files.setWords(f.component, f.name, slices.Concat(f.said(v), f.said(f.want))...)
			},
		})
	}
	if f.component == settings.Etcd {
		out = append(out, mutation{
			place: "environment", kind: kindOf(want), what: what, want: want,
			change: func(s *state) {
				s.files.setWords(f.component, f.name)
				s.files.env(f.component, environment(f.name), strings.Join(v, ","))
			},
		})
	}
	return out
}

// writings writes the wanted value in other places, orders and spellings.
func (f flagOf) writings() []mutation {
	what := f.key().String()
	out := []mutation{{
		place: "manifest", kind: "moved to args", what: what,
		change: func(s *state) {
			s.files.setWords(f.component, f.name)
			s.files.args(f.component, f.said(f.want)...)
		},
	}, {
		place: "manifest", kind: "moved to the end", what: what,
		change: func(s *state) {
			s.files.setWords(f.component, f.name)
			s.files.setWords(f.component, f.name, f.said(f.want)...)
		},
	}}
	if len(f.want) == 0 {
		return nil
	}
	for _, text := range spellings(f.of, f.want) {
		if f.component == settings.Etcd && (f.of == isList || f.of == isNumbers) {
			continue // one of etcd's flags takes no value twice, and another has no order
		}
		out = append(out, mutation{
			place: "manifest", kind: "written " + text, what: what,
			change: func(s *state) { s.files.setWords(f.component, f.name, "--"+f.name+"="+text) },
		})
	}
	switch {
	case f.component == settings.Etcd:
		out = append(out, mutation{
			place: "environment", kind: "moved", what: what,
			change: func(s *state) {
				s.files.setWords(f.component, f.name)
				s.files.env(f.component, environment(f.name), strings.Join(f.want, ","))
			},
		}, mutation{
			place: "manifest", kind: "one dash", what: what,
			change: func(s *state) {
				var list []string
				for _, w := range f.said(f.want) {
					list = append(list, strings.TrimPrefix(w, "-"))
				}
				s.files.setWords(f.component, f.name, list...)
			},
		})
	case strings.Contains(f.name, "-"):
		out = append(out, mutation{
			place: "manifest", kind: "written with underscores", what: what,
			change: func(s *state) {
				var list []string
				for _, w := range f.said(f.want) {
					name, text, _ := strings.Cut(w, "=")
					list = append(list, "--"+strings.ReplaceAll(name[2:], "-", "_")+"="+text)
				}
				s.files.setWords(f.component, f.name, list...)
			},
		})
	}
	if only(f.want) == "true" {
		out = append(out, mutation{
			place: "manifest", kind: "without its value", what: what,
			change: func(s *state) { s.files.setWords(f.component, f.name, "--"+f.name) },
		})
	}
	return out
}

func environment(name string) string {
	return "ETCD_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// args adds words to a container's arguments.
func (m memory) args(component string, list ...string) {
	text := "  - args:\n"
	for _, w := range list {
		text += "    - " + strconv.Quote(w) + "\n"
	}
	file := manifestOf(component)
	m.write(file, strings.Replace(m[file].data, "  - command:\n", text+"    command:\n", 1))
}

// env adds a variable of a container's environment.
func (m memory) env(component, name, text string) {
	file := manifestOf(component)
	m.write(file, strings.Replace(m[file].data, "  - command:\n", "  - env:\n    - name: "+name+"\n      value: "+strconv.Quote(text)+"\n    command:\n", 1))
}

// argv is a component's command line as a manifest has it, with the words of one flag replaced.
func (m memory) argv(component, name string, list ...string) []string {
	out := []string{component}
	for _, a := range m.arguments(component) {
		if a.name == name {
			continue
		}
		for _, text := range a.texts {
			out = append(out, "--"+a.name+"="+text)
		}
	}
	return append(out, list...)
}

// processes adds a process of a component.
func (s *state) processes(component, name string, list ...string) {
	p := process.Process{PID: 4711, Component: component, Args: s.files.argv(component, name, list...)}
	s.layers = append(s.layers, process.Layers([]process.Process{p}, s.Role)...)
}

// mirrorPod adds what the API has of a static pod.
func (s *state) mirrorPod(component, name string, list ...string) {
	origin := settings.Origin{Source: settings.FromAPI, Note: "pod kube-system/" + component}
	s.layers = append(s.layers, observe.Layer{
		View: observe.View{Source: settings.FromAPI, Component: component, Account: "mirror pod"}, Rank: observe.Flags, Place: "pod kube-system/" + component,
		Settings: observe.Arguments(component, "", s.files.argv(component, name, list...), origin),
	})
}
