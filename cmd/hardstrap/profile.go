package main

import "github.com/spf13/cobra"

func newProfile(w *world, tools *toolFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "List, show and validate profiles, and print their schema",
	}
	cmd.AddCommand(newProfileList(w), newProfileShow(w), newProfileValidate(w, tools), newProfileSchema(w))
	return cmd
}
