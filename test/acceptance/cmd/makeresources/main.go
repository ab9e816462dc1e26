// Command makeresources prints internal/auditpolicy/resources.tsv, which resources and subresources the API
// server of each minor serves, or internal/catalog/objects.tsv, which kinds of objects it takes. It reads the
// discovery documents that every Kubernetes release carries (api/discovery), of the releases that the files in mods/
// name; it compiles nothing of Kubernetes.
//
//	cd test/acceptance && go run ./cmd/makeresources >../../internal/auditpolicy/resources.tsv
//	cd test/acceptance && go run ./cmd/makeresources objects >../../internal/catalog/objects.tsv
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	make := resources
	if len(os.Args) == 2 && os.Args[1] == "objects" {
		make = objects
	}
	if err := run(os.Stdout, make()); err != nil {
		fmt.Fprintln(os.Stderr, "makeresources:", err)
		os.Exit(1)
	}
}

// table is what is made of the discovery documents: its heading, and the rows that one of them gives.
type table struct {
	heading string
	rows    func(list resourceList) []string
}

// resourceList is a discovery document of one group and version.
type resourceList struct {
	Kind, GroupVersion string
	Resources          []struct {
		Name, Kind string
		Namespaced bool
		Verbs      []string
	}
}

// resources has a row for each resource and subresource of a group, whatever the version.
func resources() table {
	return table{
		heading: "# Resources and subresources the API server of each minor serves: group (- is the core), resource,\n" +
			"# first minor (the first of the table: that or earlier). Made by test/acceptance/cmd/makeresources from\n",
		rows: func(list resourceList) []string {
			group, _, ok := strings.Cut(list.GroupVersion, "/")
			if !ok {
				group = "-"
			}
			var out []string
			for _, r := range list.Resources {
				out = append(out, group+"\t"+r.Name)
			}
			return out
		},
	}
}

// objects has a row for each kind of stored object of a version that is neither alpha nor beta.
func objects() table {
	stable := regexp.MustCompile(`(^|/)v[0-9]+$`)
	return table{
		heading: "# Kinds of objects that the API server of each minor takes: apiVersion, kind, scope, first minor (the\n" +
			"# first of the table: that or earlier). Made by test/acceptance/cmd/makeresources from\n",
		rows: func(list resourceList) []string {
			if !stable.MatchString(list.GroupVersion) {
				return nil
			}
			var out []string
			for _, r := range list.Resources {
				if strings.Contains(r.Name, "/") || !slices.Contains(r.Verbs, "patch") {
					continue
				}
				scope := "Cluster"
				if r.Namespaced {
					scope = "Namespaced"
				}
				out = append(out, list.GroupVersion+"\t"+r.Kind+"\t"+scope)
			}
			return out
		},
	}
}

func run(w io.Writer, t table) error {
	mods, err := filepath.Glob("mods/1.*.mod")
	if err != nil || len(mods) == 0 {
		return fmt.Errorf("no mods/1.*.mod here: run it in test/acceptance")
	}
	slices.Sort(mods)
	since := map[string]string{}
	var releases []string
	for _, mod := range mods {
		minor := strings.TrimSuffix(filepath.Base(mod), ".mod")
		release, served, err := servedBy(mod, t.rows)
		if err != nil {
			return fmt.Errorf("%s: %w", mod, err)
		}
		releases = append(releases, release)
		for r := range served {
			if _, ok := since[r]; !ok {
				since[r] = minor
			}
		}
		// The table has no column for an end; should one be needed, this says so.
		for r := range since {
			if !served[r] {
				return fmt.Errorf("%q is no longer served by %s: the table cannot say that", r, release)
			}
		}
	}
	rows := make([]string, 0, len(since))
	for r, minor := range since {
		rows = append(rows, r+"\t"+minor)
	}
	slices.Sort(rows)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s# api/discovery/*.json of k8s.io/kubernetes %s.\n", t.heading, strings.Join(releases, ", "))
	for _, row := range rows {
		fmt.Fprintln(out, row)
	}
	return out.Flush()
}

// servedBy reads the discovery documents of the release that a mod file requires.
func servedBy(mod string, rows func(resourceList) []string) (release string, served map[string]bool, err error) {
	text, err := os.ReadFile(mod)
	if err != nil {
		return "", nil, err
	}
	m := regexp.MustCompile(`(?m)^require k8s\.io/kubernetes (\S+)$`).FindSubmatch(text)
	if m == nil {
		return "", nil, fmt.Errorf("requires no k8s.io/kubernetes")
	}
	release = string(m[1])
	answer, err := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@"+release).Output()
	if err != nil {
		return "", nil, fmt.Errorf("go mod download: %w", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(answer, &module); err != nil {
		return "", nil, err
	}
	files, err := filepath.Glob(filepath.Join(module.Dir, "api", "discovery", "*.json"))
	if err != nil || len(files) == 0 {
		return "", nil, fmt.Errorf("no discovery documents in %s", release)
	}
	served = map[string]bool{}
	for _, file := range files {
		list, err := read(file)
		if err != nil {
			return "", nil, err
		}
		for _, row := range rows(list) {
			served[row] = true
		}
	}
	return release, served, nil
}

// read returns a discovery document, empty where the file is of another kind.
func read(file string) (resourceList, error) {
	var list resourceList
	text, err := os.ReadFile(file)
	if err != nil {
		return list, err
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return list, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	if list.Kind != "APIResourceList" {
		return resourceList{}, nil
	}
	return list, nil
}
