package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

const newVersion = "A new version of Kubernetes"

// TestUpgrade takes a cluster from the minor before to the one under test by the README's commands.
func TestUpgrade(t *testing.T) {
	c := &cluster{environment: readEnvironment(t)}
	if c.profile == plain || c.from == "" {
		t.Fatal("there is nothing to upgrade from")
	}
	t.Cleanup(func() { c.close(t) })
	to := c.version
	c.version = c.from
	c.read(t, []chapter{
		{"lan", setUp},
		{"boots " + c.from, boots},
		{"upgrades to " + to, func(t *testing.T, c *cluster) { upgrades(t, c, to) }},
	}, "upgrade")
}

func upgrades(t *testing.T, c *cluster, to string) {
	watch := c.watchAnonymous()
	c.do(t, []step{
		{"an app that runs meanwhile", c.deployApp},
		{"images of " + to, func() error { return c.pushImages(to) }},
		{"rendering for " + to, func() error { return c.use("new", to, nil) }},
		{"cp-1: new kubeadm, new files", func() error { return c.renew(c.first, to, "control-plane") }},
		{"cp-1: kubeadm upgrade", func() error { return c.upgrade(c.first, "the first control plane") }},
		{"cp-1: new kubelet", func() error { return c.newKubelet(c.first, to) }},
		{"worker-1: new kubeadm, new files", func() error { return c.renew(c.worker, to, "worker") }},
		{"worker-1: kubeadm upgrade", func() error { return c.upgrade(c.worker, "every other node") }},
		{"worker-1: new kubelet", func() error { return c.newKubelet(c.worker, to) }},
		{"applying manifests", c.applyManifests},
		{"waiting", func() error { return c.settled(3 * time.Minute) }},
	})
	c.version = to
	c.behave(t, append([]behaviour{{name: "the README's commands bring a cluster from the minor before to this one", check: upgraded}, {name: "nobody without credentials is let in meanwhile", check: watch}}, lasting()...))
}

// renew installs the new kubeadm and lays the new files over a node.
func (c *cluster) renew(n *node.Node, to, role string) error {
	if err := upgradePackage(n, "kubeadm", to); err != nil {
		return err
	}
	return c.install(n, role, "--live")
}

// upgrade runs the commands under one of the comments of the README's block.
func (c *cluster) upgrade(n *node.Node, comment string) error {
	block, err := c.readme.block(newVersion, []string{"kubeadm upgrade apply"})
	if err != nil {
		return err
	}
	commands, err := part(block, comment)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	if _, err := n.Script(ctx, c.sandboxed(commands)); err != nil {
		return err
	}
	return c.answering(n)
}

func (c *cluster) newKubelet(n *node.Node, to string) error {
	for _, program := range packages() {
		if err := upgradePackage(n, program, to); err != nil {
			return err
		}
	}
	if err := c.upgrade(n, "every node"); err != nil {
		return err
	}
	return c.approveServing()
}

// upgraded asks nodes and static pods for their versions, and looks for the sample of what was set before.
func upgraded(c *cluster) (string, error) {
	said, err := c.first.Run(`kubectl get nodes --output jsonpath='{range .items[*]}{.status.nodeInfo.kubeletVersion}{"\n"}{end}'
kubectl version --output json | grep gitVersion | tail -n 1
kubectl --namespace kube-system get pods --selector tier=control-plane --output jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}'`)
	if err != nil {
		return "", err
	}
	var saw []string
	for _, line := range lines(said) {
		if strings.Contains(line, "etcd") {
			continue
		}
		if !strings.Contains(line, "v"+c.version) {
			return "", fmt.Errorf("still at %s", line)
		}
		saw = append(saw, line)
	}
	if len(saw) != 6 {
		return "", errors.New("not all versions are told: " + said)
	}
	return fmt.Sprintf("2 kubelets, 3 static pods at v%s", c.version), nil
}
