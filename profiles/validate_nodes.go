package profiles

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// nodes judges what concerns the machines: kubelet, an etcd of its own, and the host.
func (v *validator) nodes() {
	k := v.Profile.Kubelet
	// k8s.io/kubelet v0.37.0, config/v1beta1/types.go, ImagePullCredentialsVerificationPolicy.
	v.is(k.ImageCredentialVerification,
		oneOf("NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify"),
		"kubelet", "imageCredentialVerification")
	if k.ControlPlane.StaticPods != nil {
		v.fault(diag.Problem{
			Message: "control-plane nodes run static pods: their components are such",
			Hint:    "remove the line; it can be said of kubelet.worker",
		}, "kubelet", "controlPlane", "staticPods")
	}
	v.externalEtcd()

	h := v.Profile.Host
	v.is(h.EtcdUser, user, "host", "etcdUser")
	if f := h.Firewall; f != nil {
		for _, port := range []struct {
			name string
			from []string
		}{{"apiServer", f.APIServer}, {"etcd", f.Etcd}, {"kubelet", f.Kubelet}, {"ssh", f.SSH}} {
			at := place("host", "firewall", port.name)
			v.each(port.from, cidr, at...)
			v.overlaps(port.from, at...)
			v.empty(len(port.from), "nobody could reach the port: name who may, or remove the line", at...)
		}
		v.within(f.SSHPort, 1, 65535, "host", "firewall", "sshPort")
		if f.SSHPort != nil && len(f.SSH) == 0 {
			v.missing("say who may reach the port", "host", "firewall", "ssh")
		}
	}
}

// overlaps reports a range within another of the same list: nftables refuses such a set.
func (v *validator) overlaps(texts []string, steps ...string) {
	type placed struct {
		netip.Prefix
		at int
	}
	var sorted []placed
	for i, text := range texts {
		if cidr(text) == nil {
			sorted = append(sorted, placed{netip.MustParsePrefix(text), i})
		}
	}
	// In this order a range stands right before all that it covers.
	slices.SortStableFunc(sorted, func(a, b placed) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	wide := 0
	for i := 1; i < len(sorted); i++ {
		if !sorted[wide].Overlaps(sorted[i].Prefix) {
			wide = i
			continue
		}
		v.fault(diag.Problem{
			Message: fmt.Sprintf("%q is covered by %q (%s)", sorted[i].Prefix, sorted[wide].Prefix, v.Origin(under(steps, strconv.Itoa(sorted[wide].at))...)),
			Hint:    "keep the wider one",
		}, under(steps, strconv.Itoa(sorted[i].at))...)
	}
}

func (v *validator) externalEtcd() {
	e := v.Profile.Etcd.External
	if e == nil {
		return
	}
	root := place("etcd", "external")
	if len(e.Members) == 0 {
		v.missing("list the members, as {name: etcd-1, address: 10.0.0.11}", under(root, "members")...)
	} else if n := len(e.Members); n%2 == 0 {
		v.fault(diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("%d members bear no more failures than %d", n, n-1),
			Hint:     "run an odd number of members",
		}, under(root, "members")...)
	}
	seen := map[string]string{}
	for i, m := range e.Members {
		at := under(root, "members", strconv.Itoa(i))
		v.is(m.Name, subdomain, under(at, "name")...)
		v.needed(m.Address, "write the member's IP address", under(at, "address")...)
		v.is(m.Address, reachable, under(at, "address")...)
		if other, again := seen[m.Address]; again && m.Address != "" {
			v.fault(diag.Problem{Message: fmt.Sprintf("%q is the address of member %q already", m.Address, other)}, under(at, "address")...)
		}
		seen[m.Address] = m.Name
	}
	v.is(e.CAFile, nodePath, under(root, "caFile")...)
	v.is(e.CertFile, nodePath, under(root, "certFile")...)
	v.is(e.KeyFile, nodePath, under(root, "keyFile")...)
	if e.CertFile != "" {
		v.needed(e.KeyFile, "a client certificate needs its key", under(root, "keyFile")...)
	}
	if e.KeyFile != "" {
		v.needed(e.CertFile, "a client key needs its certificate", under(root, "certFile")...)
	}
	v.is(e.DataDir, nodePath, under(root, "dataDir")...)
	v.is(e.Token, objectName, under(root, "initialClusterToken")...)
}
