package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// tool reads a kind of file that no Kubernetes component and no etcd reads.
type tool struct {
	program string
	reads   func(file string) bool
	// check returns what is wrong with the file at path. dir is a folder of its own, kept between the files of a role.
	check func(file, path, dir string) error
}

// tools are the host's own readers, from Debian's packages systemd, procps and nftables. sysusers.d stands before
// tmpfiles.d, whose lines name its users.
func tools() []tool {
	in := func(folder string) func(string) bool {
		return func(file string) bool { return strings.Contains(file, "/etc/"+folder+"/") }
	}
	return []tool{
		{"systemd-sysusers", in("sysusers.d"), sysusers},
		{"systemd-tmpfiles", in("tmpfiles.d"), tmpfiles},
		{"systemd-analyze", in("systemd/system"), units},
		{"sysctl", in("sysctl.d"), func(_, path, _ string) error { return quiet("sysctl", "--dry-run", "-p", path) }},
		{"nft", in("nftables.d"), nftables},
	}
}

// host checks the files that no component reads with the tool that reads them on a node. Where the machine has no
// such tool they are only counted.
func (b *bundle) host(dir string) error {
	for _, file := range []string{"README.md", "hardstrap.json", ".gitignore"} {
		if !b.has(file) {
			continue
		}
		data, err := os.ReadFile(b.path(file))
		if err != nil {
			return err
		}
		b.tooled[file] = nil
		if filepath.Ext(file) == ".json" {
			if err := json.Unmarshal(data, &map[string]any{}); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			b.tooled[file] = []string{"encoding/json"}
		}
	}
	for _, file := range b.below("companions") {
		b.tooled[file] = nil // for other software, whose code test/companions has
	}
	for _, role := range []string{controlPlane, worker, externalEtcd} {
		root := filepath.Join(dir, filepath.Base(role))
		if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
			return err
		}
		for name, line := range map[string]string{"passwd": "root:x:0:0:root:/root:/bin/sh\n", "group": "root:x:0:\n"} {
			if err := os.WriteFile(filepath.Join(root, "etc", name), []byte(line), 0o644); err != nil {
				return err
			}
		}
		for _, t := range tools() {
			if err := b.tool(t, role, root); err != nil {
				return err
			}
		}
	}
	return nil
}

// tool gives a role's files to one tool.
func (b *bundle) tool(t tool, role, dir string) error {
	_, missing := exec.LookPath(t.program)
	for _, file := range b.below(role) {
		if !t.reads(file) {
			continue
		}
		if missing != nil {
			b.tooled[file] = nil
			continue
		}
		if err := t.check(file, b.path(file), dir); err != nil {
			return fmt.Errorf("%s: %s refuses it: %w", file, t.program, err)
		}
		b.tooled[file] = append(b.tooled[file], t.program)
	}
	return nil
}

// quiet runs a tool that fails when something is wrong.
func quiet(name string, args ...string) error {
	output, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

// complaints runs a tool that goes on past what is wrong, and returns the lines that any of marks is in. That it
// fails because of the machine it is on says nothing about the file.
func complaints(marks []string, name string, args ...string) error {
	output, _ := exec.Command(name, args...).CombinedOutput()
	for _, line := range strings.Split(string(output), "\n") {
		if slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(line, mark) }) {
			return fmt.Errorf("%s", line)
		}
	}
	return nil
}

// sysusers makes the users in dir, where tmpfiles finds them.
func sysusers(_, path, dir string) error {
	return complaints([]string{filepath.Base(path) + ":"}, "systemd-sysusers", "--root="+dir, path)
}

// tmpfiles makes what the file says below dir.
func tmpfiles(_, path, dir string) error {
	return complaints([]string{filepath.Base(path) + ":"}, "systemd-tmpfiles", "--create", "--root="+dir, path)
}

// units has systemd read a unit, or a drop-in beside a unit that does nothing.
func units(file, path, dir string) error {
	_, name, _ := strings.Cut(file, "/etc/systemd/system/")
	unit := filepath.Join(dir, "units", name)
	if err := os.MkdirAll(filepath.Dir(unit), 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(unit, data, 0o644); err != nil {
		return err
	}
	whole := unit
	if parent := filepath.Dir(unit); strings.HasSuffix(parent, ".d") {
		whole = strings.TrimSuffix(parent, ".d")
		if err := os.WriteFile(whole, []byte("[Service]\nExecStart=/bin/true\n"), 0o644); err != nil {
			return err
		}
	}
	return complaints([]string{"ignoring", "Unknown", "Failed to parse", "Invalid"}, "systemd-analyze", "verify", "--man=no", whole)
}

// nftables has nft check the ruleset; the kernel is asked in a network of its own if that is allowed.
func nftables(_, path, _ string) error {
	if quiet("unshare", "-rn", "true") == nil {
		return quiet("unshare", "-rn", "nft", "--check", "--file", path)
	}
	return quiet("nft", "--check", "--file", path)
}
