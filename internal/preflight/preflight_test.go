package preflight

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// bench is a node with which everything is well; rows of the table change it.
type bench struct {
	*Node
	t     *testing.T
	tools map[string]Tool
	ports map[int]bool
	free  uint64
}

func newBench(t *testing.T) *bench {
	built := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	b := &bench{t: t, ports: map[int]bool{22: true}, free: 10 << 30, tools: map[string]Tool{
		"kubeadm": {"v1.37.0\n", built}, "kubelet": {"Kubernetes v1.37.0\n", built},
		"kubectl": {"Client Version: v1.37.0\nKustomize Version: v5.7.1\n", built},
		"etcd":    {"etcd Version: 3.7.3\nGit SHA: 1234567\nGo Version: go1.26.1\n", built},
	}}
	b.Node = &Node{
		Root: t.TempDir(), Running: true, Role: settings.ControlPlane, Version: "1.37.0", Etcd: "3.7.3",
		Settings: &settings.Set{}, Files: map[string][]byte{},
		Probes: Probes{
			Now:   func() time.Time { return built.AddDate(0, 1, 0) },
			Super: func() bool { return true },
			Tool: func(name string, _ ...string) (Tool, error) {
				tool, ok := b.tools[name]
				if !ok {
					return tool, fs.ErrNotExist
				}
				return tool, nil
			},
			Listening: func() (map[int]bool, error) { return b.ports, nil },
			Free:      func(string) (uint64, error) { return b.free, nil },
		},
	}
	b.put("run/containerd/containerd.sock", "")
	b.put("etc/passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:\n")
	b.put("proc/swaps", "Filename Type Size Used Priority\n")
	b.put("sys/fs/cgroup/cgroup.controllers", "cpu\n")
	b.put("proc/sys/kernel/panic", "10\n")
	b.sysctl("kernel.panic", "10")
	return b
}

func (b *bench) put(name, data string) {
	b.t.Helper()
	at := filepath.Join(b.Root, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(data), 0o644)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) take(name string) {
	b.t.Helper()
	if err := os.Remove(filepath.Join(b.Root, name)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) set(component, role, path string, value any) {
	b.Settings.Put(settings.Setting{Key: settings.Key{Component: component, Role: role, Path: path}, Value: settings.Of(value)})
}

func (b *bench) sysctl(name, value string) { b.set(settings.Host, b.Role, "sysctl/"+name, value) }

func (b *bench) tool(name, output string) {
	b.tools[name] = Tool{output, b.tools[name].Built}
}

func TestChecks(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(b *bench)
		want   []string
	}{
		{"all is well", func(*bench) {}, nil},
		{"not root", func(b *bench) { b.Probes.Super = func() bool { return false } },
			[]string{"only root can install on the machine itself: files would get the wrong owner; run it as root"}},
		{"not root, an image", func(b *bench) { b.Running, b.Probes.Super = false, func() bool { return false } }, nil},

		{"another kubeadm", func(b *bench) { b.tool("kubeadm", "v1.36.3") },
			[]string{"kubeadm is of version 1.36.3, and the bundle is for 1.37.0; install kubeadm 1.37.0, or render the bundle for 1.36.3"}},
		{"another patch of kubeadm", func(b *bench) { b.tool("kubeadm", "v1.37.1") },
			[]string{"warning: kubeadm is of version 1.37.1, and the bundle is for 1.37.0; install kubeadm 1.37.0"}},
		{"an older kubelet, as upgrades have", func(b *bench) { b.tool("kubelet", "Kubernetes v1.36.3") },
			[]string{"warning: kubelet is of version 1.36.3, and the bundle is for 1.37.0; install kubelet 1.37.0"}},
		{"a newer kubelet", func(b *bench) { b.tool("kubelet", "Kubernetes v1.38.0") },
			[]string{"kubelet is of version 1.38.0, and the bundle is for 1.37.0; install kubelet 1.37.0, or render the bundle for 1.38.0"}},
		{"no kubectl", func(b *bench) { delete(b.tools, "kubectl") },
			[]string{"warning: kubectl is not on the PATH; install kubectl 1.37.0"}},
		{"another etcd", func(b *bench) { b.Role = settings.Etcd; b.tool("etcd", "etcd Version: 3.5.21") },
			[]string{"warning: etcd is of version 3.5.21, and the bundle is for 3.7.3; install etcd 3.7.3"}},
		{"versions of an image", func(b *bench) { b.Running = false; b.tool("kubeadm", "v1.30.0") }, nil},
		{"the clock is behind", func(b *bench) { b.Probes.Now = func() time.Time { return time.Unix(0, 0) } },
			[]string{"the clock says 1970-01-01, and kubeadm was made on 2026-07-01; set the clock, and keep it with chrony or systemd-timesyncd"}},

		{"a parameter the kernel lacks", func(b *bench) { b.sysctl("vm.panic_on_oom", "0") },
			[]string{`warning: the kernel has no parameter "vm.panic_on_oom"; load the module that has it, or take it out of the profile`}},
		{"which the kubelet wants", func(b *bench) {
			b.sysctl("vm.panic_on_oom", "0")
			b.set(settings.Kubelet, b.Role, "protectKernelDefaults", true)
		}, []string{`the kernel has no parameter "vm.panic_on_oom"; load the module that has it, or take it out of the profile; with protectKernelDefaults the kubelet does not start otherwise`}},
		{"a parameter set again", func(b *bench) {
			b.put("etc/sysctl.d/99-site.conf", "# ours\n-kernel/panic=0\n")
			b.put("usr/lib/sysctl.d/99-site.conf", "kernel.panic = 77\n")    // hidden by the one above
			b.put("usr/lib/sysctl.d/50-default.conf", "kernel.panic = 77\n") // read before
			b.put("usr/lib/sysctl.d/99-same.conf", "kernel.panic = 10\n")
		}, []string{`etc/sysctl.d/99-site.conf:2: warning: sets kernel.panic to "0", after the bundle's "10"; take the line out`}},
		{"a parameter set again behind a link", func(b *bench) {
			b.put("etc/sysctl.conf", "kernel.panic=1\n")
			if err := errors.Join(os.MkdirAll(filepath.Join(b.Root, "etc/sysctl.d"), 0o755), os.Symlink("/etc/sysctl.conf", filepath.Join(b.Root, "etc/sysctl.d/99-sysctl.conf"))); err != nil {
				b.t.Fatal(err)
			}
		}, []string{`etc/sysctl.d/99-sysctl.conf:1: warning: sets kernel.panic to "1", after the bundle's "10"; take the line out`}},

		{"version 1 of control groups", func(b *bench) { b.take("sys/fs/cgroup/cgroup.controllers") },
			[]string{"the node has control groups of version 1, and kubelet 1.37.0 does not start there; boot with systemd.unified_cgroup_hierarchy=1, or set kubelet.config.failCgroupV1 to false"}},
		{"which is wanted", func(b *bench) {
			b.take("sys/fs/cgroup/cgroup.controllers")
			b.set(settings.Kubelet, b.Role, "failCgroupV1", false)
		}, nil},
		{"which 1.34 takes", func(b *bench) {
			b.take("sys/fs/cgroup/cgroup.controllers")
			b.Version = "1.34.4"
			for _, name := range []string{"kubeadm", "kubelet", "kubectl"} {
				b.tool(name, "v1.34.4")
			}
		}, nil},

		{"swap", func(b *bench) { b.put("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n") },
			[]string{`swap is on, and the kubelet does not start with it: "/dev/sda2"; swapoff /dev/sda2, and take it out of /etc/fstab; or set kubelet.config.failSwapOn to false`}},
		{"swap that is wanted", func(b *bench) {
			b.put("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
			b.set(settings.Kubelet, b.Role, "failSwapOn", false)
		}, nil},

		{"ports in use", func(b *bench) {
			b.ports = map[int]bool{8443: true, 6443: true, 10259: true, 2380: true}
			b.set(settings.Kubeadm, "", "localAPIEndpoint.bindPort", 8443)
		}, []string{
			"port 10259 is in use, and kube-scheduler is to listen on it; see what it is with ss -ltnp, and stop it",
			"port 2380 is in use, and etcd is to listen on it; see what it is with ss -ltnp, and stop it",
			"port 8443 is in use, and kube-apiserver is to listen on it; see what it is with ss -ltnp, and stop it",
		}},
		{"ports of a worker", func(b *bench) {
			b.Role = settings.Worker
			b.ports = map[int]bool{6443: true, 10250: true}
		}, []string{"port 10250 is in use, and kubelet is to listen on it; see what it is with ss -ltnp, and stop it"}},
		{"ports of a member", func(b *bench) {
			b.Role = settings.Etcd
			b.ports = map[int]bool{2379: true, 12379: true}
			b.set(settings.Etcd, "", "--listen-client-urls", "https://192.0.2.1:12379,https://127.0.0.1:12379")
		}, []string{"port 12379 is in use, and etcd is to listen on it; see what it is with ss -ltnp, and stop it"}},
		{"ports beside an external etcd", func(b *bench) {
			b.ports = map[int]bool{2379: true}
			b.set(settings.Kubeadm, "", "etcd.external", map[string]any{"caFile": "/ca"})
		}, nil},
		{"ports of a node that runs", func(b *bench) {
			b.ports = map[int]bool{6443: true}
			b.put("etc/kubernetes/manifests/kube-apiserver.yaml", "")
		}, nil},

		{"a user nobody makes", func(b *bench) {
			b.set(settings.Host, b.Role, "tmpfile//var/lib/etcd", map[string]string{"type": "d", "mode": "0700", "user": "etcd", "group": "etcd"})
			b.Files["/etc/systemd/system/etcd.service"] = []byte("[Service]\nUser=keeper\n")
		}, []string{
			`/etc/systemd/system/etcd.service names the user "keeper", which the node does not have; make it, or set host.etcdUser in the profile, whose bundle makes it`,
			`/etc/tmpfiles.d/hardstrap.conf names the user "etcd", which the node does not have; make it, or set host.etcdUser in the profile, whose bundle makes it`,
		}},
		{"users that are there or come", func(b *bench) {
			b.set(settings.Host, b.Role, "tmpfile//var/lib/etcd", map[string]string{"type": "d", "mode": "0700", "user": "etcd", "group": "etcd"})
			b.set(settings.Host, b.Role, "tmpfile//var/lib/x", map[string]string{"type": "d", "mode": "0700", "user": "nobody", "group": "-"})
			b.Files["/etc/sysusers.d/hardstrap.conf"] = []byte("u etcd - \"etcd\" /var/lib/etcd /usr/sbin/nologin\n")
		}, nil},

		{"too little room", func(b *bench) {
			b.free = 1023 << 20
			b.set(settings.APIServer, "", "--audit-log-path", "/var/log/kubernetes/audit/audit.log")
			b.set(settings.APIServer, "", "--audit-log-maxsize", 100)
			b.set(settings.APIServer, "", "--audit-log-maxbackup", 10)
		}, []string{"warning: the audit log below /var/log/kubernetes/audit may come to 1100 MiB, and 1023 MiB are free; make room, or lower apiServer.audit.log.maxSize or maxBackup"}},
		{"no runtime", func(b *bench) { b.take("run/containerd/containerd.sock") },
			[]string{"warning: no container runtime listens at unix:///var/run/containerd/containerd.sock, unix:///var/run/crio/crio.sock, unix:///var/run/cri-dockerd.sock; install and start containerd or CRI-O before kubeadm runs"}},
		{"another runtime than named", func(b *bench) {
			b.set(settings.Kubelet, b.Role, "containerRuntimeEndpoint", "unix:///run/crio/crio.sock")
		}, []string{"warning: no container runtime listens at unix:///run/crio/crio.sock; install and start containerd or CRI-O before kubeadm runs"}},

		{"marks", func(b *bench) {
			b.Files["/etc/kubernetes/kubeadm/join.yaml"] = []byte("token: REPLACE-ME-token\nkey: REPLACE-ME-key\nagain: REPLACE-ME-key\n")
			b.Files["/etc/encryption.yaml"] = []byte("secret: " + keys.PlaceholderSecret + "\n")
		}, []string{
			"etc/encryption.yaml: has a mark in place of an encryption key, and kube-apiserver does not start with it; render the bundle with keys: hardstrap generate --new-keys",
			"etc/kubernetes/kubeadm/join.yaml: warning: has marks that are not filled in: REPLACE-ME-token, REPLACE-ME-key; fill them in on the node before kubeadm join, as the file says",
		}},
		{"good keys", func(b *bench) {
			b.Files["etc/kubernetes/hardstrap/encryption/encryption.yaml"] = []byte(encryption("secretbox", 32) + encryption("aescbc", 16))
		}, nil},
		{"corrupt keys", func(b *bench) {
			b.Files["etc/kubernetes/hardstrap/encryption/encryption.yaml"] = []byte(encryption("secretbox", 31) + encryption("aesgcm", 20) +
				"- providers: [{aescbc: {keys: [{name: torn, secret: '???'}]}}, {identity: {}}, {kms: {apiVersion: v2, name: vault}}]\n")
		}, []string{
			`etc/kubernetes/hardstrap/encryption/encryption.yaml: the key "a" is no key of aesgcm: it is not base64, or of another length; kube-apiserver does not start with it; compare it with the key file that the bundle was rendered from, and render the bundle again`,
			`etc/kubernetes/hardstrap/encryption/encryption.yaml: the key "a" is no key of secretbox: it is not base64, or of another length; kube-apiserver does not start with it; compare it with the key file that the bundle was rendered from, and render the bundle again`,
			`etc/kubernetes/hardstrap/encryption/encryption.yaml: the key "torn" is no key of aescbc: it is not base64, or of another length; kube-apiserver does not start with it; compare it with the key file that the bundle was rendered from, and render the bundle again`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t)
			row.change(b)
			found, err := Run(*b.Node)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range found {
				got = append(got, strings.TrimPrefix(p.String(), b.Root+"/"))
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// encryption is one resource of an EncryptionConfiguration; the first also begins the list.
func encryption(provider string, length int) string {
	begin := ""
	if provider == "secretbox" {
		begin = "kind: EncryptionConfiguration\nresources:\n"
	}
	return begin + "- providers: [{" + provider + ": {keys: [{name: a, secret: " + base64.StdEncoding.EncodeToString(make([]byte, length)) + "}]}}]\n"
}

// A pipe among the node's files would never end.
func TestPipe(t *testing.T) {
	b := newBench(t)
	if err := os.MkdirAll(filepath.Join(b.Root, "etc/sysctl.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("mkfifo", filepath.Join(b.Root, "etc/sysctl.d/99-pipe.conf")).Run(); err != nil {
		t.Skip("no mkfifo here")
	}
	_, err := Run(*b.Node)
	var unknown *UnknownError
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), "99-pipe.conf is not a regular file") {
		t.Errorf("got %v", err)
	}
}

// What cannot be found out is neither well nor a fault.
func TestUnknown(t *testing.T) {
	b := newBench(t)
	broken := errors.New("broken")
	b.Probes.Listening = func() (map[int]bool, error) { return nil, broken }
	b.tool("kubelet", "no idea")
	found, err := Run(*b.Node)
	want := "versions: could not be checked: kubelet does not tell its version: none in its output\nports: could not be checked: broken"
	var unknown *UnknownError
	if !errors.As(err, &unknown) || len(found) > 0 {
		t.Fatalf("got %v and %v", found, err)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListens(t *testing.T) {
	for line, want := range map[string]int{
		"   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0":                          6443,
		"   1: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0 ": 10250,
		"   2: 0100007F:192B 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0":                          0,
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode":                                       0,
		"": 0,
	} {
		if got, ok := listens(line); got != want || ok != (want != 0) {
			t.Errorf("%q: got %d, %v", line, got, ok)
		}
	}
}
