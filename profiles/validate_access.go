package profiles

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// Directories that kubeadm mounts into the API server.
const (
	pki   = "/etc/kubernetes/pki"
	certs = "/etc/ssl/certs"
)

func (v *validator) apiServer() {
	v.volumes(v.Profile.APIServer.ExtraVolumes, "apiServer", "extraVolumes")
	v.volumes(v.Profile.ControllerManager.ExtraVolumes, "controllerManager", "extraVolumes")
	v.volumes(v.Profile.Scheduler.ExtraVolumes, "scheduler", "extraVolumes")
}

// volumes judges HostPathMounts; path types are those of a hostPath volume (k8s.io/api v0.37.0,
// core/v1/types.go, HostPathType).
func (v *validator) volumes(volumes []Volume, steps ...string) {
	seen := map[string]string{}
	for i, m := range volumes {
		at := under(steps, strconv.Itoa(i))
		v.is(m.Name, label, under(at, "name")...)
		v.needed(m.HostPath, "name the path on the node", under(at, "hostPath")...)
		v.is(m.HostPath, nodePath, under(at, "hostPath")...)
		v.needed(m.MountPath, "name the path in the container", under(at, "mountPath")...)
		v.is(m.MountPath, nodePath, under(at, "mountPath")...)
		v.is(m.PathType, oneOf("File", "FileOrCreate", "Directory", "DirectoryOrCreate", "Socket"), under(at, "pathType")...)
		if other, again := seen[m.MountPath]; again && m.MountPath != "" {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is the mountPath of volume %q already", m.MountPath, other)}, under(at, "mountPath")...)
		}
		seen[m.MountPath] = m.Name
	}
}

// kubeConfig judges how a webhook is reached.
func (v *validator) kubeConfig(k KubeConfig, steps ...string) {
	v.needed(k.Server, "write the webhook's URL, https://...", under(steps, "server")...)
	v.is(k.Server, https, under(steps, "server")...)
	v.is(k.CertificateAuthority, beneath(pki, certs), under(steps, "certificateAuthority")...)
	v.is(k.ClientCertificate, beneath(pki), under(steps, "clientCertificate")...)
	v.is(k.ClientKey, beneath(pki), under(steps, "clientKey")...)
	if k.ClientCertificate != "" {
		v.needed(k.ClientKey, "a client certificate needs its key", under(steps, "clientKey")...)
	}
	if k.ClientKey != "" {
		v.needed(k.ClientCertificate, "a client key needs its certificate", under(steps, "clientCertificate")...)
	}
}

// authentication judges jwt issuers and the webhook by the rules of k8s.io/apiserver v0.37.0,
// pkg/apis/apiserver/validation/validation.go, that need no CEL.
func (v *validator) authentication() {
	a := v.Profile.APIServer.Authentication
	root := place("apiServer", "authentication")
	if len(a.JWT) > 64 {
		v.fault(diag.Problem{Message: fmt.Sprintf("%d issuers are too many", len(a.JWT)), Allowed: "at most 64"}, under(root, "jwt")...)
	}
	discovery := map[string]bool{}
	for i, j := range a.JWT {
		at := under(root, "jwt", strconv.Itoa(i))
		v.issuer(j.Issuer, discovery, under(at, "issuer")...)
		v.claims(j, at...)
	}
	if w := a.Webhook; w != nil {
		at := under(root, "webhook")
		v.kubeConfig(w.KubeConfig, under(at, "kubeConfig")...)
		v.is(w.Version, oneOf("v1", "v1beta1"), under(at, "version")...)
		v.is(w.CacheTTL, duration, under(at, "cacheTTL")...)
	}
}

func (v *validator) issuer(s JWTSource, discovery map[string]bool, at ...string) {
	v.is(s.URL, https, under(at, "url")...)
	v.is(s.DiscoveryURL, https, under(at, "discoveryURL")...)
	if s.DiscoveryURL != "" {
		if strings.TrimRight(s.DiscoveryURL, "/") == strings.TrimRight(s.URL, "/") {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is the issuer's url", s.DiscoveryURL), Hint: "leave it out where discovery is at the issuer's url"}, under(at, "discoveryURL")...)
		}
		if discovery[s.DiscoveryURL] {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is the discoveryURL of another issuer", s.DiscoveryURL)}, under(at, "discoveryURL")...)
		}
		discovery[s.DiscoveryURL] = true
	}
	v.is(s.CertificateAuthority, certificates, under(at, "certificateAuthority")...)
	if len(s.Audiences) == 0 {
		v.missing("list at least one audience that tokens must be for", under(at, "audiences")...)
	}
	v.is(s.AudienceMatchPolicy, oneOf("MatchAny"), under(at, "audienceMatchPolicy")...)
	if len(s.Audiences) > 1 {
		v.needed(s.AudienceMatchPolicy, "several audiences need audienceMatchPolicy: MatchAny", under(at, "audienceMatchPolicy")...)
	}
	v.is(s.EgressSelectorType, oneOf("controlplane", "cluster"), under(at, "egressSelectorType")...)
}

func (v *validator) authorization() {
	a := v.Profile.APIServer
	root := place("apiServer", "authorization")
	v.empty(len(a.Authorization), "name at least one mode, as [Node, RBAC]", root...)
	hooks := place("apiServer", "authorizationWebhooks")
	asked := slices.Index(a.Authorization, "Webhook")
	byFlag := a.Flags.Get("authorization-webhook-config-file") != nil
	if asked >= 0 && len(a.AuthorizationWebhooks) == 0 && !byFlag && !v.tainted.has(v.spell(hooks)) {
		v.fault(diag.Problem{
			Message: `"Webhook" is asked for, and no webhook is described`,
			Hint:    "describe it in apiServer.authorizationWebhooks",
		}, under(root, strconv.Itoa(asked))...)
	}
	if byFlag && len(a.AuthorizationWebhooks) > 0 {
		v.exclusive(hooks, place("apiServer", "flags", "authorization-webhook-config-file"), "webhooks are described in one place")
	}
	for i, w := range a.AuthorizationWebhooks {
		at := under(hooks, strconv.Itoa(i))
		v.is(w.Name, subdomain, under(at, "name")...)
		if slices.Contains([]string{"node", "rbac"}, w.Name) {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is the name of a built-in authorizer", w.Name), Hint: "give the webhook a name of its own"}, under(at, "name")...)
		}
		v.kubeConfig(w.KubeConfig, under(at, "kubeConfig")...)
		v.is(w.Timeout, between(1, 30*time.Second), under(at, "timeout")...)
		v.is(w.AuthorizedTTL, duration, under(at, "authorizedTTL")...)
		v.is(w.UnauthorizedTTL, duration, under(at, "unauthorizedTTL")...)
		v.is(w.SubjectAccessReviewVersion, oneOf("v1", "v1beta1"), under(at, "subjectAccessReviewVersion")...)
		v.is(w.FailurePolicy, oneOf("Deny", "NoOpinion"), under(at, "failurePolicy")...)
		if len(w.MatchConditions) > 64 {
			v.fault(diag.Problem{Message: fmt.Sprintf("%d conditions are too many", len(w.MatchConditions)), Allowed: "at most 64"}, under(at, "matchConditions")...)
		}
	}
}
