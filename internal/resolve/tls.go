package resolve

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// expandTLS gives every component that serves TLS the same minimum, suites and curves, each in
// its own spelling. A component's own flags or fields outrank it.
func expandTLS(b *builder) {
	t := b.profile.TLS
	if t.MinVersion != "" {
		p := at("tls", "minVersion")
		for _, c := range servers() {
			b.tlsFlag(c, "tls-min-version", string(t.MinVersion), p)
		}
		b.kubeletField("tlsMinVersion", settings.Scalar, string(t.MinVersion), p)
		b.etcdMinVersion(string(t.MinVersion), p)
	}
	if suites := b.suites(); len(suites) > 0 {
		p := at("tls", "cipherSuites")
		for _, c := range servers() {
			b.tlsFlag(c, "tls-cipher-suites", suites, p)
		}
		b.kubeletField("tlsCipherSuites", settings.Unordered, suites, p)
		if !b.etcdSays("tls-min-version", "TLS1.3") {
			b.tlsFlag(settings.Etcd, "cipher-suites", suites, p)
		}
	}
	if len(t.CurvePreferences) > 0 {
		b.curves(t.CurvePreferences, at("tls", "curvePreferences"))
	}
}

func servers() []string {
	return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler}
}

// tlsFlag sets a flag that the component's own flags section may then replace.
func (b *builder) tlsFlag(component, name string, v any, p place) {
	b.flag(component, name, v, p)
}

// etcdMinVersion spells a version as etcd does; etcd knows no version below 1.2
// (go.etcd.io/etcd/client/pkg/v3, tlsutil/versions.go).
func (b *builder) etcdMinVersion(version string, p place) {
	switch version {
	case "VersionTLS12":
		b.tlsFlag(settings.Etcd, "tls-min-version", "TLS1.2", p)
	case "VersionTLS13":
		b.tlsFlag(settings.Etcd, "tls-min-version", "TLS1.3", p)
	default:
		b.warn(p, "", "etcd takes no minimum below TLS 1.2 and keeps TLS 1.2")
	}
}

// etcdSays reports whether the profile's etcd flags give a flag this value.
func (b *builder) etcdSays(flag, value string) bool {
	v := b.profile.Etcd.Flags.Get(flag)
	return v != nil && v.Text == value
}

// suites returns the suites to render: known ones, without those of TLS 1.3, which Go does not
// let anyone configure, and none where TLS 1.3 is the minimum.
func (b *builder) suites() []string {
	p := at("tls", "cipherSuites")
	var names, out []string
	tls13 := map[string]bool{}
	for _, s := range b.minor.CipherSuites() {
		names = append(names, s.Name)
		tls13[s.Name] = s.TLS13Only
	}
	for i, name := range b.profile.TLS.CipherSuites {
		where := p.in(strconv.Itoa(i))
		switch {
		case !slices.Contains(names, name):
			b.fault(where, nearest.Hint(name, names), "Kubernetes %s knows no cipher suite %q: a component given it would not start", b.minor.Name, name)
		case tls13[name]:
			b.warn(where, "remove it", "suite %q is of TLS 1.3, whose suites cannot be configured: it is left out", name)
		case slices.Contains(out, name):
			b.fault(where, "remove it", "suite %q stands twice", name)
		default:
			out = append(out, name)
		}
	}
	if b.profile.TLS.MinVersion == "VersionTLS13" {
		if len(out) > 0 {
			b.warn(p, "set it to [] to silence this", "with a minimum of TLS 1.3 no suite can be chosen: the list is left out")
		}
		return nil
	}
	return out
}

// curves turns names into the numbers that the components take, where the minor has the flag.
func (b *builder) curves(wanted []string, p place) {
	if _, ok := b.minor.Flag(settings.APIServer, "tls-curve-preferences"); !ok {
		b.fault(p, join("remove it", since(settings.APIServer, catalog.ThingFlag, "tls-curve-preferences")), "Kubernetes %s has no --tls-curve-preferences", b.minor.Name)
		return
	}
	ids := map[string]int{}
	var names []string
	for _, c := range b.minor.Curves() {
		ids[c.Name] = c.ID
		names = append(names, c.Name)
	}
	var numbers []any
	postQuantum := false
	for i, name := range wanted {
		id, ok := ids[name]
		if !ok {
			b.fault(p.in(strconv.Itoa(i)), join("allowed: "+strings.Join(names, ", "), nearest.Hint(name, names)), "Kubernetes %s knows no curve %q", b.minor.Name, name)
			continue
		}
		postQuantum = postQuantum || strings.Contains(name, "MLKEM")
		numbers = append(numbers, id)
	}
	if !postQuantum {
		b.warn(p, "add X25519MLKEM768, or leave the list out", "without a hybrid curve, post-quantum key exchange, which is on by default, is turned off")
	}
	for _, c := range servers() {
		b.tlsFlag(c, "tls-curve-preferences", numbers, p)
	}
	b.kubeletField("tlsCurvePreferences", settings.Unordered, numbers, p)
}
