package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hardstrap/hardstrap/test/cluster/cgroups"
)

// enterCgroups puts this process into groups of the node's own and makes them the roots that it sees. Without, the
// kubelets of two nodes would end each other's pods, which they do not know.
func enterCgroups(name string) error {
	groups, err := cgroups.Of(name)
	if err != nil {
		return err
	}
	for _, dir := range groups {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		// cpuset of version 1 takes nobody in before it has these.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			above, err := os.ReadFile(filepath.Join(filepath.Dir(dir), file))
			if err != nil {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), above, 0o644); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0o644); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	return unix.Unshare(unix.CLONE_NEWCGROUP)
}

// mountCgroups shows the node its own groups at dir, in the version that the machine has.
func mountCgroups(dir string) error {
	hierarchies, err := cgroups.Hierarchies()
	if err != nil {
		return err
	}
	if hierarchies == nil {
		return unix.Mount("cgroup2", dir, "cgroup2", 0, "")
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, h := range hierarchies {
		at, options := filepath.Join(dir, h.Name), h.Options
		if err := os.Mkdir(at, 0o755); err != nil {
			return err
		}
		if strings.HasPrefix(options, "name=") {
			options = "none," + options
		}
		if err := unix.Mount("cgroup", at, "cgroup", 0, options); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	return nil
}
