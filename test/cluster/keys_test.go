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

// brokenKey asserts that what hardstrap refuses is what kube-apiserver would not start with. It comes last.
func brokenKey(t *testing.T, c *cluster) {
	c.behave(t, []behaviour{
		{name: "installing a bundle without its key file is refused", check: func(c *cluster) (string, error) {
			return c.refused("without-key", func(file string) error { return os.Remove(file) })
		}},
		{name: "installing a bundle with a corrupt key is refused", check: func(c *cluster) (string, error) {
			return c.refused("corrupt-key", corrupt)
		}},
		{name: "kube-apiserver does not start without its key file", check: func(c *cluster) (string, error) {
			return c.doesNotStart("rm " + encryptionFile)
		}},
		{name: "kube-apiserver does not start with a corrupt key", check: func(c *cluster) (string, error) {
			return c.doesNotStart(`sed -i 's/\(secret: "\?\)[A-Za-z0-9+\/]*=*/\1c2hvcnQ=/' ` + encryptionFile)
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
func (c *cluster) refused(name string, spoil func(file string) error) (string, error) {
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
	if !strings.Contains(said, "encryption.yaml") {
		return "", fmt.Errorf("refused, but not for the key file: %s", said)
	}
	for _, line := range lines(said) {
		if strings.Contains(line, "encryption.yaml") && !strings.Contains(line, "warning") {
			return line, nil
		}
	}
	return "", fmt.Errorf("refused, but no error names the key file: %s", said)
}

// doesNotStart breaks the key file on the first node, restarts kube-apiserver, sees that it stays away and why, and
// mends everything again.
func (c *cluster) doesNotStart(spoil string) (string, error) {
	restart, err := c.readme.block(runningCluster, []string{"a restart of kube-apiserver alone"})
	if err != nil {
		return "", err
	}
	if restart, err = part(restart, "a restart of kube-apiserver alone"); err != nil {
		return "", err
	}
	if _, err := c.first.Run("cp -a %s /root/kept.yaml\n%s\n%s", encryptionFile, spoil, restart); err != nil {
		return "", err
	}
	var why string
	broken := eventually(time.Minute, func() error {
		said, err := c.first.Run("crictl logs --tail 20 $(crictl ps --all --state exited --name kube-apiserver --quiet | head -n 1) 2>&1 | grep -i -e encryption || true")
		if err == nil && said == "" {
			err = errors.New("no container of kube-apiserver ended because of its encryption")
		}
		why = firstLine(said)
		return err
	})
	if got, err := stranger(c.first).call(http.MethodGet, "/livez", nil); broken == nil && err == nil {
		broken = fmt.Errorf("kube-apiserver answers all the same: %d", got.status)
	}
	if _, err := c.first.Run("cp -a /root/kept.yaml %s\nrm /root/kept.yaml", encryptionFile); err != nil {
		return "", errors.Join(broken, err)
	}
	if i := strings.Index(why, "err"); i > 0 {
		why = why[i:]
	}
	return why, errors.Join(broken, eventually(6*time.Minute, func() error {
		got, err := stranger(c.first).call(http.MethodGet, "/readyz", nil)
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("with the key file back, /readyz answers %d", got.status)
		}
		return err
	}))
}
