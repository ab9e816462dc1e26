package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// finding is one of a report of hardstrap diff.
type finding struct {
	Setting struct {
		Key string `json:"key"`
	} `json:"setting"`
	Part      string   `json:"part"`
	Direction string   `json:"direction"`
	Message   string   `json:"message"`
	Nodes     []string `json:"nodes"`
}

func (f finding) String() string {
	return strings.TrimSpace(f.Direction + " " + f.Setting.Key + " " + f.Part + " " + f.Message)
}

// report is what hardstrap diff says as JSON.
type report struct {
	Findings []finding `json:"findings"`
	Summary  struct {
		Match       int `json:"match"`
		NotLookedAt int `json:"notLookedAt"`
	} `json:"summary"`
}

// diff compares what a node sees with the profile of its bundle.
func (c *cluster) diff(n *node.Node, sources ...string) (report, error) {
	var r report
	// The exit code tells of findings, which the report has; without a report the command failed.
	said, err := n.Run("hardstrap diff /opt/bundles/profiles/cluster.yaml --format json %s || test $? = 1 -o $? = 3", strings.Join(sources, " "))
	if err != nil {
		return r, err
	}
	start := strings.IndexByte(said, '{')
	if start < 0 {
		return r, errors.New(said)
	}
	return r, json.Unmarshal([]byte(said[start:]), &r)
}

// fromOutside are the sources that look at the cluster from the first control plane without its files.
func (c *cluster) fromOutside() []string {
	out := []string{"--kubeconfig /etc/kubernetes/admin.conf"}
	for _, n := range c.controlPlanes() {
		for _, port := range []string{"6443", "2379", "etcd-peer", "10250"} {
			switch port {
			case "etcd-peer":
				out = append(out, "--probe etcd-peer="+n.Address+":2380")
			case "10250":
				out = append(out, "--probe 'kubelet[control-plane]="+n.Address+":10250'")
			default:
				out = append(out, "--probe "+n.Address+":"+port)
			}
		}
	}
	return append(out, "--probe 127.0.0.1:10257", "--probe 127.0.0.1:10259", "--probe 'kubelet[worker]="+c.worker.Address+":10250'")
}

// nothingMoved asks every source for a difference: files and processes of each node, the API, and every port.
func nothingMoved(c *cluster) (string, error) {
	var saw []string
	ask := func(what string, n *node.Node, sources ...string) error {
		r, err := c.diff(n, sources...)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		var found []string
		for _, f := range r.Findings {
			found = append(found, f.String())
		}
		if len(found) > 0 {
			return fmt.Errorf("%s: %s", what, strings.Join(found, "; "))
		}
		saw = append(saw, fmt.Sprintf("%s %d", what, r.Summary.Match))
		return nil
	}
	var faults []error
	for _, n := range c.nodes {
		faults = append(faults, ask(n.Name, n))
	}
	faults = append(faults, ask("API and ports", c.first, c.fromOutside()...), ask("all at once", c.first, append(c.fromOutside(), "--root /")...))
	return "settings that match: " + strings.Join(saw, ", "), errors.Join(faults...)
}

// drift is one way in which somebody changes a cluster by hand.
type drift struct {
	name     string
	change   string // on the first control plane, or on the worker
	back     string
	onWorker bool
	outside  bool   // it shows in the API, and not on a node
	key      string // of the finding
	wants    string // its direction
}

// drifts are changes that people make, none of which restarts anything but what the kubelet does by itself.
func (c *cluster) drifts() []drift {
	const (
		scheduler = "/etc/kubernetes/manifests/kube-scheduler.yaml"
		config    = "/var/lib/kubelet/config.yaml"
	)
	out := []drift{
		{name: "an edited manifest", change: "sed -i 's/--profiling=false/--profiling=true/' " + scheduler, back: "sed -i 's/--profiling=true/--profiling=false/' " + scheduler,
			key: "kube-scheduler:--profiling", wants: "weaker"},
		{name: "a kubelet's file that nobody restarted for", onWorker: true,
			change: "cp -p " + config + " /run/kubelet.yaml; echo 'readOnlyPort: 10255' >>" + config, back: "cp -p /run/kubelet.yaml " + config,
			key: "kubelet[worker]:readOnlyPort", wants: "weaker"},
		{name: "a file for everybody to read", change: "chmod 644 /etc/kubernetes/admin.conf", back: "chmod 600 /etc/kubernetes/admin.conf",
			key: "host[control-plane]:tmpfile//etc/kubernetes/*.conf", wants: "weaker"},
		{name: "a ConfigMap that kubectl edited", outside: true,
			change: "kubectl --namespace kube-system get configmap kubeadm-config --output yaml | sed '/name: profiling/{n;s/\"false\"/\"true\"/}' | kubectl replace --filename -",
			back:   "kubectl --namespace kube-system get configmap kubeadm-config --output yaml | sed '/name: profiling/{n;s/\"true\"/\"false\"/}' | kubectl replace --filename -",
			key:    "kube-apiserver:--profiling", wants: "weaker"},
		{name: "one more cluster-admin", outside: true, change: "kubectl create clusterrolebinding drift --clusterrole=cluster-admin --user=mallory",
			back: "kubectl delete clusterrolebinding drift", key: "cluster:ClusterRoleBinding/drift", wants: "weaker"},
		{name: "a NetworkPolicy that is gone", outside: true, change: "kubectl --namespace shop delete networkpolicy default-deny",
			back: "kubectl apply --server-side --force-conflicts --field-manager=hardstrap --filename " + c.installed() + "/manifests/30-network-policies/shop.yaml",
			key:  "cluster:NetworkPolicy/shop/default-deny", wants: "weaker"},
		{name: "a namespace with a lower level", outside: true, change: "kubectl label --overwrite namespace shop pod-security.kubernetes.io/enforce=privileged",
			back: "kubectl label --overwrite namespace shop pod-security.kubernetes.io/enforce=restricted", key: "cluster:Namespace/shop", wants: "weaker"},
	}
	return out
}

// found makes a change, looks for the finding, and takes the change back.
func (c *cluster) found(d drift) (saw string, err error) {
	n := c.first
	if d.onWorker {
		n = c.worker
	}
	if _, err := n.Run("%s", d.change); err != nil {
		return "", err
	}
	defer func() {
		_, back := n.Run("%s", d.back)
		err = errors.Join(err, back, c.still(n))
	}()
	var sources []string
	if d.outside {
		sources = []string{"--kubeconfig /etc/kubernetes/admin.conf"}
	}
	r, err := c.diff(n, sources...)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(r.Findings, func(f finding) bool { return f.Setting.Key == d.key && f.Direction == d.wants })
	if i < 0 {
		return "", fmt.Errorf("%s of %s is not among %v", d.wants, d.key, r.Findings)
	}
	for _, f := range r.Findings {
		if !d.causes(f) {
			err = errors.Join(err, fmt.Errorf("besides: %s", f))
		}
	}
	return r.Findings[i].String(), err
}

// causes reports whether a finding comes of the change: the setting itself, of any component; that a file is newer
// than its process; and that a component does not run while the kubelet makes it anew.
func (d drift) causes(f finding) bool {
	component, path, _ := strings.Cut(d.key, ":")
	return strings.HasSuffix(f.Setting.Key, ":"+path) || strings.HasPrefix(f.Setting.Key, component+":") && (f.Direction == "unknown" || strings.HasSuffix(f.Setting.Key, ":process"))
}

// still waits until a node has no difference any more: the kubelet makes pods anew, and nothing is left of the change. That
// files were touched is left of it.
func (c *cluster) still(n *node.Node) error {
	return eventually(2*time.Minute, func() error {
		r, err := c.diff(n, "--root /", "--kubeconfig /etc/kubernetes/admin.conf")
		if n == c.worker {
			r, err = c.diff(n)
		}
		for _, f := range r.Findings {
			if !strings.HasSuffix(f.Setting.Key, ":process") {
				err = errors.Join(err, fmt.Errorf("still: %s", f))
			}
		}
		return err
	})
}

// drifted changes the cluster by hand in every way, one after the other, and wants each to be found, and no other.
func drifted(t *testing.T, c *cluster) {
	list := []behaviour{{name: "files, processes, API and ports show no difference from the profile", check: nothingMoved}}
	for _, d := range c.drifts() {
		list = append(list, behaviour{name: "drift is found: " + d.name, check: func(c *cluster) (string, error) { return c.found(d) }})
	}
	c.behave(t, list)
}
