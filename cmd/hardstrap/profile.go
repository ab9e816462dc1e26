package main

import (
	"github.com/spf13/cobra"
)

func newProfile(w *world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "List, show and validate profiles",
		RunE:  subcommandWanted,
	}
	cmd.AddCommand(newProfileList(w), newProfileShow(w), newProfileValidate(w))
	return cmd
}
