package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/cgroups"
)

// Config says what a node is to be.
type Config struct {
	Name     string            // host name
	Group    string            // of its control groups; unique on the machine
	Number   int               // 1 to 9, unique on the lan: gives its addresses
	Nodes    int               // how many numbers there may be
	Scratch  string            // directory for all that the node writes; on a disk, not on an overlay
	NodeInit string            // the built program nodeinit
	Files    map[string]string // path on the node: content, beside those that every node has
	Links    map[string]string // path on the node: target of a symbolic link
	Binds    map[string]string // path on the node: file or directory of the machine, seen read-only
	Target   string            // systemd unit that it starts
}

// Node is one that runs.
type Node struct {
	Config
	Address string
	init    *exec.Cmd
	log     *bytes.Buffer
	ended   chan struct{}
}

// Start makes a node and waits until its systemd answers. Its processes, all of them, end with this process or with
// Stop.
func Start(lan *Lan, config Config) (*Node, error) {
	n := &Node{Config: config, Address: Address(config.Number), log: &bytes.Buffer{}, ended: make(chan struct{})}
	n.init = exec.Command(config.NodeInit)
	n.init.Stdout, n.init.Stderr = n.log, n.log
	n.init.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWNET,
		Setsid:     true,
	}
	orders, err := n.init.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := n.init.Start(); err != nil {
		return nil, fmt.Errorf("namespaces of node %s: %w", config.Name, err)
	}
	go func() {
		_ = n.init.Wait() // what it said tells more
		close(n.ended)
	}()
	if err := n.start(lan, orders); err != nil {
		return nil, errors.Join(fmt.Errorf("node %s: %w", config.Name, err), n.Stop())
	}
	return n, nil
}

func (n *Node) start(lan *Lan, orders interface {
	Write([]byte) (int, error)
	Close() error
}) error {
	if err := lan.join(n.init.Process.Pid, n.Number, n.Nodes); err != nil {
		return err
	}
	if err := json.NewEncoder(orders).Encode(n.order()); err != nil {
		return err
	}
	if err := orders.Close(); err != nil {
		return err
	}
	return n.wait("systemd", 60*time.Second, func() bool {
		// Before it has entered its root, what answers is the machine's.
		said, _ := n.Run("test -e /run/hardstrap-node && systemctl is-system-running")
		return strings.Contains(said, "running") || strings.Contains(said, "degraded")
	})
}

// order is what nodeinit reads.
func (n *Node) order() any {
	files := map[string]string{
		"/etc/hostname": n.Name + "\n",
		"/etc/hosts":    "127.0.0.1 localhost\n::1 localhost\n" + n.Address + " " + n.Name + "\n",
		// Nobody answers there; a stub resolver of the machine's would be a loop for CoreDNS.
		"/etc/resolv.conf": "nameserver " + Gateway + "\n",
		"/etc/fstab":       "",
		"/etc/machine-id":  fmt.Sprintf("%032x\n", 0xa000+n.Number),
		// Kernel messages are the machine's, not this node's.
		"/etc/systemd/journald.conf.d/node.conf": "[Journal]\nReadKMsg=no\nStorage=volatile\n",
	}
	for path, content := range n.Files {
		files[path] = content
	}
	links := map[string]string{}
	for path, target := range n.Links {
		links[path] = target
	}
	// Devices and modules are the machine's.
	for _, unit := range []string{"systemd-udevd.service", "systemd-udev-trigger.service", "systemd-udev-settle.service", "systemd-modules-load.service", "apparmor.service", "nftables.service"} {
		links["/etc/systemd/system/"+unit] = "/dev/null"
	}
	return struct {
		Name, Group, Scratch string
		Binds, Files, Links  map[string]string
		Volumes, Empty       []string
		Target               string
	}{
		Name: n.Name, Group: n.Group, Scratch: n.Scratch, Binds: n.Binds, Files: files, Links: links, Target: n.Target,
		Volumes: []string{"/var/lib/kubelet", "/var/lib/containerd", "/var/lib/etcd", "/var/log"},
		// What the machine may have of these is not this node's.
		Empty: []string{
			"/etc/kubernetes", "/etc/cni", "/opt/cni", "/etc/containerd", "/var/lib/kubelet", "/var/lib/etcd", "/var/lib/containerd", "/var/lib/cni",
			"/etc/sysctl.d", "/usr/lib/sysctl.d", "/etc/tmpfiles.d", "/etc/sysusers.d", "/etc/modules-load.d",
			"/var/lib/hardstrap", "/usr/lib/systemd/system/kubelet.service.d", "/etc/systemd/system/kubelet.service.d",
		},
	}
}

func (n *Node) wait(what string, patience time.Duration, ready func() bool) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if ready() {
			return nil
		}
		select {
		case <-n.ended:
			return fmt.Errorf("it ended: %s", strings.TrimSpace(n.log.String()))
		default:
		}
	}
	return fmt.Errorf("no %s after %s: %s", what, patience, strings.TrimSpace(n.log.String()))
}

// Command returns a command that runs args on the node, as root in a fresh environment.
func (n *Node) Command(ctx context.Context, args ...string) *exec.Cmd {
	enter := []string{"nsenter", "--target", fmt.Sprint(n.init.Process.Pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"}
	words := append(enter, args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = []string{"HOME=/root", "LANG=C.UTF-8", "KUBECONFIG=/etc/kubernetes/admin.conf", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	// Whatever it started in the background must not hold up who reads its output.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// Script runs a bash script on the node, ended at its first failing command, and returns what it printed, on both
// streams. The error has that output too. Commands that ask read the answer "y".
func (n *Node) Script(ctx context.Context, script string) (string, error) {
	cmd := n.Command(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Stdin = strings.NewReader("y\n")
	said, err := cmd.CombinedOutput()
	out := string(said)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return out, &Failed{Node: n.Name, Script: script, Output: out, Err: err}
	}
	return out, nil
}

// Run is Script with ten minutes of patience.
func (n *Node) Run(format string, args ...any) (string, error) {
	script := format
	if len(args) > 0 {
		script = fmt.Sprintf(format, args...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	return n.Script(ctx, script)
}

// Failed is a script that failed on a node.
type Failed struct {
	Node, Script, Output string
	Err                  error
}

func (f *Failed) Error() string {
	return Redact(fmt.Sprintf("on %s: %v\n$ %s\n%s", f.Node, f.Err, strings.TrimSpace(f.Script), strings.TrimSpace(f.Output)))
}

func (f *Failed) Unwrap() error { return f.Err }

// Write puts a file on the node, with its directory.
func (n *Node) Write(path, content string, mode os.FileMode) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := n.Command(ctx, "bash", "-euc", `mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"`, "write", path, fmt.Sprintf("%o", mode))
	cmd.Stdin = strings.NewReader(content)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("on %s: %s: %w: %s", n.Name, path, err, said)
	}
	return nil
}

// Read returns a file of the node.
func (n *Node) Read(path string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	said, err := n.Command(ctx, "cat", path).Output()
	if err != nil {
		return "", fmt.Errorf("on %s: %s: %w", n.Name, path, err)
	}
	return string(said), nil
}

// Stop ends every process of the node: its first one, and with it the kernel ends the others. It takes away the
// node's control groups and what it wrote but for its logs.
func (n *Node) Stop() error {
	_ = n.init.Process.Kill() // it may be gone
	<-n.ended
	failed := []error{leave(n.Number), cgroups.Remove(n.Group)}
	for _, dir := range []string{"upper", "work", "root", "volumes"} {
		failed = append(failed, os.RemoveAll(filepath.Join(n.Scratch, dir)))
	}
	return errors.Join(failed...)
}
