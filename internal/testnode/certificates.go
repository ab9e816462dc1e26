package testnode

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// certificate describes a certificate, or a public key: it is what test/acceptance's certificate writes.
type certificate struct {
	Path, Key, Signature, Subject, Issuer, Validity string
	CA                                              bool
	Names, Usage                                    []string
}

// keys has one key of each algorithm for all nodes of a run: making one takes longest, and nobody is to trust them.
//
//nolint:gochecknoglobals // a cache, for tests
var keys sync.Map

func key(algorithm string) (crypto.Signer, error) {
	if kept, ok := keys.Load(algorithm); ok {
		return kept.(crypto.Signer), nil
	}
	made, err := newKey(algorithm)
	if err != nil {
		return nil, err
	}
	kept, _ := keys.LoadOrStore(algorithm, made)
	return kept.(crypto.Signer), nil
}

// newKey makes a key of an algorithm as kubeadm spells it.
func newKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "ECDSA-P256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ECDSA-P384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA-2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "RSA-3072":
		return rsa.GenerateKey(rand.Reader, 3072)
	case "RSA-4096":
		return rsa.GenerateKey(rand.Reader, 4096)
	}
	return nil, fmt.Errorf("testnode: no key %q is known", algorithm)
}

// issue makes the certificates of the descriptions, valid from now on, and returns their PEM by path.
func (nd *node) issue(text []byte) map[string][]byte {
	nd.t.Helper()
	described := nd.descriptions(text)
	// Authorities first.
	slices.SortStableFunc(described, func(a, b certificate) int {
		switch {
		case a.CA == b.CA:
			return 0
		case a.CA:
			return -1
		}
		return 1
	})
	now := time.Now()
	out, authorities := map[string][]byte{}, map[string]authority{}
	for i, d := range described {
		made, err := d.make(now, int64(i+1), authorities)
		if err != nil {
			nd.t.Fatalf("%s: %v", d.Path, err)
		}
		out[d.Path] = made
	}
	return out
}

// authority is a certificate that others are signed by.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// make makes one, and keeps it in authorities when it is one.
func (c certificate) make(now time.Time, serial int64, authorities map[string]authority) ([]byte, error) {
	own, err := key(c.Key)
	if err != nil {
		return nil, err
	}
	if c.Subject == "" { // a public key
		der, err := x509.MarshalPKIXPublicKey(own.Public())
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
	}
	template, err := c.template(now, serial)
	if err != nil {
		return nil, err
	}
	by := authority{template, own}
	if c.Issuer != c.Path {
		var ok bool
		if by, ok = authorities[c.Issuer]; !ok {
			return nil, fmt.Errorf("no authority %s is described", c.Issuer)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, own.Public(), by.key)
	if err != nil {
		return nil, err
	}
	if c.CA {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		authorities[c.Path] = authority{parsed, own}
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// backdated is how long before now kubeadm has certificates begin (cmd/kubeadm/app/constants/constants.go).
const backdated = 5 * time.Minute

func (c certificate) template(now time.Time, serial int64) (*x509.Certificate, error) {
	validity, err := time.ParseDuration(c.Validity)
	if err != nil {
		return nil, err
	}
	out := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: now.Add(-backdated), NotAfter: now.Add(validity),
		BasicConstraintsValid: true, IsCA: c.CA,
	}
	for part := range strings.SplitSeq(c.Subject, ",") {
		switch kind, value, _ := strings.Cut(part, "="); kind {
		case "CN":
			out.Subject.CommonName = value
		case "O":
			out.Subject.Organization = append(out.Subject.Organization, value)
		default:
			return nil, fmt.Errorf("no part %q of a subject is known", part)
		}
	}
	for _, name := range c.Names {
		if ip, ok := strings.CutPrefix(name, "IP:"); ok {
			out.IPAddresses = append(out.IPAddresses, net.ParseIP(ip))
		} else {
			out.DNSNames = append(out.DNSNames, strings.TrimPrefix(name, "DNS:"))
		}
	}
	for _, usage := range c.Usage {
		switch usage {
		case "digital signature":
			out.KeyUsage |= x509.KeyUsageDigitalSignature
		case "key encipherment":
			out.KeyUsage |= x509.KeyUsageKeyEncipherment
		case "cert sign":
			out.KeyUsage |= x509.KeyUsageCertSign
		case "server auth":
			out.ExtKeyUsage = append(out.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		case "client auth":
			out.ExtKeyUsage = append(out.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
		default:
			return nil, fmt.Errorf("no usage %q is known", usage)
		}
	}
	for a := x509.MD2WithRSA; a <= x509.PureEd25519; a++ {
		if a.String() == c.Signature {
			out.SignatureAlgorithm = a
		}
	}
	if out.SignatureAlgorithm == x509.UnknownSignatureAlgorithm {
		return nil, fmt.Errorf("no signature %q is known", c.Signature)
	}
	return out, nil
}
