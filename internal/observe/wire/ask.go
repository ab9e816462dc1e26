package wire

import (
	"context"
	"slices"
	"sync"
)

// offers is what a server takes of what is offered to it.
type offers struct {
	versions   []uint16 // taken, oldest first
	versionErr error    // of a version that could neither be taken nor refused
	suites     []uint16 // up to TLS 1.2
	suiteErr   error
	suites13   []uint16
	suite13Err error
	groups     []uint16
	groupErr   error
}

func allVersions() []uint16 { return []uint16{ssl30, tls10, tls11, tls12, tls13} }

// everything is a hello of a version with all there is for it.
func everything(version uint16) hello {
	h := hello{version: version, suites: oldSuites(), groups: allGroups()}
	if version == tls13 {
		h.suites = newSuites()
	}
	return h
}

// askVersions offers each version alone.
func (p *prober) askVersions(ctx context.Context, out *offers) {
	errs := make([]error, len(allVersions()))
	var wait sync.WaitGroup
	for i, version := range allVersions() {
		wait.Go(func() { _, errs[i] = p.ask(ctx, everything(version)) })
	}
	wait.Wait()
	for i, err := range errs {
		switch {
		case err == nil:
			out.versions = append(out.versions, allVersions()[i])
		case !refused(err) && out.versionErr == nil:
			out.versionErr = err
		}
	}
}

// askRest asks for suites and groups of the versions that are taken.
func (p *prober) askRest(ctx context.Context, out *offers) {
	old := slices.DeleteFunc(slices.Clone(out.versions), func(v uint16) bool { return v == tls13 })
	taken, errs := make([][]uint16, len(old)), make([]error, len(old))
	var wait sync.WaitGroup
	for i, version := range old {
		wait.Go(func() { taken[i], errs[i] = p.askSuites(ctx, version) })
	}
	if slices.Contains(out.versions, tls13) {
		wait.Go(func() { out.suites13, out.suite13Err = p.askSuites(ctx, tls13) })
		wait.Go(func() { out.groups, out.groupErr = p.askGroups(ctx) })
	}
	wait.Wait()
	for i := range old {
		out.suites = append(out.suites, taken[i]...)
		if out.suiteErr == nil {
			out.suiteErr = errs[i]
		}
	}
	slices.Sort(out.suites)
	out.suites = slices.Compact(out.suites)
}

// askSuites offers all suites of a version, and again without what was taken, until nothing is.
func (p *prober) askSuites(ctx context.Context, version uint16) ([]uint16, error) {
	h := everything(version)
	return p.exhaust(ctx, &h, &h.suites, func(a answer) uint16 { return a.suite })
}

// askGroups does the same with groups, in TLS 1.3.
func (p *prober) askGroups(ctx context.Context) ([]uint16, error) {
	h := everything(tls13)
	return p.exhaust(ctx, &h, &h.groups, func(a answer) uint16 { return a.group })
}

func (p *prober) exhaust(ctx context.Context, h *hello, offered *[]uint16, chosen func(answer) uint16) ([]uint16, error) {
	var out []uint16
	for len(*offered) > 0 {
		got, err := p.ask(ctx, *h)
		if refused(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		out = append(out, chosen(got))
		*offered = slices.DeleteFunc(*offered, func(n uint16) bool { return n == chosen(got) })
	}
	slices.Sort(out)
	return out, nil
}
