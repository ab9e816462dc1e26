package observe

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Arguments returns the flags of a command line, each as the text it was given; one that is given several
// times is a List of Strings, in order: which of them counts is known where the flag's type is. argv may
// begin with the program's name.
//
// Kubernetes' components read flags with pflag: --a=b, --a b, --a for true, -v=4, flags among other words,
// and _ in a name means - (github.com/spf13/pflag v1.0, flag.go, parseArgs; k8s.io/component-base v0.37.0,
// cli/flag/flags.go, WordSepNormalizeFunc). etcd reads them with the flag package of Go: - and -- are the
// same, and the first word that is no flag ends them (go.etcd.io/etcd/server/v3 v3.7.3, etcdmain/config.go).
// Types are not known here, so that in "--a b" the word b is the value of a; kubeadm always writes --a=b.
func Arguments(component, role string, argv []string, origin settings.Origin) []settings.Setting {
	words := make([]word, len(argv))
	for i, text := range argv {
		words[i] = word{text, origin}
	}
	return flagsOf(component, role, words)
}

// word is one word of a command line and where it stands.
type word struct {
	text   string
	origin settings.Origin
}

// flagsOf reads words that each have a place of their own.
func flagsOf(component, role string, words []word) []settings.Setting {
	words = words[program(component, words):]
	var out []settings.Setting
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		if w.text == "--" {
			break
		}
		name, text, given := splitWord(component, w.text)
		if name == "" {
			if component == settings.Etcd {
				break
			}
			continue // a word in between, or what the component refuses
		}
		if !given {
			text = "true"
			if len(words) > 0 && isValue(words[0].text) {
				text, words = words[0].text, words[1:]
			}
		}
		out = addFlag(out, settings.Key{Component: component, Role: role, Path: "--" + name},
			&settings.Value{Kind: settings.String, Text: text, Origin: w.origin})
	}
	return out
}

// RunsProgram reports whether a command line starts the component, by itself or through a wrapper
// that is given its path. One that begins with a flag is the component's: its image names the program.
func RunsProgram(component string, argv []string) bool {
	if len(argv) == 0 || strings.HasPrefix(argv[0], "-") {
		return true
	}
	return slices.ContainsFunc(argv, func(word string) bool { return path.Base(word) == component })
}

// program returns where the words after the program begin.
func program(component string, words []word) int {
	if len(words) == 0 || strings.HasPrefix(words[0].text, "-") {
		return 0
	}
	for i, w := range words {
		if path.Base(w.text) == component {
			return i + 1
		}
	}
	return 1
}

// addFlag adds a flag, or one more occurrence of one.
func addFlag(flags []settings.Setting, k settings.Key, v *settings.Value) []settings.Setting {
	i := slices.IndexFunc(flags, func(s settings.Setting) bool { return s.Key == k })
	switch {
	case i < 0:
		return append(flags, settings.Setting{Key: k, Value: v})
	case flags[i].Value.Kind == settings.List:
		flags[i].Value.Items = append(flags[i].Value.Items, v)
	default:
		first := flags[i].Value
		flags[i].Value = &settings.Value{Kind: settings.List, Items: []*settings.Value{first, v}, Origin: first.Origin}
	}
	return flags
}

// splitWord takes a word apart; a word that is no flag, or one that no component would take, has no name.
func splitWord(component, word string) (name, text string, given bool) {
	if len(word) < 2 || word[0] != '-' {
		return "", "", false
	}
	long := strings.HasPrefix(word, "--")
	body := strings.TrimPrefix(word[1:], "-")
	switch {
	case body == "" || body[0] == '-' || body[0] == '=':
		return "", "", false
	case component == settings.Etcd:
		return strings.Cut(body, "=")
	case long:
		name, text, given = strings.Cut(body, "=")
		return strings.ReplaceAll(name, "_", "-"), text, given
	}
	// One letter, and its value right behind it or after "=".
	return body[:1], strings.TrimPrefix(body[1:], "="), len(body) > 1
}

// isValue reports whether a word can be the value of the flag before it. Numbers below zero can.
func isValue(word string) bool {
	return word == "" || word[0] != '-' || len(word) == 1 || '0' <= word[1] && word[1] <= '9'
}
