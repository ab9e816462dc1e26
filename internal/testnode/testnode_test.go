package testnode

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/profiles"
)

// TestEveryNode lays every node down, and holds what is on the disk against the index.
func TestEveryNode(t *testing.T) {
	for _, n := range Names() {
		t.Run(n.String(), func(t *testing.T) {
			t.Parallel()
			r := Write(t, t.TempDir(), n)
			found := 0
			err := filepath.WalkDir(r.Dir, func(here string, d fs.DirEntry, err error) error {
				if err != nil || here == r.Dir {
					return err
				}
				found++
				rel, _ := filepath.Rel(r.Dir, here)
				info, err := d.Info()
				if err != nil {
					return err
				}
				if want := r.Entries["/"+filepath.ToSlash(rel)]; info.Mode() != want.Mode {
					t.Errorf("%s is %v and should be %v", rel, info.Mode(), want.Mode)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if found != len(r.Entries) {
				t.Errorf("%d entries are on the disk, and %d in the index", found, len(r.Entries))
			}
			made := r.read(t, "/var/lib/kubelet/config.yaml") + r.read(t, "/var/lib/kubelet/kubeadm-flags.env") + r.read(t, "/etc/kubernetes/kubelet.conf")
			if strings.Contains(made, os.TempDir()) || strings.Contains(made, "https://127.0.0.1") {
				t.Error("something of the machine that made the node is in it")
			}
			if n.Profile != "" && n.Role == "control-plane" {
				r.ofToday(t, n.Minor)
			}
		})
	}
}

// TestAllThereAre finds a profile or a minor without nodes.
func TestAllThereAre(t *testing.T) {
	there := map[Node]bool{}
	for _, n := range Names() {
		there[n] = true
	}
	for _, minor := range catalog.Minors() {
		for _, profile := range append(profiles.Builtins(), "") {
			for _, role := range []string{"control-plane", "worker"} {
				if n := (Node{minor, profile, role}); !there[n] {
					t.Errorf("there is no node %v: UPDATE=1 test/acceptance/run.sh %s", n, minor)
				}
				delete(there, Node{minor, profile, role})
			}
		}
	}
	for n := range there {
		t.Errorf("%v is of no built-in profile on a minor that is supported", n)
	}
}

// ofToday finds a node that an older profile made, without kubeadm: every argument that init.yaml has for
// kube-apiserver must stand in its manifest.
func (r *Root) ofToday(t *testing.T, minor string) {
	t.Helper()
	manifest := r.read(t, "/etc/kubernetes/manifests/kube-apiserver.yaml")
	for _, arg := range extraArgs(t, r.read(t, "/etc/kubernetes/kubeadm/init.yaml")) {
		if !strings.Contains(manifest, "    - "+arg+"\n") {
			t.Errorf("kube-apiserver has no %s: UPDATE=1 test/acceptance/run.sh %s", arg, minor)
		}
	}
}

func extraArgs(t *testing.T, text string) []string {
	t.Helper()
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var doc struct {
			Kind      string
			APIServer struct {
				ExtraArgs []struct{ Name, Value string } `yaml:"extraArgs"`
			} `yaml:"apiServer"`
		}
		if err := decoder.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if doc.Kind != "ClusterConfiguration" {
			continue
		}
		var out []string
		for _, a := range doc.APIServer.ExtraArgs {
			out = append(out, "--"+a.Name+"="+a.Value)
		}
		return out
	}
}

// TestWhatAProfileLeaves asks one node for what comes from each of the three sources.
func TestWhatAProfileLeaves(t *testing.T) {
	r := Write(t, t.TempDir(), Node{"1.37", "restricted", "control-plane"})
	for path, want := range map[string]Entry{
		"/usr/lib/systemd/system/kubelet.service":                 {0o600, "root:root"},
		"/var/lib/kubelet/config.yaml":                            {0o600, "root:root"}, // 0644 by kubeadm
		"/etc/kubernetes/hardstrap/encryption":                    {0o700 | fs.ModeDir, "root:root"},
		"/etc/kubernetes/hardstrap/encryption/encryption.yaml":    {0o600, "root:root"},
		"/etc/kubernetes/manifests/kube-apiserver.yaml":           {0o600, "root:root"},
		"/etc/kubernetes/pki/ca.key":                              {0o600, "root:root"},
		"/var/lib/etcd":                                           {0o700 | fs.ModeDir, "etcd:etcd"},
		"/var/log/kubernetes/audit":                               {0o700 | fs.ModeDir, "root:root"},
		"/var/lib/kubelet/pki/kubelet-client-current.pem":         {0o777 | fs.ModeSymlink, "root:root"},
		"/etc/systemd/system/kubelet.service.d/20-hardstrap.conf": {0o600, "root:root"},
	} {
		if got := r.Entries[path]; got != want {
			t.Errorf("%s is %v and should be %v", path, got, want)
		}
	}
	plain := Write(t, t.TempDir(), Node{"1.37", "", "control-plane"})
	if got, want := plain.Entries["/var/lib/kubelet/config.yaml"], (Entry{0o644, "root:root"}); got != want {
		t.Errorf("without a profile, config.yaml is %v and should be %v", got, want)
	}
	if text := plain.read(t, "/etc/passwd"); strings.Contains(text, "etcd") {
		t.Error("without a profile there is a user etcd")
	}
}

// TestCertificates holds the certificates against their authority and their description.
func TestCertificates(t *testing.T) {
	r := Write(t, t.TempDir(), Node{"1.37", "restricted", "control-plane"})
	ca := parse(t, []byte(r.read(t, "/etc/kubernetes/pki/ca.crt")))
	apiServer := parse(t, []byte(r.read(t, "/etc/kubernetes/pki/apiserver.crt")))
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	if _, err := apiServer.Verify(x509.VerifyOptions{Roots: roots, DNSName: "kubernetes.default.svc"}); err != nil {
		t.Error(err)
	}
	if bits := apiServer.PublicKeyAlgorithm; bits != x509.RSA {
		t.Errorf("apiserver.crt has a key of %v", bits)
	}
	if left := time.Until(apiServer.NotAfter); left < 8759*time.Hour || left > 8761*time.Hour {
		t.Errorf("apiserver.crt has %v left", left)
	}
	var admin struct {
		Clusters []struct {
			Cluster struct {
				CA string `yaml:"certificate-authority-data"`
			}
		}
		Users []struct {
			User struct {
				Certificate string `yaml:"client-certificate-data"`
			}
		}
	}
	if err := yaml.Unmarshal([]byte(r.read(t, "/etc/kubernetes/admin.conf")), &admin); err != nil {
		t.Fatal(err)
	}
	if !decode(t, admin.Clusters[0].Cluster.CA).Equal(ca) {
		t.Error("admin.conf has another authority")
	}
	if got, want := decode(t, admin.Users[0].User.Certificate).Subject.String(), "CN=kubernetes-admin,O=kubeadm:cluster-admins"; got != want {
		t.Errorf("admin.conf is %s and should be %s", got, want)
	}
}

func parse(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("this is no PEM: %q", text)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func decode(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

func (r *Root) read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.Dir, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
