package profiles

import "github.com/hardstrap/hardstrap/internal/settings"

// APIVersion and Kind head every profile.
const (
	APIVersion = "hardstrap.dev/v1alpha1"
	Kind       = "Profile"
)

// Profile is what a person wants of a cluster's control plane, after extends is resolved.
// A field left out is unset; where each value stands, Origin tells by its path.
type Profile struct {
	APIVersion        string             `yaml:"apiVersion"`
	Kind              string             `yaml:"kind"`
	Metadata          Metadata           `yaml:"metadata"`
	Extends           []string           `yaml:"extends"`           // built-in names, or paths relative to the file
	KubernetesVersion string             `yaml:"kubernetesVersion"` // 1.37.0 or v1.37.0; a minor alone (1.37) means the release the catalog was made from
	Benchmarks        []Benchmark        `yaml:"benchmarks"`        // the benchmarks this profile sets out to answer
	Cluster           Cluster            `yaml:"cluster"`
	TLS               TLS                `yaml:"tls"`
	APIServer         APIServer          `yaml:"apiServer"`
	ControllerManager ControlPlanePart   `yaml:"controllerManager"`
	Scheduler         ControlPlanePart   `yaml:"scheduler"`
	Kubelet           Kubelet            `yaml:"kubelet"`
	KubeProxy         KubeProxy          `yaml:"kubeProxy"`
	Etcd              Etcd               `yaml:"etcd"`
	Host              Host               `yaml:"host"`
	Namespaces        []Namespace        `yaml:"namespaces" identity:"name"`
	RBAC              RBAC               `yaml:"rbac"`
	NetworkPolicy     NetworkPolicy      `yaml:"networkPolicy"`
	PodSecurity       PodSecurityRollout `yaml:"podSecurity"`
	AdmissionPolicies AdmissionPolicies  `yaml:"admissionPolicies"`
	Companions        Companions         `yaml:"companions"`
	Waivers           []Waiver           `yaml:"waivers" identity:"control"`
}

// Metadata names a profile.
type Metadata struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// Benchmark is a benchmark and level a profile answers, e.g. {name: cis-1.12, level: L1}.
type Benchmark struct {
	Name  string `yaml:"name"`  // cis-1.12, cis-2.0.1, disa-stig, nsa-cisa
	Level string `yaml:"level"` // cis only: L1 or L2 (L2 includes L1)
}

// Cluster is the facts of one cluster. Without them a bundle carries kubeadm's defaults.
type Cluster struct {
	Name                 string       `yaml:"name"`                 // ClusterConfiguration.clusterName
	ControlPlaneEndpoint string       `yaml:"controlPlaneEndpoint"` // host or host:port
	PodSubnet            string       `yaml:"podSubnet"`            // CIDR, or two with a comma for dual stack
	ServiceSubnet        string       `yaml:"serviceSubnet"`        // the same
	DNSDomain            string       `yaml:"dnsDomain"`
	AdvertiseAddress     string       `yaml:"advertiseAddress"` // IP; localAPIEndpoint of the first control plane
	BindPort             *int         `yaml:"bindPort"`         // localAPIEndpoint.bindPort, 1..65535
	NodeName             string       `yaml:"nodeName"`         // nodeRegistration.name of the first control plane
	ImageRepository      string       `yaml:"imageRepository"`
	CRISocket            string       `yaml:"criSocket"` // nodeRegistration.criSocket
	CertSANs             []string     `yaml:"certSANs"`  // DNS names or IPs
	Certificates         Certificates `yaml:"certificates"`
}

// Certificates says how kubeadm makes certificates.
type Certificates struct {
	Algorithm  string `yaml:"algorithm"`  // ClusterConfiguration.encryptionAlgorithm: RSA-2048, RSA-3072, RSA-4096, ECDSA-P256, ECDSA-P384 (1.34+)
	Validity   string `yaml:"validity"`   // Go duration; certificateValidityPeriod
	CAValidity string `yaml:"caValidity"` // Go duration; caCertificateValidityPeriod
}

// TLS holds for every component that serves TLS, each in its own spelling.
type TLS struct {
	MinVersion       TLSVersion `yaml:"minVersion"`
	CipherSuites     []string   `yaml:"cipherSuites"`     // Go's names; dropped where TLS 1.3 is the minimum
	CurvePreferences []string   `yaml:"curvePreferences"` // X25519, CurveP256 ... (1.36+)
}

// TLSVersion is a minimum TLS version in Kubernetes' spelling.
type TLSVersion string

// Allowed lists the values that can be written; the two old ones need a waiver.
func (TLSVersion) Allowed() []string {
	return []string{"VersionTLS12", "VersionTLS13", "VersionTLS11", "VersionTLS10"}
}

// ControlPlanePart is a control-plane component that has only flags.
type ControlPlanePart struct {
	Flags        *settings.Value `yaml:"flags"` // any flag of the target minor, without dashes: scalar, list or map
	ExtraVolumes []Volume        `yaml:"extraVolumes" identity:"name"`
}

// Volume is kubeadm's HostPathMount.
type Volume struct {
	Name      string `yaml:"name"`
	HostPath  string `yaml:"hostPath"`
	MountPath string `yaml:"mountPath"`
	ReadOnly  *bool  `yaml:"readOnly"` // unset: true
	PathType  string `yaml:"pathType"` // "", File, Directory, DirectoryOrCreate, FileOrCreate, Socket
}

// APIServer is kube-apiserver.
type APIServer struct {
	AnonymousAuth         AnonymousAuth          `yaml:"anonymousAuth"`
	Authentication        Authentication         `yaml:"authentication"`
	Authorization         []AuthorizationMode    `yaml:"authorization"`
	AuthorizationWebhooks []AuthorizationWebhook `yaml:"authorizationWebhooks" identity:"name"`
	Admission             Admission              `yaml:"admission"`
	Audit                 Audit                  `yaml:"audit"`
	Encryption            Encryption             `yaml:"encryption"`
	Flags                 *settings.Value        `yaml:"flags"`
	ExtraVolumes          []Volume               `yaml:"extraVolumes" identity:"name"`
}

// AnonymousAuth says which requests without credentials are answered.
type AnonymousAuth string

// The modes of anonymous access.
const (
	AnonymousDisabled      AnonymousAuth = "disabled"        // none; probes become tcpSocket
	AnonymousHealthOnly    AnonymousAuth = "health-only"     // /livez, /readyz, /healthz
	AnonymousHealthAndJoin AnonymousAuth = "health-and-join" // these and kube-public's cluster-info
	AnonymousOpen          AnonymousAuth = "open"            // every path, as upstream's default; weak, needs a waiver
)

// Allowed lists the modes.
func (AnonymousAuth) Allowed() []string {
	return []string{"disabled", "health-only", "health-and-join", "open"}
}

// Authentication is who may present themselves besides client certificates and service accounts.
type Authentication struct {
	JWT     []JWTIssuer            `yaml:"jwt" identity:"issuer.url"`
	Webhook *AuthenticationWebhook `yaml:"webhook"`
}

// JWTIssuer is one entry of AuthenticationConfiguration.jwt, with upstream's fields.
type JWTIssuer struct {
	Issuer               JWTSource       `yaml:"issuer"`
	ClaimValidationRules *settings.Value `yaml:"claimValidationRules"`
	ClaimMappings        *settings.Value `yaml:"claimMappings"`
	UserValidationRules  *settings.Value `yaml:"userValidationRules"`
}

// JWTSource is AuthenticationConfiguration.jwt[].issuer.
type JWTSource struct {
	URL                  string   `yaml:"url"` // https
	DiscoveryURL         string   `yaml:"discoveryURL"`
	CertificateAuthority string   `yaml:"certificateAuthority"` // PEM
	Audiences            []string `yaml:"audiences"`
	AudienceMatchPolicy  string   `yaml:"audienceMatchPolicy"` // MatchAny
	EgressSelectorType   string   `yaml:"egressSelectorType"`  // controlplane or cluster, 1.34+
}

// AuthenticationWebhook is a token review webhook.
type AuthenticationWebhook struct {
	KubeConfig KubeConfig `yaml:"kubeConfig"`
	Version    string     `yaml:"version"`  // authentication.k8s.io version: v1 (the default here) or v1beta1
	CacheTTL   string     `yaml:"cacheTTL"` // Go duration
}

// KubeConfig says how the API server reaches a webhook. Certificates are paths on the node;
// they must stand below /etc/kubernetes/pki, which kubeadm mounts.
type KubeConfig struct {
	Server               string `yaml:"server"` // https URL
	CertificateAuthority string `yaml:"certificateAuthority"`
	ClientCertificate    string `yaml:"clientCertificate"`
	ClientKey            string `yaml:"clientKey"`
}

// AuthorizationMode is a value of --authorization-mode.
type AuthorizationMode string

// Allowed lists the modes; AlwaysAllow and ABAC are weak and need a waiver.
func (AuthorizationMode) Allowed() []string {
	return []string{"Node", "RBAC", "Webhook", "AlwaysDeny", "AlwaysAllow", "ABAC"}
}

// AuthorizationWebhook is one webhook authorizer; asking for one makes an
// AuthorizationConfiguration. Webhooks stand where Webhook stands in authorization, or last.
type AuthorizationWebhook struct {
	Name                       string     `yaml:"name"`
	KubeConfig                 KubeConfig `yaml:"kubeConfig"`
	Timeout                    string     `yaml:"timeout"` // Go duration, at most 30s; unset: 3s
	AuthorizedTTL              string     `yaml:"authorizedTTL"`
	UnauthorizedTTL            string     `yaml:"unauthorizedTTL"`
	CacheAuthorizedRequests    *bool      `yaml:"cacheAuthorizedRequests"`    // 1.34+
	CacheUnauthorizedRequests  *bool      `yaml:"cacheUnauthorizedRequests"`  // 1.34+
	SubjectAccessReviewVersion string     `yaml:"subjectAccessReviewVersion"` // unset: v1
	FailurePolicy              string     `yaml:"failurePolicy"`              // Deny (unset) or NoOpinion
	MatchConditions            []string   `yaml:"matchConditions"`            // CEL expressions
}

// Admission is the admission chain.
type Admission struct {
	Enable             []string            `yaml:"enable"` // besides the minor's defaults and NodeRestriction
	Disable            []string            `yaml:"disable"`
	PodSecurity        *PodSecurity        `yaml:"podSecurity"`
	EventRateLimit     *EventRateLimit     `yaml:"eventRateLimit"`
	ImagePolicyWebhook *ImagePolicyWebhook `yaml:"imagePolicyWebhook"`
}

// PodSecurity is PodSecurityConfiguration: the cluster's defaults, and who is exempt.
// An unset version is pinned to the target minor.
type PodSecurity struct {
	Enforce        PodSecurityLevel `yaml:"enforce"`
	EnforceVersion string           `yaml:"enforceVersion"`
	Audit          PodSecurityLevel `yaml:"audit"`
	AuditVersion   string           `yaml:"auditVersion"`
	Warn           PodSecurityLevel `yaml:"warn"`
	WarnVersion    string           `yaml:"warnVersion"`
	Exemptions     Exemptions       `yaml:"exemptions"`
}

// PodSecurityLevel is a level of the Pod Security Standards.
type PodSecurityLevel string

// Allowed lists the levels, weakest first.
func (PodSecurityLevel) Allowed() []string { return []string{"privileged", "baseline", "restricted"} }

// Exemptions of PodSecurity.
type Exemptions struct {
	Usernames      []string `yaml:"usernames"`
	Namespaces     []string `yaml:"namespaces"`
	RuntimeClasses []string `yaml:"runtimeClasses"`
}

// EventRateLimit is the plugin's Configuration; asking for it enables the plugin.
type EventRateLimit struct {
	Limits []EventLimit `yaml:"limits" identity:"type"`
}

// EventLimit is one limit.
type EventLimit struct {
	Type      string `yaml:"type"` // Server, Namespace, User, SourceAndObject
	QPS       *int   `yaml:"qps"`
	Burst     *int   `yaml:"burst"`
	CacheSize *int   `yaml:"cacheSize"`
}

// ImagePolicyWebhook is the plugin's configuration; asking for it enables the plugin.
type ImagePolicyWebhook struct {
	KubeConfig   KubeConfig `yaml:"kubeConfig"`
	AllowTTL     *int       `yaml:"allowTTL"`     // seconds
	DenyTTL      *int       `yaml:"denyTTL"`      // seconds
	RetryBackoff *int       `yaml:"retryBackoff"` // milliseconds
	DefaultAllow *bool      `yaml:"defaultAllow"` // unset: false
}

// Audit is what is logged, and where to.
type Audit struct {
	Policy     AuditPolicy   `yaml:"policy"`
	PolicyFile string        `yaml:"policyFile"` // instead of policy: a file, relative to the profile that names it
	Log        AuditLog      `yaml:"log"`
	Webhook    *AuditWebhook `yaml:"webhook"`
}

// AuditPolicy is a tier that hardstrap ships.
type AuditPolicy string

// Allowed lists the tiers; none means no audit at all.
func (AuditPolicy) Allowed() []string {
	return []string{"metadata", "standard", "cis", "stig-literal", "none"}
}

// AuditLog is the log backend.
type AuditLog struct {
	Path      string `yaml:"path"`   // on the node; its directory is mounted writable
	MaxAge    *int   `yaml:"maxAge"` // days
	MaxBackup *int   `yaml:"maxBackup"`
	MaxSize   *int   `yaml:"maxSize"` // megabytes
	Mode      string `yaml:"mode"`    // batch, blocking, blocking-strict
	Format    string `yaml:"format"`  // json, legacy
	Compress  *bool  `yaml:"compress"`
}

// AuditWebhook is the webhook backend.
type AuditWebhook struct {
	KubeConfig     KubeConfig `yaml:"kubeConfig"`
	Mode           string     `yaml:"mode"`
	InitialBackoff string     `yaml:"initialBackoff"`
}

// Encryption is EncryptionConfiguration: what is encrypted in etcd, and with what.
type Encryption struct {
	Provider        EncryptionProvider `yaml:"provider"`
	Resources       []string           `yaml:"resources"` // unset: secrets; wildcards as upstream: *.*, *.apps
	Identity        IdentityPlace      `yaml:"identity"`
	KeyFile         string             `yaml:"keyFile"`         // relative to the profile that names it; unset: keys/<name>.yaml. With kms and identity its keys only read
	KMS             *KMS               `yaml:"kms"`             // with another provider the plugin only reads
	AutomaticReload *bool              `yaml:"automaticReload"` // unset: true
}

// EncryptionProvider is a provider of EncryptionConfiguration.
type EncryptionProvider string

// Allowed lists the providers; none means no encryption, identity is weak.
func (EncryptionProvider) Allowed() []string {
	return []string{"secretbox", "aescbc", "aesgcm", "kms", "identity", "none"}
}

// IdentityPlace says where the identity provider stands.
type IdentityPlace string

// Allowed lists the places: last (the default) so that plain data can still be read; first
// while nothing may be written encrypted yet; absent once all data is encrypted.
func (IdentityPlace) Allowed() []string { return []string{"last", "first", "absent"} }

// KMS is a KMS v2 plugin.
type KMS struct {
	Name     string `yaml:"name"`
	Endpoint string `yaml:"endpoint"` // unix:///path/to.sock; its directory is mounted
	Timeout  string `yaml:"timeout"`  // Go duration; unset: 3s
}

// Kubelet is the kubelet on every node, with what differs by role.
type Kubelet struct {
	Config                      *settings.Value     `yaml:"config"` // any KubeletConfiguration field
	Flags                       *settings.Value     `yaml:"flags"`
	ServingCertificates         ServingCertificates `yaml:"servingCertificates"`
	ImageCredentialVerification string              `yaml:"imageCredentialVerification"` // imagePullCredentialsVerificationPolicy where the minor has it (1.35+)
	ControlPlane                KubeletRole         `yaml:"controlPlane"`
	Worker                      KubeletRole         `yaml:"worker"`
}

// KubeletRole is what holds on nodes of one role only.
type KubeletRole struct {
	Config     *settings.Value `yaml:"config"`
	Flags      *settings.Value `yaml:"flags"`
	StaticPods *bool           `yaml:"staticPods"` // worker only: false takes away staticPodPath, which kubeadm sets on every node
}

// ServingCertificates says where a kubelet's serving certificate comes from.
type ServingCertificates string

// The ways to a serving certificate.
const (
	ServingSelfSigned ServingCertificates = "self-signed"
	ServingProvided   ServingCertificates = "provided" // /var/lib/kubelet/pki/kubelet-serving.crt and .key, put there by the user
	ServingRotated    ServingCertificates = "rotated"  // serverTLSBootstrap: the cluster's CA signs, an administrator approves
)

// Allowed lists the ways.
func (ServingCertificates) Allowed() []string { return []string{"self-signed", "provided", "rotated"} }

// KubeProxy is kube-proxy, configured by file.
type KubeProxy struct {
	Config *settings.Value `yaml:"config"` // any KubeProxyConfiguration field
}

// Etcd is the etcd that kubeadm runs, or one that stands apart.
type Etcd struct {
	Flags    *settings.Value `yaml:"flags"`
	External *ExternalEtcd   `yaml:"external"`
}

// ExternalEtcd is an etcd cluster that kubeadm does not run.
type ExternalEtcd struct {
	Members  []EtcdMember `yaml:"members" identity:"name"`
	CAFile   string       `yaml:"caFile"`   // on control-plane nodes; unset: /etc/kubernetes/pki/etcd/ca.crt
	CertFile string       `yaml:"certFile"` // unset: /etc/kubernetes/pki/apiserver-etcd-client.crt
	KeyFile  string       `yaml:"keyFile"`  // unset: /etc/kubernetes/pki/apiserver-etcd-client.key
	DataDir  string       `yaml:"dataDir"`  // on members; unset: /var/lib/etcd
	Token    string       `yaml:"initialClusterToken"`
}

// EtcdMember is one member.
type EtcdMember struct {
	Name    string `yaml:"name"`
	Address string `yaml:"address"` // IP
}

// Host is what the node needs around the components.
type Host struct {
	Sysctls   *bool     `yaml:"sysctls"`   // the six of protectKernelDefaults as sysctl.d
	FileModes *bool     `yaml:"fileModes"` // tmpfiles.d lines for modes kubeadm leaves loose
	EtcdUser  string    `yaml:"etcdUser"`  // owner of /var/lib/etcd
	Firewall  *Firewall `yaml:"firewall"`
}

// Firewall says who may reach a node's ports, by CIDR. A port whose list is unset stays as it is.
type Firewall struct {
	APIServer []string `yaml:"apiServer"`
	Etcd      []string `yaml:"etcd"`
	Kubelet   []string `yaml:"kubelet"`
	SSH       []string `yaml:"ssh"`
	SSHPort   *int     `yaml:"sshPort"` // where sshd listens, 1..65535; unset: 22
}

// Waiver is a control given up on purpose.
type Waiver struct {
	Control string `yaml:"control"` // benchmark/id, e.g. cis-1.12/1.2.11
	Reason  string `yaml:"reason"`
	Owner   string `yaml:"owner"`
	Expires string `yaml:"expires"` // YYYY-MM-DD
}
