package resolve

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/controls"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// waived reports whether the profile gives up a control. A waiver's expiry is judged by diff
// and profile validate, never here: the same profile gives the same bytes on any day.
func (b *builder) waived(ids ...string) bool {
	for _, w := range b.profile.Waivers {
		for _, id := range ids {
			if w.Control == id {
				return true
			}
		}
	}
	return false
}

// checkWeakValues refuses values that are weak everywhere, unless waived.
func checkWeakValues(b *builder) {
	for _, weak := range controls.Weak(&b.set) {
		if weak.Value.Text == "NodeRestriction" {
			continue // checkNodeRestriction refuses it whatever is waived
		}
		if slices.ContainsFunc(b.profile.Waivers, func(w profiles.Waiver) bool { return weak.LiftedBy(w.Control) }) {
			b.report(diag.Warning, weak.Value.Origin, weak.Key.String(), "", "%s (waived)", weak.Why)
			continue
		}
		b.faultAt(weak.Value, weak.Key, join("instead: "+weak.Instead, "or waive "+strconv.Quote(weak.Rule)+" with a reason"), "%s", weak.Why)
	}
}

// checkWaivers refuses a waiver for a control that does not exist: it would waive nothing.
func checkWaivers(b *builder) {
	for i, w := range b.profile.Waivers {
		if !controls.Known(w.Control) {
			b.fault(at("waivers", strconv.Itoa(i), "control"), controls.Hint(w.Control), "no control %q is known", w.Control)
		}
	}
}

// checkUnusedWaivers says when a waiver lifts nothing: what it was for has been mended, or it
// names the wrong control. Expiry is not judged here.
func checkUnusedWaivers(b *builder) {
	if len(b.profile.Waivers) == 0 {
		return
	}
	in := controls.Input{
		Minor: b.minor.Name, Settings: &b.set, Kubeadm: &b.kubeadm, Default: b.defaultOf, Waivers: b.profile.Waivers,
		Only: []string{},
	}
	for _, w := range b.profile.Waivers {
		in.Only = append(in.Only, w.Control)
	}
	for _, unused := range controls.Unused(in, controls.Evaluate(in)) {
		i := slices.IndexFunc(b.profile.Waivers, func(w profiles.Waiver) bool { return w.Control == unused.Control })
		if i < 0 || !controls.Known(unused.Control) {
			continue
		}
		b.warn(at("waivers", strconv.Itoa(i), "control"), "remove it", "the waiver lifts nothing: %q is not given up by this profile", unused.Control)
	}
}

// defaultOf gives a component's default in the minor as text, a list with commas.
func (b *builder) defaultOf(k settings.Key) (string, bool) {
	value, known := b.minor.Default(k.Component, k.Path)
	if list, ok := value.([]any); ok {
		return strings.Join(settings.Of(list).Strings(), ","), known
	}
	return settings.Of(value).Text, known
}

// checkBenchmarks says when a benchmark that a profile answers does not cover the minor.
func checkBenchmarks(b *builder) {
	for i, benchmark := range b.profile.Benchmarks {
		p := at("benchmarks", strconv.Itoa(i), "name")
		if !slices.Contains(controls.Benchmarks(), benchmark.Name) {
			b.fault(p, "allowed: "+strings.Join(controls.Benchmarks(), ", "), "no benchmark %q is known", benchmark.Name)
			continue
		}
		first, last, limited := controls.Covers(benchmark.Name)
		if limited && (newer(b.minor.Name, last) || newer(first, b.minor.Name)) {
			b.warn(p, "", "%s was written for Kubernetes %s to %s and does not cover %s", benchmark.Name, first, last, b.minor.Name)
		}
	}
}

// checkOpenByOmission says what a profile leaves open by saying nothing.
func checkOpenByOmission(b *builder) {
	a := b.profile.APIServer
	for _, open := range []struct {
		unset bool
		path  []string
		hint  string
		what  string
	}{
		{a.AnonymousAuth == "", at("apiServer", "anonymousAuth"), "set apiServer.anonymousAuth", "not set: requests without credentials are answered on every path, as authorization allows"},
		{a.Audit.Policy == "" && a.Audit.PolicyFile == "", at("apiServer", "audit", "policy"), "set apiServer.audit.policy, or none", "not set: nothing is audited"},
		{a.Encryption.Provider == "", at("apiServer", "encryption", "provider"), "set apiServer.encryption.provider, or none", "not set: Secrets stand in etcd in plain"},
	} {
		if open.unset {
			b.warn(open.path, open.hint, "%s", open.what)
		}
	}
}

func durationWithin(text, low, high string) bool {
	d, err := time.ParseDuration(text)
	lowest, _ := time.ParseDuration(low)
	highest, _ := time.ParseDuration(high)
	return err == nil && d >= lowest && d <= highest
}

func numberWithin(text string, low, high float64) bool {
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n >= low && n <= high
}
