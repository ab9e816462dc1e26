package snapshot

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/observe"
)

// TestNothingOfAUnitIsLeftOut: wherever systemd looks for the kubelet's unit, a snapshot knows whether there is one. Of a
// node that is well nothing is unknown then.
func TestNothingOfAUnitIsLeftOut(t *testing.T) {
	_, s := taken(t, seed(t, map[string]string{
		"var/lib/kubelet/config.yaml":                  "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
		"etc/systemd/system/kubelet.service":           "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n",
		"etc/passwd":                                   "root:x:0:0:::\n",
		"etc/systemd/system/other.service":             "-> kubelet.service",
		"etc/systemd/system/service.d/1.conf":          "[Service]\nEnvironment=TOKEN=hunter2\n",
		"etc/systemd/system.conf.d/1.conf":             "[Manager]\nDefaultEnvironment=\"TOKEN=hunter2\" GODEBUG=tls3des=1\n",
		"usr/lib/systemd/system/something.service":     "[Service]\nExecStart=/bin/true\n",
		"etc/systemd/system.control/kubelet.service.d": "a file where a directory would be\n",
	}), nil)
	for _, dir := range observe.UnitDirs() {
		for _, of := range []string{"kubelet.service", "service"} {
			if _, err := s.ReadDir(path.Join(dir, of+".d")); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
		}
	}
	seen, err := observe.Node(s, observe.NodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range seen.Unknown {
		t.Errorf("%s: %s", u.Component, u.Why)
	}
	for _, name := range []string{"/etc/systemd/system/service.d/1.conf", "/etc/systemd/system.conf.d/1.conf"} {
		if text := mustRead(t, s, name); strings.Contains(text, "hunter2") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if text := mustRead(t, s, "/etc/systemd/system.conf.d/1.conf"); !strings.Contains(text, "GODEBUG=tls3des=1") {
		t.Errorf("what configures the kubelet is gone: %s", text)
	}
}
