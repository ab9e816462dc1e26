package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// use renders a bundle of the profile under test for version, with more on top, and makes it the one that nodes get:
// /opt/bundles/NAME there. All bundles of a run share their keys, as a site's do.
func (c *cluster) use(name, version string, more map[string]string) error {
	profile := c.profile
	if profile == plain {
		profile = judge
	}
	sources := c.profiles()
	if err := os.MkdirAll(sources, 0o700); err != nil {
		return err
	}
	own := []string{"site.yaml", "sandbox.yaml"}
	if c.cgroupV1 {
		own = append(own, "cgroup-v1.yaml")
	}
	extends := []string{profile}
	for _, name := range own {
		text, err := os.ReadFile(filepath.Join(c.root, "test/cluster/testdata", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(sources, name), text, 0o600); err != nil {
			return err
		}
		extends = append(extends, "./"+name)
	}
	for file, text := range more {
		if err := os.WriteFile(filepath.Join(sources, file), []byte(text), 0o600); err != nil {
			return err
		}
		extends = append(extends, "./"+file)
	}
	file := filepath.Join(sources, "cluster.yaml")
	text := fmt.Sprintf("apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\nmetadata: {name: cluster}\nextends: [%s]\nkubernetesVersion: %s\n",
		strings.Join(extends, ", "), version)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	out := filepath.Join(c.bundles, name)
	args := []string{"generate", file, "-o", out}
	if _, err := os.Stat(filepath.Join(sources, "keys")); err != nil {
		args = append(args, "--new-keys")
	}
	if said, err := exec.Command(c.part("hardstrap"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("hardstrap %s: %w\n%s", strings.Join(args, " "), err, said)
	}
	var err error
	c.bundle = name
	if c.readme, err = readReadme(out); err != nil {
		return err
	}
	c.wants, err = readWants(out)
	return err
}

// profiles is the directory of the profile under test with all that it extends, which nodes see too: there it is what
// hardstrap diff compares them with.
func (c *cluster) profiles() string { return filepath.Join(c.bundles, "profiles") }

// installed is the directory of the bundle on a node.
func (c *cluster) installed() string { return "/opt/bundles/" + c.bundle }

// sandboxed adds to kubeadm's commands what a machine with version 1 of control groups needs besides the profile
// cgroup-v1: from 1.35 on kubeadm also wants to be told that they are known to be old.
func (c *cluster) sandboxed(script string) string {
	if !c.cgroupV1 {
		return script
	}
	return preflighting.ReplaceAllString(script, "$0 --ignore-preflight-errors=SystemVerification")
}

// preflighting are the commands of kubeadm that look at the node.
var preflighting = regexp.MustCompile(`(?m)^kubeadm (init|join|upgrade (plan|apply|node)) --config \S+`)
