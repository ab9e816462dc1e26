package resolve

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandEncryption makes EncryptionConfiguration with automatic reload. Secrets are not
// settings: the tree names the keys and holds settings.Redacted in their place.
func expandEncryption(b *builder) {
	e := b.profile.APIServer.Encryption
	p := at("apiServer", "encryption")
	if e.Provider == "" || e.Provider == "none" {
		return
	}
	resources := e.Resources
	if len(resources) == 0 {
		resources = []string{"secrets"}
	}
	providers := b.encryptionProviders(e, p)
	b.document("EncryptionConfiguration", settings.Of(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1",
		"kind":       "EncryptionConfiguration",
		"resources":  []any{map[string]any{"resources": resources, "providers": providers}},
	}), p)
	b.flag(settings.APIServer, "encryption-provider-config-automatic-reload", e.AutomaticReload == nil || *e.AutomaticReload, p.in("automaticReload"))
}

// encryptionProviders lists the providers in their order: the first writes, all read. A KMS
// plugin or local keys beside another provider stay as readers of what they encrypted before.
func (b *builder) encryptionProviders(e profiles.Encryption, p place) []any {
	local := localKeys(b.in.Keys)
	var kms []any
	if e.KMS != nil || e.Provider == "kms" {
		kms = []any{map[string]any{"kms": b.kms(e.KMS, p.in("kms"))}}
	}
	identity := []any{map[string]any{"identity": map[string]any{}}}
	out := slices.Concat(local, kms)
	switch e.Provider {
	case "identity":
		return append(identity, out...)
	case "kms":
		out = slices.Concat(kms, local)
	case "aesgcm":
		b.warn(p.in("provider"), "prefer secretbox or kms, or rotate the key before 200000 writes", "aesgcm is only safe while each key encrypts few objects: nonces are random")
	case "aescbc":
		b.warn(p.in("provider"), "prefer secretbox or kms unless FIPS asks for AES", "aescbc does not authenticate what it encrypts")
	}
	switch e.Identity {
	case "first":
		b.warn(p.in("identity"), `set it to "last" once every API server runs with this file`, "with identity first, new objects are still written in plain")
		return append(identity, out...)
	case "absent":
		return out
	}
	return append(out, identity...)
}

// localKeys groups keys by provider, in the order given: neighbours of one provider share an
// entry, and the first key of the first entry writes.
func localKeys(keys []Key) []any {
	var out []any
	for i := 0; i < len(keys); {
		provider := keys[i].Provider
		var group []any
		for ; i < len(keys) && keys[i].Provider == provider; i++ {
			group = append(group, map[string]any{"name": keys[i].Name, "secret": settings.Redacted})
		}
		out = append(out, map[string]any{provider: map[string]any{"keys": group}})
	}
	return out
}

// kms is a KMS v2 provider; v1, upstream's default when the version is left out, is off in
// every supported minor (k8s.io/apiserver v0.37.0, pkg/apis/apiserver/v1/defaults.go).
func (b *builder) kms(k *profiles.KMS, p place) *settings.Value {
	if k == nil {
		b.fault(p, "set name and endpoint", "provider kms needs its section")
		return settings.Of(map[string]any{})
	}
	timeout := k.Timeout
	if timeout == "" {
		timeout = "3s"
	}
	socket := strings.TrimPrefix(k.Endpoint, "unix://")
	b.mount(settings.APIServer, volume{
		name: "hardstrap-kms", path: path.Dir(path.Clean(socket)), pathType: "Directory", from: p.in("endpoint"),
	})
	return settings.Of(map[string]any{"apiVersion": "v2", "name": k.Name, "endpoint": k.Endpoint, "timeout": timeout}).At(b.origin(p))
}
