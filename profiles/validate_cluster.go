package profiles

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// Bounds of subnets (kubeadm v1.37.0, app/constants/constants.go: MinimumAddressesInServiceSubnet,
// MaximumBitsForServiceSubnet, MinimumAddressesInPodSubnet).
const (
	leastServiceBits = 4 // 10 addresses need 16
	mostServiceBits  = 20
	leastPodBits     = 4 // 14 addresses need 16
)

// kubeadmServices is where services are when a profile does not say (kubeadm v1.37.0,
// app/apis/kubeadm/v1beta4/defaults.go, DefaultServicesSubnet; the same since 1.33).
const kubeadmServices = "10.96.0.0/12"

func (v *validator) top() {
	p := v.Profile
	v.is(p.Metadata.Name, subdomain, "metadata", "name")
	v.is(p.KubernetesVersion, version, "kubernetesVersion")
	names := []string{"cis-1.12", "cis-2.0.1", "disa-stig", "nsa-cisa"}
	seen := map[string]bool{}
	for i, b := range p.Benchmarks {
		at := place("benchmarks", fmt.Sprint(i))
		v.needed(b.Name, "name a benchmark: "+strings.Join(names, ", "), under(at, "name")...)
		v.is(b.Name, oneOf(names...), under(at, "name")...)
		if seen[b.Name] && b.Name != "" {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q stands twice in the list", b.Name), Hint: "keep one; L2 includes L1"}, under(at, "name")...)
		}
		seen[b.Name] = true
		if strings.HasPrefix(b.Name, "cis-") {
			v.needed(b.Level, "write level: L1 or level: L2", under(at, "level")...)
			v.is(b.Level, oneOf("L1", "L2"), under(at, "level")...)
		} else if b.Level != "" && b.Name != "" {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q has no levels", b.Name), Hint: "remove the line"}, under(at, "level")...)
		}
	}
}

func (v *validator) cluster() {
	c := v.Profile.Cluster
	v.is(c.Name, objectName, "cluster", "name")
	v.is(c.ControlPlaneEndpoint, endpoint, "cluster", "controlPlaneEndpoint")
	v.is(c.DNSDomain, subdomain, "cluster", "dnsDomain")
	v.is(c.AdvertiseAddress, reachable, "cluster", "advertiseAddress")
	v.within(c.BindPort, 1, 65535, "cluster", "bindPort")
	v.is(c.NodeName, subdomain, "cluster", "nodeName")
	v.is(c.ImageRepository, image, "cluster", "imageRepository")
	v.is(c.CRISocket, socket, "cluster", "criSocket")
	v.each(c.CertSANs, certName, "cluster", "certSANs")
	v.subnets()

	certs := place("cluster", "certificates")
	v.is(c.Certificates.Algorithm, oneOf("RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384"), under(certs, "algorithm")...)
	v.is(c.Certificates.Validity, duration, under(certs, "validity")...)
	v.is(c.Certificates.CAValidity, duration, under(certs, "caValidity")...)
	leaf, err := time.ParseDuration(c.Certificates.Validity)
	ca, caErr := time.ParseDuration(c.Certificates.CAValidity)
	if err == nil && caErr == nil && leaf > ca {
		v.fault(diag.Problem{
			Message: fmt.Sprintf("%q is longer than the CA's %q", c.Certificates.Validity, c.Certificates.CAValidity),
			Hint:    "a certificate ends with the CA that signed it",
		}, under(certs, "validity")...)
	}
}

func (v *validator) subnets() {
	c := v.Profile.Cluster
	pods, services := place("cluster", "podSubnet"), place("cluster", "serviceSubnet")
	v.is(c.PodSubnet, cidrs, pods...)
	v.is(c.ServiceSubnet, cidrs, services...)
	for _, s := range prefixes(c.ServiceSubnet) {
		bits := s.Addr().BitLen() - s.Bits()
		if bits < leastServiceBits || bits > mostServiceBits {
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q is no size for services", s),
				Allowed: fmt.Sprintf("/%d to /%d", s.Addr().BitLen()-mostServiceBits, s.Addr().BitLen()-leastServiceBits),
			}, services...)
		}
		for _, p := range prefixes(c.PodSubnet) {
			if p.Overlaps(s) {
				v.fault(diag.Problem{
					Message: fmt.Sprintf("%q overlaps cluster.podSubnet %q (%s)", s, p, v.Origin(pods...)),
					Hint:    "pods and services need ranges of their own",
				}, services...)
			}
		}
	}
	for _, p := range prefixes(c.PodSubnet) {
		if !v.set(services...) && p.Overlaps(netip.MustParsePrefix(kubeadmServices)) {
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q overlaps kubeadm's range of services, %s", p, kubeadmServices),
				Hint:    "take another range for pods, or set cluster.serviceSubnet",
			}, pods...)
		}
		if bits := p.Addr().BitLen() - p.Bits(); bits < leastPodBits {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is too small for pods", p), Allowed: fmt.Sprintf("/%d or larger", p.Addr().BitLen()-leastPodBits)}, pods...)
		}
	}
}

// prefixes returns the ranges of a text that is spelled right, else nothing.
func prefixes(text string) []netip.Prefix {
	if text == "" || cidrs(text) != nil {
		return nil
	}
	var out []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		out = append(out, netip.MustParsePrefix(part))
	}
	return out
}

func (v *validator) waivers() {
	for i, w := range v.Profile.Waivers {
		at := place("waivers", fmt.Sprint(i))
		v.is(w.Control, controlID, under(at, "control")...)
		v.needed(w.Reason, "say why the control is given up", under(at, "reason")...)
		v.needed(w.Owner, "name who answers for it", under(at, "owner")...)
		v.is(w.Expires, date, under(at, "expires")...)
	}
}
