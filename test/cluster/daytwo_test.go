package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// secondControlPlane joins one, and asks it for what was written through the first.
func secondControlPlane(t *testing.T, c *cluster) {
	c.do(t, []step{
		{"joining", func() (err error) { c.second, err = c.join("cp-2", 3, "control-plane"); return err }},
	})
	c.behave(t, []behaviour{
		{name: "two control planes read each other's Secrets", check: readEachOther},
		{name: "the second control plane is a member of etcd", check: func(c *cluster) (string, error) {
			said, err := c.first.Run("%s member list", etcdctl)
			if err == nil && (strings.Count(said, "started") != 2 || !strings.Contains(said, c.second.Name)) {
				err = fmt.Errorf("members are: %s", said)
			}
			return "cp-1, cp-2: started", err
		}},
		{name: "further nodes join in the way of the profile's mode", check: func(c *cluster) (string, error) {
			if c.byToken() != (c.joinedBy == byToken) {
				return "", fmt.Errorf("joined by %s", c.joinedBy)
			}
			return c.joinedBy, c.settled(time.Minute)
		}},
	})
}

// readEachOther writes through one API server and reads through the other, both ways.
func readEachOther(c *cluster) (string, error) {
	other, err := connect(c.second, "/etc/kubernetes/admin.conf")
	if err != nil {
		return "", err
	}
	for _, way := range []struct{ writer, reader *api }{{c.admin, other}, {other, c.admin}} {
		name := c.fresh("shared")
		if err := way.writer.create(secrets, secret(name)); err != nil {
			return "", err
		}
		got, err := way.reader.must(http.MethodGet, secrets+"/"+name, nil)
		if err != nil {
			return "", err
		}
		if within(got.object(), "data", "value") != canaryInBase64() {
			return "", errors.New("what was written is not what is read")
		}
	}
	return "written at one, read at the other", nil
}

// laterProfile is a profile on top of the one under test, with something for each way in which a change is taken over but
// that of a reload, for which keys are changed afterwards.
const laterProfile = `apiVersion: hardstrap.dev/v1alpha1
kind: Profile
metadata: {name: change}
apiServer:
  flags: {event-ttl: 2h}
  admission: {podSecurity: {exemptions: {namespaces: [kube-system, spared]}}}
controllerManager: {flags: {terminated-pod-gc-threshold: 777}}
scheduler: {flags: {kube-api-qps: 77}}
etcd: {flags: {quota-backend-bytes: 4294967296}}
kubelet: {config: {maxPods: 99}}
kubeProxy: {config: {iptables: {minSyncPeriod: 2s}}}
namespaces:
- {name: later, podSecurity: {enforce: baseline}}
`

const runningCluster = "A changed profile on a running cluster"

// changedProfile rolls a change out over all nodes by the README's commands.
func changedProfile(t *testing.T, c *cluster) {
	watch := c.watchAnonymous()
	c.do(t, []step{
		{"rendering", func() error { return c.use("changed", c.version, map[string]string{"change.yaml": laterProfile}) }},
		{"laying the files over every node", func() error {
			return errors.Join(c.install(c.first, "control-plane"), c.install(c.second, "control-plane"), c.install(c.worker, "worker"))
		}},
		{"upload-config and kube-proxy", func() error { return c.rollOut(c.first, "on one control plane") }},
		{"cp-1", func() error { return c.rollOut(c.first, "on each node in turn") }},
		{"cp-2", func() error { return c.rollOut(c.second, "on each node in turn") }},
		{"worker-1", func() error { return c.rollOut(c.worker, "on each node in turn") }},
		{"a restart of kube-apiserver alone", func() error { return c.rollOut(c.first, "a restart of kube-apiserver alone") }},
		{"applying manifests", c.applyManifests},
		{"waiting", func() error { return c.settled(3 * time.Minute) }},
	})
	c.behave(t, append([]behaviour{
		{name: "a changed profile reaches every component of a running cluster by the README's commands", check: tookOver},
		{name: "nobody without credentials is let in meanwhile", check: watch},
	}, lasting()...))
}

// lasting are the behaviours that must survive everything that is done to a cluster.
func lasting() []behaviour {
	list := []behaviour{{name: "files have the modes that the bundle gives them", check: fileModes}}
	for _, more := range [][]behaviour{
		tlsBehaviours(), anonymousBehaviours(), encryptionBehaviours(), auditBehaviours(), admissionBehaviours(), policyBehaviours(),
		rbacBehaviours(), firewallBehaviours(),
	} {
		list = append(list, more...)
	}
	return append(list,
		behaviour{name: "a well-behaved app runs, and answers through a Service", check: appAnswers},
		behaviour{name: "who no NetworkPolicy lets in reaches nothing", check: policiesEnforced},
		behaviour{name: "files, processes, API and ports show no difference from the profile", check: nothingMoved},
	)
}

// watchAnonymous asks for a path that needs credentials, without any, every half second until the answer is wanted.
func (c *cluster) watchAnonymous() func(*cluster) (string, error) {
	done, seen := make(chan struct{}), make(chan map[int]int)
	go func() {
		statuses := map[int]int{}
		for {
			select {
			case <-done:
				seen <- statuses
				return
			case <-time.After(500 * time.Millisecond):
				if got, err := stranger(c.first).call(http.MethodGet, "/version", nil); err == nil {
					statuses[got.status]++
				}
			}
		}
	}()
	return func(*cluster) (string, error) {
		close(done)
		statuses := <-seen
		if statuses[http.StatusUnauthorized] < 10 || len(statuses) > 1 {
			return "", fmt.Errorf("/version answered %v", statuses)
		}
		return fmt.Sprintf("/version: 401, %d times", statuses[http.StatusUnauthorized]), nil
	}
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

// tookOver looks for each part of the change in the processes that run, in what kubelets say of themselves, and in
// what the cluster does.
func tookOver(c *cluster) (string, error) {
	for _, n := range c.controlPlanes() {
		for program, flag := range map[string]string{
			"kube-apiserver": "--event-ttl=2h0m0s", "kube-controller-manager": "--terminated-pod-gc-threshold=777", "kube-scheduler": "--kube-api-qps=77",
			"etcd": "--quota-backend-bytes=4294967296",
		} {
			if err := eventually(time.Minute, func() error { return runsWith(n, program, flag) }); err != nil {
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
	if err != nil {
		return "", err
	}
	if !strings.Contains(said, "minSyncPeriod: 2s") {
		return "", errors.New("the configuration of kube-proxy is the old one")
	}
	got, err := c.admin.must(http.MethodGet, "/api/v1/namespaces/later", nil)
	if err != nil {
		return "", err
	}
	if level := within(got.object(), "metadata", "labels", "pod-security.kubernetes.io/enforce"); level != "baseline" {
		return "", fmt.Errorf("the new namespace has Pod Security level %v", level)
	}
	if err := c.admin.namespace("spared", nil); err != nil {
		return "", err
	}
	if got, err = c.dry("spared", podLevels()["privileged"]); err != nil {
		return "", err
	}
	if strings.Contains(got.message(), "violates PodSecurity") {
		return "", errors.New("Pod Security does not know of the exemption yet")
	}
	return fmt.Sprintf("flags of 4 components on 2 control planes, %d kubelets, kube-proxy, Pod Security, a namespace", len(c.nodes)), nil
}

// runsWith looks at the arguments of the one process of a program on a node.
func runsWith(n *node.Node, program, flag string) error {
	said, err := n.Run(`for exe in /proc/[0-9]*/exe; do
  case $(readlink $exe || true) in */%s) tr '\0' '\n' <${exe%%exe}cmdline ;; esac
done`, program)
	if err == nil && !slices.Contains(lines(said), flag) {
		err = fmt.Errorf("%s of %s runs without %s", program, n.Name, flag)
	}
	return err
}

// fileModes looks at what kubeadm writes anew and the bundle's tmpfiles.d tightens again.
func fileModes(c *cluster) (string, error) {
	var saw []string
	for path, mode := range map[string]string{
		"/var/lib/kubelet/config.yaml": "600", "/etc/kubernetes/manifests/kube-apiserver.yaml": "600", "/etc/kubernetes/admin.conf": "600",
		"/etc/kubernetes/hardstrap": "700", "/var/lib/etcd": "700",
	} {
		for _, n := range c.controlPlanes() {
			said, err := n.Run("stat --format %%a %s", path)
			if err != nil {
				return "", err
			}
			if strings.TrimSpace(said) != mode {
				return "", fmt.Errorf("%s of %s has mode %s, and should have %s", path, n.Name, strings.TrimSpace(said), mode)
			}
		}
		saw = append(saw, path+" "+mode)
	}
	slices.Sort(saw)
	return strings.Join(saw, ", "), nil
}
