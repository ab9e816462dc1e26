package preflight

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"time"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

var (
	released = regexp.MustCompile(`\bv?(\d+)\.(\d+)\.(\d+)`)
	exact    = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)`)
)

// tools are the programs a node needs, and how each tells its version (kubernetes v1.37.0,
// cmd/kubeadm/app/cmd/version.go; component-base version/verflag; kubectl pkg/cmd/version).
func tools(n *Node) [][]string {
	if n.Role == settings.Etcd {
		return [][]string{{"etcd", "--version"}}
	}
	return [][]string{{"kubeadm", "version", "--output=short"}, {"kubelet", "--version"}, {"kubectl", "version", "--client"}}
}

// versions compares the installed programs with the bundle. Another kubeadm does not know this bundle's
// files, and a kubelet may be older than its API server and not newer; an older one is how an upgrade
// begins.
func versions(n *Node) (diag.List, error) {
	if !n.Running {
		return nil, nil
	}
	want := n.Version
	if n.Role == settings.Etcd {
		want = n.Etcd
	}
	wanted := exact.FindStringSubmatch(want)
	if wanted == nil {
		return nil, fmt.Errorf("%q is no version to compare with", want)
	}
	var out diag.List
	var unknown []error
	for _, t := range tools(n) {
		hint := fmt.Sprintf("install %s %s", t[0], want)
		tool, err := n.Probes.Tool(t[0], t[1:]...)
		if errors.Is(err, fs.ErrNotExist) {
			out.Add(warning(hint, "%s is not on the PATH", t[0]))
			continue
		}
		got := released.FindStringSubmatch(tool.Output)
		if err != nil || got == nil {
			unknown = append(unknown, fmt.Errorf("%s does not tell its version: %w", t[0], cmp.Or(err, errors.New("none in its output"))))
			continue
		}
		order := cmp.Or(compareNumbers(got[1], wanted[1]), compareNumbers(got[2], wanted[2]))
		version := got[1] + "." + got[2] + "." + got[3]
		switch {
		case order != 0 && t[0] == "kubeadm" || order > 0 && t[0] == "kubelet":
			out.Add(fault(hint+", or render the bundle for "+version, "%s is of version %s, and the bundle is for %s", t[0], version, want))
		case order != 0 || got[3] != wanted[3]:
			out.Add(warning(hint, "%s is of version %s, and the bundle is for %s", t[0], version, want))
		}
	}
	return out, errors.Join(unknown...)
}

func compareNumbers(a, b string) int {
	x, _ := strconv.Atoi(a) // digits, by the patterns above; too many of them are the largest number
	y, _ := strconv.Atoi(b)
	return cmp.Compare(x, y)
}

// clock finds one that is behind: certificates made now would be valid from a time that has passed for
// nobody else, or not yet. A bundle has no date, so the node's own programs are the measure.
func clock(n *Node) (diag.List, error) {
	if !n.Running {
		return nil, nil
	}
	now := n.Probes.Now()
	for _, t := range tools(n) {
		tool, err := n.Probes.Tool(t[0], t[1:]...)
		if err != nil {
			continue // versions says so
		}
		if ahead := tool.Built.Sub(now); ahead > 24*time.Hour {
			return diag.List{fault("set the clock, and keep it with chrony or systemd-timesyncd", "the clock says %s, and %s was made on %s",
				now.UTC().Format(time.DateOnly), t[0], tool.Built.UTC().Format(time.DateOnly))}, nil
		}
	}
	return nil, nil
}
