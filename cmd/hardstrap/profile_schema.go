package main

import (
	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/profiles"
)

func newProfileSchema(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of profiles",
		Long: `Print the JSON Schema of profiles, with which editors complete and check them. It knows names and
types; what only holds for one Kubernetes version is for 'hardstrap profile validate'.`,
		Example: "  hardstrap profile schema > profile.schema.json",
		RunE: func(*cobra.Command, []string) error {
			_, err := w.out.Write(profiles.JSONSchema())
			return err
		},
	}
}
