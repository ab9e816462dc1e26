package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// unseen is settings that no chosen source can carry, by what would show them.
type unseen struct {
	what   string
	source string // what would show them
	keys   int
}

// Sources that show settings, as they are chosen.
const (
	byCluster      = "--kubeconfig"
	byControlPlane = "--root or --from of a control-plane node"
	byWorker       = "--root or --from of a worker node"
)

// unseenBy counts settings that were not looked at, by what would show them.
func unseenBy(r *compare.Report) []unseen {
	var out []unseen
	for _, k := range r.NotLookedAt {
		what, source := shownBy(r, k)
		i := slices.IndexFunc(out, func(u unseen) bool { return u.what == what && u.source == source })
		if i < 0 {
			i = len(out)
			out = append(out, unseen{what: what, source: source})
		}
		out[i].keys++
	}
	slices.SortStableFunc(out, func(a, b unseen) int { return cmp.Compare(b.keys, a.keys) })
	return out
}

// shownBy says what a setting belongs to, and which source would show it.
func shownBy(r *compare.Report, k settings.Key) (what, source string) {
	switch {
	case k.Component == settings.Cluster:
		what, source = "objects of the cluster", byCluster
	case k.Component == settings.KubeProxy:
		what, source = "kube-proxy", byCluster
	case k.Role == settings.Worker:
		what, source = clean(k.Component)+" of workers", byWorker
	case k.Role == settings.ControlPlane:
		what, source = clean(k.Component)+" of control planes", byControlPlane
	case k.Component == settings.Kubeadm:
		what, source = "what kubeadm was told", byCluster
	case k.Component == settings.Companion:
		return "objects for other software", "no source"
	case k.Role != "":
		what, source = component(k), "--root or --from of such a node"
	default:
		what, source = clean(k.Component), byControlPlane
	}
	if !chosen(r, source) {
		return what, source
	}
	if k.Component == settings.APIServer && !strings.HasPrefix(k.Path, "--") {
		return "files of " + what, "no flag names them"
	}
	return what, "not on what was looked at"
}

// chosen reports whether a source was looked at.
func chosen(r *compare.Report, source string) bool {
	return slices.ContainsFunc(r.Subjects, func(s compare.Subject) bool {
		switch source {
		case byCluster:
			return slices.Contains(s.Sources, settings.FromAPI)
		case byControlPlane:
			return s.Role == settings.ControlPlane && slices.Contains(s.Sources, settings.FromFile)
		case byWorker:
			return s.Role == settings.Worker && slices.Contains(s.Sources, settings.FromFile)
		}
		return false
	})
}
