package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/yaml"
)

// fault is something wrong, put into a bundle that is right, and who must refuse it in which words.
type fault struct {
	name    string
	stage   string // a stage's name, or kubeadm
	seed    func(*seeding)
	refusal string
	minors  []string // the minors where it is one; all if empty
}

// onlyAES256 lacks the suite that HTTP/2 demands of every server below TLS 1.3.
const onlyAES256 = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"

// someFile is a file that a seeded fault brings along, in a folder that it has mounted.
const someFile = "/etc/kubernetes/seeded/file.yaml"

// faults are the seeded faults. Each one must be refused: they prove that what is accepted was really looked at.
func faults() []fault {
	return []fault{
		{name: "init: unknown field in InitConfiguration", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) { s.init("InitConfiguration", "x", "seeded") }},
		{name: "init: unknown field in ClusterConfiguration", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) { s.init("ClusterConfiguration", "x", "apiServer", "seeded") }},
		{name: "init: unknown field in KubeletConfiguration", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) { s.init("KubeletConfiguration", "x", "seeded") }},
		{name: "init: unknown field in KubeProxyConfiguration", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) { s.init("KubeProxyConfiguration", "x", "iptables", "seeded") }},
		{name: "init: arguments as a map", stage: "kubeadm", refusal: "cannot unmarshal",
			seed: func(s *seeding) {
				s.init("ClusterConfiguration", document{"profiling": "false"}, "scheduler", "extraArgs")
			}},
		{name: "init: unknown kubeadm gate", stage: "kubeadm", refusal: "Seeded",
			seed: func(s *seeding) { s.init("ClusterConfiguration", document{"Seeded": true}, "featureGates") }},
		{name: "join: unknown field", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) {
				s.edit(controlPlane+"/"+kubeadmDir+"/join.yaml", "JoinConfiguration", "x", "discovery", "seeded")
			}},
		{name: "join: a mark that nobody filled in", stage: "kubeadm", refusal: "REPLACE-ME",
			seed: func(s *seeding) {
				s.edit(controlPlane+"/"+kubeadmDir+"/join.yaml", "JoinConfiguration", document{"bootstrapToken": document{
					"token": "REPLACE-ME-later", "apiServerEndpoint": advertised + ":6443", "unsafeSkipCAVerification": true,
				}}, "discovery")
			}},
		{name: "worker join: unknown field", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) {
				s.edit(worker+"/"+kubeadmDir+"/join.yaml", "JoinConfiguration", "x", "nodeRegistration", "seeded")
			}},
		{name: "upgrade: unknown field", stage: "kubeadm", refusal: "unknown field",
			seed: func(s *seeding) {
				s.edit(controlPlane+"/"+kubeadmDir+"/upgrade.yaml", "UpgradeConfiguration", "x", "apply", "seeded")
			}},
		{name: "patch: for a pod that does not exist", stage: "node", refusal: "kubeadm applied no patch",
			seed: func(s *seeding) {
				s.init("InitConfiguration", "/"+kubeadmDir+"/patches", "patches", "directory")
				s.write(controlPlane+"/"+kubeadmDir+"/patches/apiserver0+strategic.yaml", "metadata: {labels: {a: b}}\n")
			}},

		{name: "kube-apiserver: flag that was removed", stage: "kube-apiserver", refusal: "unknown flag: --kubelet-https",
			seed: func(s *seeding) { s.flag("apiServer", "kubelet-https", "true") }},
		{name: "kube-apiserver: gate that was removed", stage: "kube-apiserver", refusal: "unrecognized feature gate: AppArmor",
			seed: func(s *seeding) { s.flag("apiServer", "feature-gates", "AppArmor=true") }},
		{name: "kube-apiserver: gate that this minor removed", stage: "kube-apiserver", minors: []string{"1.36", "1.37"},
			refusal: "unrecognized feature gate: StructuredAuthorizationConfiguration",
			seed:    func(s *seeding) { s.flag("apiServer", "feature-gates", "StructuredAuthorizationConfiguration=true") }},
		{name: "kube-apiserver: locked gate", stage: "kube-apiserver", refusal: "cannot set feature gate ServiceAccountTokenJTI",
			seed: func(s *seeding) { s.flag("apiServer", "feature-gates", "ServiceAccountTokenJTI=false") }},
		{name: "kube-apiserver: only AES-256 suites", stage: "kube-apiserver", refusal: "http2: TLSConfig.CipherSuites is missing",
			seed: func(s *seeding) {
				s.flag("apiServer", "tls-min-version", "VersionTLS12")
				s.flag("apiServer", "tls-cipher-suites", onlyAES256)
			}},
		{name: "kube-apiserver: unknown suite", stage: "kube-apiserver", refusal: "not supported or doesn't exist",
			seed: func(s *seeding) {
				s.flag("apiServer", "tls-cipher-suites", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384")
			}},
		{name: "kube-apiserver: curves before there was a flag", stage: "kube-apiserver", minors: []string{"1.33", "1.34", "1.35"},
			refusal: "unknown flag: --tls-curve-preferences",
			seed:    func(s *seeding) { s.flag("apiServer", "tls-curve-preferences", "29") }},
		{name: "kube-apiserver: unknown admission plugin", stage: "kube-apiserver", refusal: "SecurityContextDeny",
			seed: func(s *seeding) {
				s.flag("apiServer", "enable-admission-plugins", "NodeRestriction,SecurityContextDeny")
			}},
		{name: "kube-apiserver: plugin both enabled and disabled", stage: "kube-apiserver", refusal: "in enable-admission-plugins and disable-admission-plugins overlapped",
			seed: func(s *seeding) {
				s.flag("apiServer", "enable-admission-plugins", "NodeRestriction,AlwaysPullImages")
				s.flag("apiServer", "disable-admission-plugins", "AlwaysPullImages")
			}},
		{name: "kube-apiserver: exclusive flags", stage: "kube-apiserver", refusal: "authorization-mode",
			seed: func(s *seeding) {
				s.flag("apiServer", "authorization-mode", "Node,RBAC")
				s.document("authorization-config", authorization("node", "rbac"))
			}},
		{name: "kube-apiserver: wrong authorizer name", stage: "kube-apiserver", refusal: "rbac",
			seed: func(s *seeding) {
				s.dropFlag("apiServer", "authorization-mode")
				s.document("authorization-config", authorization("node", "my-rbac"))
			}},
		{name: "kube-apiserver: file that no volume brings in", stage: "kube-apiserver", refusal: "which no volume brings into the container",
			seed: func(s *seeding) { s.flag("apiServer", "tracing-config-file", "/etc/elsewhere/tracing.yaml") }},
		{name: "authentication: unknown field", stage: "kube-apiserver", refusal: "unknown field",
			seed: func(s *seeding) {
				s.document("authentication-config", "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\nseeded: x\n")
			}},
		{name: "authentication: version before there was one", stage: "kube-apiserver", minors: []string{"1.33"}, refusal: "apiserver.config.k8s.io/v1",
			seed: func(s *seeding) {
				s.document("authentication-config", "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n")
			}},
		{name: "authentication: nobody anonymous, and probes that are", stage: "kube-apiserver", refusal: "the kubelet would restart it for ever",
			seed: func(s *seeding) {
				s.dropFlag("apiServer", "anonymous-auth")
				s.document("authentication-config", "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\nanonymous: {enabled: false}\n")
				s.remove(controlPlane + "/" + kubeadmDir + "/patches/kube-apiserver*")
			}},
		{name: "encryption: key of a wrong length", stage: "kube-apiserver", refusal: "secret is not of the expected length",
			seed: func(s *seeding) { s.document("encryption-provider-config", encryption("dG9vIHNob3J0", "")) }},
		{name: "encryption: placeholder of a bundle without keys", stage: "kube-apiserver", refusal: "secret",
			seed: func(s *seeding) { s.document("encryption-provider-config", encryption(s.placeholder(), "")) }},
		{name: "encryption: unknown field", stage: "kube-apiserver", refusal: "unknown field",
			seed: func(s *seeding) { s.document("encryption-provider-config", encryption(goodKey, "seeded: x\n")) }},
		{name: "encryption: socket that no volume brings in", stage: "node", refusal: "no volume brings the socket",
			seed: func(s *seeding) { s.document("encryption-provider-config", kms) }},
		{name: "encryption: KMS without its version", stage: "kube-apiserver", refusal: "KMSv1 is deprecated",
			seed: func(s *seeding) {
				s.volume("kms", "/run/seeded")
				s.document("encryption-provider-config", kms)
			}},
		{name: "audit: unknown level", stage: "kube-apiserver", refusal: "Unsupported value",
			seed: func(s *seeding) {
				s.document("audit-policy-file", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Everything}]\n")
			}},
		{name: "audit: unknown field", stage: "kube-apiserver", refusal: "unknown field",
			seed: func(s *seeding) {
				s.document("audit-policy-file", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata, seeded: x}]\n")
			}},
		{name: "audit: every group before there was a wildcard", stage: "kube-apiserver", minors: []string{"1.33", "1.34", "1.35"}, refusal: "rules[0].resources",
			seed: func(s *seeding) {
				s.document("audit-policy-file", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata, resources: [{group: \"*\"}]}]\n")
			}},
		{name: "admission: unknown field", stage: "kube-apiserver", refusal: "unknown field",
			seed: func(s *seeding) { s.document("admission-control-config-file", admission("", "seeded: x")) }},
		{name: "admission: unknown field for PodSecurity", stage: "kube-apiserver", refusal: "unknown field",
			seed: func(s *seeding) {
				s.document("admission-control-config-file", admission("PodSecurity", "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\nseeded: x"))
			}},
		{name: "admission: unknown level for PodSecurity", stage: "kube-apiserver", refusal: "must be one of privileged, baseline, restricted",
			seed: func(s *seeding) {
				s.document("admission-control-config-file", admission("PodSecurity", "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\ndefaults: {enforce: strict}"))
			}},
		{name: "admission: unknown field for EventRateLimit", stage: "kube-apiserver", refusal: "unknown field",
			seed: func(s *seeding) {
				s.document("admission-control-config-file", admission("EventRateLimit", "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{type: Server, qps: 1, burst: 1, seeded: x}]"))
			}},
		{name: "admission: no rate for EventRateLimit", stage: "kube-apiserver", refusal: "qps",
			seed: func(s *seeding) {
				s.document("admission-control-config-file", admission("EventRateLimit", "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{type: Server, burst: 1}]"))
			}},

		{name: "kube-controller-manager: flag that was removed", stage: "kube-controller-manager", refusal: "unknown flag: --address",
			seed: func(s *seeding) { s.flag("controllerManager", "address", "127.0.0.1") }},
		{name: "kube-controller-manager: only AES-256 suites", stage: "kube-controller-manager", refusal: "http2: TLSConfig.CipherSuites is missing",
			seed: func(s *seeding) {
				s.flag("controllerManager", "tls-min-version", "VersionTLS12")
				s.flag("controllerManager", "tls-cipher-suites", onlyAES256)
			}},
		{name: "kube-scheduler: unknown TLS version", stage: "kube-scheduler", refusal: "unknown tls version",
			seed: func(s *seeding) { s.flag("scheduler", "tls-min-version", "TLS1.2") }},
		{name: "kube-scheduler: only AES-256 suites", stage: "kube-scheduler", refusal: "http2: TLSConfig.CipherSuites is missing",
			seed: func(s *seeding) {
				s.flag("scheduler", "tls-min-version", "VersionTLS12")
				s.flag("scheduler", "tls-cipher-suites", onlyAES256)
			}},

		{name: "kubelet: unknown TLS version", stage: "kubelet", refusal: "unknown tls version",
			seed: func(s *seeding) { s.init("KubeletConfiguration", "TLS1.2", "tlsMinVersion") }},
		{name: "kubelet: gate that was removed", stage: "kubelet", refusal: "unrecognized feature gate: SeccompDefault",
			seed: func(s *seeding) { s.init("KubeletConfiguration", true, "featureGates", "SeccompDefault") }},
		{name: "kubelet: value out of range", stage: "kubelet", refusal: "eventRecordQPS",
			seed: func(s *seeding) { s.init("KubeletConfiguration", -1, "eventRecordQPS") }},
		{name: "kubelet: only AES-256 suites", stage: "kubelet", refusal: "http2: TLSConfig.CipherSuites is missing",
			seed: func(s *seeding) {
				s.init("KubeletConfiguration", "VersionTLS12", "tlsMinVersion")
				s.init("KubeletConfiguration", strings.Split(onlyAES256, ","), "tlsCipherSuites")
			}},
		{name: "kubelet: image policy before its gate", stage: "kubelet", minors: []string{"1.33", "1.34"}, refusal: "imagePullCredentialsVerificationPolicy",
			seed: func(s *seeding) {
				s.init("KubeletConfiguration", "AlwaysVerify", "imagePullCredentialsVerificationPolicy")
			}},
		{name: "kubelet: flag that does not exist", stage: "kubelet", refusal: "unknown flag: --allow-privileged",
			seed: func(s *seeding) {
				s.init("InitConfiguration", []any{document{"name": "allow-privileged", "value": "false"}}, "nodeRegistration", "kubeletExtraArgs")
			}},
		{name: "kubelet: value out of range on workers only", stage: "kubelet", refusal: "worker: kubelet refuses it",
			seed: func(s *seeding) {
				s.edit(worker+"/"+kubeadmDir+"/join.yaml", "JoinConfiguration", "/"+kubeadmDir+"/patches", "patches", "directory")
				s.write(worker+"/"+kubeadmDir+"/patches/kubeletconfiguration9+merge.yaml", "registryBurst: -1\n")
			}},
		{name: "kube-proxy: mode that was removed", stage: "kube-proxy", refusal: "userspace",
			seed: func(s *seeding) { s.init("KubeProxyConfiguration", "userspace", "mode") }},
		{name: "kube-proxy: unknown gate", stage: "kube-proxy", refusal: "unrecognized feature gate: Seeded",
			seed: func(s *seeding) { s.init("KubeProxyConfiguration", true, "featureGates", "Seeded") }},

		{name: "etcd: suites with TLS 1.3", stage: "etcd", refusal: "cipher suites cannot be configured when only TLS1.3 is enabled",
			seed: func(s *seeding) {
				s.flag("etcd", "tls-min-version", "TLS1.3")
				s.flag("etcd", "cipher-suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
			}},
		{name: "etcd: TLS version in the others' spelling", stage: "etcd", refusal: "VersionTLS12",
			seed: func(s *seeding) { s.flag("etcd", "tls-min-version", "VersionTLS12") }},
		{name: "etcd: flag that does not exist", stage: "etcd", refusal: "not defined: -seeded",
			seed: func(s *seeding) { s.flag("etcd", "seeded", "true") }},
		{name: "etcd: flag that 3.6 removed", stage: "etcd", minors: []string{"1.34", "1.35", "1.36", "1.37"}, refusal: "not defined: -enable-v2",
			seed: func(s *seeding) { s.flag("etcd", "enable-v2", "false") }},
		{name: "etcd: flag that 3.7 removed", stage: "etcd", minors: []string{"1.37"}, refusal: "not defined: -experimental-initial-corrupt-check",
			seed: func(s *seeding) { s.flag("etcd", "experimental-initial-corrupt-check", "true") }},
		{name: "etcd: only AES-256 suites", stage: "etcd", refusal: "AES_128_GCM_SHA256",
			seed: func(s *seeding) {
				s.flag("etcd", "tls-min-version", "TLS1.2")
				s.flag("etcd", "cipher-suites", onlyAES256)
			}},
		{name: "external etcd: key that it ignores", stage: "etcd", refusal: `etcd does not read ["client-transport-security.seeded" "seeded"]`,
			seed: func(s *seeding) {
				s.externalEtcd("seeded: x\nclient-transport-security: {cert-file: a, key-file: a, trusted-ca-file: a, seeded: x}\n")
			}},
		{name: "external etcd: value of a wrong type", stage: "etcd", refusal: "cannot unmarshal",
			seed: func(s *seeding) { s.externalEtcd("cipher-suites: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n") }},

		{name: "manifest: unknown field", stage: "manifests", refusal: ".seeded: field not declared in schema",
			seed: func(s *seeding) {
				s.write("manifests/99-seeded/a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: seeded-a}\nseeded: x\n")
			}},
		{name: "manifest: kind that does not exist", stage: "manifests", refusal: "has no PodSecurityPolicy",
			seed: func(s *seeding) {
				s.write("manifests/99-seeded/b.yaml", "apiVersion: policy/v1\nkind: PodSecurityPolicy\nmetadata: {name: seeded-b}\n")
			}},
	}
}

// goodKey is a key of the right length, known to all.
const goodKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func encryption(key, more string) string {
	return "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n" + more +
		"resources:\n- resources: [secrets]\n  providers:\n  - secretbox: {keys: [{name: seeded, secret: \"" + key + "\"}]}\n  - identity: {}\n"
}

// kms leaves out the version, which means v1 then.
const kms = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" +
	"- {resources: [secrets], providers: [{kms: {name: a, endpoint: \"unix:///run/seeded/kms.sock\"}}]}\n"

func authorization(node, rbac string) string {
	return "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n- {type: Node, name: " + node + "}\n- {type: RBAC, name: " + rbac + "}\n"
}

// admission is an AdmissionConfiguration with one plugin's configuration in it, or with more beside it.
func admission(plugin, more string) string {
	head := "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n"
	if plugin == "" {
		return head + more + "\nplugins: []\n"
	}
	return head + "plugins:\n- name: " + plugin + "\n  configuration:\n    " + strings.ReplaceAll(more, "\n", "\n    ") + "\n"
}

// seeding is a copy of a bundle that a fault is put into.
type seeding struct {
	t *testing.T
	b *bundle
}

func (s *seeding) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("cannot seed the fault: %v", err)
	}
}

// init sets a field of one of init.yaml's documents.
func (s *seeding) init(kind string, value any, keys ...string) {
	s.t.Helper()
	s.edit(controlPlane+"/"+kubeadmDir+"/init.yaml", kind, value, keys...)
}

// edit sets a field of a document.
func (s *seeding) edit(file, kind string, value any, keys ...string) {
	s.t.Helper()
	documents, err := documentsOf(s.b.path(file))
	s.must(err)
	content := ofKind(documents, kind)
	if content == nil && kind == "InitConfiguration" {
		s.t.Fatalf("%s has no %s", file, kind)
	}
	if content == nil {
		group := map[string]string{"KubeletConfiguration": "kubelet.config.k8s.io/v1beta1", "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1"}[kind]
		if group == "" {
			s.t.Fatalf("%s has no %s", file, kind)
		}
		content = document{"apiVersion": group, "kind": kind}
		documents = append(documents, content)
	}
	at(content, keys[:len(keys)-1]...)[keys[len(keys)-1]] = value
	s.must(writeDocuments(s.b.path(file), documents))
}

// arguments changes the extra arguments of a component.
func (s *seeding) arguments(component string, change func([]any) []any) {
	s.t.Helper()
	file := s.b.path(controlPlane + "/" + kubeadmDir + "/init.yaml")
	documents, err := documentsOf(file)
	s.must(err)
	section := at(ofKind(documents, "ClusterConfiguration"), component)
	if component == "etcd" {
		section = at(section, "local")
	}
	list, _ := section["extraArgs"].([]any)
	section["extraArgs"] = change(list)
	s.must(writeDocuments(file, documents))
}

func named(name string) func(any) bool {
	return func(entry any) bool {
		argument, ok := entry.(map[string]any)
		return ok && argument["name"] == name
	}
}

// flag sets a flag of a component.
func (s *seeding) flag(component, name, value string) {
	s.t.Helper()
	s.arguments(component, func(list []any) []any {
		return append(slices.DeleteFunc(list, named(name)), document{"name": name, "value": value})
	})
}

// dropFlag leaves a flag of a component to kubeadm.
func (s *seeding) dropFlag(component, name string) {
	s.t.Helper()
	s.arguments(component, func(list []any) []any { return slices.DeleteFunc(list, named(name)) })
}

// document gives kube-apiserver a document of the fault's own by a flag, with the volume it needs.
func (s *seeding) document(flag, text string) {
	s.t.Helper()
	var content document
	s.must(yaml.Unmarshal([]byte(text), &content))
	s.write(controlPlane+someFile, text)
	s.flag("apiServer", flag, someFile)
	s.volume("seeded", filepath.Dir(someFile))
}

// externalEtcd takes the place of the static pod by one external member, with more in its configuration.
func (s *seeding) externalEtcd(more string) {
	s.t.Helper()
	s.init("ClusterConfiguration", document{"external": document{
		"endpoints": []any{"https://" + advertised + ":2379"}, "caFile": "/etc/kubernetes/pki/etcd/ca.crt",
		"certFile": "/etc/kubernetes/pki/apiserver-etcd-client.crt", "keyFile": "/etc/kubernetes/pki/apiserver-etcd-client.key",
	}}, "etcd")
	s.write(externalEtcd+etcdConfig, "name: seeded\ndata-dir: /var/lib/etcd\nlisten-client-urls: https://"+advertised+":2379\n"+
		"advertise-client-urls: https://"+advertised+":2379\n"+more)
}

// volume mounts a directory of the node into kube-apiserver.
func (s *seeding) volume(name, directory string) {
	s.t.Helper()
	file := s.b.path(controlPlane + "/" + kubeadmDir + "/init.yaml")
	documents, err := documentsOf(file)
	s.must(err)
	section := at(ofKind(documents, "ClusterConfiguration"), "apiServer")
	volumes, _ := section["extraVolumes"].([]any)
	section["extraVolumes"] = append(volumes, document{"name": name, "hostPath": directory, "mountPath": directory, "readOnly": true})
	s.must(writeDocuments(file, documents))
}

// write writes a file of the bundle.
func (s *seeding) write(file, text string) {
	s.t.Helper()
	s.must(os.MkdirAll(filepath.Dir(s.b.path(file)), 0o755))
	s.must(os.WriteFile(s.b.path(file), []byte(text), 0o600))
}

// remove removes the files of the bundle that match a pattern, if there are any.
func (s *seeding) remove(pattern string) {
	s.t.Helper()
	files, err := filepath.Glob(s.b.path(pattern))
	s.must(err)
	for _, file := range files {
		s.must(os.Remove(file))
	}
}

// placeholder is what stands for a key in the bundle that was rendered without keys.
func (s *seeding) placeholder() string {
	s.t.Helper()
	root := setting(s.t, "UNKEYED")
	var found string
	s.must(filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) != "encryption" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(data), "\n") {
			if _, value, ok := strings.Cut(line, "secret:"); ok {
				found = strings.Trim(strings.TrimSpace(value), `"'`)
			}
		}
		return nil
	}))
	if found == "" {
		s.t.Fatalf("%s: no placeholder of a key in it", root)
	}
	return found
}

// TestSeededFaults puts one fault after another into a bundle that is accepted, and expects it to be refused.
func TestSeededFaults(t *testing.T) {
	minor, p := setting(t, "MINOR"), built(t)
	base := basis(t, minor)
	results := &summary{}
	var refused atomic.Int32
	rows := 0
	t.Cleanup(func() {
		results.add("%s seeded faults            refused %d/%d", minor, refused.Load(), rows)
		results.print()
	})

	// What the faults of one component need of the others is the same for all.
	n, err := newNode(base, p, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	shared := &run{node: n, programs: p}
	t.Cleanup(shared.close)
	for _, s := range []string{"etcd", "kube-apiserver"} {
		if err := stageNamed(t, s).check(shared); err != nil {
			t.Fatalf("the bundle that faults are seeded into is refused: %s: %v", s, err)
		}
	}
	for _, f := range faults() {
		if len(f.minors) > 0 && !slices.Contains(f.minors, minor) {
			continue
		}
		rows++
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			err := f.refusedFrom(t, base, p, shared)
			switch {
			case err == nil:
				t.Errorf("accepted")
			case !strings.Contains(err.Error(), f.refusal):
				t.Errorf("refused, but not for %q:\n%v", f.refusal, err)
			default:
				refused.Add(1)
			}
		})
	}
}

// basis is the bundle that faults are seeded into.
func basis(t *testing.T, minor string) *bundle {
	t.Helper()
	for _, b := range bundlesOf(t, setting(t, "BUNDLES"), minor) {
		if b.profile == setting(t, "BASIS") {
			return b
		}
	}
	t.Fatalf("no bundle of %s for %s", setting(t, "BASIS"), minor)
	return nil
}

func stageNamed(t *testing.T, name string) stage {
	t.Helper()
	for _, s := range stages() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no stage %q", name)
	return stage{}
}

// refusedFrom seeds the fault into a copy of base, and returns the refusal of the component it is for.
func (f fault) refusedFrom(t *testing.T, base *bundle, p programs, shared *run) error {
	t.Helper()
	dir := t.TempDir()
	if err := copyTree(base.dir, dir); err != nil {
		t.Fatal(err)
	}
	f.seed(&seeding{t, &bundle{dir: dir}})
	b, err := openBundle(dir, base.profile, base.minor)
	if err != nil {
		t.Fatal(err)
	}
	if f.stage == "kubeadm" {
		return b.kubeadm(p, t.TempDir())
	}
	n, err := newNode(b, p, t.TempDir())
	if f.stage == "node" {
		return err
	}
	if err != nil {
		t.Fatal(fmt.Errorf("the node is refused before its %s: %w", f.stage, err))
	}
	r := &run{node: n, programs: p}
	defer r.close()
	if f.stage != "etcd" {
		r.etcdServers = shared.etcdServers
	}
	if f.stage != "kube-apiserver" {
		r.apiServerAddress = shared.apiServerAddress
	}
	return stageNamed(t, f.stage).check(r)
}
