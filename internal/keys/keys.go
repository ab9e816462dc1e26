// Package keys owns the keys that encrypt Kubernetes' data in etcd: making them, keeping them
// in a file of their own, and reading that file strictly. It never replaces or changes a key
// file, and no secret leaves it except through Secret and Secrets: not by fmt, JSON or an
// error. Start reading at Ring, then Read and New.
package keys

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Header of a key file.
const (
	APIVersion = "hardstrap.dev/v1alpha1"
	Kind       = "EncryptionKeys"
)

// Size of every key in bytes: what secretbox demands and the largest that aescbc and aesgcm
// take (k8s.io/apiserver v0.37.0, pkg/apis/apiserver/validation/validation_encryption.go).
const Size = 32

// PlaceholderName and PlaceholderSecret stand in a bundle rendered without keys. The secret is
// not base64, so kube-apiserver refuses to start with it.
const (
	PlaceholderName   = "key-placeholder"
	PlaceholderSecret = "<NOT A KEY: rendered with --without-keys>"
)

// A key's name is this prefix and the first bytes, in hex, of the SHA-256 of its secret.
const (
	namePrefix  = "key-"
	fingerprint = 4
)

// Providers lists the providers of EncryptionConfiguration that take keys from a file.
func Providers() []string { return []string{"secretbox", "aescbc", "aesgcm"} }

// Ring is the keys of one cluster, in the order they belong in EncryptionConfiguration: the
// first writes, all of them read.
type Ring struct {
	keys        []key
	placeholder bool
}

// key holds its secret in a function, so that nothing that walks values (fmt, JSON, go-cmp)
// can come upon it.
type key struct {
	name     string
	provider string
	secret   func() string // base64
}

// Info names a key.
type Info struct {
	Name     string // key- and the first eight hex digits of the secret's SHA-256
	Provider string
}

// New makes a ring of one new key from crypto/rand, in memory only; Save keeps it.
func New(provider string) (*Ring, error) {
	if err := checkProvider(provider); err != nil {
		return nil, err
	}
	secret := make([]byte, Size)
	rand.Read(secret) // never fails: crypto/rand ends the program if there is no randomness
	return &Ring{keys: []key{newKey(provider, secret)}}, nil
}

// Placeholder makes a ring that has no key: one name, and a text that is no secret.
func Placeholder(provider string) *Ring {
	return &Ring{
		keys:        []key{{name: PlaceholderName, provider: provider, secret: func() string { return PlaceholderSecret }}},
		placeholder: true,
	}
}

// Placeholder reports whether the ring has a placeholder in place of keys.
func (r *Ring) Placeholder() bool { return r != nil && r.placeholder }

// Keys lists the keys, the writing one first.
func (r *Ring) Keys() []Info {
	if r == nil {
		return nil
	}
	out := make([]Info, len(r.keys))
	for i, k := range r.keys {
		out[i] = Info{Name: k.name, Provider: k.provider}
	}
	return out
}

// Names lists the keys' names, the writing one first.
func (r *Ring) Names() []string {
	if r == nil {
		return nil
	}
	out := make([]string, len(r.keys))
	for i, k := range r.keys {
		out[i] = k.name
	}
	return out
}

// Secret returns a key in base64, as EncryptionConfiguration takes it; of a placeholder, the
// text that stands for it.
func (r *Ring) Secret(name string) (base64 string, ok bool) {
	if r == nil {
		return "", false
	}
	for _, k := range r.keys {
		if k.name == name {
			return k.secret(), true
		}
	}
	return "", false
}

// Secrets returns every secret in base64; a placeholder is none.
func (r *Ring) Secrets() []string {
	if r == nil || r.placeholder {
		return nil
	}
	out := make([]string, len(r.keys))
	for i, k := range r.keys {
		out[i] = k.secret()
	}
	return out
}

// String names the keys and shows no secret.
func (r *Ring) String() string { return "keys " + strings.Join(r.Names(), ", ") }

// writerFirst puts the keys of provider before the others, keeping their order.
func (r *Ring) writerFirst(provider string) {
	rank := func(k key) int {
		if k.provider == provider {
			return 0
		}
		return 1 + slices.Index(Providers(), k.provider)
	}
	slices.SortStableFunc(r.keys, func(a, b key) int { return cmp.Compare(rank(a), rank(b)) })
}

func newKey(provider string, secret []byte) key {
	text := base64.StdEncoding.EncodeToString(secret)
	return key{name: nameOf(secret), provider: provider, secret: func() string { return text }}
}

// nameOf returns a key's name: kube-apiserver writes it before every encrypted value, so two
// keys must never share one, and it tells which key a file has without showing it.
func nameOf(secret []byte) string {
	sum := sha256.Sum256(secret)
	return namePrefix + hex.EncodeToString(sum[:fingerprint])
}

func checkProvider(provider string) error {
	if !slices.Contains(Providers(), provider) {
		return fmt.Errorf("provider %q has no keys of its own; allowed: %s", provider, strings.Join(Providers(), ", "))
	}
	return nil
}
