package wire

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
)

// keyWord spells the key of a certificate as kubeadm's encryptionAlgorithm does (kubernetes v1.37.0,
// cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go: RSA-2048, ECDSA-P256 ...).
func keyWord(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA-" + strings.ReplaceAll(key.Curve.Params().Name, "-", "")
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return plain(c.PublicKeyAlgorithm.String())
}
