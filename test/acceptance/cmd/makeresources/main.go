// Command makeresources prints internal/auditpolicy/resources.tsv: which resources and subresources the API
// server of each minor serves. It reads the discovery documents that every Kubernetes release carries
// (api/discovery), of the releases that the files in mods/ name; it compiles nothing of Kubernetes.
//
//	cd test/acceptance && go run ./cmd/makeresources >../../internal/auditpolicy/resources.tsv
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
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "makeresources:", err)
		os.Exit(1)
	}
}

// resource is one row.
type resource struct{ group, name string }

func run(w io.Writer) error {
	mods, err := filepath.Glob("mods/1.*.mod")
	if err != nil || len(mods) == 0 {
		return fmt.Errorf("no mods/1.*.mod here: run it in test/acceptance")
	}
	slices.Sort(mods)
	since := make(map[resource]string)
	var releases []string
	for _, mod := range mods {
		minor := strings.TrimSuffix(filepath.Base(mod), ".mod")
		release, served, err := servedBy(mod)
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
				return fmt.Errorf("%s of group %q is no longer served by %s: the table cannot say that", r.name, r.group, release)
			}
		}
	}
	rows := make([]string, 0, len(since))
	for r, minor := range since {
		rows = append(rows, strings.Join([]string{r.group, r.name, minor}, "\t"))
	}
	slices.Sort(rows)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# Resources and subresources the API server of each minor serves: group (- is the core), resource,\n"+
		"# first minor (the first of the table: that or earlier). Made by test/acceptance/cmd/makeresources from\n"+
		"# api/discovery/*.json of k8s.io/kubernetes %s.\n", strings.Join(releases, ", "))
	for _, row := range rows {
		fmt.Fprintln(out, row)
	}
	return out.Flush()
}

// servedBy reads the discovery documents of the release that a mod file requires.
func servedBy(mod string) (release string, served map[resource]bool, err error) {
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
	served = make(map[resource]bool)
	for _, file := range files {
		if err := read(file, served); err != nil {
			return "", nil, err
		}
	}
	return release, served, nil
}

func read(file string, served map[resource]bool) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var list struct {
		Kind, GroupVersion string
		Resources          []struct{ Name string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	if list.Kind != "APIResourceList" {
		return nil
	}
	group, _, ok := strings.Cut(list.GroupVersion, "/")
	if !ok {
		group = "-"
	}
	for _, r := range list.Resources {
		served[resource{group, r.Name}] = true
	}
	return nil
}
