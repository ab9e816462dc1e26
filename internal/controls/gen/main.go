// Command gen makes controls.tsv from data/controls.yaml. It runs in the controls package's
// folder, by "go generate ./internal/controls". Start reading at gen/table.
package main

import (
	"fmt"
	"os"

	"github.com/hardstrap/hardstrap/internal/controls/gen/table"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	source, err := os.ReadFile("data/controls.yaml")
	if err != nil {
		return err
	}
	tsv, err := table.FromYAML(source)
	if err != nil {
		return err
	}
	return os.WriteFile("controls.tsv", tsv, 0o644)
}
