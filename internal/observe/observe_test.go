package observe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

const (
	kubeadmDir = "host/control-plane/etc/kubernetes/kubeadm/"
	configDir  = "host/control-plane/etc/kubernetes/hardstrap/"
)

// plainly gives settings as Go values by key.
func plainly(found []settings.Setting) map[string]any {
	out := map[string]any{}
	for _, s := range found {
		out[s.Key.String()] = s.Value.Plain()
	}
	return out
}

func TestFile(t *testing.T) {
	for name, row := range map[string]struct {
		path, text string
		want       map[string]any
	}{
		"flags, once and repeated": {kubeadmDir + "init.yaml", `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
apiServer:
  certSANs: [a]
  extraArgs:
  - {name: profiling, value: "false"}
  - {name: service-account-issuer, value: a}
  - {name: service-account-issuer, value: b}
etcd: {local: {extraArgs: [{name: cipher-suites, value: "A,B"}]}}
networking: {podSubnet: 10.0.0.0/8}
featureGates: {A.B: true}
`, map[string]any{"kube-apiserver:--profiling": "false", "kube-apiserver:--service-account-issuer": []any{"a", "b"},
			"etcd:--cipher-suites": "A,B", "kubeadm:apiServer.certSANs": []any{"a"}, "kubeadm:networking.podSubnet": "10.0.0.0/8",
			"kubeadm:featureGates": map[string]any{"A.B": true}}},
		"a join leaves out what is secret": {"host/worker/etc/kubernetes/kubeadm/join.yaml", `
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery: {bootstrapToken: {token: abcdef.0123456789abcdef}}
controlPlane: {certificateKey: hunter2, localAPIEndpoint: {bindPort: 8443}}
nodeRegistration: {kubeletExtraArgs: [{name: v, value: "2"}]}
patches: {directory: /etc/kubernetes/kubeadm/patches}
`, map[string]any{"kubeadm:localAPIEndpoint.bindPort": int64(8443), "kubelet[worker]:--v": "2"}},
		"a directory of patches of somebody else": {kubeadmDir + "upgrade.yaml", `
apiVersion: kubeadm.k8s.io/v1beta4
kind: UpgradeConfiguration
node: {patches: {directory: /elsewhere}}
`, map[string]any{"kubeadm:patches.directory": "/elsewhere"}},
		"one KubeletConfiguration for every node": {kubeadmDir + "init.yaml", `
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}}
evictionHard: {memory.available: 1Mi}
empty: {}
`, map[string]any{
			"kubelet[control-plane]:authentication.anonymous.enabled": false, "kubelet[worker]:authentication.anonymous.enabled": false,
			"kubelet[control-plane]:evictionHard": map[string]any{"memory.available": "1Mi"}, "kubelet[worker]:evictionHard": map[string]any{"memory.available": "1Mi"},
			"kubelet[control-plane]:empty": map[string]any{}, "kubelet[worker]:empty": map[string]any{}}},
		"a patch takes away": {"host/worker/etc/kubernetes/kubeadm/patches/kubeletconfiguration0+merge.yaml",
			"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nresolvConf: null\n",
			map[string]any{"kubelet[worker]:resolvConf": nil}},
		"secrets are redacted wherever they stand": {configDir + "encryption/encryption.yaml",
			"resources: [{providers: [{aescbc: {keys: [{name: a, secret: hunter2}, {name: b, Secret: {x: hunter2}}]}}]}]\n",
			map[string]any{"kube-apiserver:EncryptionConfiguration": map[string]any{"resources": []any{map[string]any{"providers": []any{
				map[string]any{"aescbc": map[string]any{"keys": []any{
					map[string]any{"name": "a", "secret": settings.Redacted}, map[string]any{"name": "b", "Secret": settings.Redacted}}}}}}}}}},
		"numbers and times": {configDir + "audit/policy.yaml", "a: 0x10\nb: 1_000\nc: 1.0\nd: 2026-01-02\ne: .5\nf: 18446744073709551615\n",
			map[string]any{"kube-apiserver:Policy": map[string]any{"a": int64(16), "b": int64(1000), "c": int64(1), "d": "2026-01-02", "e": 0.5, "f": "18446744073709551615"}}},
		"kernel parameters": {"host/worker/etc/sysctl.d/90-hardstrap.conf", "# x\n; y\n\nkernel.panic=10\n", map[string]any{"host[worker]:sysctl/kernel.panic": int64(10)}},
		"a user":            {"host/etcd/a/etc/sysusers.d/hardstrap.conf", "u etcd - \"etcd\" /var/lib/etcd /usr/sbin/nologin\n", map[string]any{"host[etcd]:user/etcd": "etcd"}},
		"rules of Falco": {"companions/falco/hardstrap_rules.yaml", "# x\n- required_engine_version: \"0.57.0\"\n",
			map[string]any{"companion:falco/rules": []any{map[string]any{"required_engine_version": "0.57.0"}}}},
		"an object for other software": {"companions/mesh/a.yaml", "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\n",
			map[string]any{"companion:PeerAuthentication/shop/default": map[string]any{"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
				"metadata": map[string]any{"name": "default", "namespace": "shop"}}}},
		"a list of files carries no setting": {"companions/file-integrity/worker.mtree",
			"#mtree\n./etc type=dir\n./etc/a type=file mode=0600 uname=root gname=root\n", map[string]any{}},
		"nothing of a node":  {"README.md", "# anything: [", map[string]any{}},
		"the record neither": {"hardstrap.json", "{", map[string]any{}},
		"a member": {"host/etcd/a/etc/etcd/etcd.conf.yaml", `
name: a
initial-cluster: a=https://192.0.2.1:2380
listen-peer-urls: https://192.0.2.1:2380
initial-advertise-peer-urls: https://192.0.2.1:2380
listen-client-urls: https://192.0.2.1:2379,https://127.0.0.1:2379
advertise-client-urls: https://192.0.2.1:2379
peer-transport-security: {allowed-cn: [x], cert-file: y}
experimental-corrupt-check-time: 60000000000
`, map[string]any{"etcd:members": []any{map[string]any{"name": "a", "address": "192.0.2.1"}}, "etcd:--peer-cert-allowed-cn": []any{"x"},
			"etcd:--peer-cert-file": "y", "etcd:--experimental-corrupt-check-time": "1m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := File(row.path, []byte(row.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, plainly(found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, s := range found {
				if o := s.Value.Origin; o.Source != settings.FromFile || o.File != row.path || o.Line == 0 || o.Column == 0 {
					t.Errorf("%s: origin %+v", s.Key, o)
				}
			}
		})
	}
}

func TestFileRefuses(t *testing.T) {
	const firewall = "host/worker/etc/nftables.d/hardstrap.nft"
	for name, row := range map[string]struct{ path, text, want string }{
		"no line of mtree": {"companions/file-integrity/worker.mtree", "#mtree\n./etc/a type=file mode=600 uname=root gname=root\n",
			`worker.mtree:2:1: "./etc/a type=file mode=600 uname=root gname=root" is no line of a list of files`},
		"no line of sha256sum":       {"companions/file-integrity/worker.sha256", "abc  etc/a\n", `worker.sha256:1:1: "abc  etc/a" is no line of a list of files`},
		"no rules of Falco":          {"companions/falco/hardstrap_rules.yaml", "# x\n", "hardstrap_rules.yaml: 0 documents stand where one list of rules is wanted"},
		"no YAML":                    {kubeadmDir + "init.yaml", "a: [", "init.yaml: not YAML:"},
		"not UTF-8":                  {kubeadmDir + "init.yaml", "a: \xff", "init.yaml: not YAML:"},
		"another kind":               {kubeadmDir + "init.yaml", "apiVersion: v1\nkind: Secret\n", `no document of apiVersion "v1" and kind "Secret"`},
		"a list as document":         {kubeadmDir + "init.yaml", "- a\n", "init.yaml:1:1: a list stands where a document is wanted"},
		"a key twice":                {configDir + "audit/policy.yaml", "a: 1\nb: 2\na: 3\n", `policy.yaml:3:1: "a" stands here a second time`},
		"an alias":                   {configDir + "audit/policy.yaml", "a: &x 1\nb: *x\n", "policy.yaml:1:4: anchors and aliases are not read"},
		"a merge key":                {configDir + "audit/policy.yaml", "a: {<<: {b: c}}\n", "a key that is not plain text"},
		"a tag":                      {configDir + "audit/policy.yaml", "a: !!binary YQ==\n", `the tag "!!binary" is not read`},
		"a number as key":            {configDir + "audit/policy.yaml", "1: a\n", "a key that is not plain text"},
		"no finite number":           {configDir + "audit/policy.yaml", "a: .inf\n", `".inf" is not a finite number`},
		"a policy as JSON":           {configDir + "admission/policies/a.json", "{}\n", `nothing is known to stand at "/etc/kubernetes/hardstrap/admission/policies/a.json"`},
		"a folder of policies":       {configDir + "admission/policies/a/b.yaml", "a: 1\n", `nothing is known to stand at "/etc/kubernetes/hardstrap/admission/policies/a/b.yaml"`},
		"two documents":              {configDir + "audit/policy.yaml", "a: 1\n---\nb: 2\n", "2 documents stand where one map is wanted"},
		"a file of no component":     {configDir + "audit/other.yaml", "a: 1\n", "nothing is known to stand at"},
		"no kubeconfig":              {configDir + "audit/x.kubeconfig", "kind: Secret\n", "nothing is known to stand at"},
		"a file of no kind":          {"host/worker/etc/passwd", "x", `nothing is known to stand at "/etc/passwd"`},
		"nodes of no role":           {"host/master/etc/sysctl.d/90-hardstrap.conf", "", `no nodes of the role "master"`},
		"flags as a map":             {kubeadmDir + "init.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nscheduler: {extraArgs: {a: b}}\n", "a map stands where a list of name and value is wanted"},
		"a flag that is no text":     {kubeadmDir + "init.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nscheduler: {extraArgs: [{name: a, value: 1}]}\n", "no pair of name and value"},
		"no discovery":               {kubeadmDir + "join.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n", "discovery is missing"},
		"a patch of another kind":    {kubeadmDir + "patches/kubeletconfiguration0+merge.yaml", "kind: Pod\n", "where a KubeletConfiguration is wanted"},
		"a patch of no target":       {kubeadmDir + "patches/etcd0+merge.yaml", "a: 1\n", `no patch of "etcd0" is known`},
		"probes that ask":            {kubeadmDir + "patches/kube-apiserver0+strategic.yaml", "spec: {containers: [{name: kube-apiserver, livenessProbe: {tcpSocket: {port: 1}}}]}\n", "livenessProbe does not replace httpGet"},
		"no pair":                    {"host/worker/etc/sysctl.d/90-hardstrap.conf", "kernel.panic\n", `90-hardstrap.conf:1:1: "kernel.panic" is no pair`},
		"an argument":                {"host/worker/etc/tmpfiles.d/hardstrap.conf", "f /x 0600 root root - text\n", "is not type, path, mode, user and group"},
		"another user":               {"host/worker/etc/sysusers.d/hardstrap.conf", "u root 0 - / /bin/sh\n", "not the line of the user"},
		"no directive":               {"host/worker/etc/systemd/system/hardstrap-firewall.service", "ExecStart=/x\n", "no directive within a section"},
		"a rule besides":             {firewall, "accept\n", `hardstrap.nft:1:1: "accept" is not part of the ruleset`},
		"a list that guards nothing": {firewall, "set ssh_v4 {\n}\nset ssh_v6 {\n}\n", `the list "ssh" guards no port`},
		"a chain nothing leads to":   {firewall, "chain ssh {\n}\n", `no port leads to the chain "ssh"`},
		"no network":                 {firewall, "set ssh_v4 {\nelements = { office }\n", `"office" is not a CIDR`},
		"a member at another place":  {"host/etcd/a/etc/etcd/etcd.conf.yaml", "name: a\ninitial-cluster: a=https://192.0.2.1:2380\nlisten-peer-urls: http://0.0.0.0:2380\n", `listen-peer-urls is "http://0.0.0.0:2380", but`},
		"no cluster":                 {"host/etcd/a/etc/etcd/etcd.conf.yaml", "name: a\n", "initial-cluster is missing"},
		"a cluster without TLS":      {"host/etcd/a/etc/etcd/etcd.conf.yaml", "initial-cluster: a=http://192.0.2.1:2380\n", "is not name=https://address:2380"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := File(row.path, []byte(row.text))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, %v\nwant an error with %s", plainly(found), err, row.want)
			}
		})
	}
}

func TestBundleWantsFilesToAgree(t *testing.T) {
	const doc = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\napply: {kubernetesVersion: %s}\n"
	one, other := strings.Replace(doc, "%s", "v1.37.0", 1), strings.Replace(doc, "%s", "v1.36.0", 1)
	set, err := Bundle(map[string][]byte{kubeadmDir + "a.yaml": []byte(one), kubeadmDir + "b.yaml": []byte(one)})
	if err != nil || set.Len() != 1 {
		t.Fatalf("%d settings, %v", set.Len(), err)
	}
	_, err = Bundle(map[string][]byte{kubeadmDir + "a.yaml": []byte(one), kubeadmDir + "b.yaml": []byte(other)})
	if want := "b.yaml:3:28: kubeadm:kubernetesVersion is not what " + kubeadmDir + "a.yaml:3:28 says"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %s", err, want)
	}
}

// FuzzFile: whatever stands in a file, reading it ends, without a panic.
func FuzzFile(f *testing.F) {
	paths := []string{kubeadmDir + "init.yaml", kubeadmDir + "patches/kube-apiserver0+strategic.yaml", kubeadmDir + "patches/kubeletconfiguration0+merge.yaml",
		configDir + "encryption/encryption.yaml", configDir + "audit/x.kubeconfig", "host/worker/etc/sysctl.d/90-hardstrap.conf",
		"host/worker/etc/tmpfiles.d/hardstrap.conf", "host/worker/etc/nftables.d/hardstrap.nft", "host/etcd/a/etc/etcd/etcd.conf.yaml",
		"host/worker/etc/sysusers.d/hardstrap.conf", "host/worker/etc/systemd/system/hardstrap-firewall.service"}
	f.Add(uint8(0), []byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer: 1\netcd: []\nnodeRegistration: a\n"))
	f.Add(uint8(0), []byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery: 1\ncontrolPlane: 1\npatches: [1]\n"))
	f.Add(uint8(0), []byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nscheduler: {extraArgs: [1, {name: 1, value: []}, null]}\n"))
	f.Add(uint8(1), []byte("spec: {containers: [{name: [], livenessProbe: 1}]}\n"))
	f.Add(uint8(3), []byte("secret: [1]\n"))
	f.Add(uint8(8), []byte("initial-cluster: [1]\nclient-transport-security: 1\npeer-transport-security: [a]\nname: {}\n"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		path := paths[int(which)%len(paths)]
		found, err := File(path, data)
		if err != nil {
			return
		}
		if path == configDir+"encryption/encryption.yaml" {
			for _, s := range found {
				if v := s.Value.Get("secret"); v != nil && v.Text != settings.Redacted {
					t.Errorf("a secret was read")
				}
			}
		}
	})
}
