package profiles

import "github.com/hardstrap/hardstrap/internal/settings"

// Namespace is what holds in one namespace. Its Namespace object is rendered: one that is not
// there is made, one that is there gets the labels.
type Namespace struct {
	Name                         string                `yaml:"name"`                         // a DNS label
	AutomountServiceAccountToken *bool                 `yaml:"automountServiceAccountToken"` // of the namespace's service account "default"
	PodSecurity                  *NamespacePodSecurity `yaml:"podSecurity"`
	NetworkPolicy                *NamespaceNetwork     `yaml:"networkPolicy"`
	LimitRange                   []Limit               `yaml:"limitRange" identity:"type"`
	ResourceQuota                *ResourceQuota        `yaml:"resourceQuota"`
	Exemptions                   []PolicyName          `yaml:"exemptions"` // admission policies that do not hold here, by label
}

// NamespacePodSecurity is a namespace's labels of Pod Security admission. Audit and warn follow enforce unless the
// cluster's default is stricter; what then has no level has no label, and the cluster's default holds. An unset
// version is pinned to the target minor.
type NamespacePodSecurity struct {
	Enforce        PodSecurityLevel `yaml:"enforce"`
	EnforceVersion string           `yaml:"enforceVersion"`
	Audit          PodSecurityLevel `yaml:"audit"`
	AuditVersion   string           `yaml:"auditVersion"`
	Warn           PodSecurityLevel `yaml:"warn"`
	WarnVersion    string           `yaml:"warnVersion"`
	Stage          RolloutStage     `yaml:"stage"` // instead of podSecurity.stage
}

// PodSecurityRollout is how far Pod Security is rolled out in all namespaces that say nothing
// else.
type PodSecurityRollout struct {
	Stage RolloutStage `yaml:"stage"`
}

// RolloutStage is how far a level is rolled out: only as warnings to users, also in the audit
// log, or enforced.
type RolloutStage string

// The stages.
const (
	StageWarn    RolloutStage = "warn"
	StageAudit   RolloutStage = "audit"
	StageEnforce RolloutStage = "enforce"
)

// Allowed lists the stages in their order; enforce is the default.
func (RolloutStage) Allowed() []string { return []string{"warn", "audit", "enforce"} }

// Limit is one item of a LimitRange, with upstream's fields: maps from a resource to a quantity.
type Limit struct {
	Type                 string          `yaml:"type"` // Container, Pod, PersistentVolumeClaim
	Max                  *settings.Value `yaml:"max"`
	Min                  *settings.Value `yaml:"min"`
	Default              *settings.Value `yaml:"default"`        // Container only
	DefaultRequest       *settings.Value `yaml:"defaultRequest"` // Container only
	MaxLimitRequestRatio *settings.Value `yaml:"maxLimitRequestRatio"`
}

// ResourceQuota is a namespace's ResourceQuota.
type ResourceQuota struct {
	Hard   *settings.Value `yaml:"hard"`   // a map from a resource, or count/<resource>, to a quantity
	Scopes []string        `yaml:"scopes"` // upstream's words, as NotTerminating
}

// RBAC is who may do what, besides what Kubernetes grants itself.
type RBAC struct {
	Groups         []string       `yaml:"groups"`         // groups of the identity provider; only these can be given anything
	StandardRoles  []StandardRole `yaml:"standardRoles"`  // the ready-made ClusterRoles to render
	Administrators []string       `yaml:"administrators"` // groups that get hardstrap:administrator instead of cluster-admin
	BreakGlass     []string       `yaml:"breakGlass"`     // groups that get cluster-admin itself; unset: none
	Roles          []Role         `yaml:"roles" identity:"name"`
	Bindings       []Binding      `yaml:"bindings" identity:"name"`
}

// StandardRole is a ready-made role. Its ClusterRole's name has hardstrap: before it.
type StandardRole string

// Allowed lists the ready-made roles; the first four are for namespaces, the others for a cluster.
func (StandardRole) Allowed() []string {
	return []string{"viewer", "operator", "debugger", "deployer", "auditor", "node-reader", "administrator"}
}

// Role is a role of the profile's own.
type Role struct {
	Name       string       `yaml:"name"`
	Namespaces []string     `yaml:"namespaces"` // a Role in each; unset: a ClusterRole
	Rules      []PolicyRule `yaml:"rules"`
}

// PolicyRule is upstream's (rbac.authorization.k8s.io/v1).
type PolicyRule struct {
	APIGroups       []string `yaml:"apiGroups"` // "" is the core group
	Resources       []string `yaml:"resources"`
	ResourceNames   []string `yaml:"resourceNames"`
	NonResourceURLs []string `yaml:"nonResourceURLs"`
	Verbs           []string `yaml:"verbs"`
}

// Binding gives a role to subjects, in namespaces or in the whole cluster.
type Binding struct {
	Name            string   `yaml:"name"`
	Role            string   `yaml:"role"`   // one of standardRoles, or of roles
	Groups          []string `yaml:"groups"` // of rbac.groups
	Users           []string `yaml:"users"`
	ServiceAccounts []string `yaml:"serviceAccounts"` // namespace/name
	Namespaces      []string `yaml:"namespaces"`      // a RoleBinding in each
	ClusterWide     *bool    `yaml:"clusterWide"`     // instead of namespaces: a ClusterRoleBinding
}

// NetworkPolicy is what holds for NetworkPolicies of the whole cluster, and who may talk to whom.
type NetworkPolicy struct {
	CNI               string      `yaml:"cni"`               // the cluster's network plugin, which alone can enforce a policy
	ControlPlaneCIDRs []string    `yaml:"controlPlaneCIDRs"` // where API servers stand; unset: known by their port alone
	NodeCIDRs         []string    `yaml:"nodeCIDRs"`         // where nodes stand; unset: by port alone
	TunnelCIDRs       []string    `yaml:"tunnelCIDRs"`       // a node's own addresses in an overlay, which pods of other nodes are connected from; []: no overlay; unset: not known, so nodes and API servers are let in by port alone
	NodeLocalDNS      string      `yaml:"nodeLocalDNS"`      // the address of NodeLocal DNSCache
	Allow             []Allowance `yaml:"allow" identity:"name"`
}

// Allowance lets one side open connections to another. It becomes an egress rule where the one
// is denied egress, and an ingress rule where the other is denied ingress.
type Allowance struct {
	Name  string      `yaml:"name"`
	From  NetworkPeer `yaml:"from"`
	To    NetworkPeer `yaml:"to"`
	Ports []string    `yaml:"ports"` // 8080/TCP, 53/UDP, 8000-8100/TCP; unset: all, of the API server its own
}

// NetworkPeer is one side of an allowance: pods of namespaces, a range of addresses, or an entity.
type NetworkPeer struct {
	Namespaces []string        `yaml:"namespaces"`
	Pods       *settings.Value `yaml:"pods"`   // labels that the pods have, all of them; unset: every pod
	CIDR       string          `yaml:"cidr"`   // addresses outside of the cluster's pods
	Except     []string        `yaml:"except"` // ranges within cidr
	Entity     NetworkEntity   `yaml:"entity"`
}

// NetworkEntity is a side that no selector and no single range describes.
type NetworkEntity string

// The entities.
const (
	EntityAPIServer NetworkEntity = "kube-apiserver" // runs in the host's network: by controlPlaneCIDRs, or by port alone
	EntityNodes     NetworkEntity = "nodes"          // the nodes themselves: by nodeCIDRs, or by port alone
	EntityWorld     NetworkEntity = "world"          // every address, but for the clouds' metadata addresses and, on the way out, cluster.podSubnet
	EntityPods      NetworkEntity = "pods"           // every pod of every namespace
	EntityAll       NetworkEntity = "all"            // everything, pods, nodes and addresses: needs ports
)

// Allowed lists the entities.
func (NetworkEntity) Allowed() []string {
	return []string{"kube-apiserver", "nodes", "world", "pods", "all"}
}

// NamespaceNetwork is the NetworkPolicies of one namespace.
type NamespaceNetwork struct {
	DefaultDeny   []PolicyType  `yaml:"defaultDeny"`   // directions in which every pod is denied what nothing allows
	DNS           *bool         `yaml:"dns"`           // the cluster's DNS may be asked; unset: true where egress is denied
	SameNamespace *bool         `yaml:"sameNamespace"` // pods of the namespace may talk to each other
	BlockMetadata *bool         `yaml:"blockMetadata"` // where egress is not denied: everything but the clouds' metadata addresses
	Packs         []NetworkPack `yaml:"packs"`         // what known components of the namespace need
}

// PolicyType is a direction, in NetworkPolicy's spelling.
type PolicyType string

// Allowed lists the directions.
func (PolicyType) Allowed() []string { return []string{"Ingress", "Egress"} }

// NetworkPack is the rules that a known component needs under a default deny.
type NetworkPack string

// Allowed lists the packs.
func (NetworkPack) Allowed() []string { return []string{"coredns", "metrics-server"} }

// AdmissionPolicies is the ValidatingAdmissionPolicies to render, each with its binding.
type AdmissionPolicies struct {
	Actions          []PolicyAction    `yaml:"actions"`          // of policies that say nothing else; unset: Deny
	ExemptNamespaces []string          `yaml:"exemptNamespaces"` // by name, whatever their labels; unset: kube-system
	ExemptionGroups  []string          `yaml:"exemptionGroups"`  // who may set the labels of exemption and of Pod Security, besides kubeadm:cluster-admins
	StaticManifests  *bool             `yaml:"staticManifests"`  // also as files of the API server, 1.37+
	Policies         []AdmissionPolicy `yaml:"policies" identity:"name"`
}

// AdmissionPolicy is one policy, switched on.
type AdmissionPolicy struct {
	Name       PolicyName     `yaml:"name"`
	Actions    []PolicyAction `yaml:"actions"`
	Registries []string       `yaml:"registries"` // allowed-registries only: registry.example.org, or registry.example.org/team
	Namespaces []string       `yaml:"namespaces"` // exec only: where nobody may exec or attach
	Variables  []string       `yaml:"variables"`  // cloud-credentials only: names besides the well-known ones
}

// PolicyAction is a validationAction of a ValidatingAdmissionPolicyBinding.
type PolicyAction string

// Allowed lists the actions; Deny and Warn cannot stand together.
func (PolicyAction) Allowed() []string { return []string{"Deny", "Warn", "Audit"} }

// PolicyName names an admission policy.
type PolicyName string

// Allowed lists the policies.
func (PolicyName) Allowed() []string {
	return []string{
		"privilege-escalation", "privileged", "read-only-root-filesystem", "allowed-registries", "image-digests", "resources",
		"host-path", "host-namespaces", "host-ports", "runtime-sockets", "ssh-port", "seccomp", "apparmor",
		"default-service-account", "token-automount", "cloud-credentials", "node-ports", "external-ips", "exec", "namespace-labels",
	}
}

// Companions are files for software that a cluster may have besides Kubernetes. None is rendered unless asked for.
type Companions struct {
	Mesh            *Mesh            `yaml:"mesh"`
	Falco           *Falco           `yaml:"falco"`
	Alerts          *Alerts          `yaml:"alerts"`
	ImageSignatures *ImageSignatures `yaml:"imageSignatures"`
	FileIntegrity   *bool            `yaml:"fileIntegrity"` // a list of the bundle's files with mode, owner and digest
}

// Mesh is Istio's strict mTLS.
type Mesh struct {
	RootNamespace string   `yaml:"rootNamespace"` // unset: istio-system; PeerAuthentication there holds in the whole mesh
	Namespaces    []string `yaml:"namespaces"`    // instead of the whole mesh
}

// Falco is rules for Falco.
type Falco struct {
	ControlPlaneFiles *bool              `yaml:"controlPlaneFiles"` // tell of changes to the control plane's files
	Processes         []AllowedProcesses `yaml:"processes" identity:"namespace"`
}

// AllowedProcesses is the processes that may run in a namespace; Falco tells of others.
type AllowedProcesses struct {
	Namespace string   `yaml:"namespace"`
	Names     []string `yaml:"names"` // as in proc.name
}

// Alerts is a PrometheusRule.
type Alerts struct {
	Namespace         string          `yaml:"namespace"`         // where the object stands
	Labels            *settings.Value `yaml:"labels"`            // that the operator's ruleSelector wants
	CertificateExpiry string          `yaml:"certificateExpiry"` // Go duration; unset: 168h
}

// ImageSignatures is a ClusterImagePolicy of sigstore's policy-controller.
type ImageSignatures struct {
	Images    []string `yaml:"images"`    // globs
	PublicKey string   `yaml:"publicKey"` // PEM
	Keyless   *Keyless `yaml:"keyless"`   // instead of publicKey
}

// Keyless is who may sign, by the certificate that Fulcio issued.
type Keyless struct {
	Issuer  string `yaml:"issuer"` // https URL
	Subject string `yaml:"subject"`
}
