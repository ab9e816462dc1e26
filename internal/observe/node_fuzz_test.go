package observe

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// texts is a tree of files by their paths, all of root's with the mode 0600.
type texts map[string]string

func (t texts) lstat(name string) (Info, error) {
	if text, ok := t[name]; ok {
		return Info{Path: name, Mode: 0o600, User: "root", Group: "root", Size: int64(len(text))}, nil
	}
	for file := range t {
		if name == "/" || strings.HasPrefix(file, name+"/") {
			return Info{Path: name, Mode: fs.ModeDir | 0o755, User: "root", Group: "root"}, nil
		}
	}
	return Info{}, &fs.PathError{Op: "look up", Path: name, Err: fs.ErrNotExist}
}

func (t texts) Stat(name string) (Info, error)        { return Resolve(name, t.lstat) }
func (t texts) Lstat(name string) (Info, error)       { return ResolveParent(name, t.lstat) }
func (t texts) Glob(pattern string) ([]string, error) { return Glob(t, pattern) }

func (t texts) ReadFile(name string) ([]byte, error) {
	info, err := t.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode.IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrNotRegular}
	}
	return []byte(t[info.Path]), nil
}

func (t texts) ReadDir(name string) ([]string, error) {
	if info, err := t.Stat(name); err != nil || !info.Mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	names := map[string]bool{}
	for file := range t {
		if rest, ok := strings.CutPrefix(file, strings.TrimSuffix(path.Clean(name), "/")+"/"); ok {
			first, _, _ := strings.Cut(rest, "/")
			names[first] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// small is a node with little of everything that Node reads.
func small() texts {
	return texts{
		"/etc/kubernetes/manifests/kube-apiserver.yaml": "spec:\n  containers:\n  - command: [kube-apiserver, --profiling=$(P), --audit-policy-file=/a/policy.yaml, --admission-control-config-file=/a/admission.yaml]\n" +
			"    env: [{name: P, value: 'false'}]\n    image: r/kube-apiserver:v1.37.0\n    livenessProbe: {httpGet: {port: 1}}\n    volumeMounts: [{name: a, mountPath: /a, readOnly: true}]\n" +
			"  volumes: [{name: a, hostPath: {path: /etc/kubernetes/hardstrap/a}}]\n",
		"/etc/kubernetes/manifests/etcd.yaml":                       "spec:\n  containers:\n  - command: [etcd]\n    env: [{name: ETCD_NAME, value: a}]\n",
		"/etc/kubernetes/hardstrap/a/policy.yaml":                   "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n",
		"/etc/kubernetes/hardstrap/a/admission.yaml":                "plugins:\n- {name: PodSecurity, path: s.yaml}\n- {name: EventRateLimit, configuration: {limits: []}}\n",
		"/etc/kubernetes/hardstrap/a/s.yaml":                        "kind: PodSecurityConfiguration\n",
		"/etc/kubernetes/hardstrap/audit/w.kubeconfig":              "kind: Config\nusers: [{name: u, user: {token: t}}]\n",
		"/etc/kubernetes/hardstrap/admission/policies/p.yaml":       "kind: ValidatingAdmissionPolicy\n",
		"/etc/kubernetes/pki/ca.crt":                                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"/var/lib/kubelet/config.yaml":                              "kind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\n",
		"/var/lib/kubelet/kubeadm-flags.env":                        "KUBELET_KUBEADM_ARGS=\"--v=2 --config-dir=/d\"\n",
		"/d/1.conf":                                                 "kind: KubeletConfiguration\nmaxPods: 7\n",
		"/usr/lib/systemd/system/kubelet.service":                   "[Service]\nExecStart=/usr/bin/kubelet\n",
		"/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": "[Service]\nEnvironment=\"C=--config=/var/lib/kubelet/config.yaml\"\nEnvironmentFile=-/var/lib/kubelet/*.env\nExecStart=\nExecStart=/usr/bin/kubelet $C $KUBELET_KUBEADM_ARGS --x=${C}\n",
		"/etc/sysctl.d/1.conf":                                      "-kernel/panic = 10\n",
		"/etc/nftables.d/hardstrap.nft":                             "table inet hardstrap\n",
		"/etc/passwd":                                               "root:x:0:0::/:/bin/sh\n",
		"/etc/hostname":                                             "n\n",
	}
}

// FuzzNode holds that whatever stands in a file of a node, reading it ends, says the same twice, and says nothing without
// a value.
func FuzzNode(f *testing.F) {
	files := slices.Sorted(maps.Keys(small()))
	for i, name := range files {
		f.Add(uint8(i), small()[name])
		for _, hostile := range []string{"", "- ", "kind: [", "a: &a [*a]", "spec: {containers: [null, 7, {command: {a: b}}]}", "spec: {containers: [{command: []}], volumes: 7}",
			"$(", "[Service]\nExecStart=\\\n\\\n", "[Service]\nExecStart=${", "=\n==\n[", "\x00", "plugins: [[], {name: {}}, {name: PodSecurity, configuration: 7}]"} {
			f.Add(uint8(i), hostile)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		tree := small()
		tree[files[int(which)%len(files)]] = text
		o := NodeOptions{Modes: []string{"/etc/kubernetes/pki/*"}, Sysctls: []string{"kernel.panic"}}
		first, err := Node(tree, o)
		second, again := Node(tree, o)
		if (err == nil) != (again == nil) || said(first) != said(second) {
			t.Errorf("two readings differ:\n%s\n%s", said(first), said(second))
		}
		for _, l := range first.Layers {
			for _, s := range l.Settings {
				if s.Value == nil {
					t.Errorf("%s has no value", s.Key)
				}
			}
		}
	})
}

// said is an observation as text, in an order of its own.
func said(o Observation) string {
	var lines []string
	for _, l := range o.Layers {
		for _, s := range l.Settings {
			lines = append(lines, l.Account+" "+s.Key.String()+" "+strings.Join(s.Value.Strings(), "|"))
		}
	}
	for _, u := range o.Unknown {
		lines = append(lines, "unknown "+u.Component+" "+strings.Join(u.Paths, " ")+" "+u.Why)
	}
	slices.Sort(lines)
	return o.Subject + o.Role + o.Version + "\n" + strings.Join(lines, "\n")
}

// FuzzUnit holds that a unit file of whatever content gives words in finite time, and that a unit can be read twice.
func FuzzUnit(f *testing.F) {
	for _, text := range []string{
		"[Service]\nExecStart=/usr/bin/kubelet --a \"b c\" 'd' $E ${F}\nEnvironment=E=\"1 2\" F=3\n", "[Service]\nExecStart=-@/a b \\\n  c\n", "[Service]\nEnvironment=\nEnvironmentFile=\n",
		"[Service]\nExecStart=\n", "[Service]\nExecStart=${\n", "[Unit]\nExecStart=/a\n", "[Service]\nEnvironmentFile=[\n", "[Service]\nEnvironmentFile=-/*/*\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out [2][]string
		for i := range out {
			n := &node{tree: texts{"/etc/systemd/system/kubelet.service": text}}
			s := n.service("kubelet.service")
			for _, w := range s.arguments() {
				out[i] = append(out[i], w.text)
			}
			flagsOf(settings.Kubelet, settings.Worker, s.arguments())
		}
		if !slices.Equal(out[0], out[1]) {
			t.Errorf("%q and %q", out[0], out[1])
		}
	})
}
