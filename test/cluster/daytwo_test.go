package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// secondControlPlane joins one, and asks it for what was written through the first.
func secondControlPlane(t *testing.T, c *cluster) {
	var second *node.Node
	c.do(t, []step{
		{"joining", func() (err error) { second, err = c.join("cp-2", 3, "control-plane"); return err }},
	})
	c.second = second
	c.behave(t, []behaviour{
		{name: "a second control plane reads a Secret written through the first", check: func(c *cluster) (string, error) {
			if err := c.admin.create(secrets, secret("shared")); err != nil {
				return "", err
			}
			other, err := connect(second, "/etc/kubernetes/admin.conf")
			if err != nil {
				return "", err
			}
			got, err := other.must(http.MethodGet, secrets+"/shared", nil)
			if err == nil && within(got.object(), "data", "value") != canaryInBase64() {
				err = errors.New("it gives back something else")
			}
			return "written at cp-1, read at cp-2", err
		}},
		{name: "a worker and a second control plane join in the way of the profile's mode", check: func(c *cluster) (string, error) {
			if c.byToken() {
				return "by token", nil
			}
			// The other way must not have worked either: a token alone finds nothing.
			got, err := stranger(c.first).call(http.MethodGet, clusterInfo, nil)
			if err == nil && got.status != http.StatusUnauthorized {
				err = fmt.Errorf("cluster-info answers %d", got.status)
			}
			return "by discovery file", err
		}},
	})
}

// change is a profile on top of the one under test, with something for each way in which a change is taken over.
const change = `apiVersion: hardstrap.dev/v1alpha1
kind: Profile
metadata: {name: change}
apiServer: {flags: {event-ttl: 2h}}
controllerManager: {flags: {terminated-pod-gc-threshold: 777}}
scheduler: {flags: {kube-api-qps: 77}}
etcd: {flags: {quota-backend-bytes: 4294967296}}
kubelet: {config: {maxPods: 99}}
kubeProxy: {config: {iptables: {minSyncPeriod: 2s}}}
`

const runningCluster = "A changed profile on a running cluster"

// changedProfile rolls a change out over all nodes by the README's commands.
func changedProfile(t *testing.T, c *cluster) {
	controlPlanes := []*node.Node{c.first, c.second}
	c.do(t, []step{
		{"rendering", func() error { return c.use("changed", c.version, map[string]string{"change.yaml": change}) }},
		{"laying the files over every node", func() error {
			for _, n := range controlPlanes {
				if err := c.install(n, "control-plane"); err != nil {
					return err
				}
			}
			return c.install(c.worker, "worker")
		}},
		{"upload-config and kube-proxy", func() error { return c.rollOut(c.first, "on one control plane") }},
		{"cp-1", func() error { return c.rollOut(c.first, "on each node in turn") }},
		{"cp-2", func() error { return c.rollOut(c.second, "on each node in turn") }},
		{"worker-1", func() error { return c.rollOut(c.worker, "on each node in turn") }},
		{"a restart of kube-apiserver alone", func() error { return c.rollOut(c.first, "a restart of kube-apiserver alone") }},
		{"waiting", func() error { return c.settled(3 * time.Minute) }},
	})
	c.behave(t, append([]behaviour{{name: "a changed profile reaches every component of a running cluster by the README's commands", check: tookOver}}, lasting()...))
}

// lasting are the behaviours that must survive everything that is done to a cluster.
func lasting() []behaviour {
	var list []behaviour
	for _, more := range [][]behaviour{tlsBehaviours(), anonymousBehaviours(), auditBehaviours(), firewallBehaviours(), {
		{name: "a Secret cannot be read in etcd", plain: lacks, check: encrypted},
		{name: "a namespace without labels has the profile's Pod Security level", applies: refusesPods, check: podSecurityDefault},
		{name: "each ready-made role may do what its table says, and no more", check: rolesAsTold},
		{name: "files have the modes that the bundle gives them", check: fileModes},
	}} {
		list = append(list, more...)
	}
	return list
}

// rollOut runs the commands under one of the comments of the README's block.
func (c *cluster) rollOut(n *node.Node, comment string) error {
	block, err := c.readme.block(runningCluster, []string{"on one control plane"})
	if err != nil {
		return err
	}
	commands, err := part(block, comment)
	if err != nil {
		return err
	}
	if _, err := n.Run("%s", c.sandboxed(commands)); err != nil {
		return err
	}
	return c.answering(n)
}

// answering waits for the API server of a control plane; of a worker there is nothing to wait for.
func (c *cluster) answering(n *node.Node) error {
	if n == c.worker {
		return nil
	}
	return eventually(2*time.Minute, func() error {
		got, err := stranger(n).call(http.MethodGet, "/readyz", nil)
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("/readyz of %s answers %d", n.Name, got.status)
		}
		return err
	})
}

// tookOver looks for each part of the change in the processes that run, and in what kubelets say of themselves.
func tookOver(c *cluster) (string, error) {
	for _, n := range []*node.Node{c.first, c.second} {
		for _, flag := range []string{"--event-ttl=2h", "--terminated-pod-gc-threshold=777", "--kube-api-qps=77", "--quota-backend-bytes=4294967296"} {
			err := eventually(time.Minute, func() error {
				said, err := n.Run("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -e %s || true", flag)
				if err == nil && !strings.Contains(said, flag) {
					err = fmt.Errorf("on %s no process runs with %s", n.Name, flag)
				}
				return err
			})
			if err != nil {
				return "", err
			}
		}
	}
	for _, n := range c.nodes {
		err := eventually(time.Minute, func() error {
			got, err := c.admin.must(http.MethodGet, "/api/v1/nodes/"+n.Name+"/proxy/configz", nil)
			if most := within(got.object(), "kubeletconfig", "maxPods"); err == nil && most != float64(99) {
				err = fmt.Errorf("the kubelet of %s has maxPods %v", n.Name, most)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	said, err := c.first.Run("kubectl --namespace kube-system get configmap kube-proxy --output yaml")
	if err == nil && !strings.Contains(said, "minSyncPeriod: 2s") {
		err = errors.New("the configuration of kube-proxy is the old one")
	}
	return fmt.Sprintf("flags of 4 components on 2 control planes, %d kubelets, kube-proxy", len(c.nodes)), err
}

// fileModes looks at what kubeadm writes anew and the bundle's tmpfiles.d tightens again.
func fileModes(c *cluster) (string, error) {
	var saw []string
	for path, mode := range map[string]string{
		"/var/lib/kubelet/config.yaml": "600", "/etc/kubernetes/manifests/kube-apiserver.yaml": "600", "/etc/kubernetes/admin.conf": "600",
		"/etc/kubernetes/hardstrap": "700", "/var/lib/etcd": "700",
	} {
		said, err := c.first.Run("stat --format %%a %s", path)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(said) != mode {
			return "", fmt.Errorf("%s has mode %s, and should have %s", path, strings.TrimSpace(said), mode)
		}
		saw = append(saw, path+" "+mode)
	}
	return fmt.Sprintf("%d files and directories", len(saw)), nil
}
