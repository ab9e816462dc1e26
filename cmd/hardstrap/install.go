package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/install"
	"github.com/hardstrap/hardstrap/internal/preflight"
)

type installOptions struct {
	world    *world
	cmd      *cobra.Command
	bundle   string
	root     string
	role     string
	member   string
	dryRun   bool
	live     bool
	rollback bool
	quiet    bool
}

func newInstall(w *world, tools *toolFlags) *cobra.Command {
	o := &installOptions{world: w}
	cmd := &cobra.Command{
		Use:   "install BUNDLE",
		Short: "Lay a bundle's files over a node, with a way back",
		Long: `Lay the files that a bundle has for this node over its root, with modes and owners, before
kubeadm runs there or after the profile has changed. Nothing is started, restarted or reloaded;
what to run next is said at the end.

First the bundle is held against its record and the node is looked at, all at once: versions,
kernel parameters, control groups, swap, ports, accounts, space, clock, container runtime, marks that
are not filled in. An error stops the installation before anything is written.

Every file changes in one step, and what stood there is kept below /var/lib/hardstrap/backup. A run
that was killed is finished by the same command and taken back by --rollback. Files that only the
bundle before had are removed. Where kube-apiserver runs, files that it reads again by itself
(encryption, authentication, authorization, static admission policies) change only with --live.

--dry-run lists what would change on stdout and ends with 1 when there is something.`,
		Example: `  # on the node, from the copied bundle
  hardstrap install . --role control-plane --dry-run
  hardstrap install . --role control-plane

  # a member of an external etcd, in the image of a machine
  hardstrap install build/prod --root /mnt/image --role etcd --member etcd-1

  # take the last installation back
  hardstrap install --rollback`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd, o.quiet = cmd, tools.Quiet
			switch {
			case o.rollback && (len(args) > 0 || o.role != "" || o.member != ""):
				return usage(cmd, errors.New("--rollback takes back the last installation, and takes no bundle, --role or --member"))
			case !o.rollback && len(args) != 1:
				return usage(cmd, fmt.Errorf("takes one bundle, and got %d", len(args)))
			case o.root == "":
				return usage(cmd, errors.New(`--root "": name the directory of a node's root`))
			case o.rollback:
				return o.back()
			}
			o.bundle = args[0]
			return o.run()
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.root, "root", "/", "root directory of the node")
	flags.StringVar(&o.role, "role", "", "control-plane, worker or etcd (default: what the node was or is, or the only one)")
	flags.StringVar(&o.member, "member", "", "name of the member, for --role etcd")
	flags.BoolVar(&o.dryRun, "dry-run", false, "list what would change, and write nothing")
	flags.BoolVar(&o.live, "live", false, "change files that a running kube-apiserver reads by itself")
	flags.BoolVar(&o.rollback, "rollback", false, "take the last installation back, finished or not")
	return cmd
}

// running reports whether the root is that of the machine itself.
func (o *installOptions) running() bool {
	at, err := filepath.Abs(o.root)
	return err == nil && at == "/"
}

// run looks at everything, then installs.
func (o *installOptions) run() error {
	read, record, err := bundle.Read(o.bundle)
	if err != nil {
		return err
	}
	probes := preflight.System()
	options := install.Options{
		Bundle: read, Record: record, Root: o.root, Role: o.role, Member: o.member, Live: o.live, Super: probes.Super(),
	}
	plan, err := install.Survey(options)
	if err != nil {
		return err
	}
	found, unknown := preflight.Run(preflight.Node{
		Root: o.root, Running: o.running(), Role: plan.Role, Version: read.Record.KubernetesVersion, Etcd: read.Record.Catalog["etcd"],
		Settings: plan.Settings, Files: plan.Files, Probes: probes,
	})
	problems := append(plan.Problems, found...)
	diag.PrintPainted(o.world.err, problems.Warnings(), nil, o.world.paintProblem)
	stops := errors.Join(problems.Errors().Err(), unknown)
	if o.dryRun {
		o.list(plan)
		if stops == nil && !plan.Idle() {
			stops = &findingsError{}
		}
		return stops
	}
	if stops != nil {
		return stops
	}
	joined := install.Joined(o.root)
	plan, err = install.Install(options)
	if err != nil {
		return err
	}
	o.tell(plan, read.Record, joined)
	return nil
}

// tell says what was done and what comes next.
func (o *installOptions) tell(plan *install.Plan, record bundle.Record, joined bool) {
	if o.quiet {
		return
	}
	of := fmt.Sprintf("%s: %s, Kubernetes %s, as %s", o.root, record.Profile.Name, record.KubernetesVersion, as(plan))
	for _, name := range plan.Kept {
		o.world.say("  kept     %s, which is filled in", filepath.Join(o.root, name))
	}
	if plan.Idle() {
		o.world.say("%s; nothing changed", of)
		return
	}
	for _, c := range plan.Changes {
		o.world.say("  %-8s %s", c.What, filepath.Join(o.root, c.Name))
	}
	if plan.Continues {
		of += "; finished what was stopped"
	}
	o.world.say("%s; %s changed, %d unchanged", of, many(len(plan.Changes)), plan.Unchanged)
	commands := plan.Next(joined)
	if len(commands) > 0 {
		o.world.say("next, on the node:")
		for _, command := range commands {
			o.world.say("  %s", command)
		}
	}
	o.world.say("next: %s has the rest", filepath.Join(o.bundle, "README.md"))
}

// list is the product of a dry run.
func (o *installOptions) list(plan *install.Plan) {
	for _, c := range plan.Changes {
		fmt.Fprintf(o.world.out, "%s %s\n", c.What, filepath.Join(o.root, c.Name))
	}
	switch {
	case o.quiet:
	case plan.Idle():
		o.world.say("%s: nothing would change", o.root)
	default:
		o.world.say("%s: %s would change; nothing was written", o.root, many(len(plan.Changes)))
	}
}

// back takes the last installation back.
func (o *installOptions) back() error {
	options := install.RollbackOptions{Root: o.root, Live: o.live}
	if o.dryRun {
		plan, err := install.SurveyRollback(options)
		if err != nil {
			return err
		}
		o.list(plan)
		if err := plan.Problems.Err(); err != nil || len(plan.Changes) == 0 {
			return err
		}
		return &findingsError{}
	}
	plan, err := install.Rollback(options)
	if err != nil {
		return err
	}
	switch {
	case o.quiet:
	case plan.Role == "":
		o.world.say("%s: there is no installation to take back", o.root)
	default:
		for _, c := range plan.Changes {
			o.world.say("  %-8s %s", c.What, filepath.Join(o.root, c.Name))
		}
		o.world.say("%s: the last installation is taken back; %s changed. Run what takes the files over: systemd-tmpfiles, systemctl daemon-reload, systemctl restart systemd-sysctl.service", o.root, many(len(plan.Changes)))
	}
	return nil
}

func as(plan *install.Plan) string {
	if plan.Member != "" {
		return plan.Role + " " + plan.Member
	}
	return plan.Role
}

func many(n int) string {
	if n == 1 {
		return "1 file or directory"
	}
	return fmt.Sprintf("%d files and directories", n)
}
