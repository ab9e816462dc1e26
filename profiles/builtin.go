package profiles

import (
	"embed"
	"slices"
	"strings"
)

//go:embed builtin/*.yaml
var builtins embed.FS

// builtinPrefix stands before a built-in's name where a file's name is shown.
const builtinPrefix = "built-in:"

// Builtins returns the names of the built-in profiles, sorted.
func Builtins() []string {
	entries, err := builtins.ReadDir("builtin")
	if err != nil {
		return nil // only if the embed directive above were gone
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// BuiltinSource returns the text of a built-in profile, and whether there is one of that name.
func BuiltinSource(name string) ([]byte, bool) {
	if strings.ContainsAny(name, `/\`) {
		return nil, false
	}
	text, err := builtins.ReadFile("builtin/" + name + ".yaml")
	return text, err == nil
}
