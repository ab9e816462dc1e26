package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// NodeOptions say what is known of a node besides its files.
type NodeOptions struct {
	// Role is control-plane, worker or etcd; "" lets the files tell.
	Role string
	// Modes are patterns of files whose modes and owners are looked at, as in tmpfiles.d.
	Modes []string
	// Sysctls are the kernel parameters whose values are looked at in /proc/sys, where the tree has it.
	Sysctls []string
}

// ErrNoNode says that nothing of Kubernetes stands below a root.
var ErrNoNode = errors.New("no node of Kubernetes: neither static pods, nor the kubelet's configuration, nor etcd's")

// Node reads the files of a node: what the components are started with, the files these arguments
// name, and what of the host belongs to it. What is there and cannot be read is in Unknown. The error
// is ErrNoNode where there is nothing to look at.
func Node(tree Tree, o NodeOptions) (Observation, error) {
	n := &node{tree: tree, options: o}
	n.out.Role = o.Role
	if n.out.Role == "" {
		n.out.Role = n.role()
	}
	if n.out.Role == "" {
		return Observation{}, ErrNoNode
	}
	for _, look := range []func(){
		n.kubelet, // first: its configuration says where static pods stand
		n.staticPods,
		n.etcdMember,
		n.sysctls,
		n.kernel,
		n.hostFiles,
		n.fileModes,
		n.accounts,
		n.certificates,
	} {
		look()
	}
	if n.out.Subject == "" {
		n.out.Subject = n.hostname()
	}
	return n.out, nil
}

// node is an observation in the making.
type node struct {
	tree      Tree
	options   NodeOptions
	manifests string // the directory of static pods
	out       Observation
}

const kubeletConfig = "/var/lib/kubelet/config.yaml"

// role tells a node's role by what stands on it.
func (n *node) role() string {
	switch {
	case n.exists("/etc/kubernetes/manifests/kube-apiserver.yaml"):
		return settings.ControlPlane
	// What only kubeadm's control planes have: one whose static pods were moved away is no worker.
	case n.exists("/etc/kubernetes/admin.conf"), n.exists(layout.PKI + "/ca.key"), n.exists(layout.PKI + "/sa.key"):
		return settings.ControlPlane
	case n.exists(kubeletConfig), n.exists("/var/lib/kubelet/kubeadm-flags.env"):
		if found, err := n.tree.Glob("/etc/kubernetes/manifests/*"); err == nil {
			for _, file := range found {
				if data, err := n.tree.ReadFile(file); err == nil && strings.Contains(string(data), settings.APIServer) {
					return settings.ControlPlane
				}
			}
		}
		return settings.Worker
	case n.exists(layout.EtcdConfig):
		return settings.Etcd
	}
	return ""
}

func (n *node) hostname() string {
	data, err := n.tree.ReadFile("/etc/hostname")
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(name)
}

func (n *node) exists(path string) bool {
	_, err := n.tree.Stat(path)
	return err == nil
}

// read returns a file's content; where it cannot, it notes so.
func (n *node) read(component string, paths []string, file string) ([]byte, bool) {
	data, err := n.tree.ReadFile(file)
	if err != nil {
		n.unread(component, paths, file, err)
		return nil, false
	}
	return data, true
}

// unread notes a file that should have been read.
func (n *node) unread(component string, paths []string, file string, err error) {
	why, remedy := "cannot be read: "+cause(err), ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		why = "is not there"
	case errors.Is(err, fs.ErrPermission):
		why, remedy = "may not be read by this user", "run it as root"
	}
	n.unknown(component, paths, settings.Origin{Source: settings.FromFile, File: file}, file+" "+why, remedy)
}

func (n *node) unknown(component string, paths []string, at settings.Origin, why, remedy string) {
	n.out.Unknown = append(n.out.Unknown, Unknown{
		Source: settings.FromFile, Component: component, Paths: paths, Origin: at, Why: why, Remedy: remedy,
	})
}

// cause is the text of an error without the path that messages name already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// faults notes what was wrong with a file that was read.
func (n *node) faults(component string, paths []string, r *reader) bool {
	for _, p := range r.problems {
		at := settings.Origin{Source: settings.FromFile, File: p.Position.File, Line: p.Position.Line, Column: p.Position.Column}
		n.unknown(component, paths, at, fmt.Sprintf("%s: %s", p.Position.File, p.Message), "")
	}
	return len(r.problems) > 0
}

func (n *node) layer(component, account string, rank Rank, place string, found []settings.Setting) {
	n.out.Layers = append(n.out.Layers, Layer{
		View: View{Source: settings.FromFile, Component: component, Account: account}, Rank: rank, Place: place, Settings: found,
	})
}

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
