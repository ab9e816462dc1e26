package controls

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// State is how a control stands. There is no state "compliant": what no file can show is said.
type State string

// The states.
const (
	Met            State = "met"
	MetAlternative State = "met by alternative" // not to the letter, but by what does the same
	NotMet         State = "not met"
	Waived         State = "waived" // given up on purpose, by a waiver of the profile
	NeedsLiveCheck State = "needs live check"
	NotApplicable  State = "not applicable" // the target version no longer has what it asks about
	Organisational State = "organisational" // decided by people, not by settings
)

// Input is what controls are judged from.
type Input struct {
	Minor    string        // of the target version, e.g. 1.37
	Settings *settings.Set // what is rendered
	Kubeadm  *settings.Set // what kubeadm sets by itself and is not rendered
	// Default returns a component's default in that minor, as text, and whether it is known.
	Default    func(settings.Key) (string, bool)
	Benchmarks []profiles.Benchmark // only these, at their level; none means every control
	Only       []string             // only these controls, by name; nil: all of the benchmarks
	Waivers    []profiles.Waiver
	At         time.Time // the day by which waivers must not have expired; zero: expiry is not judged
}

// Result is one judged control.
type Result struct {
	Control  Control
	State    State
	Evidence string           // what was seen, or why nothing could be; lower case, no full stop
	Keys     []settings.Key   // the settings that decide it
	Waiver   *profiles.Waiver // of State Waived
}

// Evaluate judges the controls of the benchmarks asked for, in the order of Controls. It panics
// on no input: a control that cannot be judged is not met or needs a live check, and says why.
func Evaluate(in Input) []Result {
	var out []Result
	for _, c := range Controls() {
		if !wanted(c, in.Benchmarks) || in.Only != nil && !slices.ContainsFunc(in.Only, func(name string) bool { return covers(name, c) }) {
			continue
		}
		v := in.judge(c)
		out = append(out, Result{Control: c, State: v.state, Evidence: v.evidence, Keys: append(keysOf(c), in.objectKeys(c)...)})
	}
	headings(out)
	for i := range out {
		out[i] = in.waive(out[i])
	}
	return out
}

// wanted reports whether a control belongs to one of the benchmarks at its level. Level L2 of
// CIS includes L1.
func wanted(c Control, benchmarks []profiles.Benchmark) bool {
	if len(benchmarks) == 0 {
		return true
	}
	return slices.ContainsFunc(benchmarks, func(b profiles.Benchmark) bool {
		return b.Name == c.Benchmark && (b.Level == "" || b.Level == c.Level || b.Level == "L2" && c.Level == "L1")
	})
}

// verdict is a state before waivers.
type verdict struct {
	state    State
	evidence string
}

// judge decides one control.
func (in Input) judge(c Control) verdict {
	switch {
	case c.RemovedIn != "" && !olderMinor(in.Minor, c.RemovedIn):
		return verdict{NotApplicable, "what it asks about was removed in Kubernetes " + c.RemovedIn}
	case c.Scope == Verifiable:
		return verdict{NeedsLiveCheck, in.prepared(c)}
	case c.Scope == Process:
		return verdict{Organisational, "decided by people: " + c.Setting}
	}
	if predicate, ok := special(c); ok {
		return predicate(in, c)
	}
	s := subjectOf(c.SettingKey)
	if len(s.keys) == 0 {
		return verdict{NotMet, "the bundle holds nothing that would meet it: " + c.Setting}
	}
	e, err := expectation(c)
	if err != nil {
		return verdict{NotMet, "cannot be judged: " + err.Error()}
	}
	ok, evidence := in.eval(e, s)
	if ok {
		return verdict{Met, evidence}
	}
	return verdict{NotMet, evidence}
}

// prepared says of a control that only a live cluster shows what the bundle does towards it.
func (in Input) prepared(c Control) string {
	pattern, ok := filePattern(c.SettingKey)
	if ok && in.Settings != nil {
		for _, role := range []string{settings.ControlPlane, settings.Worker} {
			for _, s := range in.Settings.Of(settings.Host, role) {
				if file, is := strings.CutPrefix(s.Key.Path, "tmpfile/"); is && matchesFile(pattern, file) {
					return fmt.Sprintf("the bundle sets %s to %s %s:%s at boot; what holds is seen on the node", file,
						text(s.Value, "mode"), text(s.Value, "user"), text(s.Value, "group"))
				}
			}
		}
	}
	if seen := in.preparedObjects(c); seen != "" {
		return seen + "; what else the cluster holds is seen there only"
	}
	return "seen on a live cluster only: " + c.Setting
}

func text(v *settings.Value, key string) string {
	if got := v.Get(key); got != nil && got.Text != "" {
		return got.Text
	}
	return "-"
}

// eval judges a predicate on a subject and says what it saw.
func (in Input) eval(e expression, s subject) (bool, string) {
	if e.atom != nil {
		return in.evalAtom(*e.atom, s)
	}
	var seen []string
	for _, part := range e.of {
		ok, evidence := in.eval(part, s)
		if e.any && ok || !e.any && !ok {
			return ok, evidence
		}
		if !slices.Contains(seen, evidence) {
			seen = append(seen, evidence)
		}
	}
	return !e.any, strings.Join(seen, "; ")
}

// evalAtom judges one comparison on every setting of the subject: on both roles of a kubelet,
// on every component that takes feature gates.
func (in Input) evalAtom(a atom, s subject) (bool, string) {
	var seen []found
	for _, k := range s.keys {
		k, ok := named(k, a.subject)
		if !ok {
			return false, fmt.Sprintf("cannot be judged: %q names nothing of %s", a.subject, k)
		}
		f := in.find(k)
		if a.subject != "" && strings.HasPrefix(k.Path, "--") {
			f = in.findExact(k)
		}
		switch a.op {
		case "present":
			ok = f.written() && f.text() != ""
		case "absent":
			ok = !f.written()
		default:
			ok = holds(a.op, a.args, f.value) && (!a.written || f.written()) && (f.layer != nowhere || a.op == "not-contains")
		}
		if !ok {
			return false, f.describe()
		}
		seen = append(seen, f)
	}
	return true, describeAll(seen)
}

// findExact looks for a flag without a default.
func (in Input) findExact(k settings.Key) found {
	in.Default = nil
	return in.find(k)
}

// named returns the setting that an atom's subject names, starting from the control's own.
func named(k settings.Key, subject string) (settings.Key, bool) {
	switch {
	case subject == "":
		return k, true
	case subject == "flag":
		flag, ok := kubeletFlag(k.Path)
		return settings.Key{Component: k.Component, Role: k.Role, Path: "--" + flag}, ok
	case strings.HasPrefix(subject, "--"):
		return settings.Key{Component: k.Component, Role: k.Role, Path: subject}, true
	}
	return k, false
}

// waive applies the profile's waivers to what is not met, not seen or not decided here. A
// waiver for one version of the CIS benchmark covers the same control of the other.
func (in Input) waive(r Result) Result {
	if r.State == Met || r.State == MetAlternative || r.State == NotApplicable {
		return r
	}
	for i := range in.Waivers {
		w := &in.Waivers[i]
		if !covers(w.Control, r.Control) {
			continue
		}
		if in.expired(*w) {
			r.Evidence += "; the waiver of " + w.Owner + " expired on " + w.Expires
			continue
		}
		r.State, r.Waiver = Waived, w
		r.Evidence += "; waived by " + w.Owner + ": " + w.Reason
		return r
	}
	return r
}

// covers reports whether a waiver's control is the control, in either version of CIS.
func covers(waived string, c Control) bool {
	if waived == c.Name() {
		return true
	}
	benchmark, id, _ := strings.Cut(waived, "/")
	return id == c.ID && isCIS(benchmark) && isCIS(c.Benchmark)
}

func isCIS(benchmark string) bool { return benchmark == "cis-1.12" || benchmark == "cis-2.0.1" }

// expired reports whether a waiver's last day lies before Input.At. A date that cannot be read
// counts as expired: unknown is never a pass.
func (in Input) expired(w profiles.Waiver) bool {
	if in.At.IsZero() || w.Expires == "" {
		return false
	}
	last, err := time.Parse(time.DateOnly, w.Expires)
	return err != nil || !in.At.Before(last.AddDate(0, 0, 1))
}

// Unused returns the waivers that lift nothing: neither a control among the results nor a weak
// value among the settings. Pass results of every benchmark, or a waiver for a control outside
// the benchmarks asked for is counted as unused.
func Unused(in Input, results []Result) []profiles.Waiver {
	var weak []WeakValue
	var policy []string
	if in.Settings != nil {
		weak, policy = Weak(in.Settings), in.weakPolicy()
	}
	var out []profiles.Waiver
	for _, w := range in.Waivers {
		used := slices.ContainsFunc(results, func(r Result) bool {
			return r.Waiver != nil && covers(w.Control, r.Control)
		}) || slices.ContainsFunc(weak, func(v WeakValue) bool { return v.LiftedBy(w.Control) }) ||
			slices.Contains(policy, w.Control)
		if !used {
			out = append(out, w)
		}
	}
	return out
}

// headings judges the controls that stand over others (all K01.* met) by these.
func headings(results []Result) {
	for i := range results {
		heading := &results[i]
		family, ok := strings.CutPrefix(heading.Control.SettingKey, "owasp:")
		if !ok || heading.Control.Scope != Rendered {
			continue
		}
		var parts []Result
		for _, r := range results {
			if r.Control.Benchmark == heading.Control.Benchmark && strings.HasPrefix(r.Control.ID, family+".") {
				parts = append(parts, r)
			}
		}
		heading.State, heading.Evidence = worst(parts)
	}
}

// worst returns the state of a heading: its parts' worst, and how many are so.
func worst(parts []Result) (State, string) {
	for _, state := range []State{NotMet, NeedsLiveCheck, Organisational, MetAlternative} {
		var ids []string
		for _, r := range parts {
			if r.State == state {
				ids = append(ids, r.Control.ID)
			}
		}
		if len(ids) > 0 {
			return state, string(state) + ": " + strings.Join(ids, ", ")
		}
	}
	return Met, strconv.Itoa(len(parts)) + " parts are met"
}

// olderMinor reports whether minor a, as 1.33, is older than b. An unknown minor is not older.
func olderMinor(a, b string) bool {
	_, x, okA := strings.Cut(a, ".")
	_, y, okB := strings.Cut(b, ".")
	m, errA := strconv.Atoi(x)
	n, errB := strconv.Atoi(y)
	return okA && okB && errA == nil && errB == nil && cmp.Less(m, n)
}
