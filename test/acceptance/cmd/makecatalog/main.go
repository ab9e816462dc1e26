// Command makecatalog joins what the programs of its sub-folders print into one file of the catalog.
//
//	makecatalog -out FOLDER -name kubernetes-1.37 PART...
//
// It writes NAME.json, which every lookup needs, and NAME-usage.json, the help texts, which only explanations need.
// test/acceptance/catalog.sh runs all of it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

func main() {
	out := flag.String("out", "", "folder to write into")
	name := flag.String("name", "", "name of the file, without .json")
	flag.Parse()
	if err := run(*out, *name, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out, name string, paths []string) error {
	if out == "" || name == "" || len(paths) == 0 {
		return fmt.Errorf("usage: makecatalog -out FOLDER -name NAME PART...")
	}
	catalog, usage, err := join(paths)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(out, name+".json"), catalog); err != nil {
		return err
	}
	return write(filepath.Join(out, name+"-usage.json"), usage)
}

// gate is a feature gate with what is not the same in every component.
type gate struct {
	facts.Gate
	// Components are those that know the gate, where not all do.
	Components []string `json:"components,omitempty"`
	// DefaultIn names the components that start with another default than most: one of them may override it.
	DefaultIn map[string]bool `json:"defaultIn,omitempty"`
}

// join merges the parts into the sections of a catalog file, and the help texts by component and flag.
func join(paths []string) (catalog map[string]any, usage map[string]map[string]string, err error) {
	modules := map[string]string{}
	flags := map[string]map[string]facts.Flag{}
	usage = map[string]map[string]string{}
	fields := map[string]map[string]facts.Field{}
	perComponent := map[string]map[string]facts.Gate{}
	versions := map[string][]string{}
	catalog = map[string]any{"go": runtime.Version(), "modules": modules, "flags": flags, "fields": fields}
	for _, path := range paths {
		part, err := read(path)
		if err != nil {
			return nil, nil, err
		}
		for module, version := range part.Modules {
			if known := modules[module]; known != "" && known != version {
				return nil, nil, fmt.Errorf("%s: built with %s %s, another part with %s", path, module, version, known)
			}
			modules[module] = version
		}
		for component, all := range part.Flags {
			usage[component] = map[string]string{}
			for name, f := range all {
				usage[component][name] = f.Usage
				f.Usage = ""
				all[name] = f
			}
			flags[component] = all
		}
		maps.Copy(fields, part.Fields)
		maps.Copy(perComponent, part.Gates)
		maps.Copy(versions, part.APIVersions)
		maps.Copy(catalog, part.Sections)
	}
	if len(versions) > 0 {
		catalog["apiVersions"] = versions
	}
	catalog["gates"], err = joinGates(perComponent)
	return catalog, usage, err
}

// joinGates merges the gates of all components. Stage and lock are the same everywhere, or the catalog's model is wrong.
func joinGates(perComponent map[string]map[string]facts.Gate) (map[string]gate, error) {
	known := map[string][]string{}
	for _, component := range slices.Sorted(maps.Keys(perComponent)) {
		for name := range perComponent[component] {
			known[name] = append(known[name], component)
		}
	}
	out := map[string]gate{}
	for name, components := range known {
		g := gate{Gate: perComponent[components[0]][name]}
		on := 0
		for _, component := range components {
			other := perComponent[component][name]
			if other.Stage != g.Stage || other.Locked != g.Locked {
				return nil, fmt.Errorf("gate %s: %s has %v, %s has %v", name, component, other, components[0], g.Gate)
			}
			if other.Default {
				on++
			}
		}
		g.Default = 2*on > len(components)
		for _, component := range components {
			if value := perComponent[component][name].Default; value != g.Default {
				if g.DefaultIn == nil {
					g.DefaultIn = map[string]bool{}
				}
				g.DefaultIn[component] = value
			}
		}
		if len(components) < len(perComponent) {
			g.Components = components
		}
		out[name] = g
	}
	return out, nil
}

func read(path string) (*facts.Part, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	part := &facts.Part{}
	if err := json.Unmarshal(b, part); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return part, nil
}
