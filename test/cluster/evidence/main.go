// Command evidence prints docs/evidence.md from what runs of run.sh have seen: the directory named as its argument,
// with a file for each profile and version.
//
// It judges nothing. Start reading in main.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// run is a file of results, as the tests save it.
type run struct {
	Profile string `json:"profile"`
	Version string `json:"version"`
	Seen    []row  `json:"seen"`
}

type row struct {
	Behaviour string `json:"behaviour"`
	Holds     bool   `json:"holds"`
	Saw       string `json:"saw"`
}

func main() {
	if err := write(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "evidence:", err)
		os.Exit(1)
	}
}

func write(to io.Writer, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: evidence DIRECTORY VERSION")
	}
	runs, err := read(args[0], args[1])
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, intro, args[1])
	matrix(&out, runs)
	details(&out, runs)
	_, err = io.WriteString(to, out.String())
	return err
}

// order is that of the columns.
func order() []string {
	return []string{"plain", "baseline", "cis-level-1", "cis-level-2", "disa-stig", "nsa-cisa", "restricted"}
}

func read(dir, version string) ([]run, error) {
	var runs []run
	for _, profile := range order() {
		whole := run{Profile: profile, Version: version}
		files := []string{profile + "-" + version + "-cluster.json", profile + "-" + version + "-upgrade.json"}
		if profile == "baseline" { // which is what a cluster without a profile adopts
			files = append(files, "plain-"+version+"-adoption.json")
		}
		for _, file := range files {
			data, err := os.ReadFile(filepath.Join(dir, file))
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			var r run
			if err := json.Unmarshal(data, &r); err != nil {
				return nil, err
			}
			whole.Seen = append(whole.Seen, r.Seen...)
		}
		if len(whole.Seen) > 0 {
			runs = append(runs, whole)
		}
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("%s has no results for Kubernetes %s: run test/cluster/run.sh all", dir, version)
	}
	return runs, nil
}

const intro = `# What real clusters did

Made by ` + "`test/cluster/evidence`" + ` from what runs of ` + "`test/cluster`" + ` have seen, not by hand; ` + "`make evidence`" + ` makes
all runs anew. Each column is a cluster of Kubernetes
%s that kubeadm made from the bundle of a built-in profile, with ` + "`testdata/site.yaml`" + ` on top, by the commands of the
bundle's README: two control planes and a worker, every component the released code. Most questions are asked of the
new cluster, again after a changed profile was rolled out, and after an upgrade from the minor before (a cluster of its own,
one control plane and a worker) where the column has one.

` + "`plain`" + ` is the control: one control plane and a worker that kubeadm made without any profile. It is asked the same
questions, and the right answer is the one of ` + "`restricted`" + `: that it is **no** in so many rows shows that the questions can
tell the difference. Afterwards such a cluster adopts ` + "`baseline`" + ` while it runs, which is a row of that column.

yes: as the profile says, each time. **no**: not so. –: the profile does not ask for it, or it was not asked.

`

func matrix(out *strings.Builder, runs []run) {
	fmt.Fprint(out, "| behaviour |")
	for _, r := range runs {
		fmt.Fprintf(out, " %s |", r.Profile)
	}
	fmt.Fprintf(out, "\n|---|%s\n", strings.Repeat("---|", len(runs)))
	for _, behaviour := range behaviours(runs) {
		fmt.Fprintf(out, "| %s |", behaviour)
		for _, r := range runs {
			fmt.Fprintf(out, " %s |", verdict(r, behaviour))
		}
		fmt.Fprintln(out)
	}
	ran := map[string]bool{}
	for _, r := range runs {
		ran[r.Profile] = true
	}
	for _, profile := range order() {
		if !ran[profile] {
			fmt.Fprintf(out, "\nNo cluster of `%s` was run for this page.\n", profile)
		}
	}
}

// behaviours are those that any run has seen, in the order of the tests.
func behaviours(runs []run) []string {
	var all []string
	for i := len(runs) - 1; i >= 0; i-- { // the strictest asks for the most
		for _, r := range runs[i].Seen {
			if !slices.Contains(all, r.Behaviour) {
				all = append(all, r.Behaviour)
			}
		}
	}
	return all
}

// find returns what a run saw of a behaviour: the first time it was asked, unless it failed later.
func find(r run, behaviour string) *row {
	var found *row
	for _, row := range r.Seen {
		if row.Behaviour == behaviour && (found == nil || found.Holds && !row.Holds) {
			found = &row
		}
	}
	return found
}

func verdict(r run, behaviour string) string {
	switch found := find(r, behaviour); {
	case found == nil:
		return "–"
	case found.Holds:
		return "yes"
	}
	return "**no**"
}

// details show what the control and the strictest profile said.
func details(out *strings.Builder, runs []run) {
	fmt.Fprint(out, "\n## What was seen\n\n")
	for _, r := range runs {
		if r.Profile != "plain" && r.Profile != runs[len(runs)-1].Profile {
			continue
		}
		fmt.Fprintf(out, "### %s\n\n", r.Profile)
		for _, behaviour := range behaviours([]run{r}) {
			found := find(r, behaviour)
			fmt.Fprintf(out, "- %s: %s\n", behaviour, escape(found.Saw))
		}
		fmt.Fprintln(out)
	}
}

// escape keeps what programs said from being Markdown, and short.
func escape(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return "`" + strings.ReplaceAll(text, "`", "'") + "`"
}
