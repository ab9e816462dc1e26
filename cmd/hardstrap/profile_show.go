package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

type showOptions struct {
	world    *world
	profile  string
	resolved bool
}

func newProfileShow(w *world) *cobra.Command {
	o := &showOptions{world: w}
	cmd := &cobra.Command{
		Use:   "show PROFILE",
		Short: "Print a profile, as it is written or with all it extends",
		Long: `Print a profile as it is written. With --resolved, print it with everything it extends
merged in, and behind each value the file, line and column it comes from; the result is a profile
of its own, except that files it names are still relative to the profile that names them.`,
		Example: `  hardstrap profile show cis-level-1 > mine.yaml
  hardstrap profile show --resolved clusters/prod.yaml`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			o.profile = args[0]
			return o.run()
		},
	}
	cmd.Flags().BoolVar(&o.resolved, "resolved", false, "merge what the profile extends, and say where each value comes from")
	return cmd
}

func (o *showOptions) run() error {
	l, err := profiles.Load(o.profile)
	if !o.resolved && l.File == "" {
		if source, ok := profiles.BuiltinSource(o.profile); ok {
			_, err := o.world.out.Write(source)
			return err
		}
	}
	if err != nil {
		return &inputError{err: err, sources: l.Sources}
	}
	if !o.resolved {
		_, err := o.world.out.Write(l.Sources[l.File])
		return err
	}
	return writeResolved(o.world.out, l.Tree)
}

// writeResolved prints a merged profile as YAML with the origin of every value behind it.
func writeResolved(out io.Writer, tree *settings.Value) error {
	merged := &settings.Value{Kind: settings.Map}
	for _, head := range []string{"apiVersion", "kind", "metadata"} { // merging puts a parent's fields first
		if v := tree.Get(head); v != nil {
			merged.Put(head, v)
		}
	}
	for _, e := range tree.Entries {
		if e.Key != "extends" { // it is all here now
			merged.Put(e.Key, e.Value)
		}
	}
	enc := yaml.NewEncoder(out)
	enc.SetIndent(2)
	if err := enc.Encode(nodeOf(merged)); err != nil {
		return fmt.Errorf("printing the profile: %w", err)
	}
	return enc.Close()
}

// comment is where a value comes from, on one line whatever the file is called.
func comment(v *settings.Value) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, v.Origin.String())
}

func nodeOf(v *settings.Value) *yaml.Node {
	switch v.Kind {
	case settings.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, e := range v.Entries {
			key := &yaml.Node{}
			key.SetString(e.Key)
			n.Content = append(n.Content, key, nodeOf(e.Value))
		}
		if len(v.Entries) == 0 {
			n.Style, n.LineComment = yaml.FlowStyle, comment(v)
		}
		return n
	case settings.List:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v.Items {
			n.Content = append(n.Content, nodeOf(item))
		}
		if len(v.Items) == 0 {
			n.Style, n.LineComment = yaml.FlowStyle, comment(v)
		}
		return n
	case settings.String:
		n := &yaml.Node{}
		n.SetString(v.Text) // quoted where it would read as something else
		n.LineComment = comment(v)
		return n
	case settings.Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null", LineComment: comment(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: v.Text, LineComment: comment(v)}
}
