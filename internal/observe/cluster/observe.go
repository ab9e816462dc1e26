package cluster

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Options tell where the cluster is and how to ask it.
type Options struct {
	Kubeconfig string        // a file; "" for KUBECONFIG, ~/.kube/config, or the pod's own service account
	Context    string        // of the kubeconfig; "" for its current one
	Timeout    time.Duration // of one request; 0 is 10 seconds
	Limit      int           // requests at a time; 0 is 16
	// Progress is told how many of the nodes have been asked; calls never overlap.
	Progress func(done, total int)
	// TokenToKubelets lets a bearer token be sent to kubelets themselves, where nodes/configz is enough and
	// nodes/proxy is not needed. A node that somebody has taken over can use the token that it is sent, so this
	// is for tokens that may do no more than ClusterRole says. Client certificates need no such care.
	TokenToKubelets bool
}

const (
	defaultTimeout = 10 * time.Second
	defaultLimit   = 16
)

// Observe reads the cluster. It returns an Observation of the cluster (Subject ""), with its objects and
// ConfigMaps, and one for each node that the API shows, by name. The error tells that nothing could be read:
// a *ConfigError where the kubeconfig or its credentials are the reason, or the context's.
//
// Of objects named ServiceAccount only those named default are read.
func Observe(ctx context.Context, o Options) ([]observe.Observation, error) {
	o.Timeout = cmp.Or(max(o.Timeout, 0), defaultTimeout)
	o.Limit = cmp.Or(max(o.Limit, 0), defaultLimit)
	config, err := load(o)
	if err != nil {
		return nil, err
	}
	api, err := newClient(config, o)
	if err != nil {
		return nil, err
	}

	whole := observe.Observation{}
	version, failed := api.version(ctx)
	if failed != nil && failed.status == 0 && !failed.answered {
		return nil, cmp.Or(ctx.Err(), api.unusable(failed)) // nobody is there, or nobody who may be trusted
	}
	whole.Version = version
	if failed != nil {
		whole.Unknown = append(whole.Unknown, unknown(settings.Cluster, "version", []string{"version"}, "version", failed))
	}
	r := &run{api: api, kubelets: newKubelets(config, o), options: o, slots: make(chan struct{}, o.Limit)}
	nodes, failed := api.nodes(ctx)
	if failed != nil {
		whole.Unknown = append(whole.Unknown, unknown(settings.Kubelet, configzAccount, nil, "nodes", failed))
	}
	found := r.read(ctx, nodes)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if api.answers.Load() == 0 {
		return nil, api.unusable(cmp.Or(failed, found.pods.failed))
	}
	return assemble(whole, nodes, found), nil
}

// run is one reading of a cluster.
type run struct {
	api      *client
	kubelets *kubelets
	options  Options
	slots    chan struct{}
}

// findings are what was asked at the same time: each slot of it is written by one request.
type findings struct {
	kubelets []kubeletFinding // one for each node
	pods     podFinding
	keeps    []keepFinding
	kinds    []kindFinding
}

// read asks for everything but the nodes, as much at a time as there are slots.
func (r *run) read(ctx context.Context, nodes []node) findings {
	out := findings{
		kubelets: make([]kubeletFinding, len(nodes)),
		keeps:    make([]keepFinding, len(keeps())),
		kinds:    make([]kindFinding, len(kinds())),
	}
	var group sync.WaitGroup
	task := func(do func()) {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		group.Go(func() {
			defer func() { <-r.slots }()
			do()
		})
	}
	task(func() { out.pods = r.api.mirrorPods(ctx) })
	for i, k := range keeps() {
		task(func() { out.keeps[i] = r.api.kept(ctx, k) })
	}
	for i, k := range kinds() {
		task(func() { out.kinds[i] = r.api.objects(ctx, k) })
	}
	done := 0
	var reporting sync.Mutex
	for i, n := range nodes {
		task(func() {
			out.kubelets[i] = r.configz(ctx, n)
			reporting.Lock()
			defer reporting.Unlock()
			if done++; r.options.Progress != nil {
				r.options.Progress(done, len(nodes))
			}
		})
	}
	group.Wait()
	return out
}

// assemble sorts what was found by whose it is.
func assemble(whole observe.Observation, nodes []node, found findings) []observe.Observation {
	external := false
	for i, k := range found.keeps {
		whole.Layers = append(whole.Layers, k.layers...)
		whole.Unknown = append(whole.Unknown, k.unknown...)
		if keeps()[i].name == kubeadmConfig {
			external = k.externalEtcd
		}
	}
	for _, k := range found.kinds {
		whole.Layers = append(whole.Layers, k.layers...)
		whole.Unknown = append(whole.Unknown, k.unknown...)
	}
	byName := map[string]*observe.Observation{}
	for i, n := range nodes {
		byName[n.name] = &observe.Observation{
			Subject: n.name, Role: n.role, Version: n.version,
			Layers: found.kubelets[i].layers, Unknown: found.kubelets[i].unknown,
		}
	}
	whole.Unknown = append(whole.Unknown, placePods(byName, found.pods, external)...)
	out := []observe.Observation{whole}
	for _, o := range byName {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b observe.Observation) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
}

// unknown says that a failure hid something.
func unknown(component, account string, paths []string, place string, f *failure) observe.Unknown {
	return observe.Unknown{
		Source: settings.FromAPI, Component: component, Account: account, Paths: paths,
		Origin: settings.Origin{Source: settings.FromAPI, File: place},
		Why:    f.why, Remedy: f.remedy(),
	}
}
