package observe

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// certificates looks at the certificates that kubeadm made: what their keys are, until when they hold,
// and whose they are. Of several in a file the first counts, and of the others is told that they are there: a file of
// authorities stands for all of them.
func (n *node) certificates() {
	var found []settings.Setting
	for _, pattern := range []string{layout.PKI + "/*.crt", layout.PKI + "/etcd/*.crt"} {
		files, err := n.tree.Glob(pattern)
		if err != nil {
			n.unread(settings.Kubeadm, []string{"certificate/"}, pattern, err)
		}
		for _, file := range files {
			data, ok := n.read(settings.Kubeadm, []string{"certificate/" + file}, file)
			if !ok {
				continue
			}
			v, err := certificate(data)
			if err != nil {
				n.unknown(settings.Kubeadm, []string{"certificate/" + file}, settings.Origin{Source: settings.FromFile, File: file}, file+" "+err.Error(), "")
				continue
			}
			found = append(found, settings.Setting{
				Key: settings.Key{Component: settings.Kubeadm, Path: "certificate/" + file}, Shape: settings.Mapping,
				Value: v.At(settings.Origin{Source: settings.FromFile, File: file}),
			})
		}
	}
	n.layer(settings.Kubeadm, "certificates", ConfigFile, layout.PKI, found)
}

// certificate says what a certificate is. Algorithms are spelled as kubeadm's encryptionAlgorithm is
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/apis/kubeadm/types.go).
func certificate(data []byte) (*settings.Value, error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("holds no certificate")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("holds no certificate that can be read")
	}
	digest := sha256.Sum256(block.Bytes)
	others := []string{}
	for more, rest := pem.Decode(rest); more != nil; more, rest = pem.Decode(rest) {
		if of := sha256.Sum256(more.Bytes); more.Type == "CERTIFICATE" && of != digest {
			others = append(others, hex.EncodeToString(of[:]))
		}
	}
	return settings.Of(map[string]any{
		"algorithm": publicKey(c), "notBefore": c.NotBefore.UTC().Format(time.RFC3339), "notAfter": c.NotAfter.UTC().Format(time.RFC3339),
		"ca": c.IsCA, "sha256": hex.EncodeToString(digest[:]), "selfSigned": bytes.Equal(c.RawIssuer, c.RawSubject),
		"others": others,
	}), nil
}

func publicKey(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA-" + strings.ReplaceAll(k.Curve.Params().Name, "-", "")
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}
