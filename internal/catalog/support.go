package catalog

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// supportFile is support.yaml.
type supportFile struct {
	AsOf      string   `yaml:"asOf"`
	Supported []string `yaml:"supported"`
}

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var support = sync.OnceValues(func() (supportFile, error) {
	var f supportFile
	return f, decodeYAML("support.yaml", &f)
})

// SupportedMinors returns the minors that upstream supports, oldest first.
func SupportedMinors() ([]string, error) {
	f, err := support()
	return slices.Clone(f.Supported), err
}

// outOfSupport is what Minor.OutOfSupport holds.
func outOfSupport(minor string) (string, error) {
	f, err := support()
	if err != nil || slices.Contains(f.Supported, minor) {
		return "", err
	}
	return fmt.Sprintf("in %s upstream supports %s", f.AsOf, strings.Join(f.Supported, ", ")), nil
}

// decodeYAML reads one of the files written by hand; an unknown key in it is an error.
func decodeYAML(name string, into any) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	decoder := yaml.NewDecoder(f)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
