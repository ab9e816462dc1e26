package acceptance

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// certificate describes a certificate, or a public key, by what a profile can set and an expiry tells: enough to make
// another one like it.
type certificate struct {
	Path      string   `json:"path"` // the file on the node that is or holds it
	Key       string   `json:"key"`  // as kubeadm's encryptionAlgorithm spells it
	Signature string   `json:"signature,omitempty"`
	Subject   string   `json:"subject,omitempty"`
	Issuer    string   `json:"issuer,omitempty"`   // the file of the authority
	Validity  string   `json:"validity,omitempty"` // from when it was made, to the hour
	CA        bool     `json:"ca,omitempty"`
	Names     []string `json:"names,omitempty"`
	Usage     []string `json:"usage,omitempty"`
}

// authorities are the certificates that sign others, by the file they stand in.
type authorities map[string]*x509.Certificate

// describe describes the first certificate of a PEM file.
func (f *nodeFiles) describe(path string, data []byte) error {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return errors.New("holds no certificate first")
	}
	return f.describeDER(path, block.Bytes)
}

func (f *nodeFiles) describeDER(path string, der []byte) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	if f.authorities == nil {
		f.authorities = authorities{}
	}
	if c.IsCA {
		f.authorities[path] = c
	}
	key, err := keyName(c.PublicKey)
	if err != nil {
		return err
	}
	d := certificate{
		Path: path, Key: key, Signature: c.SignatureAlgorithm.String(), Subject: c.Subject.String(), CA: c.IsCA,
		// kubeadm dates the beginning back by minutes (cmd/kubeadm/app/constants/constants.go, CertificateBackdate),
		// and gives every certificate the beginning of its authority.
		Validity: c.NotAfter.Sub(c.NotBefore).Truncate(time.Hour).String(),
		Usage:    usages(c),
	}
	for _, name := range c.DNSNames {
		d.Names = append(d.Names, "DNS:"+name)
	}
	for _, ip := range c.IPAddresses {
		d.Names = append(d.Names, "IP:"+ip.String())
	}
	for file, authority := range f.authorities {
		if c.CheckSignatureFrom(authority) == nil {
			d.Issuer = file
		}
	}
	if d.Issuer == "" {
		return fmt.Errorf("of no authority that is known: %s", c.Issuer)
	}
	f.certificates = append(f.certificates, d)
	return nil
}

// describePublic describes a file with a public key.
func (f *nodeFiles) describePublic(path string, data []byte) error {
	block, _ := pem.Decode(data)
	if block == nil {
		return errors.New("holds no PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	key, err := keyName(public)
	f.certificates = append(f.certificates, certificate{Path: path, Key: key})
	return err
}

// keyName names a key's algorithm as kubeadm does (cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go).
func keyName(public any) (string, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen()), nil
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ECDSA-P%d", key.Curve.Params().BitSize), nil
	}
	return "", fmt.Errorf("a key of type %T", public)
}

// usages names what a certificate may be used for, as Kubernetes' certificates.k8s.io/v1 does.
func usages(c *x509.Certificate) []string {
	var out []string
	for _, u := range []struct {
		bit  x509.KeyUsage
		name string
	}{{x509.KeyUsageDigitalSignature, "digital signature"}, {x509.KeyUsageKeyEncipherment, "key encipherment"}, {x509.KeyUsageCertSign, "cert sign"}} {
		if c.KeyUsage&u.bit != 0 {
			out = append(out, u.name)
		}
	}
	if slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		out = append(out, "server auth")
	}
	if slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		out = append(out, "client auth")
	}
	return out
}

// kubeletCertificate puts the certificate that kubeadm gave the first kubelet into the file where that kubelet keeps
// it, which it does when it starts (pkg/kubelet/certificate/kubelet.go, NewKubeletClientCertificateManager).
func (f *nodeFiles) kubeletCertificate(kubeconfig string) error {
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return err
	}
	current := config.Contexts[config.CurrentContext]
	if err := f.describe(clusterCA, config.Clusters[current.Cluster].CertificateAuthorityData); err != nil {
		return err
	}
	f.certificates = nil // which the file itself will describe
	if err := f.describe(kubeletPEMInUse, config.AuthInfos[current.AuthInfo].ClientCertificateData); err != nil {
		return err
	}
	f.kubeletStore()
	return nil
}

// kubeletStore adds the file with the kubelet's certificate and the link to it
// (k8s.io/client-go v0.37.0, util/certificate/certificate_store.go).
func (f *nodeFiles) kubeletStore() {
	f.entries = append(f.entries,
		nodeEntry{path: kubeletPEMInUse, kind: "cert", mode: 0o600},
		nodeEntry{path: kubeletPEM, kind: "link", mode: 0o777, text: kubeletPEMInUse})
}
