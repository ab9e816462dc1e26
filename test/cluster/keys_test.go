package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const encryptionFile = "/etc/kubernetes/hardstrap/encryption/encryption.yaml"

// brokenKey asserts that what hardstrap refuses is what kube-apiserver would not start with.
func brokenKey(t *testing.T, c *cluster) {
	c.behave(t, []behaviour{
		{name: "installing a bundle without its key file is refused", check: func(c *cluster) (string, error) {
			return c.refused("without-key", "is in the record and missing", os.Remove)
		}},
		{name: "installing a bundle with a corrupt key is refused", check: func(c *cluster) (string, error) {
			return c.refused("corrupt-key", "is no key of", corrupt)
		}},
		{name: "kube-apiserver does not start without its key file", check: func(c *cluster) (string, error) {
			return c.doesNotStart("no such file or directory", "rm "+encryptionFile)
		}},
		{name: "kube-apiserver does not start with a corrupt key", check: func(c *cluster) (string, error) {
			return c.doesNotStart("secret: Invalid value", `sed -i 's/\(secret: "\?\)[A-Za-z0-9+\/]*=*/\1c2hvcnQ=/' `+encryptionFile)
		}},
	})
}

// corrupt replaces the keys of a file by one that is too short.
func corrupt(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed := regexp.MustCompile(`(secret: "?)[A-Za-z0-9+/]+=*`).ReplaceAll(text, []byte("${1}c2hvcnQ="))
	if string(changed) == string(text) {
		return errors.New("no key found to corrupt")
	}
	return os.WriteFile(file, changed, 0o600)
}

// refused installs a copy of the bundle in which spoil has spoiled the key file.
func (c *cluster) refused(name, reason string, spoil func(file string) error) (string, error) {
	out := filepath.Join(c.bundles, name)
	if said, err := exec.Command("cp", "-a", filepath.Join(c.bundles, c.bundle), out).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cp: %w: %s", err, said)
	}
	if err := spoil(filepath.Join(out, "host/control-plane", encryptionFile)); err != nil {
		return "", err
	}
	said, err := c.first.Run("hardstrap install /opt/bundles/%s --role control-plane --live", name)
	if err == nil {
		return "", errors.New("it is installed")
	}
	for _, line := range lines(said) {
		if strings.Contains(line, "encryption.yaml") && strings.Contains(line, reason) {
			return line, nil
		}
	}
	return "", fmt.Errorf("refused, but not because the key file %s: %s", reason, said)
}

// doesNotStart breaks the key file on the first node, restarts kube-apiserver, sees that it stays away and why, and
// mends everything again.
func (c *cluster) doesNotStart(reason, spoil string) (string, error) {
	restart, err := c.readme.block(runningCluster, []string{"a restart of kube-apiserver alone"})
	if err != nil {
		return "", err
	}
	if restart, err = part(restart, "a restart of kube-apiserver alone"); err != nil {
		return "", err
	}
	// A running kube-apiserver notices a spoiled file too, says so and goes on with what it has: only a new one counts.
	const all = "crictl ps --all --name kube-apiserver --quiet"
	before, err := c.first.Run("cp -a %s /run/kept.yaml\n%s\n%s", encryptionFile, all, spoil)
	if err != nil {
		return "", err
	}
	if _, err := c.first.Run("%s", restart); err != nil {
		return "", err
	}
	var why string
	broken := eventually(6*time.Minute, func() error { // by then a kubelet that holds back what ended often has tried again
		said, err := c.first.Run(all + " --state exited")
		if err != nil {
			return err
		}
		for _, id := range lines(said) {
			if strings.Contains(before, id) {
				continue
			}
			log, err := c.first.Run("crictl logs --tail 20 %s 2>&1", id)
			if err != nil {
				return err
			}
			for _, line := range lines(log) {
				if _, error, found := strings.Cut(line, "error while parsing file"); found && strings.Contains(line, reason) {
					why = strings.TrimLeft(error, ": ")
					return nil
				}
			}
			return fmt.Errorf("kube-apiserver ended for another reason: %s", log)
		}
		return errors.New("no new kube-apiserver has ended")
	})
	if got, err := stranger(c.first).call(http.MethodGet, "/livez", nil); broken == nil && err == nil {
		broken = fmt.Errorf("kube-apiserver answers all the same: %d", got.status)
	}
	if _, err := c.first.Run("cp -a /run/kept.yaml %s\nrm /run/kept.yaml", encryptionFile); err != nil {
		return "", errors.Join(broken, err)
	}
	return why, errors.Join(broken, eventually(6*time.Minute, func() error {
		got, err := stranger(c.first).call(http.MethodGet, "/readyz", nil)
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("with the key file back, /readyz answers %d", got.status)
		}
		return err
	}))
}
