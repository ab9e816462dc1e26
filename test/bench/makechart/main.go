// Makechart turns a rendered bundle into a Helm chart that renders the same bytes: one template
// a file, and every value of the file taken from values.yaml. It measures nothing; the chart is
// what whole runs of hardstrap are compared with. Start reading at chart.file.
//
//	makechart BUNDLE CHART
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// record is the one file of a bundle that no template makes.
const record = "hardstrap.json"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: makechart BUNDLE CHART")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(bundle, dir string) error {
	c := &chart{}
	err := filepath.WalkDir(bundle, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == record || d.Name() == ".gitignore" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(bundle, path)
		if err != nil {
			return err
		}
		return c.file(filepath.ToSlash(rel), string(text))
	})
	if err != nil {
		return err
	}
	if err := c.write(dir); err != nil {
		return err
	}
	fmt.Printf("bundle: %d rendered files, %d bytes, %d of them wrapped for Helm\n", len(c.templates), c.bytes, c.wrapped)
	fmt.Printf("chart:  %d templates, %d values\n", len(c.templates), c.values)
	return nil
}

// write puts the chart on disk.
func (c *chart) write(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "templates"), 0o755); err != nil {
		return err
	}
	files := map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: bundle\nversion: 0.1.0\n",
		"values.yaml": c.valuesFile.String(),
	}
	for _, t := range c.templates {
		files[filepath.Join("templates", t.name)] = t.text
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// templateName is a file name for a path: the path with dashes.
func templateName(path string) string {
	return strings.NewReplacer("/", "-", ".", "-").Replace(path) + ".yaml"
}
