package resolve

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

func kubeadmKey(path string) settings.Key {
	return settings.Key{Component: settings.Kubeadm, Path: path}
}

// expandVersion sets the version kubeadm is told. A minor alone means the release that the
// catalog was made from, so that the same profile always gives the same bytes.
func expandVersion(b *builder) {
	p := at("kubernetesVersion")
	version := strings.TrimPrefix(b.profile.KubernetesVersion, "v")
	if version == b.minor.Name {
		version = b.minor.Version
	}
	b.version = version
	b.put(kubeadmKey("kubernetesVersion"), settings.Scalar, "v"+version, p)
	if b.minor.OutOfSupport != "" {
		b.warn(p, "plan an upgrade", "Kubernetes %s is out of support: %s", b.minor.Name, b.minor.OutOfSupport)
	}
}

// expandCluster sets what kubeadm is told of the cluster; what the profile leaves out keeps
// kubeadm's default.
func expandCluster(b *builder) {
	c := b.profile.Cluster
	for _, f := range []struct {
		path  string
		value string
		place place
	}{
		{"clusterName", c.Name, at("cluster", "name")},
		{"controlPlaneEndpoint", c.ControlPlaneEndpoint, at("cluster", "controlPlaneEndpoint")},
		{"networking.podSubnet", c.PodSubnet, at("cluster", "podSubnet")},
		{"networking.serviceSubnet", c.ServiceSubnet, at("cluster", "serviceSubnet")},
		{"networking.dnsDomain", c.DNSDomain, at("cluster", "dnsDomain")},
		{"localAPIEndpoint.advertiseAddress", c.AdvertiseAddress, at("cluster", "advertiseAddress")},
		{"nodeRegistration.name", c.NodeName, at("cluster", "nodeName")},
		{"nodeRegistration.criSocket", c.CRISocket, at("cluster", "criSocket")},
		{"imageRepository", c.ImageRepository, at("cluster", "imageRepository")},
		{"certificateValidityPeriod", c.Certificates.Validity, at("cluster", "certificates", "validity")},
		{"caCertificateValidityPeriod", c.Certificates.CAValidity, at("cluster", "certificates", "caValidity")},
	} {
		if f.value != "" {
			b.put(kubeadmKey(f.path), settings.Scalar, f.value, f.place)
		}
	}
	if c.BindPort != nil {
		b.put(kubeadmKey("localAPIEndpoint.bindPort"), settings.Scalar, *c.BindPort, at("cluster", "bindPort"))
	}
	if len(c.CertSANs) > 0 {
		b.put(kubeadmKey("apiServer.certSANs"), settings.Unordered, c.CertSANs, at("cluster", "certSANs"))
	}
	if algorithm := c.Certificates.Algorithm; algorithm != "" {
		p := at("cluster", "certificates", "algorithm")
		if known := b.minor.EncryptionAlgorithms(); !slices.Contains(known, algorithm) {
			hint := since("", catalog.ThingEncryptionAlgorithm, algorithm)
			if hint == "" {
				hint = nearest.Hint(algorithm, known)
			}
			b.fault(p, join("allowed: "+strings.Join(known, ", "), hint), "kubeadm %s makes no certificates with %q", b.minor.Name, algorithm)
			return
		}
		b.put(kubeadmKey("encryptionAlgorithm"), settings.Scalar, algorithm, p)
	}
}
