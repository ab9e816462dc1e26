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
	return c.settle(n)
}

// unpack lays the bundle over a node by tar, the README's other way, without the SSH between.
func (c *cluster) unpack(n *node.Node, role string, _ ...string) error {
	block, err := c.readme.block(laying, []string{"tar -C host/control-plane"}, "host/control-plane", "host/"+role, "ssh root@NODE ", "")
	if err != nil {
		return err
	}
	if _, err := n.Run("cd %s\n%s", c.installed(), block); err != nil {
		return err
	}
	return c.settle(n)
}

const laying = "Lay the files over a node"

// settle runs what the README says to run after that: of its lines those whose file the node got.
func (c *cluster) settle(n *node.Node) error {
	block, err := c.readme.block(laying, []string{"systemctl daemon-reload"})
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
		for _, n := range c.nodes {
			if !served["system:node:"+n.Name] {
				return fmt.Errorf("%s has no serving certificate", n.Name)
			}
		}
		return nil
	})
}

// settled waits until exactly the nodes that were started are Ready, each with its kube-proxy and engine for
// NetworkPolicies where that is there, and every pod runs.
func (c *cluster) settled(patience time.Duration) error {
	return eventually(patience, func() error {
		got, err := c.admin.must(http.MethodGet, "/api/v1/nodes", nil)
		if err != nil {
			return err
		}
		ready := map[string]bool{}
		for _, node := range list(within(got.object(), "items")) {
			for _, condition := range list(within(node, "status", "conditions")) {
				if within(condition, "type") == "Ready" && within(condition, "status") == "True" {
					ready[fmt.Sprint(within(node, "metadata", "name"))] = true
				}
			}
		}
		for _, n := range c.nodes {
			if !ready[n.Name] {
				return fmt.Errorf("%s is not Ready", n.Name)
			}
		}
		if got, err = c.admin.must(http.MethodGet, "/apis/apps/v1/namespaces/kube-system/daemonsets", nil); err != nil {
			return err
		}
		for _, set := range list(within(got.object(), "items")) {
			if count := within(set, "status", "numberReady"); count != float64(len(c.nodes)) {
				return fmt.Errorf("of %v %v pods are ready on %d nodes", within(set, "metadata", "name"), count, len(c.nodes))
			}
		}
		if got, err = c.admin.must(http.MethodGet, "/api/v1/pods", nil); err != nil {
			return err
		}
		pods := list(within(got.object(), "items"))
		for _, pod := range pods {
			if err := running(pod); err != nil {
				return err
			}
		}
		if len(pods) < 6+len(c.nodes) { // CoreDNS twice, four static ones, kube-proxy on each node
			return fmt.Errorf("only %d pods are there", len(pods))
		}
		return nil
	})
}

func running(pod any) error {
	name, phase := within(pod, "metadata", "name"), within(pod, "status", "phase")
	if phase == "Succeeded" { // such as the Job by which kubeadm upgrade looks whether pods run
		return nil
	}
	for _, condition := range list(within(pod, "status", "conditions")) {
		if within(condition, "type") == "Ready" && within(condition, "status") == "True" && phase == "Running" {
			return nil
		}
	}
	return fmt.Errorf("%v is %v and not ready", name, phase)
}
