package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hardstrap/hardstrap/internal/nearest"
)

const (
	envPrefix  = "HARDSTRAP_"
	configName = "hardstrap.yaml"
)

const toolHelp = `How hardstrap talks and where it writes by default comes from, the first that says it:

  1. the flag on the command line
  2. the environment: HARDSTRAP_COLOR, HARDSTRAP_QUIET, HARDSTRAP_OUTPUT, HARDSTRAP_CONFIG
  3. the file named by --config or HARDSTRAP_CONFIG; else hardstrap/hardstrap.yaml in the
     user's configuration folder ($XDG_CONFIG_HOME or ~/.config on Linux), if it is there

The file is YAML:

  color: auto        # auto, always, never; auto honours NO_COLOR
  quiet: false       # say nothing but warnings and errors
  output: build/prod # for generate without -o

What a cluster looks like never comes from here: only a profile says that.
`

// tool is the settings of the tool itself, as a plain struct: this file alone knows viper.
type tool struct {
	Color  string
	Quiet  bool
	Output string
}

// toolFlags is the flags of tool settings that every command has, and what came of them.
type toolFlags struct {
	tool
	config string
}

func (t *toolFlags) register(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.String("color", "auto", "colour in messages: auto, always or never")
	flags.BoolP("quiet", "q", false, "say nothing but warnings and errors")
	flags.StringVar(&t.config, "config", "", "file of tool settings (default: "+configName+" in the user's configuration folder)")
}

// read fills the settings from flags, environment and file, and lets the world follow them.
func (t *toolFlags) read(cmd *cobra.Command, w *world) error {
	t.warnOfStrangers(w)
	if err := t.load(cmd); err != nil {
		return &usageError{help: "hardstrap help settings", err: err}
	}
	if t.Color != "auto" {
		w.colour = t.Color == "always"
	}
	return nil
}

func (t *toolFlags) load(cmd *cobra.Command) error {
	v := viper.New()
	for _, name := range toolKeys() {
		if err := v.BindEnv(name, envPrefix+strings.ToUpper(name)); err != nil {
			return err
		}
		if flag := cmd.Flags().Lookup(name); flag != nil {
			if err := v.BindPFlag(name, flag); err != nil {
				return err
			}
		}
	}
	if err := t.readFile(v); err != nil {
		return err
	}
	return t.take(v)
}

// take judges the values: viper's own conversions turn what they do not understand into zero.
func (t *toolFlags) take(v *viper.Viper) error {
	var faults []string
	texts := make(map[string]string)
	for _, name := range toolKeys() {
		switch value := v.Get(name).(type) {
		case nil:
		case string, bool:
			texts[name] = fmt.Sprint(value)
		default:
			faults = append(faults, fmt.Sprintf("%s: a list or a map; allowed: one value", name))
		}
	}
	t.Color, t.Output = texts["color"], texts["output"]
	if !slices.Contains(colors(), t.Color) && len(faults) == 0 {
		faults = append(faults, fmt.Sprintf("color: unknown value %q; allowed: %s", t.Color, strings.Join(colors(), ", ")))
	}
	var err error
	if t.Quiet, err = strconv.ParseBool(texts["quiet"]); err != nil && len(faults) == 0 {
		faults = append(faults, fmt.Sprintf("quiet: not a truth value: %q; allowed: true, false", texts["quiet"]))
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

func colors() []string { return []string{"auto", "always", "never"} }

// toolKeys lists the names of settings, as flags and in the file.
func toolKeys() []string { return []string{"color", "output", "quiet"} }

// readFile reads the file of settings, if there is one.
func (t *toolFlags) readFile(v *viper.Viper) error {
	path, named := t.config, true
	if path == "" {
		path = os.Getenv(envPrefix + "CONFIG")
	}
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil // no home, no file
		}
		path, named = filepath.Join(dir, "hardstrap", configName), false
		if _, err := os.Stat(path); err != nil {
			return nil
		}
	}
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	err := v.ReadInConfig()
	switch {
	case errors.Is(err, fs.ErrNotExist) && named:
		return fmt.Errorf("%s: there is no such file", path)
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, key := range v.AllKeys() {
		if !slices.Contains(toolKeys(), key) {
			return fmt.Errorf("%s: unknown setting %q; allowed: %s%s", path, key, strings.Join(toolKeys(), ", "), didYouMean(key))
		}
	}
	return nil
}

// warnOfStrangers names variables that look like settings and are none: a misspelt one would
// be ignored in silence.
func (t *toolFlags) warnOfStrangers(w *world) {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		key, ours := strings.CutPrefix(name, envPrefix)
		key = strings.ToLower(key)
		if ours && key != "config" && !slices.Contains(toolKeys(), key) {
			w.say("%s the variable %s is no setting of hardstrap and is ignored%s", w.paint(yellow, "warning:"), name, didYouMean(key))
		}
	}
}

func didYouMean(key string) string {
	if hint := nearest.Hint(key, toolKeys()); hint != "" {
		return "; " + hint
	}
	return ""
}

func quote(s string) string { return strconv.Quote(s) }
