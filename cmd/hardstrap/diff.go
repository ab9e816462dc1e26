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
	"github.com/hardstrap/hardstrap/internal/observe/cluster"
	"github.com/hardstrap/hardstrap/internal/observe/wire"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/report"
	"github.com/hardstrap/hardstrap/internal/settings"
)

type diffOptions struct {
	world   *world
	cmd     *cobra.Command
	profile string
	roots   []string
	from    []string
	config  string
	context string
	probe   []string
	probes  []wire.Endpoint
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
different, and what could not be seen. Nothing is changed or restarted; the API is asked with
GET alone, and ports are sent handshakes and plain GETs without a credential.

Compared is what holds, and not how it is written: flags over drop-ins over files over the
defaults of the profile's Kubernetes version. Where sources disagree, as a manifest with the process
that was not restarted, each is shown.

Sources may be named together, each several times but for the API. Without one the machine itself is
looked at: its files and its processes; that is best done as root. Waivers of the profile are shown
as waived, and count again on the day after their last.

The exit code is 1 for differences, 2 for a wrong profile or command line, and 3 for what could not be
read. --fail-on narrows which differences count for 1; what could not be read always counts.`,
		Example: `  # on a node
  hardstrap diff clusters/prod.yaml

  # the whole cluster through its API, and what its ports show
  hardstrap diff clusters/prod.yaml --kubeconfig admin.conf --probe cp-1:6443 --probe cp-1:2379

  # nodes that were packed with 'hardstrap collect'
  hardstrap diff clusters/prod.yaml --from cp-1.tar.gz --from cp-2.tar.gz

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
	flags.StringArrayVar(&o.from, "from", nil, "snapshot of a node, made by 'hardstrap collect'; may be given several times")
	flags.StringVar(&o.config, "kubeconfig", "", "look through the cluster's API with this kubeconfig; needs what 'hardstrap collect --print-cluster-role' prints")
	flags.StringVar(&o.context, "context", "", "look through the API with this context of the kubeconfig (or of KUBECONFIG's, or the usual place's)")
	flags.StringArrayVar(&o.probe, "probe", nil, "look at a port from outside: HOST:PORT or COMPONENT=HOST:PORT; may be given several times")
	flags.StringVar(&o.role, "role", "", "control-plane, worker or etcd (default: what the node's files tell)")
	flags.StringVar(&o.at, "at", "", "judge waivers and certificates on this day, YYYY-MM-DD (default: today)")
	flags.StringVarP(&o.format, "format", "f", "text", "how the report is shown: "+strings.Join(report.Formats(), ", "))
	flags.StringVar(&o.failOn, "fail-on", "any", "which differences end with 1: weaker, different (and weaker), any")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "show each finding in full, and list what matches and what was not looked at")
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
	for _, text := range o.probe {
		e, err := wire.ParseEndpoint(text)
		if err != nil {
			faults = append(faults, usage(o.cmd, fmt.Errorf("--probe %w", err)))
		}
		o.probes = append(o.probes, e)
	}
	if len(o.roots)+len(o.from)+len(o.probe) == 0 && !o.api() {
		o.roots = []string{"/"}
	}
	return day, errors.Join(faults...)
}

// api reports whether the cluster's API is a source.
func (o *diffOptions) api() bool { return o.config != "" || o.context != "" }

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
	sources := live.Sources{
		Roots: o.roots, Snapshots: o.from, Probes: o.probes,
		Role: o.role, Modes: wanted.Files(), Sysctls: wanted.Sysctls(), Now: o.world.now(), Progress: o.progress(),
	}
	if o.api() {
		sources.Cluster = &cluster.Options{Kubeconfig: o.config, Context: o.context}
	}
	comparison := compare.New(wanted)
	unseen := live.Look(o.cmd.Context(), sources, comparison.Add)
	result := comparison.Report()
	if len(result.Subjects) == 0 {
		return unreadable(unseen)
	}
	if err := report.Write(o.world.out, o.format, result, o.show()); err != nil {
		return err
	}
	return errors.Join(unreadable(unseen), o.verdict(result))
}

// progress returns what shows on a terminal how far a slow source is.
func (o *diffOptions) progress() func(string, int, int) {
	if o.quiet || !isTerminal(o.world.err) {
		return nil
	}
	return func(what string, done, total int) {
		if total < 3 {
			return
		}
		fmt.Fprintf(o.world.err, "\r%s %d of %d\x1b[K", what, done, total)
		if done == total {
			fmt.Fprint(o.world.err, "\r\x1b[K")
		}
	}
}

// show says how the report is shown on stdout.
func (o *diffOptions) show() report.Options {
	return report.Options{
		Color: o.world.colour && isTerminal(o.world.out), Width: o.world.columns, Verbose: o.verbose, ToolVersion: o.world.version,
	}
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

// unreadable makes errors of sources that showed nothing, one of each.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	var out []error
	for _, one := range split(err) {
		out = append(out, &unseenError{one})
	}
	return errors.Join(out...)
}
