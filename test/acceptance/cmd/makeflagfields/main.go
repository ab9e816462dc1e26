// Command makeflagfields prints internal/catalog/flagfields.tsv, which field of a component's configuration file each
// command line flag sets. It reads the flags' registration and the file's types in the sources of the releases that the
// files in mods/ name; it compiles nothing of Kubernetes.
//
//	cd test/acceptance && go run ./cmd/makeflagfields >../../internal/catalog/flagfields.tsv
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "makeflagfields:", err)
		os.Exit(1)
	}
}

// row is a line of the table without its minors.
type row struct{ component, flag, field, precedence, note string }

// kube-proxy's healthz-port and metrics-port have no row: each sets only the port of an address.
const heading = `# Which field of a component's configuration file a flag sets: component, flag, field, precedence, first minor (the first
# of the table: that or earlier), last minor (empty: still so), note. What the words of precedence mean stands in
# flagfields.go. Made by test/acceptance/cmd/makeflagfields from the sources of k8s.io/kubernetes, kubelet, kube-proxy,
# kube-scheduler and component-base, of Kubernetes %s:
# cmd/kubelet/app/options/options.go, cmd/kube-proxy/app/options.go, cmd/kube-scheduler/app/options,
# pkg/proxy/apis/config/v1alpha1/conversion.go, config/{v1beta1,v1alpha1,v1}/types.go, logs/api/v1/options.go.
`

func run(w io.Writer) error {
	mods, err := filepath.Glob("mods/1.*.mod")
	if err != nil || len(mods) == 0 {
		return fmt.Errorf("no mods/1.*.mod here: run it in test/acceptance")
	}
	slices.Sort(mods)
	var minors, versions []string
	had := map[row][]string{}
	for _, mod := range mods {
		r, err := releaseOf(mod)
		if err != nil {
			return fmt.Errorf("%s: %w", mod, err)
		}
		rows, err := r.rows()
		if err != nil {
			return fmt.Errorf("%s: %w", r.version, err)
		}
		minor := strings.TrimSuffix(filepath.Base(mod), ".mod")
		minors, versions = append(minors, minor), append(versions, r.version)
		for _, row := range rows {
			had[row] = append(had[row], minor)
		}
	}
	var lines []string
	for row, in := range had {
		first, last := in[0], in[len(in)-1]
		if slices.Index(minors, last)-slices.Index(minors, first)+1 != len(in) {
			return fmt.Errorf("%s --%s goes and comes: the table cannot say that", row.component, row.flag)
		}
		if last == minors[len(minors)-1] {
			last = ""
		}
		lines = append(lines, strings.Join([]string{row.component, row.flag, row.field, row.precedence, first, last, row.note}, "\t"))
	}
	slices.Sort(lines)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, heading, strings.Join(versions, ", "))
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return out.Flush()
}
