package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Node is the node to look at and what it is to get.
type Node struct {
	Root     string            // its root directory
	Running  bool              // it is the machine this runs on, not an image of one
	Role     string            // control-plane, worker or etcd
	Version  string            // of Kubernetes, as 1.37.0
	Etcd     string            // of etcd, as 3.7.3
	Settings *settings.Set     // of the bundle
	Files    map[string][]byte // the bundle's, by name on the node
	Probes   Probes

	root *os.Root
}

// Probes look at what no file below the root tells. Tests give their own.
type Probes struct {
	Now       func() time.Time
	Super     func() bool
	Tool      func(name string, args ...string) (Tool, error) // fs.ErrNotExist when it is not there
	Listening func() (map[int]bool, error)                    // TCP ports
	Free      func(dir string) (uint64, error)                // bytes
}

// Tool is a program of the node.
type Tool struct {
	Output string
	Built  time.Time // when its file was made
}

// Check is one thing to look for. What could not be found out is an *UnknownError.
type Check struct {
	Name string
	Run  func(*Node) (diag.List, error)
}

// Checks lists all checks.
func Checks() []Check {
	return []Check{
		{"privilege", privilege},
		{"versions", versions},
		{"clock", clock},
		{"sysctls", sysctls},
		{"cgroup", cgroup},
		{"swap", swap},
		{"ports", ports},
		{"accounts", accounts},
		{"space", space},
		{"runtime", runtimeSocket},
		{"placeholders", placeholders},
		{"encryption keys", encryptionKeys},
	}
}

// UnknownError says what could not be found out. It wraps a diag.List.
type UnknownError struct{ Problems diag.List }

// Error returns every problem, one a line.
func (e *UnknownError) Error() string { return e.Problems.Error() }

// Unwrap returns the list of problems.
func (e *UnknownError) Unwrap() error { return e.Problems }

// Run makes every check and returns what they found. The error is an *UnknownError.
func Run(n Node) (diag.List, error) {
	root, err := os.OpenRoot(n.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	n.root = root
	var found, unknown diag.List
	for _, c := range Checks() {
		list, err := c.Run(&n)
		found = append(found, list...)
		if err != nil {
			unknown.Add(diag.Problem{Path: c.Name, Message: "could not be checked: " + err.Error()})
		}
	}
	found.Sort()
	if len(unknown) > 0 {
		return found, &UnknownError{unknown}
	}
	return found, nil
}

// read returns a file of the node; nil when there is none. A link that names its target from the root
// is taken to mean the node's.
func (n *Node) read(name string) ([]byte, error) {
	for range 4 {
		if to, err := n.root.Readlink(name); err == nil && filepath.IsAbs(to) {
			name = strings.TrimPrefix(filepath.Clean(to), "/")
			continue
		}
		break
	}
	if info, err := n.root.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", filepath.Join(n.Root, name)) // a pipe would never end
	}
	data, err := n.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}

func (n *Node) exists(name string) bool {
	_, err := n.root.Stat(strings.TrimPrefix(name, "/"))
	return err == nil
}

// text is a setting's scalar, or what holds where it is not set.
func (n *Node) text(component, role, path, otherwise string) string {
	if v := n.Settings.Value(settings.Key{Component: component, Role: role, Path: path}); v != nil && v.IsScalar() {
		return v.Text
	}
	return otherwise
}

// kubelet is a field of this node's KubeletConfiguration.
func (n *Node) kubelet(field, otherwise string) string {
	return n.text(settings.Kubelet, n.Role, field, otherwise)
}

// joined reports whether kubeadm has been here: its node has a cluster, and what runs is its own.
func (n *Node) joined() bool {
	return n.exists("etc/kubernetes/kubelet.conf") || n.exists("etc/kubernetes/manifests/kube-apiserver.yaml")
}

func fault(hint, format string, args ...any) diag.Problem {
	return diag.Problem{Message: fmt.Sprintf(format, args...), Hint: hint}
}

func warning(hint, format string, args ...any) diag.Problem {
	p := fault(hint, format, args...)
	p.Severity = diag.Warning
	return p
}

// inFile says where on the node something stands.
func inFile(p diag.Problem, file string, line int) diag.Problem {
	p.Position = diag.Position{File: file, Line: line}
	return p
}

func privilege(n *Node) (diag.List, error) {
	if n.Running && !n.Probes.Super() {
		return diag.List{fault("run it as root", "only root can install on the machine itself: files would get the wrong owner")}, nil
	}
	return nil, nil
}
