package cluster

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

const (
	joining       = "Further control planes and workers"
	joinFile      = "/etc/kubernetes/kubeadm/join.yaml"
	discoveryFile = "/etc/kubernetes/kubeadm/discovery.conf"
)

// byToken and byFile are the ways in which a node finds the cluster.
const (
	byToken = "token"
	byFile  = "discovery file"
)

// join starts a node and makes it part of the cluster by the README's commands. A further control plane gets its files
// by tar, as a node that has no hardstrap.
func (c *cluster) join(name string, number int, role string) (*node.Node, error) {
	n, err := c.start(name, number, c.version)
	if err != nil {
		return nil, err
	}
	lay := c.install
	if role == "control-plane" {
		lay = c.unpack
	}
	if err := lay(n, role); err != nil {
		return nil, err
	}
	if err := c.discovery(n); err != nil {
		return nil, err
	}
	if role == "control-plane" {
		if err := c.certificateKey(n); err != nil {
			return nil, err
		}
	}
	block, err := c.readme.block(joining, []string{"kubeadm join --config"})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if _, err := n.Script(ctx, c.sandboxed(block)); err != nil {
		return nil, err
	}
	if _, err := n.Run("rm -f %s", discoveryFile); err != nil {
		return nil, err
	}
	if err := c.approveServing(); err != nil {
		return nil, err
	}
	return n, c.settled(3 * time.Minute)
}

// byToken says whether the profile lets a token alone find the cluster.
func (c *cluster) byToken() bool {
	return c.profile == plain || slices.Contains(c.wants.anonymous, clusterInfo)
}

// discovery gives a node what it needs to find the cluster, in the way that the profile's mode has.
func (c *cluster) discovery(n *node.Node) error {
	c.joinedBy = byFile
	if c.byToken() {
		c.joinedBy = byToken
		command := "kubeadm token create --print-join-command"
		if c.profile != plain {
			var err error
			if command, err = c.readme.block(joining, []string{"--print-join-command"}); err != nil {
				return err
			}
		}
		said, err := c.first.Run("%s", command)
		if err != nil {
			return err
		}
		token, hash := after(said, "--token"), after(said, "--discovery-token-ca-cert-hash")
		return fill(n, "REPLACE-ME-bootstrap-token", token, "REPLACE-ME-discovery-token-ca-cert-hash", hash)
	}
	block, err := c.readme.block(joining, []string{"discovery.conf set-cluster"})
	if err != nil {
		return err
	}
	if _, err := c.first.Run("cd /run\n%s", block); err != nil {
		return err
	}
	config, err := c.first.Read("/run/discovery.conf")
	if err != nil {
		return err
	}
	return n.Write(discoveryFile, config, 0o600)
}

// certificateKey makes a key for the control plane's certificates and fills it in.
func (c *cluster) certificateKey(n *node.Node) error {
	block, err := c.readme.block(joining, []string{"init phase upload-certs"})
	if err != nil {
		return err
	}
	said, err := c.first.Run("%s", block)
	if err != nil {
		return err
	}
	key := regexp.MustCompile(`(?m)^[0-9a-f]{64}$`).FindString(said)
	if key == "" {
		return fmt.Errorf("upload-certs printed no key")
	}
	return fill(n, "REPLACE-ME-certificate-key", key)
}

// fill replaces marks in join.yaml, in pairs of mark and value.
func fill(n *node.Node, pairs ...string) error {
	text, err := n.Read(joinFile)
	if err != nil {
		return err
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" || !strings.Contains(text, pairs[i]) {
			return fmt.Errorf("%s: %s cannot be filled in", joinFile, pairs[i])
		}
	}
	return n.Write(joinFile, strings.NewReplacer(pairs...).Replace(text), 0o600)
}

// after returns the word behind another.
func after(text, word string) string {
	words := strings.Fields(text)
	if i := slices.Index(words, word); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}
