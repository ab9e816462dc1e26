package wire

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Options bound a probe.
type Options struct {
	Timeout  time.Duration         // of one connection; 0 is 5 seconds
	Limit    int                   // connections to one endpoint at a time; 0 is 4
	Progress func(done, total int) // told of each endpoint that is done, one call at a time; may be nil
}

const (
	defaultTimeout = 5 * time.Second
	defaultLimit   = 4
	// atOnce is how many endpoints are looked at side by side.
	atOnce = 8
	// patience is how many timeouts an endpoint may take as a whole.
	patience = 12
)

// Probe looks at each endpoint and returns an observation for each node, sorted by name: a layer for
// each endpoint, with a view of its own, and what could not be seen. An endpoint that is said twice is
// looked at once. The role of a kubelet that has none is that of its node: control-plane where another
// endpoint of the node is a component of the control plane.
func Probe(ctx context.Context, endpoints []Endpoint, o Options) []observe.Observation {
	o.Timeout, o.Limit = cmp.Or(max(o.Timeout, 0), defaultTimeout), cmp.Or(max(o.Limit, 0), defaultLimit)
	endpoints = distinct(endpoints)
	seen := make([]sight, len(endpoints))
	slots := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	var mutex sync.Mutex
	done := 0
	for i, e := range endpoints {
		wait.Go(func() {
			slots <- struct{}{}
			seen[i] = look(ctx, e, o)
			<-slots
			mutex.Lock()
			defer mutex.Unlock()
			done++
			if o.Progress != nil {
				o.Progress(done, len(endpoints))
			}
		})
	}
	wait.Wait()
	return gather(endpoints, seen)
}

// distinct removes repetitions and gives every endpoint the role of its node.
func distinct(endpoints []Endpoint) []Endpoint {
	roles := map[string]string{}
	for _, e := range endpoints {
		role := e.Role
		if role == "" && e.Component != settings.Kubelet && e.Component != settings.Etcd {
			role = settings.ControlPlane
		}
		roles[e.subject()] = cmp.Or(roles[e.subject()], role)
	}
	var out []Endpoint
	for _, e := range endpoints {
		e.Role = cmp.Or(e.Role, roles[e.subject()])
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// gather puts what was seen of a node's endpoints together.
func gather(endpoints []Endpoint, seen []sight) []observe.Observation {
	byNode := map[string]*observe.Observation{}
	for i, e := range endpoints {
		o := byNode[e.subject()]
		if o == nil {
			o = &observe.Observation{Subject: e.subject()}
			byNode[e.subject()] = o
		}
		o.Role, o.Version = cmp.Or(o.Role, e.Role), cmp.Or(o.Version, seen[i].kubernetes)
		if len(seen[i].settings) > 0 {
			o.Layers = append(o.Layers, seen[i].layer())
		}
		o.Unknown = append(o.Unknown, seen[i].unknown...)
	}
	out := make([]observe.Observation, 0, len(byNode))
	for _, o := range byNode {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b observe.Observation) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
}

// look looks at one endpoint.
func look(ctx context.Context, e Endpoint, o Options) sight {
	ctx, cancel := context.WithTimeout(ctx, patience*o.Timeout)
	defer cancel()
	p := &prober{endpoint: e, timeout: o.Timeout, slots: make(chan struct{}, o.Limit)}
	s := sight{endpoint: e}
	switch {
	case e.Component == settings.Kubelet && e.Role == "":
		s.lacks(nil, "belongs to a node whose role is not known", "say it as in kubelet[worker]="+plain(e.Address)+
			", or look at port 6443 of the node too")
	case e.Side == ReadOnly:
		p.lookReadOnly(ctx, &s)
	default:
		p.lookTLS(ctx, &s)
	}
	return s
}

// lookReadOnly looks at the kubelet's port without TLS (kubernetes v1.37.0, cmd/kubelet/app/server.go:
// it is served only where readOnlyPort is above 0).
func (p *prober) lookReadOnly(ctx context.Context, s *sight) {
	got := p.getPlain(ctx, podsPath)
	switch {
	case isRefusedConnection(got.err):
		s.put("readOnlyPort", settings.Of(0))
	case got.err == nil && got.status != 0:
		s.put("readOnlyPort", settings.Of(p.port()))
	default:
		s.lacksFor([]string{"readOnlyPort"}, got.err)
	}
}

// lookTLS asks for versions first: where none can be had, nothing else is worth a connection.
func (p *prober) lookTLS(ctx context.Context, s *sight) {
	var seen offers
	p.askVersions(ctx, &seen)
	if len(seen.versions) == 0 {
		if seen.versionErr != nil {
			s.lacksFor(nil, seen.versionErr)
		} else {
			s.lacks(nil, "refuses every version of TLS", "see the component's log")
		}
		return
	}
	paths := Paths(p.endpoint.Component)
	if len(paths) == 0 {
		paths = []string{versionPath} // etcd: for the handshake around it
	}
	visits := make([]visit, len(paths))
	var wait sync.WaitGroup
	wait.Go(func() { p.askRest(ctx, &seen) })
	for i, path := range paths {
		wait.Go(func() { visits[i] = p.get(ctx, path) })
	}
	wait.Wait()
	tlsSettings(s, seen, visits)
	certificateSettings(s, visits)
	anonymousSettings(s, paths, visits)
}
