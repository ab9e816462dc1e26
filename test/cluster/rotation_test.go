package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

const encryptionSection = "Encryption in etcd"

// keyRing is a key file of hardstrap.
type keyRing struct {
	APIVersion string              `yaml:"apiVersion"`
	Kind       string              `yaml:"kind"`
	Keys       []map[string]string `yaml:"keys"`
}

// rotatedKeys changes the key that encrypts, in the README's order, while both control planes run.
func rotatedKeys(t *testing.T, c *cluster) {
	old := c.fresh("old")
	var added map[string]string
	c.do(t, []step{
		{"a Secret of the old key", func() error { return c.admin.create(secrets, secret(old)) }},
		{"a new key", func() (err error) { added, err = c.newKey(); return err }},
		{"the new key behind the old one", func() error {
			return c.rekey("behind", func(r *keyRing) { r.Keys = append(r.Keys, added) })
		}},
		{"the new key before the old one", func() error {
			return c.rekey("before", func(r *keyRing) { r.Keys[0], r.Keys[1] = r.Keys[1], r.Keys[0] })
		}},
		{"writing everything again", c.rewrite},
		{"taking the old key out", func() error {
			return c.rekey("alone", func(r *keyRing) { r.Keys = r.Keys[:1] })
		}},
	})
	c.behave(t, []behaviour{
		{name: "keys are changed on running control planes by the README's order, and everything stays readable", check: func(c *cluster) (string, error) {
			got, err := c.admin.must(http.MethodGet, secrets+"/"+old, nil)
			if err != nil {
				return "", err
			}
			if within(got.object(), "data", "value") != canaryInBase64() {
				return "", errors.New("a Secret of the old key is not given back")
			}
			if _, err := readEachOther(c); err != nil {
				return "", err
			}
			return c.allEncrypted()
		}},
	})
}

// newKey has hardstrap make a key for the profile, as it makes all of them, in a key file of its own.
func (c *cluster) newKey() (map[string]string, error) {
	file := filepath.Join(c.profiles(), "spare.yaml")
	text := fmt.Sprintf("apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\nmetadata: {name: spare}\nextends: [%s]\nkubernetesVersion: %s\n", c.profile, c.version)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if said, err := exec.Command(c.part("hardstrap"), "generate", file, "-o", filepath.Join(c.scratch, "spare"), "--new-keys").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, said)
	}
	ring, err := readRing(filepath.Join(c.profiles(), "keys/spare.yaml"))
	if err != nil {
		return nil, err
	}
	return ring.Keys[0], nil
}

func readRing(file string) (keyRing, error) {
	var ring keyRing
	text, err := os.ReadFile(file)
	if err == nil && (yaml.Unmarshal(text, &ring) != nil || len(ring.Keys) == 0) {
		err = errors.New(file + " is no key file") // an error of YAML's would quote it
	}
	return ring, err
}

// rekey changes the key file, renders a bundle under a name, lays it over every control plane, and waits until each has
// read it.
func (c *cluster) rekey(name string, change func(*keyRing)) error {
	file := filepath.Join(c.profiles(), "keys/cluster.yaml")
	ring, err := readRing(file)
	if err != nil {
		return err
	}
	change(&ring)
	text, err := yaml.Marshal(ring)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	if err := c.use("key-"+name, c.version, map[string]string{"change.yaml": laterProfile}); err != nil {
		return err
	}
	began := time.Now()
	for _, n := range c.controlPlanes() {
		if err := c.install(n, "control-plane", "--live"); err != nil {
			return err
		}
	}
	for _, n := range c.controlPlanes() {
		server, err := connect(n, "/etc/kubernetes/admin.conf")
		if err != nil {
			return err
		}
		// They look once a minute.
		if err := eventually(3*time.Minute, func() error { return server.reloadedSince(began) }); err != nil {
			return fmt.Errorf("kube-apiserver of %s %w", n.Name, err)
		}
	}
	return nil
}

// reloadedSince asks an API server when it last took over a changed encryption file (apiserver v0.37.0,
// pkg/server/options/encryptionconfig/metrics).
func (a *api) reloadedSince(when time.Time) error {
	got, err := a.must(http.MethodGet, "/metrics", nil)
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`(?m)^apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds\{[^}]*status="success"[^}]*\} (\S+)$`).FindSubmatch(got.body)
	if found == nil {
		return errors.New("has never read its encryption file again")
	}
	seconds, err := strconv.ParseFloat(string(found[1]), 64)
	if err == nil && seconds < float64(when.Unix()) {
		err = errors.New("has not read its encryption file again yet")
	}
	return err
}

// rewrite writes every encrypted object again by the README's command.
func (c *cluster) rewrite() error {
	block, err := c.readme.block(encryptionSection, []string{"kubectl replace"})
	if err != nil {
		return err
	}
	_, err = c.first.Run("%s", block)
	return err
}
