package companions

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// install lays a node's files into a root of its own, with their modes, as the record says.
func install(t *testing.T, dir, node string) (to string, files []string) {
	t.Helper()
	var record struct {
		Files []struct{ Path, Mode string }
	}
	if err := json.Unmarshal(read(t, dir, "hardstrap.json"), &record); err != nil {
		t.Fatal(err)
	}
	to = t.TempDir()
	for _, f := range record.Files {
		onNode, ok := strings.CutPrefix(f.Path, "host/"+node+"/")
		if !ok {
			continue
		}
		mode, err := strconv.ParseUint(f.Mode, 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(to, onNode)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, read(t, dir, f.Path), os.FileMode(mode)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(at, os.FileMode(mode)); err != nil {
			t.Fatal(err)
		}
		files = append(files, onNode)
	}
	if len(files) == 0 {
		t.Fatalf("there is no file for %s", node)
	}
	return to, files
}

// mtree checks a root against a list; of what is missing it tells, but says by its exit code that all
// is well. Where the test does not run as root, owners are left out.
func mtree(root, list string) (string, error) {
	args := []string{"-e", "-p", root, "-f", list}
	if os.Geteuid() != 0 {
		args = append([]string{"-R", "uname,gname"}, args...)
	}
	out, err := exec.Command("mtree", args...).CombinedOutput()
	return string(out), err
}

func sha256sum(root, list string) (string, error) {
	c := exec.Command("sha256sum", "--check", "--strict", "--quiet", list)
	c.Dir = root
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestFileIntegrity(t *testing.T) {
	for _, tool := range []string{"mtree", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here (Debian: mtree-netbsd, coreutils)", tool)
		}
	}
	nodes := map[string][]string{"all": {"control-plane", "worker", "etcd/etcd-1", "etcd/etcd-2", "etcd/etcd-3"}, "manifests": {"control-plane", "worker"}}
	bundles(t, func(t *testing.T, dir string) {
		for _, node := range nodes[filepath.Base(dir)] {
			t.Run(strings.ReplaceAll(node, "/", "-"), func(t *testing.T) { checkNode(t, dir, node) })
		}
	})
}

// checkNode finds nothing on an untouched node, and then every change to every file.
func checkNode(t *testing.T, dir, node string) {
	list := filepath.Join(dir, "companions/file-integrity", strings.ReplaceAll(node, "/", "-"))
	installed, files := install(t, dir, node)
	if out, err := mtree(installed, list+".mtree"); err != nil || out != "" {
		t.Fatalf("mtree on an untouched node: %v\n%s", err, out)
	}
	if out, err := sha256sum(installed, list+".sha256"); err != nil || out != "" {
		t.Fatalf("sha256sum on an untouched node: %v\n%s", err, out)
	}
	noDigest := 0
	for _, f := range files {
		at := filepath.Join(installed, f)
		info, err := os.Stat(at)
		if err != nil {
			t.Fatal(err)
		}
		data := read(t, at)
		restore := func() {
			if err := os.WriteFile(at, data, info.Mode()); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(at, info.Mode()); err != nil {
				t.Fatal(err)
			}
		}
		for name, change := range map[string]func() error{
			"mode":    func() error { return os.Chmod(at, 0o666) },
			"removed": func() error { return os.Remove(at) },
			"owner": func() error {
				if os.Geteuid() != 0 {
					return os.Chmod(at, 0o666)
				}
				return os.Chown(at, 1, 1)
			},
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			if out, err := mtree(installed, list+".mtree"); (err == nil && name != "removed") || !strings.Contains(out, f) {
				t.Errorf("mtree does not see %s of %s: %v\n%s", name, f, err, out)
			}
			os.Remove(at)
			restore()
		}
		changed := append([]byte{}, data...)
		changed[len(changed)/2] ^= 1
		if err := os.WriteFile(at, changed, info.Mode()); err != nil {
			t.Fatal(err)
		}
		byTree, _ := mtree(installed, list+".mtree")
		bySum, _ := sha256sum(installed, list+".sha256")
		secret := strings.HasSuffix(f, "/encryption.yaml") || strings.Contains(string(data), "REPLACE-ME-")
		if secret {
			noDigest++
		}
		if found := fmt.Sprint(strings.Contains(byTree, f), strings.Contains(bySum, f)); found != fmt.Sprint(!secret, !secret) {
			t.Errorf("a changed byte of %s: seen by mtree and sha256sum: %s", f, found)
		}
		restore()
	}
	if node != "control-plane" {
		return
	}
	if noDigest != 2 {
		t.Errorf("%d files have no digest; encryption.yaml and join.yaml should have none", noDigest)
	}
}
