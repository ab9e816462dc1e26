// Package pipeline owns the order of the work: a profile's name or file in, a bundle in memory
// out. It decides nothing about Kubernetes and writes nothing but, when asked, a new key file;
// each step is another package's. Start reading at Pipeline.Bundle, whose steps are a list.
package pipeline

import (
	"fmt"
	"maps"
	"path/filepath"

	"github.com/hardstrap/hardstrap/generate"
	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/controls"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/resolve"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// Pipeline makes bundles. One serves a whole run: templates are parsed once, and what was read
// back is remembered across clusters.
type Pipeline struct {
	version   string // of hardstrap, for the record
	generator *generate.Generator
}

// New returns a pipeline; version is hardstrap's own. It fails only when an embedded template
// is faulty.
func New(version string) (*Pipeline, error) {
	g, err := generate.New()
	if err != nil {
		return nil, err
	}
	return &Pipeline{version: version, generator: g}, nil
}

// Cluster is one profile on its way to a bundle, with what each step added.
type Cluster struct {
	Loaded   *profiles.Loaded
	Minor    *catalog.Minor
	KeyFile  string     // where its encryption keys are or will be; "" when it needs none
	Ring     *keys.Ring // nil when it needs none
	NewKeys  bool       // Ring was made in this run and is not saved yet
	Resolved *resolve.Resolved
	Bundle   *bundle.Bundle
}

// Bundle makes the bundle of a profile: a built-in's name, or a file's path. out is the
// directory it is meant for; only the default place of a built-in's keys depends on it. Nothing
// is written: new keys are in Ring until SaveKeys. The error is a diag.List for faults of the
// profile, the key file or a policy file; the Cluster is never nil, so that its sources can be
// shown.
func (p *Pipeline) Bundle(profile, out string, mode KeyMode) (*Cluster, error) {
	c := &Cluster{}
	for _, step := range []func() error{
		func() error { return c.load(profile) },
		c.findMinor,
		func() error { return c.findKeys(out, mode) },
		c.resolve,
		func() error { return c.render(p) },
	} {
		if err := step(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Sources returns the files that were read, to show lines of them.
func (c *Cluster) Sources() diag.Sources {
	sources := diag.Sources{}
	if c.Loaded != nil {
		maps.Copy(sources, c.Loaded.Sources)
	}
	if policy := c.auditTier(); policy != nil {
		sources[policy.Origin.File], _ = auditpolicy.Source(string(c.Loaded.Profile.APIServer.Audit.Policy))
	}
	return sources
}

// auditTier returns the policy when it is one of hardstrap's own.
func (c *Cluster) auditTier() *settings.Value {
	if c.Resolved == nil || c.Loaded.Profile.APIServer.Audit.PolicyFile != "" {
		return nil
	}
	return c.Resolved.Settings.Value(settings.Key{Component: settings.APIServer, Path: "Policy"})
}

// Warnings returns what was found and does not stop the work.
func (c *Cluster) Warnings() diag.List {
	var out diag.List
	if c.Loaded != nil {
		out = append(out, c.Loaded.Warnings...)
	}
	if c.Resolved != nil {
		out = append(out, c.Resolved.Warnings...)
	}
	out.Sort()
	return out
}

func (c *Cluster) load(profile string) error {
	loaded, err := profiles.Load(profile)
	c.Loaded = loaded
	return err
}

// findMinor looks up the catalog of the profile's Kubernetes version.
func (c *Cluster) findMinor() error {
	version := c.Loaded.Profile.KubernetesVersion
	at := c.position("kubernetesVersion")
	if version == "" {
		return diag.List{{Position: at, Path: "kubernetesVersion", Message: "no Kubernetes version is said", Hint: "set kubernetesVersion, such as 1.37.0"}}
	}
	minor, err := catalog.For(version)
	if err != nil {
		return diag.List{{Position: at, Path: "kubernetesVersion", Message: err.Error()}}
	}
	c.Minor = minor
	return nil
}

func (c *Cluster) position(path ...string) diag.Position {
	o := c.Loaded.Origin(path...)
	return diag.Position{File: o.File, Line: o.Line, Column: o.Column}
}

func (c *Cluster) resolve() error {
	in := resolve.Inputs{}
	if c.Ring != nil {
		for _, k := range c.Ring.Keys() {
			in.Keys = append(in.Keys, resolve.Key{Name: k.Name, Provider: k.Provider})
		}
	}
	policy, err := c.auditPolicy()
	if err != nil {
		return err
	}
	in.AuditPolicy = policy
	c.Resolved, err = resolve.Resolve(c.Loaded, c.Minor, in)
	return err
}

// render makes the files, and tells the record what each carries.
func (c *Cluster) render(p *Pipeline) error {
	in := generate.Input{
		Name: c.Loaded.Name, Version: c.Resolved.Version, Etcd: c.Minor.Etcd.Name, Settings: c.Resolved.Settings,
		FlagType: func(component, name string) string {
			flag, _ := c.Minor.Flag(component, name)
			return flag.Type
		},
	}
	if wanted := c.Loaded.Profile.Companions.FileIntegrity; wanted != nil {
		in.FileIntegrity = *wanted
	}
	if c.Ring != nil {
		in.Keys = c.Ring
	}
	for _, w := range c.Loaded.Profile.Waivers {
		in.Waivers = append(in.Waivers, generate.Waiver{Control: w.Control, Reason: w.Reason})
	}
	files, err := p.generator.Bundle(in)
	if err != nil {
		return fmt.Errorf("rendering %s: %w", c.Loaded.Name, &RenderError{err})
	}
	c.Bundle = &bundle.Bundle{Record: bundle.Record{
		Hardstrap:         p.version,
		Profile:           bundle.ProfileRef{Name: c.Loaded.Name, Digest: c.Loaded.Digest},
		KubernetesVersion: c.Resolved.Version,
		Catalog:           map[string]string{"kubernetes": c.Minor.Version, "etcd": c.Minor.Etcd.Version},
	}}
	for _, b := range c.Loaded.Profile.Benchmarks {
		c.Bundle.Record.Benchmarks = append(c.Bundle.Record.Benchmarks, filepath.ToSlash(filepath.Join(b.Name, b.Level)))
	}
	for _, f := range files {
		for _, k := range f.Settings {
			f.Controls = append(f.Controls, controls.ForSetting(k)...)
		}
		c.Bundle.Files = append(c.Bundle.Files, f)
	}
	return nil
}

// RenderError says that what was resolved could not be rendered or was not found again in
// what was rendered: a fault of hardstrap, not of the profile.
type RenderError struct{ Err error }

// Error returns the cause.
func (e *RenderError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RenderError) Unwrap() error { return e.Err }
