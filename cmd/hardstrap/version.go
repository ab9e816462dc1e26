package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/catalog"
)

func newVersion(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and the Kubernetes minors it renders for",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(w.out, "hardstrap %s\n%s %s/%s\nkubernetes %s\n",
				w.version, runtime.Version(), runtime.GOOS, runtime.GOARCH, strings.Join(catalog.Minors(), " "))
			return err
		},
	}
}
