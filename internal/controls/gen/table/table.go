// Package table turns the controls as people write them (YAML) into the form the program reads
// (one line a control, columns by tabs). It belongs to the generator and to the test that the
// two agree. Start reading at FromYAML.
package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

type record struct {
	Benchmark    string   `yaml:"benchmark"`
	Version      string   `yaml:"version"`
	ID           string   `yaml:"id"`
	Title        string   `yaml:"title"`
	Level        string   `yaml:"level"`
	Level201     string   `yaml:"level_2_0_1"`
	AlsoVersions []string `yaml:"also_versions"`
	Assessment   string   `yaml:"assessment"`
	Setting      string   `yaml:"setting"`
	SettingKey   string   `yaml:"setting_key"`
	Expect       string   `yaml:"expect"`
	Scope        string   `yaml:"scope"`
	Reality      string   `yaml:"reality"`
	RemovedIn    string   `yaml:"removed_in"`
	Status       string   `yaml:"status"`
	Note         string   `yaml:"note"`
	NIST         []string `yaml:"nist80053"`
	Source       string   `yaml:"source"`
}

// FromYAML returns the table of a YAML list of controls. An unknown field, a missing one, an id
// that stands twice, and a value with a tab or a line break are errors.
func FromYAML(source []byte) ([]byte, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	decoder.KnownFields(true)
	var records []record
	if err := decoder.Decode(&records); err != nil {
		return nil, fmt.Errorf("controls: %w", err)
	}
	if err := decoder.Decode(&records); !errors.Is(err, io.EOF) {
		return nil, errors.New("controls: more than one document")
	}
	var out bytes.Buffer
	seen := make(map[string]bool, len(records))
	for _, r := range records {
		name := r.Benchmark + "/" + r.ID
		if seen[name] {
			return nil, fmt.Errorf("controls: %s stands twice", name)
		}
		seen[name] = true
		for _, must := range []string{r.Benchmark, r.Version, r.ID, r.Title, r.SettingKey, r.Expect, r.Scope, r.Reality, r.Source} {
			if must == "" {
				return nil, fmt.Errorf("controls: %s lacks a field", name)
			}
		}
		// In the order of the column constants of internal/controls.
		cells := []string{
			r.Benchmark, r.Version, r.ID, r.Title, r.Level, r.Level201, strings.Join(r.AlsoVersions, ","), r.Assessment,
			r.Setting, r.SettingKey, r.Expect, r.Scope, r.Reality, r.RemovedIn, r.Status, r.Note,
			strings.Join(r.NIST, ","), r.Source,
		}
		for _, cell := range cells {
			if strings.ContainsAny(cell, "\t\n\r") {
				return nil, fmt.Errorf("controls: %s: a tab or line break in %q", name, cell)
			}
		}
		out.WriteString(strings.Join(cells, "\t") + "\n")
	}
	return out.Bytes(), nil
}
