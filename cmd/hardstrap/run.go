package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

// run runs one command line and returns its exit code. Nothing else in the program exits.
func run(args []string, w *world) int {
	root := newRoot(w)
	root.SetArgs(args)
	root.SetOut(w.out)
	root.SetErr(w.err)
	err := root.Execute()
	if err != nil {
		w.report(err)
	}
	return exitCode(err)
}

// report says what went wrong: faults of files with the line they are in, everything else on a
// line of its own.
func (w *world) report(err error) {
	for _, one := range split(err) {
		var (
			wrong  *usageError
			render *pipeline.RenderError
			input  *inputError
			list   diag.List
			found  *findingsError
			unseen *unseenError
		)
		switch {
		case errors.As(one, &found), errors.As(one, &unseen) && unseen.err == nil: // said already
		case errors.As(one, &render):
			w.say("%s %s\nthis is a fault of hardstrap, not of the profile; please report it", w.paint(red, "hardstrap:"), render)
		case errors.As(one, &wrong):
			w.say("%s %s\n'%s' tells more", w.paint(red, "hardstrap:"), wrong, wrong.help)
		case errors.As(one, &list):
			var sources diag.Sources
			if errors.As(one, &input) {
				sources = input.sources
			}
			diag.PrintPainted(w.err, list, sources, w.paintProblem)
		default:
			w.say("%s %s", w.paint(red, "hardstrap:"), one)
		}
	}
}

// newRoot lists the commands.
func newRoot(w *world) *cobra.Command {
	tools := &toolFlags{}
	root := &cobra.Command{
		Use:   "hardstrap",
		Short: "Render what a hardened Kubernetes control plane needs before kubeadm init",
		Long: `hardstrap turns a profile, a short reviewable file, into everything a hardened
Kubernetes control plane needs before kubeadm init.

Tool settings also come from HARDSTRAP_* variables and a hardstrap.yaml: see
'hardstrap help settings'. Exit codes: 'hardstrap help exit-codes'.`,
		Example: `  hardstrap generate cis-level-1 -o build/prod --new-keys
  hardstrap profile list`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return tools.read(cmd, w)
		},
	}
	tools.register(root)
	root.AddCommand(
		newGenerate(w, tools),
		newDiff(w, tools),
		newCollect(w, tools),
		newInstall(w, tools),
		newProfile(w, tools),
		newVersion(w),
		helpTopic("exit-codes", "What each exit code means", exitCodesHelp),
		helpTopic("settings", "Where tool settings come from", toolHelp),
	)
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd, err)
	})
	typeArgErrors(root)
	return root
}

// newHelp replaces cobra's help command, which calls an unknown topic no error.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Help about a command or a topic",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage(cmd, fmt.Errorf("no command or topic %q", strings.Join(args, " ")))
			}
			return about.Help()
		},
	}
}

// helpTopic is text that `hardstrap help` shows.
func helpTopic(name, short, long string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Long: long}
}

// subcommandWanted runs a command that only groups others: alone it shows its help.
func subcommandWanted(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	message := "unknown command " + quote(args[0])
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	if hint := nearest.Hint(args[0], names); hint != "" {
		message += "; " + hint
	}
	return usage(cmd, errors.New(message))
}

// typeArgErrors makes every complaint about arguments a usageError, so that nothing has to be
// told by its text.
func typeArgErrors(cmd *cobra.Command) {
	check := cmd.Args
	switch {
	case cmd.HasSubCommands():
		cmd.RunE, check = subcommandWanted, cobra.ArbitraryArgs
	case check == nil:
		check = noArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage(cmd, err)
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		typeArgErrors(sub)
	}
}

func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("takes no argument, and got %q", args[0])
	}
	return nil
}

func someProfiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("no profile; name a built-in one or a file")
	}
	return nil
}

func oneProfile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("takes one profile, and got %d", len(args))
	}
	return someProfiles(cmd, args)
}
