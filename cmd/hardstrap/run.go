package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/diag"
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
			wrong *usageError
			input *inputError
			list  diag.List
		)
		switch {
		case errors.As(one, &wrong):
			w.say("%s %s\n'%s' tells more", w.paint(red, "hardstrap:"), wrong, wrong.help)
		case errors.As(one, &list):
			var sources diag.Sources
			if errors.As(one, &input) {
				sources = input.sources
			}
			diag.Print(w.err, list, sources)
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
		RunE:          subcommandWanted,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return tools.read(cmd, w)
		},
	}
	tools.register(root)
	root.AddCommand(
		newGenerate(w, tools),
		newProfile(w),
		newVersion(w),
		helpTopic("exit-codes", "What each exit code means", exitCodesHelp),
		helpTopic("settings", "Where tool settings come from", toolHelp),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd, err)
	})
	typeArgErrors(root)
	return root
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
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		message += "; did you mean " + quote(near[0]) + "?"
	}
	return usage(cmd, errors.New(message))
}

// typeArgErrors makes every complaint about arguments a usageError, so that nothing has to be
// told by its text.
func typeArgErrors(cmd *cobra.Command) {
	check := cmd.Args
	switch {
	case cmd.HasSubCommands() && cmd.RunE != nil:
		check = cobra.ArbitraryArgs // subcommandWanted judges them
	case check == nil:
		check = cobra.NoArgs
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
