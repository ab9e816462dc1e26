package wire

import (
	"errors"
	"net"
	"strconv"
	"syscall"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// sight is what was seen at one endpoint.
type sight struct {
	endpoint   Endpoint
	settings   []settings.Setting
	unknown    []observe.Unknown
	kubernetes string // version, as in 1.37.0
}

// account names the view, and the place of its layer.
func (s *sight) account() string {
	if s.endpoint.Side == ReadOnly {
		return "connection to " + plain(s.endpoint.Address)
	}
	return "handshake with " + plain(s.endpoint.Address)
}

func (s *sight) layer() observe.Layer {
	return observe.Layer{
		View: observe.View{
			Source: settings.FromWire, Component: s.endpoint.Component, Account: s.account(), Partial: true,
		},
		Place:    s.account(),
		Settings: s.settings,
	}
}

func (s *sight) origin() settings.Origin {
	return settings.Origin{Source: settings.FromWire, Note: s.account()}
}

// put notes a setting; a list is one whose order has no meaning.
func (s *sight) put(path string, v *settings.Value) {
	key := settings.Key{Component: s.endpoint.Component, Path: path}
	if key.Component == settings.Kubelet {
		key.Role = s.endpoint.Role
	}
	shape := settings.Scalar
	if v.Kind == settings.List {
		shape = settings.Unordered
	}
	s.settings = append(s.settings, settings.Setting{Key: key, Shape: shape, Value: v.At(s.origin())})
}

// lacks notes settings that could not be seen; none are all.
func (s *sight) lacks(paths []string, why, remedy string) {
	s.unknown = append(s.unknown, observe.Unknown{
		Source: settings.FromWire, Component: s.endpoint.Component, Paths: paths, Origin: s.origin(),
		Why: plain(s.endpoint.Address) + " " + why, Remedy: remedy,
	})
}

func (s *sight) lacksFor(paths []string, err error) {
	why, remedy := explain(err)
	s.lacks(paths, why, remedy)
}

func isRefusedConnection(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// port is the number of the endpoint's port; it was dialled, so it is one.
func (p *prober) port() int {
	_, digits, _ := net.SplitHostPort(p.endpoint.Address)
	port, _ := strconv.Atoi(digits)
	return port
}
