package node

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	key := strings.Repeat("0a", 32)
	for name, text := range map[string]string{
		"a bootstrap token":            "kubeadm join --token abcdef.0123456789abcdef",
		"a certificate key":            "  --control-plane --certificate-key " + key,
		"a certificate key alone":      "[upload-certs] Using certificate key:\n" + key + "\n",
		"a private key":                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
		"a token of a service account": "Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
	} {
		got := Redact(text)
		if !strings.Contains(got, "[redacted]") || strings.Contains(got, "0123456789abcdef") || strings.Contains(got, key) || strings.Contains(got, "MIIE") || strings.Contains(got, "c2ln") {
			t.Errorf("%s stays: %q", name, got)
		}
	}
	hash := "--discovery-token-ca-cert-hash sha256:" + key
	if got := Redact(hash); got != hash {
		t.Errorf("the hash of a CA is no secret: %q", got)
	}
}
