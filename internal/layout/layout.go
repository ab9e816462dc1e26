// Package layout owns where rendered files stand on a node: each document an API server
// reads has a directory of its own, so that it can be mounted alone, read-only, and replaced
// atomically without the mount showing the old file. It is a leaf and holds only names; start
// reading at Documents.
package layout

// Directories and files on a node.
const (
	Kubeadm      = "/etc/kubernetes/kubeadm"
	Patches      = Kubeadm + "/patches"
	Config       = "/etc/kubernetes/hardstrap" // parent of the documents' directories
	PKI          = "/etc/kubernetes/pki"       // kubeadm mounts it into the API server
	ClusterCA    = PKI + "/ca.crt"
	AuditLogDir  = "/var/log/kubernetes/audit"
	EtcdConfig   = "/etc/etcd/etcd.conf.yaml"
	EtcdUnit     = "/etc/systemd/system/etcd.service"
	Sysctl       = "/etc/sysctl.d/90-hardstrap.conf"
	Tmpfiles     = "/etc/tmpfiles.d/hardstrap.conf"
	Sysusers     = "/etc/sysusers.d/hardstrap.conf"
	Firewall     = "/etc/nftables.d/hardstrap.nft"
	FirewallUnit = "/etc/systemd/system/hardstrap-firewall.service"
	// StaticPolicies stands within the directory of admission, whose mount shows it too.
	StaticPolicies = Config + "/admission/policies"
	KubeletUnit    = "/etc/systemd/system/kubelet.service.d/20-hardstrap.conf"
)

// Document is a file that kube-apiserver reads.
type Document struct {
	Path string // the setting's path: the document's kind, or the plugin's name
	File string // on the node
	Flag string // the flag that names it, without dashes; empty when another document names it
}

// Documents lists the files that kube-apiserver reads, in the order of their directories. Those of
// admission share one: AdmissionConfiguration names the others relative to itself
// (k8s.io/apiserver v0.37.0, pkg/admission/config.go).
func Documents() []Document {
	return []Document{
		{"AdmissionConfiguration", Config + "/admission/admission.yaml", "admission-control-config-file"},
		{"PodSecurityConfiguration", Config + "/admission/pod-security.yaml", ""},
		{"EventRateLimit", Config + "/admission/event-rate-limit.yaml", ""},
		{"ImagePolicyWebhook", Config + "/admission/image-policy-webhook.yaml", ""},
		{"ValidatingAdmissionPolicyConfiguration", Config + "/admission/validating-admission-policy.yaml", ""},
		{"Policy", Config + "/audit/policy.yaml", "audit-policy-file"},
		{"AuthenticationConfiguration", Config + "/authentication/authentication.yaml", "authentication-config"},
		{"AuthorizationConfiguration", Config + "/authorization/authorization.yaml", "authorization-config"},
		{"EncryptionConfiguration", Config + "/encryption/encryption.yaml", "encryption-provider-config"},
	}
}

// DocumentFor returns the document of a setting's path.
func DocumentFor(path string) (Document, bool) {
	for _, d := range Documents() {
		if d.Path == path {
			return d, true
		}
	}
	return Document{}, false
}

// KubeConfig returns where the kubeconfig of a webhook stands: in the directory of the
// document it belongs to (audit, authentication, authorization, admission).
func KubeConfig(unit, name string) string { return Config + "/" + unit + "/" + name + ".kubeconfig" }

// StaticPolicy returns where the file of a static admission policy stands.
func StaticPolicy(name string) string { return StaticPolicies + "/" + name + ".yaml" }
