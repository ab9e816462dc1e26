// Package cgroups names the control groups of a node on the machine that it runs on, for both versions of them.
//
// It never starts or ends a process. Start reading in Of.
package cgroups

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const mount = "/sys/fs/cgroup"

// Hierarchy is one of those that a machine with version 1 has mounted. One of them may be of version 2, without
// controllers: systemd keeps track of processes in it.
type Hierarchy struct {
	Name    string // below /sys/fs/cgroup
	Type    string // of the file system: cgroup, cgroup2
	Options string // what it is mounted with: "cpu", "name=systemd"
}

// Hierarchies returns what is mounted below /sys/fs/cgroup, or nothing where that is version 2 itself.
func Hierarchies() ([]Hierarchy, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(mount, &st); err != nil {
		return nil, err
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return nil, nil
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var found []Hierarchy
	for line := range strings.Lines(string(mounts)) {
		// ID parent device root point options ... - type source options (proc_pid_mountinfo(5)).
		before, after, _ := strings.Cut(strings.TrimSpace(line), " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if len(place) < 6 || len(kind) < 3 || !strings.HasPrefix(kind[0], "cgroup") || filepath.Dir(place[4]) != mount {
			continue
		}
		var options []string
		for _, option := range strings.Split(kind[2], ",") {
			switch option, _, _ := strings.Cut(option, "="); option {
			case "rw", "ro", "xattr", "clone_children", "release_agent", "nsdelegate", "memory_recursiveprot":
				continue
			}
			options = append(options, option)
		}
		found = append(found, Hierarchy{filepath.Base(place[4]), kind[0], strings.Join(options, ",")})
	}
	if len(found) == 0 {
		return nil, errors.New("no control groups are mounted on " + mount)
	}
	return found, nil
}

// Of returns the directories that make up the control group of that name: one for version 2, one for
// each hierarchy of version 1. They need not be there.
func Of(name string) ([]string, error) {
	hierarchies, err := Hierarchies()
	if err != nil {
		return nil, err
	}
	group := "hardstrap-" + name
	if hierarchies == nil {
		return []string{filepath.Join(mount, group)}, nil
	}
	var dirs []string
	for _, h := range hierarchies {
		dirs = append(dirs, filepath.Join(mount, h.Name, group))
	}
	return dirs, nil
}

// Remove takes away the control group of that name with everything below it, once its processes are
// gone: it waits for them for ten seconds at most.
func Remove(name string) error {
	dirs, err := Of(name)
	if err != nil {
		return err
	}
	var failed []error
	for _, dir := range dirs {
		failed = append(failed, remove(dir))
	}
	return errors.Join(failed...)
}

// remove tries until the kernel, which lets go of the dead a little later, lets go of the directory.
func remove(dir string) error {
	var err error
	for range 100 {
		err = removeTree(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// removeTree removes directories from below: the files of a control group go with it.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return os.Remove(dir) // which tries rmdir after unlink, and names the directory
}
