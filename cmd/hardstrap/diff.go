package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/live"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/report"
	"github.com/hardstrap/hardstrap/internal/settings"
)

type diffOptions struct {
	world   *world
	cmd     *cobra.Command
	profile string
	roots   []string
	role    string
	at      string
	format  string
	failOn  string
	verbose bool
	quiet   bool
}

func newDiff(w *world, tools *toolFlags) *cobra.Command {
	o := &diffOptions{world: w}
	cmd := &cobra.Command{
		Use:   "diff PROFILE",
		Short: "Tell how far a node or a cluster has moved from a profile, and in which direction",
		Long: `Compare what is live with what a profile wants: what is weaker, what is stronger, what is merely
different, and what could not be seen. Nothing is written, started or sent anywhere.

Compared is what holds, and not how it is written: flags over drop-ins over files over the
defaults of the profile's Kubernetes version. Where sources disagree, as a manifest with the process
that was not restarted, each is shown.

Without a source the machine itself is looked at: its files and its processes. Waivers of the
profile are shown as waived, and count again once they have expired.

The exit code is 1 for differences and 3 for what could not be read. --fail-on narrows which
differences count for 1; what could not be read always counts.`,
		Example: `  # on a node
  hardstrap diff clusters/prod.yaml

  # the root of a machine that is not running
  hardstrap diff restricted --root /mnt/image --role worker

  # for a pipeline
  hardstrap diff clusters/prod.yaml --format sarif --fail-on weaker >drift.sarif`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd, o.profile, o.quiet = cmd, args[0], tools.Quiet
			return o.run()
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.roots, "root", nil, "root directory of a node; may be given several times (default: / where no other source is named)")
	flags.StringVar(&o.role, "role", "", "control-plane, worker or etcd (default: what the node's files tell)")
	flags.StringVar(&o.at, "at", "", "judge waivers and certificates on this day, YYYY-MM-DD (default: today)")
	flags.StringVarP(&o.format, "format", "f", "text", "how the report is shown: "+strings.Join(report.Formats(), ", "))
	flags.StringVar(&o.failOn, "fail-on", "any", "which differences end with 1: weaker, different (and weaker), any")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "list what matches and what was not looked at, too")
	for flag, words := range map[string][]string{
		"role": {settings.ControlPlane, settings.Worker, settings.Etcd}, "format": report.Formats(), "fail-on": failOns(),
	} {
		if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // the flag is registered above
		}
	}
	return cmd
}

func failOns() []string { return []string{"any", "different", "weaker"} }

// check judges the command line.
func (o *diffOptions) check() (time.Time, error) {
	var faults []error
	choice := func(flag, value string, allowed []string) {
		if !slices.Contains(allowed, value) {
			faults = append(faults, usage(o.cmd, fmt.Errorf("--%s %q is not known; allowed: %s", flag, value, strings.Join(allowed, ", "))))
		}
	}
	choice("format", o.format, report.Formats())
	choice("fail-on", o.failOn, failOns())
	if o.role != "" {
		choice("role", o.role, []string{settings.ControlPlane, settings.Worker, settings.Etcd})
	}
	day := o.world.now()
	if o.at != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, o.at); err != nil {
			faults = append(faults, usage(o.cmd, fmt.Errorf("--at %q is not a day; allowed: YYYY-MM-DD", o.at)))
		}
	}
	for i, root := range o.roots {
		if root == "" {
			faults = append(faults, usage(o.cmd, errors.New(`--root "": name the directory of a node's root`)))
			continue
		}
		if at, err := filepath.Abs(root); err == nil && at == "/" {
			o.roots[i] = at
		}
	}
	if len(o.roots) == 0 {
		o.roots = []string{"/"}
	}
	return day, errors.Join(faults...)
}

func (o *diffOptions) run() error {
	day, err := o.check()
	if err != nil {
		return err
	}
	p, err := pipeline.New(o.world.version)
	if err != nil {
		return err
	}
	c, wanted, err := p.Wanted(o.profile, day)
	if err != nil {
		return &inputError{err: err, sources: c.Sources()}
	}
	observations, unseen := live.Look(live.Sources{
		Roots: o.roots, Role: o.role, Modes: wanted.Files(), Sysctls: wanted.Sysctls(), Now: o.world.now(),
	})
	if len(observations) == 0 {
		return unreadable(unseen)
	}
	result := compare.Compare(wanted, observations)
	if err := report.Write(o.world.out, o.format, result, o.show()); err != nil {
		return err
	}
	return errors.Join(unreadable(unseen), o.verdict(result))
}

// show says how the report is shown on stdout.
func (o *diffOptions) show() report.Options {
	out := report.Options{Color: o.world.colour && isTerminal(o.world.out), Verbose: o.verbose, ToolVersion: o.world.version}
	if file, ok := o.world.out.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			out.Width = width
		}
	}
	return out
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// verdict tells by the counts how the command ends.
func (o *diffOptions) verdict(r *compare.Report) error {
	c := r.Counts()
	differs := c.Weaker > 0
	if o.failOn != "weaker" {
		differs = differs || c.Different > 0
	}
	if o.failOn == "any" {
		differs = differs || c.Stronger > 0
	}
	var out []error
	if differs {
		out = append(out, &findingsError{})
	}
	if c.Unknown > 0 {
		out = append(out, &unseenError{})
	}
	return errors.Join(out...)
}

// unreadable makes an error of sources that showed nothing.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return &unseenError{err}
}
