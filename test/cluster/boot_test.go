package cluster

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// boots makes the first control plane by the commands of the README.
func boots(t *testing.T, c *cluster) {
	var err error
	if c.first, err = c.start("cp-1", 1, c.version); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"installing the bundle", func() error { return c.install(c.first, "control-plane") }},
		{"kubeadm init", func() error { return c.initialize(c.first) }},
		{"connecting", func() (err error) { c.admin, err = connect(c.first, "/etc/kubernetes/admin.conf"); return err }},
		{"approving serving certificates", c.approveServing},
		{"waiting for the node and its pods", func() error { return c.settled(3 * time.Minute) }},
		{"applying manifests", c.intoCluster},
		{"joining a worker", func() (err error) { c.worker, err = c.join("worker-1", 2, "worker"); return err }},
	} {
		c.say("  %s", step.what)
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
	}
}

// install lays the bundle over a node, as the README says.
func (c *cluster) install(n *node.Node, role string, flags ...string) error {
	if c.profile == plain {
		return nil
	}
	said, err := n.Run("hardstrap install %s --role %s %s", c.installed(), role, strings.Join(flags, " "))
	if err != nil {
		return err
	}
	c.say("    %s", strings.Join(lines(said), "\n          "))
	block, err := c.readme.block("Lay the files over a node", []string{"systemctl daemon-reload"})
	if err != nil {
		return err
	}
	for _, line := range lines(block) {
		if file := strings.Fields(line)[len(strings.Fields(line))-1]; strings.HasPrefix(file, "/") {
			line = fmt.Sprintf("if [ -e %s ]; then %s; fi", file, line)
		}
		if _, err := n.Run("%s", line); err != nil {
			return err
		}
	}
	return nil
}

// initialize runs kubeadm init.
func (c *cluster) initialize(n *node.Node) error {
	block, err := c.readme.block("The first control plane", []string{"kubeadm init"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	said, err := n.Script(ctx, c.sandboxed(block))
	if err != nil {
		return err
	}
	for _, line := range lines(said) {
		if strings.Contains(line, "WARNING") {
			c.say("    %s", line)
		}
	}
	return nil
}

// approveServing approves what kubelets ask for with the README's check, where the profile has them ask.
func (c *cluster) approveServing() error {
	if c.wants.kubelet["serverTLSBootstrap"] != true || c.profile == plain {
		return nil
	}
	block, err := c.readme.block("Approve the kubelets' serving certificates", []string{"approve csr-abcde"}, "approve csr-abcde", "")
	if err != nil {
		return err
	}
	return eventually(2*time.Minute, func() error {
		said, err := c.first.Run("%s", block+`
for csr in $(kubectl get csr --field-selector spec.signerName=kubernetes.io/kubelet-serving --output jsonpath='{range .items[?(!@.status.certificate)]}{.metadata.name}{"\n"}{end}'); do
  approve "$csr"
done
for node in $(kubectl get nodes --output name); do
  kubectl get csr --output jsonpath='{range .items[?(@.status.certificate)]}{.spec.username}{"\n"}{end}' | grep -qx "system:node:${node#node/}"
done`)
		if err != nil {
			return err
		}
		if strings.Contains(said, "is not approved") {
			return fmt.Errorf("%s", said)
		}
		return nil
	})
}

// settled waits until every node is Ready and every pod runs.
func (c *cluster) settled(patience time.Duration) error {
	return eventually(patience, func() error {
		if _, err := c.first.Run("kubectl --namespace kube-system rollout status deployment coredns --timeout 1m"); err != nil {
			return err
		}
		said, err := c.first.Run(`
kubectl get nodes --no-headers
kubectl get pods --all-namespaces --no-headers`)
		if err != nil {
			return err
		}
		var waiting []string
		for _, line := range lines(said) {
			fields := strings.Fields(line)
			switch {
			case len(fields) == 5 && fields[1] != "Ready":
				waiting = append(waiting, line)
			case len(fields) > 5:
				ready, all, _ := strings.Cut(fields[2], "/")
				if fields[3] != "Running" || ready != all {
					waiting = append(waiting, line)
				}
			}
		}
		if len(waiting) > 0 {
			return fmt.Errorf("not ready:\n%s", strings.Join(waiting, "\n"))
		}
		return nil
	})
}
