package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// boots makes the first control plane by the commands of the README, and a worker.
func boots(t *testing.T, c *cluster) {
	c.do(t, []step{
		{"starting a node", func() (err error) { c.first, err = c.start("cp-1", 1, c.version); return err }},
		{"installing the bundle", func() error { return c.install(c.first, "control-plane") }},
		{"kubeadm init", func() error { return c.initialize(c.first) }},
		{"connecting", func() (err error) { c.admin, err = connect(c.first, "/etc/kubernetes/admin.conf"); return err }},
		{"approving serving certificates", c.approveServing},
		{"waiting for the node and its pods", func() error { return c.settled(3 * time.Minute) }},
		{"applying manifests", c.intoCluster},
		{"joining a worker", func() (err error) { c.worker, err = c.join("worker-1", 2, "worker"); return err }},
	})
}

// step is one of several that build on each other.
type step struct {
	what string
	do   func() error
}

// do takes steps in order, and none after one that failed.
func (c *cluster) do(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		c.say("  %s", s.what)
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.what, err)
		}
	}
}

// install lays the bundle over a node, as the README says.
func (c *cluster) install(n *node.Node, role string, flags ...string) error {
	if c.profile == plain {
		return c.plainFiles(n)
	}
	if _, err := n.Run("hardstrap install %s --role %s %s", c.installed(), role, strings.Join(flags, " ")); err != nil {
		return err
	}
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
		nodes, err := c.admin.must(http.MethodGet, "/api/v1/nodes", nil)
		if err != nil {
			return err
		}
		requests, err := c.admin.must(http.MethodGet, "/apis/certificates.k8s.io/v1/certificatesigningrequests?fieldSelector=spec.signerName%3Dkubernetes.io/kubelet-serving", nil)
		if err != nil {
			return err
		}
		served := map[string]bool{}
		for _, request := range list(within(requests.object(), "items")) {
			if within(request, "status", "certificate") != nil {
				served[fmt.Sprint(within(request, "spec", "username"))] = true
				continue
			}
			said, err := c.first.Run("%s\napprove %s", block, within(request, "metadata", "name"))
			if err == nil && !strings.Contains(said, "approved") || strings.Contains(said, "is not approved") {
				err = errors.New(said)
			}
			if err != nil {
				return err
			}
		}
		for _, node := range list(within(nodes.object(), "items")) {
			if name := within(node, "metadata", "name"); !served[fmt.Sprint("system:node:", name)] {
				return fmt.Errorf("%v has no serving certificate", name)
			}
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
