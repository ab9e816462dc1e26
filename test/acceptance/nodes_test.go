package acceptance

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the nodes of internal/testnode anew")

// committedNodes is where the nodes stand that tests of hardstrap lay down: <minor>/<profile>/<role>.txtar.
const committedNodes = "../../internal/testnode/nodes"

// plain is the name of a node that no profile made: kubeadm's defaults.
const plain = "plain"

// TestNodes has the real kubeadm of the minor make the nodes of every built-in profile, and one of none, and compares
// them with those that are committed; with -update it writes them. What a node holds beside the bundle is told by
// initNode and joinNode.
func TestNodes(t *testing.T) {
	minor, p := setting(t, "MINOR"), built(t)
	// kubeadm's modes are those of a root shell.
	defer syscall.Umask(syscall.Umask(0o022))
	made := map[string]string{}
	for _, profile := range append(strings.Fields(setting(t, "BUILTINS")), plain) {
		var b *bundle
		if profile != plain {
			var err error
			if b, err = openBundle(filepath.Join(setting(t, "BUNDLES"), profile, minor), profile, minor); err != nil {
				t.Fatal(err)
			}
		}
		maker := &nodeMaker{programs: p, b: b, minor: minor, profile: profile, dir: t.TempDir()}
		for _, role := range []struct {
			name string
			make func() (*nodeFiles, error)
		}{{"control-plane", maker.initNode}, {"worker", maker.joinNode}} {
			files, err := role.make()
			if err != nil {
				t.Fatalf("%s, %s: %v", profile, role.name, err)
			}
			text, err := files.text()
			if err != nil {
				t.Fatalf("%s, %s: %v", profile, role.name, err)
			}
			made[profile+"/"+role.name+".txtar"] = text
		}
	}
	folder := filepath.Join(committedNodes, minor)
	if *update {
		writeNodes(t, folder, made)
		return
	}
	committed := readNodes(t, folder)
	for name, text := range made {
		if diff := cmp.Diff(strings.Split(committed[name], "\n"), strings.Split(text, "\n")); diff != "" {
			t.Errorf("%s/%s is not what kubeadm writes (-committed +written); to write it anew: UPDATE=1 test/acceptance/run.sh %s\n%s", minor, name, minor, diff)
		}
		delete(committed, name)
	}
	for name := range committed {
		t.Errorf("%s/%s: nothing makes this node", minor, name)
	}
}

func writeNodes(t *testing.T, folder string, nodes map[string]string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	for name, text := range nodes {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readNodes(t *testing.T, folder string) map[string]string {
	t.Helper()
	nodes := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		nodes[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return nodes
}

// nodeMaker makes the nodes of one profile on one minor. The control plane comes first: the worker joins it.
type nodeMaker struct {
	programs
	b              *bundle // nil: no profile
	minor, profile string
	dir            string // for what is needed on the way
	config         string // the configuration that init ran with
	authorities    authorities
}

// documents reads kubeadm's configuration for a role from the bundle, or makes the least that kubeadm takes.
func (m *nodeMaker) documents(role, name string, least ...document) ([]document, error) {
	if m.b == nil {
		return least, nil
	}
	text, err := os.ReadFile(m.b.path(role + "/" + kubeadmDir + "/" + name))
	if err != nil {
		return nil, err
	}
	filled, err := fillPlaceholders(string(text), m.dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(m.dir, role, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
		return nil, err
	}
	return documentsOf(path)
}

// relocatePatches makes a configuration name the bundle's patches where they are here.
func (m *nodeMaker) relocatePatches(config document, role string) {
	patches, ok := config["patches"].(map[string]any)
	if directory, named := patches["directory"].(string); ok && named {
		patches["directory"] = m.b.path(role + directory)
	}
}

// kubeadm runs kubeadm on a machine that has the services named active, and no other program: kubeadm looks whether
// systemd-resolved runs, and what it then writes must not depend on the machine this runs on.
func (m *nodeMaker) kubeadm(active []string, env []string, args ...string) (string, error) {
	path, err := os.MkdirTemp(m.dir, "path")
	if err != nil {
		return "", err
	}
	if len(active) > 0 {
		script := "#!/bin/sh\ncase \"$*\" in\n'is-active " + strings.Join(active, "' | 'is-active ") + "') echo active ;;\n*) exit 3 ;;\nesac\n"
		if err := os.WriteFile(filepath.Join(path, "systemctl"), []byte(script), 0o755); err != nil {
			return "", err
		}
	}
	return runToEnd("kubeadm "+strings.Join(args[:min(4, len(args))], " "), m.kube, append([]string{"kubeadm"}, args...), append(slices.Clone(env), "PATH="+path))
}
