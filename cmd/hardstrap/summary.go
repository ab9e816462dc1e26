package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

// warn says what was found in the profiles and does not stop the work: once, however many
// profiles extend the one it is in.
func (w *world) warn(clusters []*pipeline.Cluster) {
	var all diag.List
	sources := diag.Sources{}
	for _, c := range clusters {
		all = append(all, c.Warnings()...)
		maps.Copy(sources, c.Sources())
	}
	all.Sort()
	diag.PrintPainted(w.err, all, sources, w.paintProblem)
}

// summarise tells what was written. Which files is only worth saying when others were not.
func (w *world) summarise(j job, r bundle.Result) {
	of := fmt.Sprintf("%s, Kubernetes %s", j.Loaded.Name, j.Resolved.Version)
	if !r.Changed() {
		w.say("%s: %s; nothing changed", j.dir, of)
		return
	}
	parts := []string{count(len(r.Written), "written")}
	if len(r.Removed) > 0 {
		parts = append(parts, count(len(r.Removed), "removed"))
	}
	if r.Unchanged > 0 {
		parts = append(parts, count(r.Unchanged, "unchanged"))
		for _, name := range r.Written {
			w.say("  written  %s", name)
		}
	}
	for _, name := range r.Removed {
		w.say("  removed  %s", name)
	}
	w.say("%s: %s; %s", j.dir, of, strings.Join(parts, ", "))
}

// tellKeys names the key file that was made, or used where new keys were asked for.
func (w *world) tellKeys(j job, made bool, mode pipeline.KeyMode) {
	names := strings.Join(j.Ring.Names(), ", ")
	switch {
	case made:
		w.say("made %s in %s: keep a copy in a safe place, without it stored data cannot be read", names, j.KeyFile)
	case mode == pipeline.MakeKeys && j.Ring != nil:
		w.say("no new key: %s has %s, which is used and kept", j.KeyFile, names)
	case mode == pipeline.MakeKeys:
		w.say("no new key: %s encrypts nothing with a key of its own", j.Loaded.Name)
	}
}

// next says where to go on.
func (w *world) next(j job) {
	w.say("next: %s has the commands for this bundle", filepath.Join(j.dir, "README.md"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 file " + what
	}
	return fmt.Sprintf("%d files %s", n, what)
}
