package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
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
		{"writing Secrets again", func() error {
			block, err := c.readme.block("Encryption in etcd", []string{"kubectl replace"})
			if err == nil {
				_, err = c.first.Run("%s", block)
			}
			return err
		}},
	})
	c.behave(t, append([]behaviour{{name: "a running cluster without a profile adopts this one, and its Secrets are encrypted then", check: func(c *cluster) (string, error) {
		got, err := c.admin.must(http.MethodGet, secrets+"/"+before, nil)
		if err != nil {
			return "", err
		}
		if within(got.object(), "data", "value") != canaryInBase64() {
			return "", errors.New("a Secret of before is not given back")
		}
		prefix, err := c.encryptionPrefix()
		if err != nil {
			return "", err
		}
		plainOnes, err := c.first.Run(`for key in $(%[1]s get /registry/secrets/ --prefix --keys-only); do
  %[1]s get --print-value-only "$key" | head -c %[2]d | grep -qaF '%[3]s' || echo "$key"
done`, etcdctl, len(prefix), prefix)
		if err == nil && strings.TrimSpace(plainOnes) != "" {
			err = fmt.Errorf("still in plain: %s", strings.Join(lines(plainOnes), ", "))
		}
		return "every Secret begins with " + prefix, err
	}}}, lasting()...))
}
