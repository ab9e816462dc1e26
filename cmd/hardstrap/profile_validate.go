package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/profiles"
)

type validateOptions struct {
	world    *world
	cmd      *cobra.Command
	profiles []string
	at       string
	quiet    bool
}

func newProfileValidate(w *world, tools *toolFlags) *cobra.Command {
	o := &validateOptions{world: w}
	cmd := &cobra.Command{
		Use:   "validate PROFILE...",
		Short: "Check profiles without writing anything",
		Long: `Check profiles as generate does, without keys and without writing anything, and whether a
waiver has expired. A waiver still holds on the day it names.`,
		Example: `  hardstrap profile validate clusters/*.yaml

  # which waivers will have expired by the next audit?
  hardstrap profile validate clusters/prod.yaml --at 2027-01-31`,
		Args:              someProfiles,
		ValidArgsFunction: completeProfiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd, o.profiles, o.quiet = cmd, args, tools.Quiet
			return o.run()
		},
	}
	cmd.Flags().StringVar(&o.at, "at", "", "judge waivers on this day, YYYY-MM-DD (default: today)")
	return cmd
}

func (o *validateOptions) run() error {
	day := o.world.now()
	if o.at != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, o.at); err != nil {
			return usage(o.cmd, fmt.Errorf("--at %q is not a day; allowed: YYYY-MM-DD", o.at))
		}
	}
	p, err := pipeline.New(o.world.version)
	if err != nil {
		return err
	}
	var (
		clusters []*pipeline.Cluster
		faults   []error
	)
	for _, profile := range o.profiles {
		c, err := p.Bundle(profile, profile, pipeline.PlaceholderKeys)
		clusters = append(clusters, c)
		list := expired(c.Loaded, day.Format(time.DateOnly))
		switch {
		case err != nil && !isList(err):
			faults = append(faults, err)
		case err != nil || len(list) > 0:
			list = append(diag.As(err), list...)
			list.Sort()
			faults = append(faults, &inputError{err: list, sources: c.Sources()})
		case !o.quiet:
			o.world.say("%s: valid for Kubernetes %s", profile, c.Resolved.Version)
		}
	}
	o.world.warn(clusters)
	return errors.Join(faults...)
}

// isList reports whether an error is faults of the input; a *pipeline.RenderError holds a list
// too, and is none.
func isList(err error) bool { return exitCode(err) == exitInvalid }

// expired lists the waivers that no longer hold on a day.
func expired(l *profiles.Loaded, day string) diag.List {
	var out diag.List
	for i, w := range l.Profile.Waivers {
		if w.Expires == "" || w.Expires >= day { // days of this form order as texts
			continue
		}
		at := l.Origin("waivers", strconv.Itoa(i), "expires")
		out.Add(diag.Problem{
			Position: diag.Position{File: at.File, Line: at.Line, Column: at.Column},
			Path:     "waivers[" + strconv.Itoa(i) + "].expires",
			Message:  fmt.Sprintf("the waiver of %q expired on %s", w.Control, w.Expires),
			Hint:     "meet the control, or give the waiver a later day and say why it still holds",
		})
	}
	return out
}
