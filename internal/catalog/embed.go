package catalog

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.json removed.yaml direction.yaml defaults.yaml support.yaml
var files embed.FS

// shelf keeps what was decoded: the embedded facts cannot change, so the first decoding serves every caller.
type shelf struct {
	names  []string
	minors map[string]func() (*Minor, error)
	usage  map[string]func() (usage, error)
}

// usage is help texts by component and flag.
type usage map[string]map[string]string

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var books = sync.OnceValue(func() *shelf {
	entries, err := fs.ReadDir(files, "data")
	if err != nil {
		panic(err) // the folder is embedded: it cannot be missing
	}
	s := &shelf{minors: map[string]func() (*Minor, error){}, usage: map[string]func() (usage, error){}}
	for _, e := range entries {
		name, isUsage := strings.CutSuffix(strings.TrimSuffix(e.Name(), ".json"), "-usage")
		if isUsage {
			s.usage[name] = sync.OnceValues(func() (usage, error) {
				var u usage
				return u, decode(name+"-usage", &u)
			})
			continue
		}
		if minor, ok := strings.CutPrefix(name, "kubernetes-"); ok {
			s.names = append(s.names, minor)
			s.minors[minor] = sync.OnceValues(func() (*Minor, error) { return load(minor) })
		}
	}
	slices.SortFunc(s.names, compareMinors)
	return s
})

// decode reads one embedded file of data.
func decode(name string, into any) error {
	b, err := files.ReadFile("data/" + name + ".json")
	if err != nil {
		return fmt.Errorf("the catalog has no %s: %w", name, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("the catalog's %s: %w", name, err)
	}
	return nil
}
