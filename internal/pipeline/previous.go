package pipeline

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
)

// Previous looks at the bundle that stands in dir and warns where the new one is not its
// successor: it is another profile's, or of a Kubernetes minor that kubeadm cannot come from in one
// step (kubernetes v1.37.0, cmd/kubeadm/app/phases/upgrade/policy.go). No bundle, or one that cannot
// be read, is for writing to judge.
func (c *Cluster) Previous(dir string) diag.List {
	file := filepath.Join(dir, bundle.RecordFile)
	text, err := readRegular(file, 16*maxPolicy)
	if err != nil {
		return nil
	}
	record, err := bundle.ParseRecord(text)
	if err != nil {
		return nil
	}
	var out diag.List
	warn := func(hint, format string, args ...any) {
		out.Add(diag.Problem{Severity: diag.Warning, Position: diag.Position{File: dir}, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	if name := record.Profile.Name; name != c.Loaded.Name {
		warn("name another directory, unless the profile was renamed", "holds the bundle of profile %q, not of %q", name, c.Loaded.Name)
	}
	before, now := minorNumber(record.KubernetesVersion), minorNumber(c.Resolved.Version)
	if before > 0 && now > 0 && (now > before+1 || now < before-1) {
		warn("render each minor between, and move the cluster to it first",
			"holds a bundle for Kubernetes %s: kubeadm moves one minor at a time, and %s is further", record.KubernetesVersion, c.Resolved.Version)
	}
	return out
}

// minorNumber is 37 of 1.37.0, or 0.
func minorNumber(version string) int {
	_, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(minor)
	return n
}
