package install

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/bundle"
)

const (
	sysctl     = "etc/sysctl.d/90-hardstrap.conf"
	tmpfiles   = "etc/tmpfiles.d/hardstrap.conf"
	encryption = "etc/kubernetes/hardstrap/encryption/encryption.yaml"
	audit      = "etc/kubernetes/hardstrap/audit/policy.yaml"
	policy     = "etc/kubernetes/hardstrap/admission/policies/a.yaml"
	join       = "etc/kubernetes/kubeadm/join.yaml"
	unit       = "etc/systemd/system/kubelet.service.d/20-hardstrap.conf"
)

// secretA and secretB have the form of keys and are none.
const (
	secretA = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
	secretB = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
)

func keyFile(secret string) bundle.File {
	return bundle.File{
		Path: "host/control-plane/" + encryption, Secret: true, Secrets: bundle.Secrets{secret}, Mode: 0o600,
		Data: []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- providers:\n  - secretbox:\n      keys:\n      - name: key\n        secret: " + secret + "\n  resources: [secrets]\n"),
	}
}

const joinText = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: REPLACE-ME-bootstrap-token
controlPlane:
  certificateKey: REPLACE-ME-certificate-key
`

func of(role, name, data string, mode fs.FileMode) bundle.File {
	return bundle.File{Path: "host/" + role + "/" + name, Data: []byte(data), Mode: mode}
}

// bundleA and bundleB differ in every way two bundles can: a file changed, one gone, one come, one
// the same, one of another mode.
func bundleA() *bundle.Bundle {
	return &bundle.Bundle{
		Record: bundle.Record{Hardstrap: "1.0.0", Profile: bundle.ProfileRef{Name: "prod", Digest: "aa"}, KubernetesVersion: "1.36.3"},
		Files: []bundle.File{
			of("control-plane", sysctl, "vm.panic_on_oom = 0\n", 0o644),
			of("control-plane", tmpfiles, "d /etc/kubernetes/hardstrap 0700 root root -\n", 0o644),
			of("control-plane", join, joinText, 0o600),
			of("control-plane", unit, "[Unit]\nAfter=a.service\n", 0o644),
			of("control-plane", audit, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n", 0o600),
			keyFile(secretA),
			of("worker", sysctl, "vm.panic_on_oom = 0\n", 0o644),
			{Path: "README.md", Data: []byte("read me\n")},
		},
	}
}

func bundleB() *bundle.Bundle {
	return &bundle.Bundle{
		Record: bundle.Record{Hardstrap: "1.1.0", Profile: bundle.ProfileRef{Name: "prod", Digest: "bb"}, KubernetesVersion: "1.37.0"},
		Files: []bundle.File{
			of("control-plane", sysctl, "vm.panic_on_oom = 0\nkernel.panic = 10\n", 0o644),
			of("control-plane", tmpfiles, "d /etc/kubernetes/hardstrap 0700 root root -\n", 0o644),
			of("control-plane", join, joinText, 0o600),
			of("control-plane", unit, "[Unit]\nAfter=a.service\n", 0o600),
			of("control-plane", policy, "apiVersion: v1\nkind: List\nitems: []\n", 0o600),
			keyFile(secretB),
			of("worker", sysctl, "vm.panic_on_oom = 0\n", 0o644),
		},
	}
}

// written writes a bundle and reads it back, as the command does.
func written(t *testing.T, b *bundle.Bundle) (*bundle.Bundle, []byte) {
	t.Helper()
	dir := filepath.Join(memoryDir(t), "bundle")
	if _, err := bundle.Write(dir, b, bundle.Options{}); err != nil {
		t.Fatal(err)
	}
	read, record, err := bundle.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return read, record
}

func options(t *testing.T, root string, b *bundle.Bundle) Options {
	t.Helper()
	read, record := written(t, b)
	return Options{Bundle: read, Record: record, Root: root, Role: "control-plane"}
}

// quick is a writer that does all but wait for the disk.
func quick(t *testing.T, root string) *writer {
	t.Helper()
	at, err := openTree(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.root.Close() })
	return &writer{tree: at, step: func(string) error { return nil }, flush: func(*os.File) error { return nil }}
}

func mustInstall(t *testing.T, o Options) *Plan {
	t.Helper()
	p, err := quick(t, o.Root).install(o)
	if err != nil {
		t.Fatalf("Install: %v", err)
	}
	return p
}

func mustRollback(t *testing.T, root string) *Plan {
	t.Helper()
	p, err := quick(t, root).rollback(RollbackOptions{Root: root})
	if err != nil {
		t.Fatalf("Rollback: %v", err)
	}
	return p
}

func put(t *testing.T, root, name, data string) {
	t.Helper()
	at := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// memoryDir is a temporary directory in memory, where the system has such.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "install")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// tree describes everything below a root but the backups: mode and content, or where a link
// points.
func describe(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, at)
		if name == backups {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content := ""
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			content, err = os.Readlink(at)
		case info.Mode().IsRegular():
			var data []byte
			data, err = os.ReadFile(at)
			content = string(data)
		}
		out[name] = fmt.Sprintf("%v %s", info.Mode(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// without leaves hardstrap's own directories out, which a rollback keeps.
func without(tree map[string]string) map[string]string {
	out := map[string]string{}
	for name, what := range tree {
		if !strings.HasPrefix("var/lib/hardstrap", name) {
			out[name] = what
		}
	}
	return out
}

func sameTree(t *testing.T, want, got map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree differs (-want +got):\n%s", diff)
	}
}
