package generate

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// firewallView is the ruleset of one role.
type firewallView struct {
	Lists []cidrs // every list a port uses, pods among them
	Ports []guard
}

// cidrs is a named list of networks.
type cidrs struct {
	Name   string
	V4, V6 []string
}

// guard is one kind of port and who may reach it.
type guard struct {
	Name   string
	About  string
	Ports  string // as nftables writes it
	Admits []string
}

// Ports of a node that have no setting here.
const (
	etcdPorts   = "{ 2379, 2380 }"
	kubeletPort = "10250" // unless KubeletConfiguration.port is set (k8s.io/kubelet v0.37.0, config/v1beta1/types.go)
)

func firewallDrafts(in *Input) ([]draft, error) {
	out, err := hostFile(in, layout.Firewall, "host/firewall.nft.tmpl", func(s *source, role string) (any, bool) {
		view := s.firewall(role)
		return view, len(view.Ports) > 0
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	for _, d := range slices.Clone(out) {
		unit := d
		unit.path = d.path[:len(d.path)-len(layout.Firewall)] + layout.FirewallUnit
		unit.template, unit.view, unit.keys = "host/firewall.service.tmpl", layout.Firewall, nil
		out = append(out, unit)
	}
	return out, nil
}

func (s *source) firewall(role string) firewallView {
	var view firewallView
	pods := s.networks(role, "pods")
	kubelet := kubeletPort
	if v := s.in.Settings.Value(settings.Key{Component: settings.Kubelet, Role: role, Path: "port"}); v != nil {
		kubelet = v.Text
	}
	for _, g := range []struct {
		path  string
		pods  bool
		guard guard
	}{
		{"apiServer", true, guard{Name: "apiserver", About: "kube-apiserver"}},
		{"etcd", false, guard{Name: "etcd", About: "etcd: clients and peers", Ports: etcdPorts}},
		{"kubelet", true, guard{Name: "kubelet", About: "the kubelet's API", Ports: kubelet}},
		{"ssh", false, guard{Name: "ssh", About: "SSH"}},
	} {
		list := s.networks(role, g.path)
		if list == nil {
			continue
		}
		if g.guard.Ports == "" {
			g.guard.Ports = s.text(settings.Host, role, "firewall/"+g.path+"Port")
		}
		setting, _ := s.in.Settings.Get(settings.Key{Component: settings.Host, Role: role, Path: "firewall/" + g.path})
		if port, err := strconv.ParseUint(g.guard.Ports, 10, 16); g.guard.Ports != etcdPorts && (err != nil || port == 0) {
			s.fail(setting, "%q is not its port", g.guard.Ports)
		}
		list.Name = g.guard.Name
		g.guard.Admits = []string{list.Name}
		view.Lists = append(view.Lists, *list)
		if g.pods && pods != nil {
			g.guard.Admits = append(g.guard.Admits, "pods")
		}
		view.Ports = append(view.Ports, g.guard)
	}
	if pods != nil {
		pods.Name = "pods"
		view.Lists = append(view.Lists, *pods)
	}
	return view
}

// networks returns the CIDRs of firewall/<name> by family, or nil where it is not set.
func (s *source) networks(role, name string) *cidrs {
	v := s.value(settings.Host, role, "firewall/"+name)
	if v == nil {
		return nil
	}
	out := &cidrs{}
	setting := settings.Setting{Key: settings.Key{Component: settings.Host, Role: role, Path: "firewall/" + name}, Value: v}
	if v.Kind != settings.List {
		s.fail(setting, "a %s stands where a list of CIDRs is wanted", v.Kind)
	}
	for _, text := range v.Strings() {
		prefix, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			s.fail(setting, "%q is not a CIDR such as 10.0.0.0/8", text)
		case prefix != prefix.Masked() || prefix.String() != text:
			s.fail(setting, "%q is not written as a network; write %s", text, prefix.Masked())
		case prefix.Addr().Is4():
			out.V4 = append(out.V4, text)
		default:
			out.V6 = append(out.V6, text)
		}
	}
	return out
}
