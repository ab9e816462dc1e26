package compare

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Wanted is what a profile wants, and what is needed to judge how far a cluster is from it.
type Wanted struct {
	Profile  string // its name
	Version  string // of Kubernetes, 1.37.0
	Minor    *catalog.Minor
	Settings *settings.Set // what is rendered
	Kubeadm  *settings.Set // what kubeadm sets by itself beside it
	Waivers  []Waiver
	Lifted   []string // controls whose waiver the profile itself needs: it is never unused
	Keyless  bool     // the keys are not at hand: their names are not compared
	// File returns the path within the bundle of the file that carries a setting, or "".
	File func(settings.Key) string
	// Laid are the files that a bundle lays over nodes, of which modes and owners are compared too.
	Laid []Laid
	At   time.Time // the day by which waivers are judged
}

// Laid is a file that a bundle lays over a node.
type Laid struct {
	Role, Path string // of nodes, and on them
	Mode       fs.FileMode
	User       string
	Group      string
}

// want is the wanted side of one component on nodes of one role, in the form that what is found has.
type want struct {
	*Wanted
	component, role string
	account         *effective.Account
}

// side returns the wanted side of a component.
func (w *Wanted) side(component, role string) *want {
	out := &want{Wanted: w, component: component, role: role, account: &effective.Account{}}
	own := func(set *settings.Set, flags bool) []settings.Setting {
		return slices.DeleteFunc(set.Of(component, role), func(s settings.Setting) bool {
			return strings.HasPrefix(s.Key.Path, "--") != flags
		})
	}
	view := observe.View{Source: settings.FromProfile, Component: component}
	accounts, _ := effective.Merge(observe.Observation{Layers: []observe.Layer{
		{View: view, Rank: observe.ConfigFile, Settings: own(w.Kubeadm, false)},
		{View: view, Rank: observe.ConfigFile, Settings: w.derived(component, role, false)},
		{View: view, Rank: observe.DropIn, Settings: own(w.Settings, false)},
		{View: view, Rank: observe.Flags, Settings: own(w.Kubeadm, true)},
		{View: view, Rank: observe.Flags, Settings: w.derived(component, role, true)},
		{View: view, Rank: observe.Flags, Settings: own(w.Settings, true)},
	}}, w.Minor)
	if len(accounts) > 0 {
		out.account = accounts[0]
	}
	return out
}

// said returns what is wanted of a setting: what the profile says, else what kubeadm sets, else the
// component's default.
func (w *want) said(k settings.Key) Said {
	if s, ok := w.account.Set.Get(k); ok && s.Value.Kind != settings.Null {
		return Said{Value: s.Value, Origin: s.Value.Origin}
	}
	if v, ok := effective.Default(w.Minor, k); ok {
		return Said{Value: v, Origin: v.Origin}
	}
	return Said{Origin: settings.Origin{Source: settings.FromDefault}}
}

// says reports whether the profile itself says something of a setting.
func (w *want) says(k settings.Key) bool {
	_, ok := w.Settings.Get(k)
	return ok
}

// Files returns the patterns of files whose modes and owners the profile wants, sorted.
func (w *Wanted) Files() []string {
	out := w.named("tmpfile/")
	for _, l := range w.Laid {
		out = append(out, l.Path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Sysctls returns the kernel parameters that the profile wants, sorted.
func (w *Wanted) Sysctls() []string { return w.named("sysctl/") }

// named returns the host's settings below a path, each once.
func (w *Wanted) named(prefix string) []string {
	var out []string
	for _, s := range w.Settings.All() {
		if name, ok := strings.CutPrefix(s.Key.Path, prefix); ok && s.Key.Component == settings.Host {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
