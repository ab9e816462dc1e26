package observe_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// rootOf lays files down as a node's; what begins with "-> " is a link.
func rootOf(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		at := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(at), 0o755)
		if target, isLink := strings.CutPrefix(text, "-> "); err == nil && isLink {
			err = os.Symlink(target, at)
		} else if err == nil {
			err = os.WriteFile(at, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func nodeOf(t *testing.T, files map[string]string) observe.Observation {
	t.Helper()
	tree, err := observe.Dir(rootOf(t, files))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := observe.Node(tree, observe.NodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// said returns what the layers of a component say of a setting, the strongest last.
func said(o observe.Observation, component, path string) []string {
	var out []string
	for _, l := range o.Layers {
		for _, s := range l.Settings {
			if s.Key.Component == component && s.Key.Path == path {
				out = append(out, s.Value.Strings()...)
			}
		}
	}
	return out
}

// unknownOf returns why something of a component is unknown.
func unknownOf(o observe.Observation, component string) string {
	var out []string
	for _, u := range o.Unknown {
		if u.Component == component {
			out = append(out, u.Why)
		}
	}
	return strings.Join(out, "\n")
}

const kubeletConfig = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

// TestWaysToAKubeletsFlag has every way to give a kubelet a flag that systemd knows.
func TestWaysToAKubeletsFlag(t *testing.T) {
	const (
		units  = "usr/lib/systemd/system/"
		etc    = "etc/systemd/system/"
		open   = "--anonymous-auth=true"
		unit   = "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml $KUBELET_EXTRA_ARGS\n"
		evil   = "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml " + open + "\n"
		extra  = "KUBELET_EXTRA_ARGS=" + open
		dropIn = "kubelet.service.d/99.conf"
	)
	for name, files := range map[string]map[string]string{
		"drop-in":                       {units + "kubelet.service": unit, etc + dropIn: evil},
		"drop-in of the link's target":  {units + "kubelet.service": "-> own.service", units + "own.service": unit, etc + "own.service.d/99.conf": evil},
		"drop-in of another name":       {units + "kubelet.service": unit, etc + "alias.service": "-> /usr/lib/systemd/system/kubelet.service", etc + "alias.service.d/99.conf": evil},
		"drop-in of all services":       {units + "kubelet.service": unit, etc + "service.d/99.conf": evil},
		"variable":                      {units + "kubelet.service": unit, etc + dropIn: "[Service]\nEnvironment=" + extra + "\n"},
		"variable of systemd's own":     {units + "kubelet.service": unit, "etc/systemd/system.conf.d/1.conf": "[Manager]\nDefaultEnvironment=" + extra + "\n"},
		"file of variables":             {units + "kubelet.service": unit, etc + dropIn: "[Service]\nEnvironmentFile=/etc/k/*.env\n", "etc/k/1.env": extra},
		"variable without a unit":       {etc + dropIn: "[Service]\nEnvironment=" + extra + "\n"},
		"Debian's file without a unit":  {"etc/default/kubelet": extra},
		"Red Hat's file without a unit": {"etc/sysconfig/kubelet": extra},
		"line that goes on":             {units + "kubelet.service": strings.Replace(unit, "$KUBELET", "\\\n# so\n  "+open+" \\\n$KUBELET", 1)},
		"through nice":                  {units + "kubelet.service": unit, etc + dropIn: strings.Replace(evil, "=/usr/bin/kubelet", "=/usr/bin/nice -n 5 /usr/bin/kubelet", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			files["var/lib/kubelet/config.yaml"] = kubeletConfig
			seen := nodeOf(t, files)
			if got := said(seen, settings.Kubelet, "--anonymous-auth"); len(got) != 1 || got[0] != "true" {
				t.Errorf("anonymous-auth is %q; unknown: %s", got, unknownOf(seen, settings.Kubelet))
			}
		})
	}
}

func TestKubeletThatIsUnknown(t *testing.T) {
	unit := func(start string) map[string]string {
		return map[string]string{
			"etc/systemd/system/kubelet.service": "[Service]\nExecStart=" + start + " --config=/var/lib/kubelet/config.yaml --config-dir=/etc/k\n",
			"var/lib/kubelet/config.yaml":        kubeletConfig, "etc/k/1.conf": kubeletConfig,
		}
	}
	bound := unit("/usr/bin/kubelet")
	bound["etc/systemd/system/kubelet.service.d/1.conf"] = "[Service]\nBindReadOnlyPaths=/other.yaml:/var/lib/kubelet/config.yaml\n"
	relative := unit("/usr/bin/kubelet")
	relative["etc/systemd/system/kubelet.service.d/1.conf"] = "[Service]\nWorkingDirectory=/other\nExecStart=\nExecStart=/usr/bin/kubelet --config=var/lib/kubelet/config.yaml\n"
	deep := unit("/usr/bin/kubelet")
	deep["etc/k/1/2/3/4/5/6/7/8/9/1.conf"] = kubeletConfig
	for name, files := range map[string]map[string]string{
		"script": unit("/opt/run.sh"), "shell": unit("/bin/sh /opt/kubelet"), "words of a shell": unit(`/bin/sh -c "exec kubelet"`), "drop-in far below": deep,
		"file over another": bound, "file of a working directory": relative,
	} {
		t.Run(name, func(t *testing.T) {
			if unknownOf(nodeOf(t, files), settings.Kubelet) == "" {
				t.Error("nothing is unknown")
			}
		})
	}
	if why := unknownOf(nodeOf(t, unit("/usr/bin/kubelet")), settings.Kubelet); why != "" {
		t.Errorf("a kubelet that is known: %s", why)
	}
}

func TestVariablesOfAComponent(t *testing.T) {
	seen := nodeOf(t, map[string]string{
		"etc/systemd/system/kubelet.service": "[Service]\nEnvironment=GODEBUG=x509sha1=1 HTTPS_PROXY=http://proxy\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n",
		"var/lib/kubelet/config.yaml":        kubeletConfig,
	})
	if got := said(seen, settings.Kubelet, "environment/GODEBUG"); len(got) != 1 || got[0] != "x509sha1=1" {
		t.Errorf("GODEBUG is %q", got)
	}
	if got := said(seen, settings.Kubelet, "environment/HTTPS_PROXY"); len(got) != 0 {
		t.Errorf("a proxy is a difference: %q", got)
	}
}
