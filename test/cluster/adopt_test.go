package cluster

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// adopted is the profile that can be adopted on a running cluster.
const adopted = "baseline"

// TestAdoption takes a cluster that kubeadm made without a profile, with Secrets in it, and brings it under one by the
// README's commands, while it runs.
func TestAdoption(t *testing.T) {
	c := &cluster{environment: readEnvironment(t)}
	if c.profile != plain {
		t.Fatalf("a cluster of %s has a profile already", c.profile)
	}
	t.Cleanup(func() { c.close(t) })
	c.read(t, []chapter{
		{"lan", setUp},
		{"boots", boots},
		{"adopts " + adopted, adopts},
	}, "adoption")
}

func adopts(t *testing.T, c *cluster) {
	before := c.fresh("before")
	c.do(t, []step{
		{"a Secret", func() error { return c.admin.create(secrets, secret(before)) }},
		{"rendering", func() error { c.profile = adopted; return c.use("adopted", c.version, nil) }},
		{"laying the files over every node", func() error {
			return errors.Join(c.install(c.first, "control-plane"), c.install(c.worker, "worker"))
		}},
		{"upload-config and kube-proxy", func() error { return c.rollOut(c.first, "on one control plane") }},
		{"cp-1", func() error { return c.rollOut(c.first, "on each node in turn") }},
		{"worker-1", func() error { return c.rollOut(c.worker, "on each node in turn") }},
		{"applying manifests", c.applyManifests},
		{"waiting", func() error { return c.settled(3 * time.Minute) }},
		{"writing Secrets again", c.rewrite},
	})
	c.behave(t, append([]behaviour{{name: "a running cluster without a profile adopts this one, and its Secrets are encrypted then", check: func(c *cluster) (string, error) {
		got, err := c.admin.must(http.MethodGet, secrets+"/"+before, nil)
		if err != nil {
			return "", err
		}
		if within(got.object(), "data", "value") != canaryInBase64() {
			return "", errors.New("a Secret of before is not given back")
		}
		return c.allEncrypted()
	}}}, lasting()...))
}
