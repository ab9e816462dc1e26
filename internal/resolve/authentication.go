package resolve

import (
	"strconv"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// The paths that may be asked for without credentials. Upstream matches them exactly
// (k8s.io/apiserver v0.37.0, pkg/authentication/request/anonymous). The health paths are what
// kubeadm's probes ask; the last is what joining by token reads (kubeadm, discovery/token).
const clusterInfoPath = "/api/v1/namespaces/kube-public/configmaps/cluster-info"

func healthPaths() []string { return []string{"/livez", "/readyz", "/healthz"} }

func documentKey(kind string) settings.Key {
	return settings.Key{Component: settings.APIServer, Path: kind}
}

// expandAnonymousAuth sets the flag where it alone says what is wanted; conditions on paths
// are part of the document that expandAuthentication makes.
func expandAnonymousAuth(b *builder) {
	p := at("apiServer", "anonymousAuth")
	switch b.profile.APIServer.AnonymousAuth {
	case profiles.AnonymousDisabled:
		b.flag(settings.APIServer, "anonymous-auth", false, p)
		b.derive(settings.Key{Component: settings.APIServer, Path: "probes"}, settings.Scalar, "tcpSocket", p)
	case profiles.AnonymousOpen:
		b.flag(settings.APIServer, "anonymous-auth", true, p)
	}
}

// anonymousConditions returns the conditions of the document, or nil when the flag decides.
func anonymousConditions(mode profiles.AnonymousAuth) []any {
	paths := healthPaths()
	switch mode {
	case profiles.AnonymousHealthOnly:
	case profiles.AnonymousHealthAndJoin:
		paths = append(paths, clusterInfoPath)
	default:
		return nil
	}
	var out []any
	for _, path := range paths {
		out = append(out, map[string]any{"path": path})
	}
	return out
}

// expandAuthentication makes AuthenticationConfiguration from conditions on anonymous access
// and JWT issuers, and the flags of the token webhook. The document is made only when it has
// something to say: an empty one would forbid the oidc flags for nothing.
func expandAuthentication(b *builder) {
	a := b.profile.APIServer
	doc := &settings.Value{Kind: settings.Map}
	doc.Put("apiVersion", settings.Of("apiserver.config.k8s.io/"+b.minor.PreferredAPIVersion("AuthenticationConfiguration")))
	doc.Put("kind", settings.Of("AuthenticationConfiguration"))
	from := at("apiServer", "anonymousAuth")
	conditions := anonymousConditions(a.AnonymousAuth)
	if conditions != nil {
		doc.Put("anonymous", settings.Of(map[string]any{"enabled": true, "conditions": conditions}).At(b.origin(from)))
	}
	if len(a.Authentication.JWT) > 0 {
		from = at("apiServer", "authentication", "jwt")
		doc.Put("jwt", b.jwtIssuers(a.Authentication.JWT, from))
	}
	if conditions != nil || len(a.Authentication.JWT) > 0 {
		b.document("AuthenticationConfiguration", doc, from)
	}
	if w := a.Authentication.Webhook; w != nil {
		b.authenticationWebhook(w, at("apiServer", "authentication", "webhook"))
	}
}

func (b *builder) jwtIssuers(issuers []profiles.JWTIssuer, p place) *settings.Value {
	out := &settings.Value{Kind: settings.List}
	for i, jwt := range issuers {
		where := p.in(strconv.Itoa(i))
		issuer := settings.Of(map[string]any{"url": jwt.Issuer.URL, "audiences": jwt.Issuer.Audiences})
		putText(issuer, "discoveryURL", jwt.Issuer.DiscoveryURL)
		putText(issuer, "certificateAuthority", jwt.Issuer.CertificateAuthority)
		putText(issuer, "audienceMatchPolicy", jwt.Issuer.AudienceMatchPolicy)
		if egress := jwt.Issuer.EgressSelectorType; egress != "" {
			b.checkEgress(where.in("issuer", "egressSelectorType"))
			putText(issuer, "egressSelectorType", egress)
		}
		entry := (&settings.Value{Kind: settings.Map}).Put("issuer", issuer.At(b.origin(where.in("issuer"))))
		putTree(entry, "claimValidationRules", jwt.ClaimValidationRules)
		putTree(entry, "claimMappings", jwt.ClaimMappings)
		putTree(entry, "userValidationRules", jwt.UserValidationRules)
		b.unprefixed(jwt, where)
		out.Items = append(out.Items, entry.At(b.origin(where)))
	}
	return out
}

// checkEgress refuses an egress selector that the API server does not know: the field came with
// v1 of the document, which is decoded strictly, and names what another file describes
// (k8s.io/apiserver v0.34.4, pkg/apis/apiserver/types.go; v0.37.0, plugin/pkg/authenticator/token/oidc).
func (b *builder) checkEgress(p place) {
	switch {
	case b.minor.PreferredAPIVersion("AuthenticationConfiguration") != "v1":
		b.fault(p, "remove it; it exists since 1.34", "Kubernetes %s does not know egressSelectorType", b.minor.Name)
	case b.set.Flag(settings.APIServer, "egress-selector-config-file") == nil:
		b.fault(p, "set apiServer.flags.egress-selector-config-file to the file that describes it", "without an egress selector the API server does not start")
	}
}

// unprefixed says when an issuer may call anybody system:masters: names come from its tokens as
// they are, and no rule looks at them.
func (b *builder) unprefixed(jwt profiles.JWTIssuer, p place) {
	if rules := jwt.UserValidationRules; rules != nil && len(rules.Items) > 0 {
		return
	}
	for _, name := range []string{"username", "groups"} {
		prefix := jwt.ClaimMappings.Lookup(name, "prefix")
		if prefix != nil && prefix.Text == "" {
			b.warn(p.in("claimMappings", name), `write a prefix, such as "idp:", or a rule in userValidationRules`,
				"without a prefix the issuer can give out names of Kubernetes' own, such as system:masters")
		}
	}
}

func (b *builder) authenticationWebhook(w *profiles.AuthenticationWebhook, p place) {
	file := b.kubeConfig("authentication", "webhook", w.KubeConfig, p.in("kubeConfig"))
	b.flag(settings.APIServer, "authentication-token-webhook-config-file", file, p)
	version := w.Version
	if version == "" {
		version = "v1" // upstream's default is the deprecated v1beta1
	}
	b.flag(settings.APIServer, "authentication-token-webhook-version", version, p.in("version"))
	if w.CacheTTL != "" {
		b.flag(settings.APIServer, "authentication-token-webhook-cache-ttl", w.CacheTTL, p.in("cacheTTL"))
	}
}

// document sets a document of the API server and the flag that names its file.
func (b *builder) document(kind string, doc *settings.Value, p place) {
	o := b.origin(p)
	b.set.Put(settings.Setting{Key: documentKey(kind), Shape: settings.Document, Value: doc.At(o)})
	d, _ := layout.DocumentFor(kind)
	if d.Flag != "" {
		b.flag(settings.APIServer, d.Flag, d.File, p)
	}
}

// kubeConfig makes the kubeconfig of a webhook and returns where it stands on the node.
func (b *builder) kubeConfig(unit, name string, k profiles.KubeConfig, p place) string {
	cluster := settings.Of(map[string]any{"server": k.Server})
	putText(cluster, "certificate-authority", k.CertificateAuthority)
	user := &settings.Value{Kind: settings.Map}
	putText(user, "client-certificate", k.ClientCertificate)
	putText(user, "client-key", k.ClientKey)
	doc := settings.Of(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"clusters":        []any{map[string]any{"name": name, "cluster": cluster}},
		"users":           []any{map[string]any{"name": "kube-apiserver", "user": user}},
		"contexts":        []any{map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": "kube-apiserver"}}},
		"current-context": name,
	})
	k8sPath := "kubeconfig/" + unit + "/" + name
	b.set.Put(settings.Setting{Key: documentKey(k8sPath), Shape: settings.Document, Value: doc.At(b.origin(p))})
	return layout.KubeConfig(unit, name)
}

func putText(v *settings.Value, key, text string) {
	if text != "" {
		v.Put(key, settings.Of(text))
	}
}

func putTree(v *settings.Value, key string, tree *settings.Value) {
	if tree != nil && tree.Kind != settings.Null {
		v.Put(key, tree.Clone())
	}
}
