package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/cgroups"
	"github.com/hardstrap/hardstrap/test/cluster/images"
	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// plain is the name of the control: a cluster that kubeadm makes without any profile. It is asked the same
// questions, with what the profile judge wants as the right answers.
const (
	plain = "plain"
	judge = "restricted"
)

// cluster is what the tests share: one cluster, which they change in order.
type cluster struct {
	environment
	lan      *node.Lan
	registry *images.Registry
	pause    string // reference of the image of every pod's sandbox
	cgroupV1 bool   // the machine has version 1 of control groups
	bundles  string // directory with the bundles, which nodes see as /opt/bundles
	bundle   string // the one that is installed
	readme   readme
	wants    wants // what the profile says
	first    *node.Node
	second   *node.Node
	worker   *node.Node
	nodes    []*node.Node
	joinedBy string   // how the last node found the cluster
	admin    *api     // with admin.conf
	seen     []result // what was asserted so far
	serial   int      // of names
}

// chapter is a part of a test that needs those before it.
type chapter struct {
	name string
	run  func(*testing.T, *cluster)
}

func TestCluster(t *testing.T) {
	c := &cluster{environment: readEnvironment(t)}
	t.Cleanup(func() { c.close(t) })
	chapters := []chapter{
		{"lan", setUp},
		{"boots", boots},
		{"behaves", behaves},
	}
	if c.profile != plain {
		chapters = append(chapters, []chapter{
			{"a second control plane", secondControlPlane},
			{"drift", drifted},
			{"a changed profile", changedProfile},
			{"a key that is missing or corrupt", brokenKey},
			{"other keys", rotatedKeys},
		}...)
	}
	c.read(t, chapters, "cluster")
}

// read goes through the chapters in order, and keeps what was seen under a name.
func (c *cluster) read(t *testing.T, chapters []chapter, name string) {
	t.Helper()
	for _, chapter := range chapters {
		c.say("%s", chapter.name)
		good := t.Run(chapter.name, func(t *testing.T) { chapter.run(t, c) })
		if err := c.save(name); err != nil {
			t.Error(err)
		}
		if !good {
			return
		}
	}
}

// fresh returns a name that no object has yet.
func (c *cluster) fresh(name string) string {
	c.serial++
	return fmt.Sprintf("%s-%d", name, c.serial)
}

// setUp makes what is there before any node: network, registry, bundle.
func setUp(t *testing.T, c *cluster) {
	var err error
	if c.lan, err = node.NewLan(); err != nil {
		t.Fatal(err)
	}
	if c.registry, err = images.Serve(node.Gateway); err != nil {
		t.Fatal(err)
	}
	if err := c.pushImages(c.version); err != nil {
		t.Fatal(err)
	}
	hierarchies, err := cgroups.Hierarchies()
	if err != nil {
		t.Fatal(err)
	}
	c.cgroupV1 = hierarchies != nil
	c.bundles = filepath.Join(c.scratch, "bundles")
	if err := os.MkdirAll(c.bundles, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := c.use("first", c.version, nil); err != nil {
		t.Fatal(err)
	}
}

// behaves asserts everything that one node can show, in an order in which nothing spoils what comes after it.
func behaves(t *testing.T, c *cluster) {
	for _, list := range [][]behaviour{
		workloadBehaviours(),
		tlsBehaviours(),
		anonymousBehaviours(),
		encryptionBehaviours(),
		auditBehaviours(),
		admissionBehaviours(),
		policyBehaviours(),
		rbacBehaviours(),
		firewallBehaviours(),
	} {
		c.behave(t, list)
	}
}

// close ends every node, and says what they had to say if something failed.
func (c *cluster) close(t *testing.T) {
	var failed []error
	if t.Failed() {
		for _, n := range c.nodes {
			failed = append(failed, c.collect(n, filepath.Join(c.logs, t.Name(), n.Name)))
		}
	} else {
		failed = append(failed, os.RemoveAll(filepath.Join(c.logs, t.Name())))
	}
	for _, n := range c.nodes {
		failed = append(failed, n.Stop())
	}
	if c.registry != nil {
		failed = append(failed, c.registry.Close())
	}
	if c.lan != nil {
		failed = append(failed, c.lan.Close())
	}
	if err := errors.Join(failed...); err != nil {
		t.Error(err)
	}
}

// start starts a node with the packages of a version.
func (c *cluster) start(name string, number int, version string) (*node.Node, error) {
	n, err := node.Start(c.lan, c.machine(name, number, version))
	if err != nil {
		return nil, err
	}
	c.nodes = append(c.nodes, n)
	_, err = n.Run("systemctl is-active containerd || { journalctl --no-pager --unit containerd | tail -n 30; false; }")
	return n, err
}

// collect copies what a node knows of itself to the directory of logs. It never has keys: of /etc/kubernetes only
// manifests are copied.
func (c *cluster) collect(n *node.Node, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for file, script := range map[string]string{
		"journal":    "journalctl --no-pager",
		"kubelet":    "journalctl --no-pager --unit kubelet",
		"containers": `for f in /var/log/pods/*/*/*.log; do echo "== $f"; tail -n 60 "$f"; done`,
		"pods":       "kubectl get pods,nodes,csr --all-namespaces --output wide; kubectl get events --all-namespaces",
		"manifests":  "tail -n +1 /etc/kubernetes/manifests/*.yaml /var/lib/kubelet/config.yaml",
		"rules":      "nft list ruleset",
	} {
		said, err := n.Run("%s", "set +e; "+script)
		if err != nil {
			said += "\n" + err.Error()
		}
		if err := os.WriteFile(filepath.Join(dir, file+".log"), []byte(node.Redact(said)), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// eventually asks until check is content, and fails with its last complaint.
func eventually(patience time.Duration, check func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			if err != nil {
				return fmt.Errorf("after %s: %w", patience, err)
			}
			return nil
		}
		time.Sleep(time.Second)
	}
}
