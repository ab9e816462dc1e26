package observe

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// word is one argument of a command line and where it stands.
type word struct {
	text   string
	origin settings.Origin
}

// Arguments reads a command line, without the program's name, into the flags it sets. A flag that
// stands several times has a List of its values, in order; what of it holds is for whoever knows
// the flag's type. A flag without a value is true, as a boolean's is
// (github.com/spf13/pflag v1.0.10, parseLongArg; Go's flag package for etcd).
func Arguments(component, role string, argv []string, origin settings.Origin) []settings.Setting {
	words := make([]word, len(argv))
	for i, text := range argv {
		words[i] = word{text, origin}
	}
	return flagsOf(component, role, words)
}

// flagsOf reads words that each have a place of their own.
func flagsOf(component, role string, words []word) []settings.Setting {
	var out []settings.Setting
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.text == "--" {
			break
		}
		name, ok := flagName(component, w.text)
		if !ok {
			continue // no flag: the components take no arguments
		}
		name, value, given := strings.Cut(name, "=")
		switch {
		case given:
		case i+1 < len(words) && !strings.HasPrefix(words[i+1].text, "-"):
			i++
			value = words[i].text
		default:
			value = "true"
		}
		out = addFlag(out, settings.Key{Component: component, Role: role, Path: "--" + name},
			&settings.Value{Kind: settings.String, Text: value, Origin: w.origin})
	}
	return out
}

// flagName cuts the dashes off a flag. Kubernetes' components take two (and underscores for dashes:
// k8s.io/component-base v0.37.0, cli/flag/flags.go, WordSepNormalizeFunc), etcd one or two.
func flagName(component, text string) (string, bool) {
	name, ok := strings.CutPrefix(text, "--")
	if component == settings.Etcd {
		if !ok {
			name, ok = strings.CutPrefix(text, "-")
		}
		return name, ok && name != ""
	}
	before, value, given := strings.Cut(name, "=")
	before = strings.ReplaceAll(before, "_", "-")
	if given {
		before += "=" + value
	}
	return before, ok && name != ""
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
