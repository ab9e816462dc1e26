package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// unknowns are what sources should have shown and could not.
type unknowns []observe.Unknown

// withhold takes out of the accounts what is not known: a setting that a source could not read has not its
// default. It returns the accounts that still say something.
func (u unknowns) withhold(accounts []*effective.Account) []*effective.Account {
	var out []*effective.Account
	for _, a := range accounts {
		whole := slices.ContainsFunc(u, func(one observe.Unknown) bool { return of(one, a) && len(one.Paths) == 0 })
		if !whole {
			out = append(out, a)
		}
	}
	return out
}

// of reports whether something that is unknown belongs to an account.
func of(u observe.Unknown, a *effective.Account) bool {
	return u.Source == a.Source && u.Component == a.Component && (u.Account == "" || u.Account == a.Account)
}

// hides reports whether an account cannot tell a setting.
func (u unknowns) hides(a *effective.Account, k settings.Key) bool {
	return slices.ContainsFunc(u, func(one observe.Unknown) bool {
		return of(one, a) && slices.ContainsFunc(one.Paths, func(p string) bool {
			return p == k.Path || strings.HasSuffix(p, "/") && strings.HasPrefix(k.Path, p)
		})
	})
}

// kind reports whether nothing is known of a kind of objects.
func (u unknowns) kind(kind string) bool {
	return slices.ContainsFunc(u, func(one observe.Unknown) bool {
		return one.Component == settings.Cluster && (len(one.Paths) == 0 || slices.Contains(one.Paths, kind+"/"))
	})
}

// unknown makes findings of what could not be seen.
func (s *seen) unknown(list unknowns, role string) {
	for _, u := range list {
		paths := u.Paths
		if len(paths) == 0 {
			paths = []string{""}
		}
		for _, p := range paths {
			k := settings.Key{Component: u.Component, Role: keyRole(u.Component, role), Path: p}
			f := Finding{
				Key: k, Direction: Unknown, Message: u.Why,
				Found: []Sighting{{Source: u.Source, Said: Said{Origin: u.Origin}, Direction: Unknown}},
			}
			if w, ok := s.w.Settings.Get(k); ok {
				f.Wanted = Said{w.Value, w.Value.Origin}
			}
			if u.Remedy != "" {
				f.Remedy = []string{u.Remedy}
			}
			s.findings = append(s.findings, f)
			s.cover(k, p)
		}
	}
}

// cover marks the settings that are unknown: they are not "not looked at".
func (s *seen) cover(k settings.Key, path string) {
	for _, w := range s.w.Settings.Of(k.Component, k.Role) {
		if path == "" || w.Key.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(w.Key.Path, path) {
			s.covered[w.Key] = true
		}
	}
}

// keyRole is the role in the keys of a component's settings.
func keyRole(component, role string) string {
	if component == settings.Kubelet || component == settings.Host {
		return role
	}
	return ""
}

// newer makes findings of files that changed after the processes that read them had started.
func (s *seen) newer(list []observe.Newer) {
	for _, n := range list {
		what := "changed"
		if !n.Content {
			what = "was put in its place, or got another mode or owner,"
		}
		s.findings = append(s.findings, Finding{
			Key: settings.Key{Component: n.Component, Role: n.Role, Path: "process"}, Part: n.File, Direction: Different,
			Message: fmt.Sprintf("%s at %s, and %s has run since %s", what, n.Changed.UTC().Format(time.DateTime), n.Process, n.Started.UTC().Format(time.DateTime)),
			Found: []Sighting{{
				Source: settings.FromProcess, Said: Said{Origin: settings.Origin{Source: settings.FromProcess, Note: n.Process}}, Direction: Different,
			}},
			Opens: "what the file says does not hold before a restart", Remedy: restart(n.Component),
		})
	}
}
