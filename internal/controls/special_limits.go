package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// limitsPresent: a LimitRange, or ResourceQuota, in every namespace with workloads. Kubernetes'
// own namespaces are not asked: a limit there can keep the cluster's own pods from coming back.
func limitsPresent(in Input, c Control) verdict {
	kind := "LimitRange"
	if c.SettingKey == "namespace:resourcequota" {
		kind = "ResourceQuota"
	}
	v := inEach(in.userNamespaces(), kind, func(n string) bool { return len(in.inNamespace(kind, n)) > 0 })
	if v.state == Met {
		v.evidence += ", nor Kubernetes' own"
	}
	return v
}

// memoryLimited: every container gets a memory limit, by a LimitRange's default, or because a
// policy refuses one without.
func memoryLimited(in Input, _ Control) verdict {
	v := inEach(in.userNamespaces(), "LimitRange with a memory limit for containers", func(n string) bool {
		return slices.ContainsFunc(in.limits(n, "Container"), func(l *settings.Value) bool {
			return l.Lookup("default", "memory") != nil || l.Lookup("max", "memory") != nil
		})
	})
	if v.state == Met {
		return v
	}
	return in.alternative(v, "resources")
}

// limits returns the items of a type of a namespace's LimitRanges.
func (in Input) limits(namespace, kind string) []*settings.Value {
	var out []*settings.Value
	for _, r := range in.inNamespace("LimitRange", namespace) {
		for _, l := range items(r.Lookup("spec", "limits")) {
			if t := l.Get("type"); t != nil && t.Text == kind {
				out = append(out, l)
			}
		}
	}
	return out
}

// memoryRatio says where a LimitRange keeps the memory limit at the request.
func (in Input) memoryRatio() string {
	var at []string
	for _, n := range in.userNamespaces() {
		if slices.ContainsFunc(in.limits(n, "Container"), func(l *settings.Value) bool {
			ratio := l.Lookup("maxLimitRequestRatio", "memory")
			return ratio != nil && same(ratio.Text, "1")
		}) {
			at = append(at, n)
		}
	}
	if len(at) == 0 {
		return "no LimitRange of the bundle has maxLimitRequestRatio memory=1"
	}
	return "the bundle's LimitRange keeps memory limits at the request in " + strings.Join(at, ", ")
}
