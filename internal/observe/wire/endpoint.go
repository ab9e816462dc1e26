package wire

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Sides of a component that has several ports.
const (
	Client   = "client"    // etcd, for its clients
	Peer     = "peer"      // etcd, for its peers
	ReadOnly = "read-only" // the kubelet's read-only port, which has no TLS
)

// Endpoint is a port to look at.
type Endpoint struct {
	Address   string // host:port
	Component string // kube-apiserver, kubelet, kube-controller-manager, kube-scheduler or etcd
	Side      string // Client or Peer of etcd, ReadOnly of the kubelet; "" otherwise
	Node      string // the node's name; "" takes the host of Address
	Role      string // of the node; the settings of a kubelet need it
}

// served is a component's name on the command line and its well-known port.
type served struct {
	name, component, side string
	port                  uint16
}

// wellKnown lists what can be looked at. The ports are those of kubernetes v1.37.0,
// cmd/kubeadm/app/constants/constants.go and pkg/cluster/ports/ports.go.
func wellKnown() []served {
	return []served{
		{"kube-apiserver", settings.APIServer, "", 6443},
		{"kubelet", settings.Kubelet, "", 10250},
		{"kubelet-read-only", settings.Kubelet, ReadOnly, 10255},
		{"kube-controller-manager", settings.ControllerManager, "", 10257},
		{"kube-scheduler", settings.Scheduler, "", 10259},
		{"etcd", settings.Etcd, Client, 2379},
		{"etcd-peer", settings.Etcd, Peer, 2380},
	}
}

// ParseEndpoint reads what a user writes: HOST:PORT with a well-known port, or COMPONENT=HOST:PORT.
// IPv6 stands in brackets. The role of a node is said as in kubelet[worker]=HOST:PORT.
func ParseEndpoint(s string) (Endpoint, error) {
	name, address, named := strings.Cut(s, "=")
	if !named {
		name, address = "", s
	}
	host, port, err := hostPort(address)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%q: %w; write HOST:PORT or COMPONENT=HOST:PORT, IPv6 in brackets", plain(s), err)
	}
	name, role, err := splitRole(name)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%q: %w", plain(s), err)
	}
	for _, w := range wellKnown() {
		if named && w.name == name || !named && w.port == port {
			return Endpoint{
				Address: net.JoinHostPort(host, strconv.Itoa(int(port))), Component: w.component, Side: w.side, Role: role,
			}, nil
		}
	}
	if named {
		return Endpoint{}, fmt.Errorf("%q: no component %q; there are %s", plain(s), plain(name), names())
	}
	return Endpoint{}, fmt.Errorf("%q: no component is known for port %d; write COMPONENT=HOST:PORT with one of %s", plain(s), port, names())
}

func names() string {
	var out []string
	for _, w := range wellKnown() {
		out = append(out, w.name)
	}
	return strings.Join(out, ", ")
}

func splitRole(name string) (component, role string, err error) {
	component, rest, ok := strings.Cut(name, "[")
	if !ok {
		return name, "", nil
	}
	role, ok = strings.CutSuffix(rest, "]")
	if !ok || role != settings.ControlPlane && role != settings.Worker {
		return "", "", fmt.Errorf("in brackets stands the node's role, %s or %s", settings.ControlPlane, settings.Worker)
	}
	return component, role, nil
}

func hostPort(address string) (string, uint16, error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("not a host and a port")
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return "", 0, fmt.Errorf("the port is no number from 1 to 65535")
	}
	if _, err := netip.ParseAddr(host); err != nil && !isName(host) {
		return "", 0, fmt.Errorf("the host is neither an address nor a name")
	}
	return host, uint16(port), nil
}

// isName reports whether s can be the name of a host.
func isName(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

// host is the host of the address.
func (e Endpoint) host() string {
	host, _, err := net.SplitHostPort(e.Address)
	if err != nil {
		return e.Address
	}
	return host
}

// subject is the name that what is seen stands under.
func (e Endpoint) subject() string {
	if e.Node != "" {
		return e.Node
	}
	return e.host()
}

// serverName is the name that a hello carries; an address is none (RFC 6066, 3).
func (e Endpoint) serverName() string {
	host := e.host()
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return strings.TrimSuffix(host, ".")
}
