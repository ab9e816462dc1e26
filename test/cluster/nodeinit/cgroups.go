package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		if err := handDown(filepath.Dir(dir)); err != nil {
			return err
		}
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

// handDown lets groups below dir have the controllers that kubelets want: of version 2 alone, where systemd hands down
// only what its own units ask for.
func handDown(dir string) error {
	has, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, controller := range []string{"cpu", "cpuset", "hugetlb", "io", "memory", "pids"} {
		if !slices.Contains(strings.Fields(string(has)), controller) {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644); err != nil {
			return fmt.Errorf("%s of %s: %w", controller, dir, err)
		}
	}
	return nil
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
		if err := unix.Mount(h.Type, at, h.Type, 0, options); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	return coverOthers(dir, hierarchies)
}

// coverOthers keeps systemd from mounting the controllers that the machine has not mounted: this node would share
// them with every other, and its kubelet would try to take the others' pods away. What is a mount already, systemd
// leaves alone (mount_cgroup_controllers in its src/shared/mount-setup.c, which also names pairs like this).
func coverOthers(dir string, hierarchies []cgroups.Hierarchy) error {
	text, err := os.ReadFile("/proc/cgroups")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(name, "#") || slices.ContainsFunc(hierarchies, func(h cgroups.Hierarchy) bool {
			return slices.Contains(strings.Split(h.Options, ","), name)
		}) {
			continue
		}
		if name == "net_cls" || name == "net_prio" {
			name = "net_cls,net_prio"
		}
		at := filepath.Join(dir, name)
		if err := os.Mkdir(at, 0o755); err != nil {
			if os.IsExist(err) {
				continue
			}
			return err
		}
		if err := unix.Mount("none", at, "tmpfs", unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
