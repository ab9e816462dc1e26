package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/profiles"
)

func newProfileList(w *world) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the built-in profiles",
		Example: "  hardstrap profile list",
		RunE:    func(*cobra.Command, []string) error { return listProfiles(w) },
	}
}

func listProfiles(w *world) error {
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, name := range profiles.Builtins() {
		l, err := profiles.Load(name)
		if err != nil {
			return &brokenBuiltinError{name, err}
		}
		fmt.Fprintf(table, "%s\t%s\n", name, strings.Join(strings.Fields(l.Profile.Metadata.Description), " "))
	}
	return table.Flush()
}

// brokenBuiltinError hides that the cause is a list of faults: a built-in profile is not the
// user's input.
type brokenBuiltinError struct {
	name  string
	cause error
}

func (e *brokenBuiltinError) Error() string {
	return "built-in profile " + e.name + " is broken: " + e.cause.Error()
}
