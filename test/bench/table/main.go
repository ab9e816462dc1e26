// Table reads what hyperfine and time measured, round by round, and prints one table. It runs
// nothing. Start reading at run.
//
//	table DIR
//
// DIR holds round-N.json, hyperfine's export of every command with --command-name, and
// memory.tsv, a line a run: command name, tab, peak resident set in KiB. The commands of one
// round ran one after the other, so a ratio is taken within a round and its median over rounds.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// yardstick is the command that the others are compared with.
const yardstick = "helm template"

// command is what was measured of one command, in the order of rounds.
type command struct {
	name            string
	wall, user, sys []float64 // seconds; wall is every run, the others a round's mean
	cpu             []float64 // user+sys
	memory          []float64 // MiB
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: table DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	rounds, err := filepath.Glob(filepath.Join(dir, "round-*.json"))
	if err != nil {
		return err
	}
	if len(rounds) == 0 {
		return errors.New(dir + " holds no round-*.json")
	}
	var commands []*command
	for _, file := range rounds {
		if commands, err = readRound(commands, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := readMemory(commands, filepath.Join(dir, "memory.tsv")); err != nil {
		return err
	}
	return show(commands)
}

// readRound adds one round to every command; the first round says which there are.
func readRound(commands []*command, file string) ([]*command, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var export struct {
		Results []struct {
			Command      string
			User, System float64
			Times        []float64
		}
	}
	if err := json.Unmarshal(text, &export); err != nil {
		return nil, err
	}
	for _, r := range export.Results {
		c := find(commands, r.Command)
		if c == nil {
			c = &command{name: r.Command}
			commands = append(commands, c)
		}
		c.wall = append(c.wall, r.Times...)
		c.user = append(c.user, r.User)
		c.sys = append(c.sys, r.System)
		c.cpu = append(c.cpu, r.User+r.System)
	}
	return commands, nil
}

func readMemory(commands []*command, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		name, kib, _ := strings.Cut(s.Text(), "\t")
		n, err := strconv.ParseFloat(kib, 64)
		c := find(commands, name)
		if err != nil || c == nil {
			return fmt.Errorf("%s: %q is not a command and KiB", file, s.Text())
		}
		c.memory = append(c.memory, n/1024)
	}
	return nil
}

func find(commands []*command, name string) *command {
	if i := slices.IndexFunc(commands, func(c *command) bool { return c.name == name }); i >= 0 {
		return commands[i]
	}
	return nil
}

// show prints the table.
func show(commands []*command) error {
	than := find(commands, yardstick)
	if than == nil {
		return fmt.Errorf("no command is called %q", yardstick)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "command\tuser ms\tsys ms\tCPU ms\tlowest\thighest\twall ms\tpeak MiB\tCPU of helm\tmemory of helm\t")
	for _, c := range commands {
		if len(c.cpu) != len(than.cpu) || len(c.memory) == 0 {
			return fmt.Errorf("%s was not measured in every round", c.name)
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t\n", c.name,
			1e3*median(c.user), 1e3*median(c.sys), 1e3*median(c.cpu), 1e3*slices.Min(c.cpu), 1e3*slices.Max(c.cpu),
			1e3*median(c.wall), slices.Max(c.memory), median(ratios(c.cpu, than.cpu)), slices.Max(c.memory)/slices.Max(than.memory))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("%d rounds of %d runs; user, sys and CPU (user+sys): median over rounds of a round's mean, lowest and highest round;\n"+
		"wall: median of all runs; peak: the highest resident set of any run; CPU of helm: median of each round's own ratio\n",
		len(than.cpu), len(than.wall)/len(than.cpu))
	return nil
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}
