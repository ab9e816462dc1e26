// Command etcd is one minor of etcd, run by its own code, with a check that its configuration file has no key the
// server would silently ignore:
//
//	etcd --flags...            the server
//	etcd strict-config FILE    prints nothing, or every ignored key
//
// Build it with one of mods/etcd-*.mod. It owns nothing else; start reading in main.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "strict-config" {
		if err := strictConfig(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	etcdmain.Main(os.Args)
}

// strictConfig fails when etcd would ignore a key of the file at path. etcd keeps the list of the keys it knows to
// itself, so it is asked: a key it reads cannot be given both a map and a list without a complaint about types,
// and a key it ignores can.
func strictConfig(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	config := map[string]any{}
	if err := yaml.UnmarshalStrict(data, &config); err != nil {
		return err
	}
	var ignored []string
	for key, value := range config {
		known, err := reads(func(probe any) any { return map[string]any{key: probe} })
		if err != nil {
			return err
		}
		if !known {
			ignored = append(ignored, key)
			continue
		}
		nested, ok := value.(map[string]any)
		if !ok {
			continue
		}
		for inner := range nested {
			known, err := reads(func(probe any) any { return map[string]any{key: map[string]any{inner: probe}} })
			if err != nil {
				return err
			}
			if !known {
				ignored = append(ignored, key+"."+inner)
			}
		}
	}
	if len(ignored) > 0 {
		sort.Strings(ignored)
		return fmt.Errorf("%s: etcd does not read %q", path, ignored)
	}
	// The values: ConfigFromFile decodes and validates them.
	_, err = embed.ConfigFromFile(path)
	return err
}

// reads says whether etcd reads what place puts a value at: the complaint of its decoder is about the type then.
func reads(place func(probe any) any) (bool, error) {
	for _, probe := range []any{map[string]any{"probe": "x"}, []any{map[string]any{"probe": "x"}}} {
		data, err := yaml.Marshal(place(probe))
		if err != nil {
			return false, err
		}
		complaint, err := complaintAbout(data)
		if err != nil {
			return false, err
		}
		if strings.Contains(complaint, "cannot unmarshal") {
			return true, nil
		}
	}
	return false, nil
}

// complaintAbout returns what etcd says about a configuration file with this content, and nothing if it takes it.
func complaintAbout(data []byte) (string, error) {
	file, err := os.CreateTemp("", "etcd-probe-*.yaml")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	if err := file.Close(); err != nil {
		return "", err
	}
	if _, err := embed.ConfigFromFile(file.Name()); err != nil {
		return err.Error(), nil
	}
	return "", nil
}
