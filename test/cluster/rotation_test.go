package cluster

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
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
	c.do(t, []step{
		{"a Secret of the old key", func() error { return c.admin.create(secrets, secret(old)) }},
		{"the new key behind the old one", func() error { return c.rekey("behind", func(r *keyRing) error { return r.add() }) }},
		{"the new key before the old one", func() error {
			return c.rekey("before", func(r *keyRing) error { r.Keys[0], r.Keys[1] = r.Keys[1], r.Keys[0]; return nil })
		}},
		{"writing everything again", c.rewrite},
		{"taking the old key out", func() error {
			return c.rekey("alone", func(r *keyRing) error { r.Keys = r.Keys[:1]; return nil })
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

// add puts a new key behind the others.
func (r *keyRing) add() error {
	secret := make([]byte, 32) // what secretbox wants, and aescbc takes
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	r.Keys = append(r.Keys, map[string]string{"name": "rotated", "provider": r.Keys[0]["provider"], "secret": base64.StdEncoding.EncodeToString(secret)})
	return nil
}

// rekey changes the key file, renders a bundle under a name, lays it over every control plane, and waits until each has
// read it.
func (c *cluster) rekey(name string, change func(*keyRing) error) error {
	file := filepath.Join(c.scratch, "profiles/keys/cluster.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var ring keyRing
	if err := yaml.Unmarshal(text, &ring); err != nil {
		return errors.New("the key file is no YAML") // an error of YAML's would quote it
	}
	if err := change(&ring); err != nil {
		return err
	}
	if text, err = yaml.Marshal(ring); err != nil {
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
