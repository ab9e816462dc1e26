package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/profiles"
)

type generateOptions struct {
	world       *world
	cmd         *cobra.Command
	profiles    []string
	out         string
	quiet       bool
	newKeys     bool
	withoutKeys bool
	force       bool
}

func newGenerate(w *world, tools *toolFlags) *cobra.Command {
	o := &generateOptions{world: w}
	cmd := &cobra.Command{
		Use:   "generate PROFILE... -o DIR",
		Short: "Render the bundle of a profile",
		Long: `Render everything a hardened control plane needs before kubeadm init: a profile in,
a bundle out. A profile is the name of a built-in one or a path.

Nothing is written before every profile has been read, resolved, rendered and read back. A
bundle appears whole or not at all. Of several profiles, each gets a folder of its name in DIR.

Files that were changed by hand since the last run are not overwritten without --force, and
what no bundle wrote is always kept. A file with keys also counts as changed when it holds a key
that the key file no longer has: stored data may need that key.`,
		Example: `  # a built-in profile; new encryption keys go to build/keys/cis-level-1.yaml
  hardstrap generate cis-level-1 -o build/prod --new-keys

  # your own profile; its keys are in clusters/keys/prod.yaml
  hardstrap generate clusters/prod.yaml -o build/prod

  # every cluster at once, without keys, for a review
  hardstrap generate clusters/*.yaml -o build/review --without-keys`,
		Args:              someProfiles,
		ValidArgsFunction: completeProfiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd, o.profiles, o.out, o.quiet = cmd, args, tools.Output, tools.Quiet
			return o.run()
		},
	}
	flags := cmd.Flags()
	flags.StringP("output", "o", "", "directory to write to (required)")
	flags.BoolVar(&o.newKeys, "new-keys", false, "make an encryption key where there is no key file yet; an existing file is used as it is")
	flags.BoolVar(&o.withoutKeys, "without-keys", false, "render a placeholder that is no key, for reviews")
	flags.BoolVar(&o.force, "force", false, "overwrite files changed by hand, and write into a directory that holds no bundle")
	return cmd
}

// run validates everything, then writes.
func (o *generateOptions) run() error {
	mode, err := o.check()
	if err != nil {
		return err
	}
	jobs, err := o.render(mode)
	o.warn(jobs)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		diag.PrintPainted(o.world.err, j.Previous(j.dir), nil, o.world.paintProblem)
	}
	if err := o.mayWrite(jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := o.write(j, mode); err != nil {
			return err
		}
	}
	return nil
}

// check judges the command line.
func (o *generateOptions) check() (pipeline.KeyMode, error) {
	switch {
	case o.out == "":
		return 0, usage(o.cmd, errors.New("no directory to write to; name it with -o"))
	case o.newKeys && o.withoutKeys:
		return 0, usage(o.cmd, errors.New("--new-keys and --without-keys exclude each other"))
	}
	o.out = filepath.Clean(o.out)
	switch {
	case o.newKeys:
		return pipeline.MakeKeys, nil
	case o.withoutKeys:
		return pipeline.PlaceholderKeys, nil
	}
	return pipeline.ReadKeys, nil
}

// job is one bundle on its way to its directory.
type job struct {
	*pipeline.Cluster
	profile string // as the user named it
	dir     string
}

// render makes every bundle in memory, and says all that is wrong with any of them.
func (o *generateOptions) render(mode pipeline.KeyMode) ([]job, error) {
	p, err := pipeline.New(o.world.version)
	if err != nil {
		return nil, err
	}
	var (
		jobs   []job
		faults []error
		named  = map[string]string{} // directory to the profile that has it
	)
	for _, profile := range o.profiles {
		// A built-in profile's keys stand beside its directory, whose name is not known yet.
		dir := o.out
		if len(o.profiles) > 1 {
			dir = filepath.Join(o.out, "profile")
		}
		c, err := p.Bundle(profile, dir, mode)
		jobs = append(jobs, job{Cluster: c, profile: profile, dir: dir})
		if err != nil {
			faults = append(faults, &inputError{err: err, sources: c.Sources()})
			continue
		}
		if len(o.profiles) == 1 {
			continue
		}
		name := c.Loaded.Name
		if !filepath.IsLocal(name) || filepath.Base(name) != name {
			faults = append(faults, usage(o.cmd, fmt.Errorf("%s: the name %q cannot be a folder's; set another metadata.name", profile, name)))
			continue
		}
		if other, taken := named[strings.ToLower(name)]; taken {
			faults = append(faults, usage(o.cmd, fmt.Errorf("%s and %s have the same name %q, and each needs a folder of its own; set metadata.name", other, profile, name)))
			continue
		}
		named[strings.ToLower(name)] = profile
		jobs[len(jobs)-1].dir = filepath.Join(o.out, name)
	}
	return jobs, errors.Join(faults...)
}

// mayWrite finds what would be refused when writing, before anything is written.
func (o *generateOptions) mayWrite(jobs []job) error {
	var faults []error
	makes := map[string]string{} // key file to the profile that makes it
	for _, j := range jobs {
		for _, other := range jobs {
			if j.KeyFile != "" && inside(j.KeyFile, other.dir) {
				faults = append(faults, diag.List{{
					Position: diag.Position{File: j.KeyFile},
					Message:  fmt.Sprintf("key file stands inside of the bundle %q", other.dir),
					Hint:     "a bundle is copied to nodes: name another directory, or another apiServer.encryption.keyFile",
				}})
			}
		}
		if other, taken := makes[j.KeyFile]; j.NewKeys && taken {
			faults = append(faults, usage(o.cmd, fmt.Errorf("%s and %s share the key file %q, which does not exist yet; make it with one of them alone", other, j.profile, j.KeyFile)))
		}
		if j.NewKeys {
			makes[j.KeyFile] = j.profile
			if err := keys.MaySave(j.KeyFile); err != nil {
				faults = append(faults, err)
			}
		}
		if !o.force {
			if lost := j.LostReaders(j.dir); lost != nil {
				faults = append(faults, lost)
			}
		}
		if !j.NewKeys && len(jobs) == 1 {
			break // the one thing that is written is the bundle, and that judges by itself
		}
		if err := bundle.Check(j.dir, j.Bundle, bundle.Options{Force: o.force}); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// inside reports whether a file stands in a directory or below it.
func inside(file, dir string) bool {
	file, err1 := filepath.Abs(file)
	dir, err2 := filepath.Abs(dir)
	rel, err3 := filepath.Rel(dir, file)
	return errors.Join(err1, err2, err3) == nil && filepath.IsLocal(rel)
}

// write keeps new keys, then writes the bundle: a key in a bundle and nowhere else could be lost.
func (o *generateOptions) write(j job, mode pipeline.KeyMode) error {
	made := j.NewKeys
	if err := j.SaveKeys(); err != nil {
		return err
	}
	if !o.quiet {
		o.world.tellKeys(j, made, mode) // also where the bundle then cannot be written: the key is there
	}
	result, err := bundle.Write(j.dir, j.Bundle, bundle.Options{Force: o.force})
	if err != nil {
		return err
	}
	if j.Ring.Placeholder() {
		o.world.say("%s %s has a placeholder in place of an encryption key: kube-apiserver does not start with it",
			o.world.paint(yellow, "warning:"), j.dir)
	}
	if !o.quiet {
		o.world.summarise(j, result)
		if result.Changed() {
			o.world.next(j)
		}
	}
	return nil
}

// warn says what does not stop the work.
func (o *generateOptions) warn(jobs []job) {
	clusters := make([]*pipeline.Cluster, 0, len(jobs))
	for _, j := range jobs {
		clusters = append(clusters, j.Cluster)
	}
	o.world.warn(clusters)
}

// completeProfiles offers the built-in profiles, and files.
func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return profiles.Builtins(), cobra.ShellCompDirectiveDefault
}
