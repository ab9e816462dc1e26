// Command nodeinit is the first process of a node: it makes the node's own view of the machine (files, devices,
// control groups, name), then becomes systemd. Package node starts it in new namespaces and tells it what to do in
// one line of JSON on standard input, once the node has its network; nobody else runs it.
//
// It owns nothing of Kubernetes. Start reading in become.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// order is what a node is to be.
type order struct {
	Name    string            // host name
	Group   string            // of control groups
	Scratch string            // directory of the node on the machine, empty but for Files
	Binds   map[string]string // path on the node: directory or file of the machine, read-only
	Volumes []string          // directories that cannot lie on an overlay, such as containerd's
	Files   map[string]string // path on the node: content
	Links   map[string]string // path on the node: target of a symbolic link
	Empty   []string          // directories of the machine that a new node does not have
	Target  string            // systemd unit to start
}

func main() {
	// A control group namespace is a thread's own until systemd takes its place.
	runtime.LockOSThread()
	var o order
	err := json.NewDecoder(os.Stdin).Decode(&o)
	if err == nil {
		err = become(o)
	}
	fmt.Fprintln(os.Stderr, "nodeinit:", err)
	os.Exit(1)
}

// become does what o says and does not return but for a failure.
func become(o order) error {
	root := filepath.Join(o.Scratch, "root")
	steps := []struct {
		what string
		do   func() error
	}{
		{"control groups of its own", func() error { return enterCgroups(o.Group) }},
		{"files", func() error { return mountRoot(o, root) }},
		{"kernel's file systems", func() error { return mountKernel(root) }},
		{"devices", func() error { return mountDevices(root) }},
		{"control groups", func() error { return mountCgroups(filepath.Join(root, "sys/fs/cgroup")) }},
		{"name", func() error { return unix.Sethostname([]byte(o.Name)) }},
		{"root", func() error { return enter(root) }},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	const systemd = "/lib/systemd/systemd"
	args := []string{systemd, "--system", "--show-status=0", "--log-target=journal", "--unit=" + o.Target}
	// container tells systemd that it is not alone on this kernel.
	return unix.Exec(systemd, args, []string{"container=hardstrap", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
}

// mountRoot lays what the node writes over the machine's own root, which it only reads.
func mountRoot(o order, root string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	upper, work := filepath.Join(o.Scratch, "upper"), filepath.Join(o.Scratch, "work")
	for _, dir := range []string{upper, work, root} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("overlay", root, "overlay", 0, "lowerdir=/,upperdir="+upper+",workdir="+work); err != nil {
		return fmt.Errorf("an overlay below %s, which must lie on a disk and not on an overlay itself: %w", o.Scratch, err)
	}
	for _, dir := range o.Empty {
		if err := os.RemoveAll(filepath.Join(root, dir)); err != nil {
			return err
		}
	}
	for _, dir := range o.Volumes {
		from, to := filepath.Join(o.Scratch, "volumes", strings.ReplaceAll(dir[1:], "/", "-")), filepath.Join(root, dir)
		if err := makeDirs(from, to); err != nil {
			return err
		}
		if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	for path, content := range o.Files {
		if err := write(filepath.Join(root, path), content); err != nil {
			return err
		}
	}
	for path, target := range o.Links {
		if err := link(filepath.Join(root, path), target); err != nil {
			return err
		}
	}
	for path, from := range o.Binds {
		if err := bindReadOnly(from, filepath.Join(root, path)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func bindReadOnly(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(to, 0o755)
	} else {
		err = write(to, "")
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	return unix.Mount("", to, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

func write(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// What the machine has there may be a link to elsewhere on the machine.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o644)
}

func link(path, target string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(target, path)
}

func makeDirs(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// ready is there once this is the node and no longer the machine; package node looks for it.
const ready = "/run/hardstrap-node"

// enter makes root the root of this process and of all to come, and lets mounts spread to the namespaces of
// containers, as the kubelet's volumes need it.
func enter(root string) error {
	old := filepath.Join(root, "machine")
	if err := os.MkdirAll(old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, old); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := unix.Unmount("/machine", unix.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Remove("/machine"); err != nil {
		return err
	}
	if err := os.WriteFile(ready, nil, 0o644); err != nil {
		return err
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}
