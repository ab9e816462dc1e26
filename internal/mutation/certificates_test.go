package mutation

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// selfSigned makes a certificate.
func selfSigned(key crypto.Signer, from, until time.Time) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// certificateMutations put other certificates in the place of kubeadm's.
func (s *subject) certificateMutations(*score) []mutation {
	if s.Role != settings.ControlPlane {
		return nil
	}
	var out []mutation
	algorithm := settings.Key{Component: settings.Kubeadm, Path: "encryptionAlgorithm"}
	want := value{"RSA-2048"}
	if v := s.wanted.Settings.Value(algorithm); v != nil {
		want = value{v.Text}
	}
	const leaf = layout.PKI + "/apiserver.crt"
	now := s.wanted.At
	add := func(kind string, want []expected, change func(m memory)) {
		out = append(out, mutation{place: "certificate", kind: kind, what: leaf, want: want, change: func(s *state) { change(s.files) }})
	}
	keys := map[string]func() (crypto.Signer, error){
		"ECDSA-P256": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"ECDSA-P384": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		"RSA-2048":   func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
	}
	for _, name := range []string{"ECDSA-P256", "ECDSA-P384", "RSA-2048"} {
		var of []expected
		if d := s.rows["kubeadm:encryptionAlgorithm"].relate(want, value{name}); d != same {
			of = []expected{{algorithm, d}}
		}
		add("with a key "+name, of, func(m memory) {
			key, err := keys[name]()
			if err != nil {
				panic(err)
			}
			m.write(leaf, selfSigned(key, now.Add(-time.Hour), now.Add(time.Hour)))
		})
	}
	own := func(d compare.Direction) []expected {
		out := found(settings.Kubeadm, "", "certificate", d)
		if is := s.rows["kubeadm:encryptionAlgorithm"].relate(want, value{"ECDSA-P256"}); is != same {
			out = append(out, expected{algorithm, is})
		}
		return out
	}
	make := func(m memory, file string, from, until time.Time) {
		key, err := keys["ECDSA-P256"]()
		if err != nil {
			panic(err)
		}
		m.write(file, selfSigned(key, from, until))
	}
	add("expired", own(different), func(m memory) { make(m, leaf, now.Add(-48*time.Hour), now.Add(-24*time.Hour)) })
	add("not valid yet", own(different), func(m memory) { make(m, leaf, now.Add(48*time.Hour), now.Add(72*time.Hour)) })
	add("no certificate", found(settings.Kubeadm, "", "certificate/"+leaf, unknown), func(m memory) { m.write(leaf, "nothing") })
	add("etcd trusts the cluster's CA", found(settings.Etcd, "", "--trusted-ca-file", weaker), func(m memory) {
		m.write(layout.PKI+"/etcd/ca.crt", m[layout.ClusterCA].data)
	})
	add("one more authority is trusted", found(settings.Kubeadm, "", "certificate", different), func(m memory) {
		m.write(layout.ClusterCA, m[layout.ClusterCA].data+m[layout.PKI+"/front-proxy-ca.crt"].data)
	})
	add("etcd trusts the cluster's CA besides", append(found(settings.Etcd, "", "--trusted-ca-file", weaker), found(settings.Kubeadm, "", "certificate", different)...), func(m memory) {
		m.write(layout.PKI+"/etcd/ca.crt", m[layout.PKI+"/etcd/ca.crt"].data+m[layout.ClusterCA].data)
	})
	return out
}
