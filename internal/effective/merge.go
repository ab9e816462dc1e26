package effective

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Account is what a component runs with by one view. Flags of a component that has a configuration file stand
// in it as the fields that they set.
type Account struct {
	observe.View
	Places []string // that were read, the weakest first
	Set    settings.Set
}

// Merge merges the layers of an observation, view by view. What cannot be understood, such as a flag whose
// value is not of its type, is no part of an account and comes back as unknown.
func Merge(o observe.Observation, m *catalog.Minor) ([]*Account, []observe.Unknown) {
	layers := slices.Clone(o.Layers)
	slices.SortStableFunc(layers, func(a, b observe.Layer) int { return cmp.Compare(a.Rank, b.Rank) })
	var (
		out     []*Account
		unknown []observe.Unknown
	)
	for _, l := range layers {
		i := slices.IndexFunc(out, func(a *Account) bool { return a.View == l.View })
		if i < 0 {
			out, i = append(out, &Account{View: l.View}), len(out)
		}
		unknown = append(unknown, out[i].add(l, m)...)
	}
	for _, a := range out {
		unknown = append(unknown, a.overridden(m)...)
	}
	slices.SortStableFunc(out, func(a, b *Account) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(precedence(a.View), precedence(b.View)), cmp.Compare(a.Account, b.Account))
	})
	return out, unknown
}

// precedence orders the accounts of a component by how near they are to what runs, the nearest first.
func precedence(v observe.View) int {
	return slices.Index([]settings.Source{settings.FromWire, settings.FromProcess, settings.FromAPI, settings.FromFile}, v.Source)
}

// add lays a stronger layer over an account.
func (a *Account) add(l observe.Layer, m *catalog.Minor) []observe.Unknown {
	var unknown []observe.Unknown
	a.Places = append(a.Places, l.Place)
	for _, s := range l.Settings {
		one, wins, err := a.placed(s, l.Rank, m)
		if err != nil {
			unknown = append(unknown, observe.Unknown{
				Source: l.Source, Component: s.Key.Component, Paths: []string{s.Key.Path}, Origin: s.Value.Origin, Why: err.Error(),
			})
			continue
		}
		if wins {
			a.Set.Put(one)
		}
	}
	return unknown
}

// placed returns a setting as it stands in an account: a flag of a component with a configuration file as the
// field that it sets. wins is false for a flag that the file overrides.
func (a *Account) placed(s settings.Setting, rank observe.Rank, m *catalog.Minor) (settings.Setting, bool, error) {
	s.Shape = ShapeOf(m, s.Key)
	flag, isFlag := strings.CutPrefix(s.Key.Path, "--")
	if !isFlag || rank != observe.Flags || kindOf(s.Key.Component) == "" {
		v, err := Canonical(m, s.Key, s.Value)
		s.Value = v
		return s, true, err
	}
	v, err := Canonical(m, s.Key, s.Value)
	if err != nil {
		return s, false, err
	}
	s.Value = v
	of, ok := m.FlagField(s.Key.Component, flag)
	if !ok {
		return s, true, nil
	}
	k := settings.Key{Component: s.Key.Component, Role: s.Key.Role, Path: of.Field}
	if s.Key.Path == "--hostname-override" {
		return s, true, nil // kubeadm's, and asked about as a flag
	}
	if of.Field == "logging.vmodule" {
		s.Value, err = modules(s.Value)
	}
	if err != nil {
		return s, false, err
	}
	if v, err = Canonical(m, k, s.Value); err != nil {
		return s, false, err
	}
	before, stands := a.Set.Get(k)
	switch {
	case of.Precedence == catalog.FileWins && len(a.Places) > 1:
		return s, false, nil
	case of.Precedence == catalog.EitherTrue && (stands && before.Value.Text == "true" || a.Partial && v.Text == "false"):
		return s, false, nil // true in one of both is true, so that false in one says nothing
	case of.Precedence == catalog.Merged && stands && before.Value.Kind == settings.Map:
		merged := before.Value.Clone()
		for _, e := range v.Entries {
			merged.Put(e.Key, e.Value)
		}
		v = merged
	case of.Precedence == catalog.Merged && stands && before.Value.Kind == settings.List:
		v = settings.Of(append(slices.Clone(before.Value.Items), v.Items...)).At(v.Origin)
	}
	return settings.Setting{Key: k, Shape: ShapeOf(m, k), Value: v}, true, nil
}

// modules returns what --vmodule=file=8,other=3 says as the field has it
// (k8s.io/component-base v0.37.0, logs/api/v1/types.go, VModuleConfiguration).
func modules(v *settings.Value) (*settings.Value, error) {
	out := &settings.Value{Kind: settings.List, Items: []*settings.Value{}, Origin: v.Origin}
	for part := range strings.SplitSeq(v.Text, ",") {
		if part == "" {
			continue
		}
		pattern, level, ok := strings.Cut(part, "=")
		n, err := strconv.ParseUint(level, 10, 31)
		if !ok || err != nil {
			return nil, fmt.Errorf("%q is no pattern with a level, such as file=2", part)
		}
		out.Items = append(out.Items, settings.Of(map[string]any{"filePattern": pattern, "verbosity": int64(n)}).At(v.Origin))
	}
	return out, nil
}

// overridden returns the flags that a scheduler with a configuration file does not look at: they are neither what is
// given nor their defaults (k8s.io/kubernetes v1.37.0, cmd/kube-scheduler/app/options/options.go, ApplyTo).
func (a *Account) overridden(m *catalog.Minor) []observe.Unknown {
	file := a.Set.Flag(settings.Scheduler, "config")
	if a.Component != settings.Scheduler || file == nil || file.Text == "" {
		return nil
	}
	u := observe.Unknown{
		Source: a.Source, Component: a.Component, Account: a.Account, Origin: file.Origin,
		Why: "the file of --config decides and not the flag, and is not read", Remedy: "say it with flags, without --config",
	}
	for _, name := range m.Flags(a.Component) {
		if of, ok := m.FlagField(a.Component, name); ok && of.Precedence == catalog.FileWins {
			u.Paths = append(u.Paths, "--"+name)
		}
	}
	return []observe.Unknown{u}
}

// Default returns what holds where nothing is said of a setting, in canonical form; ok is false where nobody
// knows.
func Default(m *catalog.Minor, k settings.Key) (*settings.Value, bool) {
	value, known := m.Default(k.Component, k.Path)
	if !known {
		return nil, false
	}
	if value == nil { // nothing, and that is known
		return (&settings.Value{Kind: settings.Null}).At(settings.Origin{Source: settings.FromDefault, Note: "of Kubernetes " + m.Name}), true
	}
	v, err := Canonical(m, k, settings.Of(value))
	if err != nil {
		return nil, false
	}
	return v.At(settings.Origin{Source: settings.FromDefault, Note: "of Kubernetes " + m.Name}), true
}

func wrong(v *settings.Value, wanted string) error {
	if v.IsScalar() {
		return fmt.Errorf("%q is not %s", v.Text, wanted)
	}
	return fmt.Errorf("a %s stands where %s is wanted", v.Kind, wanted)
}
