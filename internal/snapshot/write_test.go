package snapshot

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// seed makes a tree; a text that begins with "-> " is a link.
func seed(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, at)
		} else {
			err = os.WriteFile(at, []byte(text), 0o640)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func taken(t testing.TB, root string, key []byte) ([]byte, *Snapshot) {
	t.Helper()
	var out bytes.Buffer
	o := Options{Root: root, RedactKey: key, Version: "v0.0.0", Now: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
	if err := Write(&out, o); err != nil {
		t.Fatal(err)
	}
	s, err := Open(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), s
}

func mustRead(t testing.TB, s *Snapshot, name string) string {
	t.Helper()
	data, err := s.ReadFile(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(data)
}

func block(kind string) string {
	body := base64.StdEncoding.EncodeToString([]byte("S3CRET-of-a-pem-block"))
	return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n"
}

// secretive is a node with a secret in every place that is known to hold some. Each begins with S3CRET.
func secretive() map[string]string {
	key := base64.StdEncoding.EncodeToString([]byte(block("EC PRIVATE KEY")))
	kubeconfig := `apiVersion: v1
kind: Config
clusters:
- name: a # S3CRET-of-a-comment
  cluster: {server: "https://S3CRET-user:S3CRET-pass@192.0.2.1:6443/x?token=S3CRET-query", certificate-authority-data: ` + base64.StdEncoding.EncodeToString([]byte("public")) + `, proxy-url: http://u:S3CRET-proxy@p}
users:
- name: b
  user:
    token: S3CRET-token
    password: 'S3CRET-it''s'
    username: someone
    client-key-data: ` + key + `
    client-certificate-data: ` + key + `
    tokenFile: /etc/kubernetes/token
    auth-provider:
      name: x
      config:
        id-token: S3CRET-id
        other: "S3CRET-\"other\""
    exec:
      command: /bin/x
      args: [get-token, S3CRET-argument]
      env:
      - {name: AWS_SECRET, value: S3CRET-exec}
    extensions:
    - name: S3CRET-extension
`
	return map[string]string{
		"etc/kubernetes/manifests/kube-apiserver.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"x": "S3CRET-applied"}
    other: |
      many
      lines # are no comment
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io:5000/kube-apiserver:v1.37.0
    command:
    - kube-apiserver
    - --token-auth-file=/etc/kubernetes/tokens.csv # S3CRET-comment
    - --encryption-provider-config=/etc/kubernetes/elsewhere/enc.yaml
    - --audit-webhook-config-file=/etc/kubernetes/webhook
    - --service-account-signing-key-file=/etc/kubernetes/sa-key
    - --audit-log-path=/var/log/audit.log
    - --etcd-servers=https://me:S3CRET-url@127.0.0.1:2379
    env:
    - name: PASS
      value: S3CRET-env
    - name: GODEBUG
      value: tlsrsakex=1
    livenessProbe: {httpGet: {path: /livez, httpHeaders: [{name: Authorization, value: Bearer S3CRET-header}]}}
`,
		"etc/kubernetes/manifests/not-yaml.yaml":   "a: [S3CRET-broken\n",
		"etc/kubernetes/manifests/anchors.yaml":    "a: &x S3CRET-anchor\ntoken: *x\n",
		"etc/kubernetes/manifests/scalar.yaml":     "S3CRET-scalar\n",
		"etc/kubernetes/manifests/list.yaml":       "[S3CRET-list]\n",
		"etc/kubernetes/manifests/secret.yaml":     "apiVersion: v1\nkind: Secret\nstringData: {a: S3CRET-string-data}\ndata: {b: " + base64.StdEncoding.EncodeToString([]byte("S3CRET-data")) + "}\n",
		"etc/kubernetes/manifests/.hidden":         "token: S3CRET-hidden\n",
		"etc/kubernetes/manifests/key-inside.yaml": "a: |\n  " + strings.ReplaceAll(block("RSA PRIVATE KEY"), "\n", "\n  ") + "\n",
		"etc/kubernetes/manifests/twice.yaml":      "token: S3CRET-twice\nother: of S3CRET-twice\n",
		"etc/kubernetes/tokens.csv":                "S3CRET-token,admin,1\n",
		"etc/kubernetes/sa-key":                    block("PRIVATE KEY"),
		"etc/kubernetes/token":                     "S3CRET-token-file\n",
		"var/log/audit.log":                        "S3CRET-log\n",
		"etc/kubernetes/elsewhere/enc.yaml":        "kind: EncryptionConfiguration\nresources: [{providers: [{secretbox: {keys: [{name: k, secret: S3CRET-elsewhere}]}}]}]\n",
		"etc/kubernetes/webhook":                   kubeconfig,
		"etc/kubernetes/admin.conf":                kubeconfig,
		"etc/kubernetes/kubelet.conf":              `{"kind": "Config", "users": [{"user": {"token": "S3CRET-json"}}]}`,
		"etc/kubernetes/bootstrap-kubelet.conf":    "users:\n- user:\n    token: |\n      S3CRET-block\n      S3CRET-second\n    # S3CRET-after\n  name: c\n- user: {token: S3CRET-of\n      two-lines}\n",
		"etc/kubernetes/hardstrap/encryption/encryption.yaml": `# old: S3CRET-old
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc:
      keys:
      - {name: key1, secret: ` + base64.StdEncoding.EncodeToString([]byte("S3CRET-thirty-two-bytes-in-there")) + `}
      - name: key2
        secret: "S3CRET-quoted"
`,
		"etc/kubernetes/hardstrap/authentication/token":   "S3CRET-bare",
		"etc/kubernetes/hardstrap/admission/x.kubeconfig": kubeconfig,
		"etc/kubernetes/kubeadm/join.yaml":                "kind: JoinConfiguration\ndiscovery: {tlsBootstrapToken: S3CRET-tls, bootstrapToken: {token: S3CRET-boot, apiServerEndpoint: a:6443}}\ncontrolPlane: {certificateKey: S3CRET-certificate}\n",
		"etc/kubernetes/kubeadm/init.yaml":                "kind: InitConfiguration\nbootstrapTokens: [{token: S3CRET-init}]\ncertificateKey: S3CRET-key\n---\nkind: ClusterConfiguration\netcd: {local: {extraEnvs: [{name: X, value: S3CRET-extra}], extraArgs: [{name: discovery-password, value: S3CRET-etcd}]}}\n",
		"etc/kubernetes/pki/ca.key":                       block("PRIVATE KEY"),
		"etc/kubernetes/pki/ca.crt":                       "S3CRET-preamble\n" + strings.ReplaceAll(block("CERTIFICATE"), base64.StdEncoding.EncodeToString([]byte("S3CRET-of-a-pem-block")), "AAAA"),
		"etc/kubernetes/pki/both.crt":                     block("CERTIFICATE") + block("PRIVATE KEY"),
		"var/lib/kubelet/pki/kubelet-client-current.pem":  "-> /var/lib/kubelet/pki/kubelet-client-1.pem",
		"var/lib/kubelet/pki/kubelet-client-1.pem":        block("CERTIFICATE") + block("PRIVATE KEY"),
		"var/lib/kubelet/config.yaml":                     "kind: KubeletConfiguration\nauthentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}\ntlsPrivateKeyFile: /etc/kubelet.key\nvm.x: 0x10\n",
		"etc/kubelet.key":                                 block("PRIVATE KEY"),
		"var/lib/kubelet/kubeadm-flags.env":               `KUBELET_KUBEADM_ARGS="--config-dir=/etc/kubelet.d --token=S3CRET-flag --bootstrap-kubeconfig=/etc/kubernetes/bs"` + "\nOTHER=S3CRET-variable\n# S3CRET-comment\n",
		"etc/kubernetes/bs":                               kubeconfig,
		"etc/kubelet.d/10-a.conf":                         "kind: KubeletConfiguration\n# S3CRET-drop-in\nstaticPodURLHeader: {}\n",
		"etc/default/kubelet":                             "export KUBELET_EXTRA_ARGS='--v=2 --discovery-password S3CRET-word'\nHTTPS_PROXY=http://u:S3CRET-proxy@p\nAWS=S3CRET-aws\n",
		"etc/systemd/system/kubelet.service.d/10-a.conf": `[Service]
; S3CRET-comment
Environment="TOKEN=S3CRET-token" ETCD_NAME=a 'OTHER=S3CRET with blanks' S3CRET-alone
Environment=KUBELET_EXTRA_ARGS=--token=S3CRET-args
SetCredential=x:S3CRET-credential
ExecStart=/usr/bin/env SOME_TOKEN=S3CRET-exec /usr/bin/kubelet --x=S \
  --discovery-password=S3CRET-password --v=4
`,
		"etc/systemd/system/etcd.service": "[Service]\nEnvironment=A=S3CRET-one \\\n  B=S3CRET-two\n",
		"etc/cni/net.d/calico-kubeconfig": kubeconfig,
		"etc/cni/net.d/10-x.conflist":     `{"plugins": [{"etcd_password": "S3CRET-cni", "k8s_auth_token": "S3CRET-cni-token"}]}`,
		"etc/etcd/etcd.conf.yaml":         "name: a\ninitial-cluster-token: public\ndiscovery-config: {auth: {password: S3CRET-discovery}}\n",
		"etc/passwd":                      "root:S3CRET-hash:0:0:S3CRET-name:/root:/bin/sh\nsomeone:x:1234567:1:::\netcd:x:999:999:::\n",
		"etc/group":                       "root:S3CRET-hash:0:S3CRET-member\nothers:x:1234567:\n",
		"etc/shadow":                      "root:S3CRET-shadow\n",
		"etc/sysctl.d/10-a.conf":          "# S3CRET-comment\nkernel.panic=10\n-net/ipv4/conf/eth0.1/rp_filter = 1\nnet.ipv4.conf.*.x=1\nnet.ipv6.conf.all.stable_secret = S3CRET-parameter\n",
		"etc/nftables.d/hardstrap.nft":    "-> /etc/shadow", "etc/sysctl.d/98-link.conf": "-> 10-a.conf", "proc/sys/net/ipv6/conf/all/stable_secret": "S3CRET-value\n",
		"etc/sysctl.d/99-link.conf": "-> ../shadow",
		"proc/sys/kernel/panic":     "10\n", "proc/sys/net/ipv4/conf/eth0.1/rp_filter": "1\n", "proc/sys/net/ipv4/conf/all/x": "2\n",
		"proc/sys/kernel/hostname": "node-1\n", "proc/sys/kernel/secret": "S3CRET-kernel\n",
		"proc/stat": "btime 1700000000\n", "proc/7/stat": "7 (x) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 100 0\n", "proc/7/exe": "-> /usr/bin/kubelet",
		"proc/7/cmdline": "kubelet\x00--config=/var/lib/kubelet/config.yaml\x00--discovery-password\x00S3CRET-process\x00", "proc/7/environ": "X=S3CRET-environment\x00",
	}
}

// TestNoSecretIsTaken: nothing marked is in the snapshot, plainly or in base64 at any offset.
func TestNoSecretIsTaken(t *testing.T) {
	for _, key := range [][]byte{nil, []byte("key")} {
		data, s := taken(t, seed(t, secretive()), key)
		zipped, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(zipped)
		if err != nil {
			t.Fatal(err)
		}
		marks := []string{"S3CRET", "PRIVATE KEY"}
		for _, mark := range marks[:2:2] {
			for skip := range 3 {
				encoded := base64.StdEncoding.EncodeToString(append(make([]byte, skip), mark...))
				marks = append(marks, strings.TrimRight(encoded, "=")[4*skip/3+min(skip, 1):len(mark)])
			}
		}
		for _, mark := range marks {
			for at := 0; ; {
				i := bytes.Index(text[at:], []byte(mark))
				if i < 0 {
					break
				}
				at += i + 1
				t.Errorf("%q is in the snapshot: ...%q...", mark, text[max(0, at-40):min(len(text), at+160)])
			}
		}
		for _, name := range []string{"/etc/kubernetes/manifests/kube-apiserver.yaml", "/etc/kubernetes/elsewhere/enc.yaml", "/etc/kubernetes/webhook",
			"/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf", "/etc/kubernetes/bootstrap-kubelet.conf", "/etc/kubernetes/hardstrap/encryption/encryption.yaml", "/etc/kubernetes/kubeadm/join.yaml",
			"/etc/kubernetes/kubeadm/init.yaml", "/etc/kubernetes/pki/ca.crt", "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env", "/etc/kubernetes/bs", "/etc/kubelet.d/10-a.conf",
			"/etc/default/kubelet", "/etc/systemd/system/kubelet.service.d/10-a.conf", "/etc/cni/net.d/10-x.conflist", "/etc/etcd/etcd.conf.yaml", "/etc/passwd", "/etc/group",
			"/etc/sysctl.d/10-a.conf", "/etc/sysctl.d/98-link.conf", "/etc/kubernetes/manifests/secret.yaml"} {
			mustRead(t, s, name)
		}
		for _, name := range []string{"/etc/kubernetes/manifests/not-yaml.yaml", "/etc/kubernetes/manifests/anchors.yaml", "/etc/kubernetes/manifests/scalar.yaml", "/etc/kubernetes/manifests/list.yaml",
			"/etc/kubernetes/manifests/key-inside.yaml", "/etc/kubernetes/manifests/twice.yaml", "/etc/kubernetes/pki/ca.key", "/etc/kubernetes/pki/both.crt", "/etc/kubernetes/tokens.csv", "/etc/kubernetes/sa-key",
			"/etc/kubelet.key", "/var/log/audit.log", "/var/lib/kubelet/pki/kubelet-client-current.pem", "/etc/systemd/system/etcd.service", "/etc/kubernetes/hardstrap/authentication/token", "/etc/sysctl.d/99-link.conf", "/etc/nftables.d/hardstrap.nft"} {
			if data, err := s.ReadFile(name); !errors.Is(err, observe.ErrWithheld) {
				t.Errorf("%s: %q, %v", name, data, err)
			}
			if info, err := s.Stat(name); err != nil || info.Mode.Perm() != 0o640 || info.Size == 0 || info.ModTime.IsZero() || info.User == "" {
				t.Errorf("%s: %+v, %v", name, info, err)
			}
		}
	}
}

// TestTakenFilesKeepTheirLines: positions in a snapshot are those on the node.
func TestTakenFilesKeepTheirLines(t *testing.T) {
	_, s := taken(t, seed(t, secretive()), nil)
	for name, want := range map[string]string{
		"/etc/kubernetes/hardstrap/encryption/encryption.yaml": `#
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc:
      keys:
      - {name: key1, secret: "<redacted>"}
      - name: key2
        secret: "<redacted>"
`,
		"/etc/kubernetes/bootstrap-kubelet.conf": "users:\n- user:\n    token: \"<redacted>\"\n\n\n    #\n  name: c\n- user: {token: \"<redacted>\"\n}\n",
		"/var/lib/kubelet/kubeadm-flags.env":     `KUBELET_KUBEADM_ARGS="--config-dir=/etc/kubelet.d --token=<redacted> --bootstrap-kubeconfig=/etc/kubernetes/bs"` + "\nOTHER=<redacted>\n#\n",
		"/etc/default/kubelet":                   "export KUBELET_EXTRA_ARGS='--v=2 --discovery-password <redacted>'\nHTTPS_PROXY=http://<redacted>@p\nAWS=<redacted>\n",
		"/etc/systemd/system/kubelet.service.d/10-a.conf": `[Service]
;
Environment="TOKEN=<redacted>" "ETCD_NAME=a" "OTHER=<redacted>" <redacted>
Environment="KUBELET_EXTRA_ARGS=--token=<redacted>"
SetCredential=<redacted>
ExecStart=/usr/bin/env SOME_TOKEN=<redacted> /usr/bin/kubelet --x=S \
  --discovery-password=<redacted> --v=4
`,
		"/etc/kubernetes/kubelet.conf":      `{"kind": "Config", "users": [{"user": {"token": "<redacted>"}}]}`,
		"/etc/kubernetes/kubeadm/join.yaml": "kind: JoinConfiguration\ndiscovery: {tlsBootstrapToken: \"<redacted>\", bootstrapToken: {token: \"<redacted>\", apiServerEndpoint: a:6443}}\ncontrolPlane: {certificateKey: \"<redacted>\"}\n",
		"/etc/passwd":                       "root:x:0:0:::\netcd:x:999:999:::\n",
		"/etc/group":                        "root:x:0:\n",
		"/etc/sysctl.d/10-a.conf":           "#\nkernel.panic=10\n-net/ipv4/conf/eth0.1/rp_filter = 1\nnet.ipv4.conf.*.x=1\nnet.ipv6.conf.all.stable_secret =<redacted>\n",
		"/proc/sys/kernel/panic":            "10\n", "/proc/sys/net/ipv4/conf/eth0.1/rp_filter": "1\n", "/proc/sys/net/ipv4/conf/all/x": "2\n",
		"/var/lib/kubelet/config.yaml": secretive()["var/lib/kubelet/config.yaml"],
	} {
		if got := mustRead(t, s, name); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	manifest := mustRead(t, s, "/etc/kubernetes/manifests/kube-apiserver.yaml")
	original := secretive()["etc/kubernetes/manifests/kube-apiserver.yaml"]
	if strings.Count(manifest, "\n") != strings.Count(original, "\n") || !strings.Contains(manifest, "lines # are no comment") ||
		!strings.Contains(manifest, "- --token-auth-file=/etc/kubernetes/tokens.csv #\n") || !strings.Contains(manifest, "value: tlsrsakex=1") {
		t.Error(manifest)
	}
	if s.Host != "node-1" || s.Images["kube-apiserver"] != "v1.37.0" || len(s.Processes) != 1 || s.Processes[0].Args[3] != settings.Redacted || s.Hardstrap != "v0.0.0" {
		t.Errorf("%+v", s)
	}
}

// TestSecretsCanBeCompared: where a key is given, and only between files of the same secret.
func TestSecretsCanBeCompared(t *testing.T) {
	code := func(secret, key string) string {
		_, s := taken(t, seed(t, map[string]string{"etc/kubernetes/admin.conf": "token: " + secret + "\n"}), []byte(key))
		return mustRead(t, s, "/etc/kubernetes/admin.conf")
	}
	a := code("one", "k")
	if a != code("one", "k") || a == code("two", "k") || a == code("one", "other") || !strings.HasPrefix(a, `token: "hmac:`) || len(a) != len(`token: "hmac:0123456789abcdef"`)+1 {
		t.Errorf("%q", a)
	}
}

// TestSnapshotIsATree: the same questions have the same answers, as far as they were asked.
func TestSnapshotIsATree(t *testing.T) {
	root := seed(t, map[string]string{
		"etc/kubernetes/manifests/b.yaml": "a: 1\n", "etc/kubernetes/manifests/a.yaml": "-> /opt/a.yaml", "opt/a.yaml": "a: 2\n",
		"etc/kubernetes/manifests/circle": "-> circle", "lib": "-> usr/lib", "usr/lib/systemd/system/kubelet.service": "[Unit]\n", "etc/other": "x",
	})
	if err := os.Truncate(seedFile(t, root, "etc/kubernetes/manifests/huge.yaml"), observe.MaxFile+1); err != nil {
		t.Fatal(err)
	}
	live, err := observe.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	_, s := taken(t, root, nil)
	for _, name := range []string{"/etc/kubernetes/manifests/a.yaml", "/etc/kubernetes/manifests/b.yaml", "/etc/kubernetes/manifests/../manifests/a.yaml", "/lib/systemd/system/kubelet.service",
		"/usr/lib/systemd/system/kubelet.service", "/etc/kubernetes/manifests/none", "/etc/kubernetes/manifests/circle", "/etc/kubernetes/manifests", "/var/lib/kubelet/config.yaml", "/etc/kubernetes/manifests/huge.yaml",
		"/etc/default/kubelet", "/etc/kubernetes/manifests/a.yaml/x"} {
		want, wantErr := live.ReadFile(name)
		got, err := s.ReadFile(name)
		if string(got) != string(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%s: %q, %v; on the node %q, %v", name, got, err, want, wantErr)
		}
		for _, look := range []func(observe.Tree) (observe.Info, error){
			func(x observe.Tree) (observe.Info, error) { return x.Stat(name) }, func(x observe.Tree) (observe.Info, error) { return x.Lstat(name) },
		} {
			want, wantErr := look(live)
			got, err := look(s)
			if got.Mode.IsDir() {
				got.Size = want.Size
			}
			same := got.ModTime.Equal(want.ModTime) && got.ChangeTime.Equal(want.ChangeTime)
			got.ModTime, got.ChangeTime, want.ModTime, want.ChangeTime = time.Time{}, time.Time{}, time.Time{}, time.Time{}
			if got != want || !same || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%s: %+v, %v; on the node %+v, %v", name, got, err, want, wantErr)
			}
		}
	}
	for _, pattern := range []string{"/etc/kubernetes/manifests/*", "/lib/systemd/system/kubelet.service", "/etc/kubernetes/manifests/[ab].yaml", "/etc/kubernetes/none/*"} {
		want, _ := live.Glob(pattern)
		if got, err := s.Glob(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; on the node %q", pattern, got, err, want)
		}
	}
	if _, err := s.ReadFile("/etc/other"); !errors.Is(err, observe.ErrNotTaken) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what nobody looked at: %v", err)
	}
	if _, err := s.ReadDir("/etc"); !errors.Is(err, observe.ErrNotTaken) {
		t.Errorf("a directory nobody listed: %v", err)
	}
}

func seedFile(t *testing.T, root, name string) string {
	t.Helper()
	at := filepath.Join(root, name)
	if err := os.WriteFile(at, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// TestWriteIsDeterministic: the same tree at the same time gives the same bytes.
func TestWriteIsDeterministic(t *testing.T) {
	root := seed(t, secretive())
	first, _ := taken(t, root, nil)
	for range 3 {
		if again, _ := taken(t, root, nil); !bytes.Equal(first, again) {
			t.Fatal("two snapshots of one tree differ")
		}
	}
	if _, s := taken(t, t.TempDir(), nil); s.Host != "" || len(s.Processes) != 0 || len(s.Unknown) != 0 {
		t.Errorf("an empty root, where nothing runs: %+v", s)
	}
}

// FuzzRedact: whatever stands in a file, a secret under a key that is known to hold one never comes out.
func FuzzRedact(f *testing.F) {
	for name, text := range secretive() {
		if strings.Contains(name, "kubernetes") {
			f.Add(strings.ReplaceAll(text, "S3CRET", "x"))
		}
	}
	f.Add("a: |\n  x\n # y\nb: >-\n  z\n\n  w\n")
	f.Add("a: 'x\n\n  y'\n? b\n: c d\n  e\n")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "S3CRET-fuzzed"
		if strings.Contains(text, "S3CRET") {
			return
		}
		for _, full := range []string{text + "\ntoken: " + secret + "\n", "token: " + secret + " # " + secret + "\n" + text, "x:\n- token: \"" + secret + "\"\n" + text} {
			out, _, err := (redactor{}).yaml([]byte(full))
			if err == nil && bytes.Contains(out, []byte("S3CRET")) && !stands(full, secret) {
				t.Errorf("%q became %q", full, out)
			}
			if err == nil && bytes.Count(out, []byte("\n")) != strings.Count(full, "\n") {
				t.Errorf("%q lost a line: %q", full, out)
			}
			if out, err := withoutVariables([]byte(text + "\nTOKEN=" + secret + "\n")); err == nil && bytes.Contains(out, []byte("S3CRET")) {
				if !strings.Contains(text, "[") && !strings.HasSuffix(strings.TrimSpace(text), `\`) {
					t.Errorf("%q became %q", text, out)
				}
			}
		}
	})
}

// stands reports whether what was added is no token: the text before may end in a scalar of many lines, and goes on
// in what follows.
func stands(text, secret string) bool {
	doc, err := parse([]byte(text))
	if err != nil {
		return true
	}
	for _, root := range doc.roots {
		if scalar(root, "token") == secret {
			return false
		}
	}
	return true
}
