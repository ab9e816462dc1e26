package resolve

import (
	"strconv"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandCompanions makes what is for software besides Kubernetes. The list of files is no
// setting: it is made from the files themselves once they are rendered.
func expandCompanions(b *builder) {
	c, p := b.profile.Companions, at("companions")
	if c.Mesh != nil {
		b.mesh(c.Mesh, p.in("mesh"))
	}
	if c.Falco != nil {
		b.falco(c.Falco, p.in("falco"))
	}
	if c.Alerts != nil {
		b.alerts(c.Alerts, p.in("alerts"))
	}
	if c.ImageSignatures != nil {
		b.imageSignatures(c.ImageSignatures, p.in("imageSignatures"))
	}
}

// companionKey is the key of something for other software that is no object of Kubernetes.
func companionKey(path string) settings.Key {
	return settings.Key{Component: settings.Companion, Path: path}
}

// mesh asks for mTLS by Istio's PeerAuthentication. Of several without a selector in one namespace
// the oldest holds (istio.io/api v1.31.1, security/v1beta1/peer_authentication.proto), so the name
// is the usual one: what stands there under it is replaced, not overruled in vain.
func (b *builder) mesh(m *profiles.Mesh, p place) {
	strict := func(namespace, why string, from place) {
		b.companion(object{
			apiVersion: "security.istio.io/v1", kind: "PeerAuthentication", namespace: namespace, name: "default", why: why,
			body: map[string]any{"spec": map[string]any{"mtls": map[string]any{"mode": "STRICT"}}},
		}, from)
	}
	for i, namespace := range m.Namespaces {
		strict(namespace, "Pods of this namespace take only connections that are encrypted and say who asks.", p.in("namespaces", strconv.Itoa(i)))
	}
	if len(m.Namespaces) == 0 {
		root := m.RootNamespace
		if root == "" {
			root = "istio-system"
		}
		strict(root, "Pods of the whole mesh take only connections that are encrypted and say who asks.", p)
	}
}

// Sigstore's public service, which signs and logs keyless signatures.
const (
	fulcio = "https://fulcio.sigstore.dev"
	rekor  = "https://rekor.sigstore.dev"
)

// imageSignatures asks for signed images (github.com/sigstore/policy-controller v0.13.1,
// pkg/apis/policy/v1beta1). A keyless signature is only worth something with its entry in the
// transparency log, so that is asked for; one by a key may be made without.
func (b *builder) imageSignatures(s *profiles.ImageSignatures, p place) {
	var images []any
	for _, glob := range s.Images {
		images = append(images, map[string]any{"glob": glob})
	}
	authority := map[string]any{"name": "hardstrap"}
	if k := s.Keyless; k != nil {
		authority["keyless"] = map[string]any{
			"url":        fulcio,
			"identities": []any{map[string]any{"issuer": k.Issuer, "subject": k.Subject}},
		}
		authority["ctlog"] = map[string]any{"url": rekor}
	} else {
		authority["key"] = map[string]any{"data": s.PublicKey}
	}
	b.companion(object{
		apiVersion: "policy.sigstore.dev/v1beta1", kind: "ClusterImagePolicy", name: "hardstrap-signed-images",
		why:  "Images of these names run only with a signature of this signer.",
		body: map[string]any{"spec": map[string]any{"mode": "enforce", "images": images, "authorities": []any{authority}}},
	}, p)
}
