package auditpolicy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Identifiers of findings that refuse a policy. A profile may waive them by these names.
const (
	LogsNothing  = "audit-logs-nothing"
	SecretBodies = "audit-secret-bodies"
	TokenBodies  = "audit-token-bodies"
)

// Finding is one thing lint has to say.
type Finding struct {
	ID      string // one of the identifiers above, or "" for what only warns
	Rule    int    // number of the rule, from 1; 0 when it is about the policy as a whole
	Problem diag.Problem
}

// Lint says what is wrong with a policy that Parse or Tier gave, for a minor such as "1.36": errors
// refuse it, warnings do not. Errors whose identifier is in accepted (a waiver's, or Accepts of a
// tier) come as warnings. A tree that is no valid policy gets the faults of that.
//
// Refused: a policy that records nothing; bodies of Secrets; bodies in which tokens stand (TokenReview
// requests, TokenRequest answers). Warned about: bodies of ConfigMaps, which are often no secret and
// which CIS 3.2.2 wants at Metadata all the same; rules that are never reached; what is of security
// interest and dropped; no rule for the rest; patterns where the API server knows none; names that no
// API has.
func Lint(tree *settings.Value, minor string, accepted ...string) diag.List {
	var out diag.List
	for _, f := range Inspect(tree, minor) {
		if f.Problem.Severity == diag.Error && f.ID != "" && slices.Contains(accepted, f.ID) {
			f.Problem.Severity = diag.Warning
			f.Problem.Hint = "accepted as asked: guard and encrypt the audit log as you would etcd, wherever it is sent"
			if f.ID == LogsNothing {
				f.Problem.Hint = "accepted as asked"
			}
		}
		out.Add(f.Problem)
	}
	out.Sort()
	return out
}

// Inspect is Lint with the identifier and rule of each finding, in no particular order.
func Inspect(tree *settings.Value, minor string) []Finding {
	n, err := parseMinor(minor)
	if err != nil {
		return []Finding{{Problem: diag.Problem{Message: "audit policy: " + err.Error()}}}
	}
	if tree == nil {
		return []Finding{{Problem: diag.Problem{Message: "there is no audit policy"}}}
	}
	if faults := validate(tree, n); faults.Err() != nil {
		out := make([]Finding, len(faults))
		for i, f := range faults {
			out[i] = Finding{Problem: f}
		}
		return out
	}
	p := compile(tree, n)
	l := &linter{searcher: newSearcher(&p), served: servedBy(n), tree: tree}
	l.spelling()
	l.reachability()
	l.bodies()
	return l.findings
}

// linter collects findings about one policy.
type linter struct {
	*searcher
	served   served
	tree     *settings.Value
	findings []Finding
}

func (l *linter) add(id string, r *rule, severity diag.Severity, at settings.Origin, field, message, hint string) {
	path := "rules"
	if r.number > 0 {
		path = fmt.Sprintf("rules[%d]", r.number-1)
		message = fmt.Sprintf("rule %d %s", r.number, message)
	}
	if field != "" {
		path += "." + field
	}
	l.findings = append(l.findings, Finding{ID: id, Rule: r.number, Problem: diag.Problem{
		Severity: severity, Position: position(at), Path: path, Message: message, Hint: hint,
	}})
}

// reachability finds rules without requests, and what is dropped by those that have some.
func (l *linter) reachability() {
	var loud, dropping []*rule
	for i := range l.rules {
		r := &l.rules[i]
		l.omission(r)
		switch found := l.find(i, space{}); {
		case found.gaveUp:
			l.add("", r, diag.Warning, r.at, "", "cannot be judged: too many combinations of users, verbs, namespaces and resources in the rules above it", "split lists into fewer, simpler rules")
			loud, dropping = appendIf(loud, r, !r.silent()), appendIf(dropping, r, r.silent())
		case found.witness != nil:
			loud, dropping = appendIf(loud, r, !r.silent()), appendIf(dropping, r, r.silent())
		case found.empty:
			l.add("", r, diag.Warning, r.at, "", "matches no request at all", "check its verbs against what it names (resources have get, list, watch, create, update, patch, delete, deletecollection; paths have HTTP methods in lower case), and its users against its groups")
		default:
			l.add("", r, diag.Warning, r.at, "", "is never reached: "+l.covering(found.by), "move it up, or remove it")
		}
	}
	if len(loud) == 0 {
		l.add(LogsNothing, &rule{}, diag.Error, l.at, "", "the policy records nothing: no rule above level None is ever reached", `end it with "- level: Metadata"`)
		return
	}
	for _, r := range dropping {
		if what := l.dropped(r.number - 1); len(what) > 0 {
			l.add("", r, diag.Warning, r.levelAt, "level", "leaves no trace of "+enumerate(what)+scope(r), "put a rule with level Metadata for these above it, or narrow it")
		}
	}
	last := l.find(len(l.rules), space{})
	if last.witness == nil && !last.gaveUp {
		return
	}
	message := "no rule matches everything that is left, and what no rule matches is not recorded"
	if what := l.dropped(len(l.rules)); len(what) > 0 {
		message += ": among it " + enumerate(what)
	}
	l.add("", &rule{}, diag.Warning, l.at, "", message, `end the list with "- level: Metadata"`)
}

func appendIf(list []*rule, r *rule, yes bool) []*rule {
	if yes {
		return append(list, r)
	}
	return list
}

// covering names the rules that take another's requests.
func (l *linter) covering(by []int) string {
	var rules []string
	for _, i := range by {
		rules = append(rules, fmt.Sprintf("%d (line %d)", i+1, l.rules[i].at.Line))
	}
	if len(rules) == 1 {
		return "rule " + rules[0] + " matches all that it matches"
	}
	return "rules " + enumerate(rules) + " together match all that it matches"
}

// omission warns of a rule whose stages leave less than its level promises.
func (l *linter) omission(r *rule) {
	switch {
	case r.level == None:
	case r.silent():
		l.add("", r, diag.Warning, r.at, "omitStages", "omits every stage: nothing is recorded, as with level None", "omit RequestReceived at most")
	case slices.Contains(r.omitStages, RequestReceived) && slices.Contains(r.omitStages, ResponseComplete):
		l.add("", r, diag.Warning, r.at, "omitStages", "omits RequestReceived and ResponseComplete: only watches and other long requests are recorded", "omit RequestReceived at most")
	}
}

// bodies finds rules that record what must not be in a log.
func (l *linter) bodies() {
	for i := range l.rules {
		r := &l.rules[i]
		if !above(r.level, Metadata) || r.silent() {
			continue
		}
		for _, s := range sensitive() {
			var verbs []string
			for _, in := range s.spaces(r.level) {
				if l.reaches(i, in) {
					verbs = append(verbs, in.verbs...)
				}
			}
			if len(verbs) > 0 {
				l.add(s.id, r, s.severity, r.levelAt, "level",
					fmt.Sprintf("at level %s writes %s into the log (%s)", r.level, s.what, strings.Join(verbs, ", ")),
					fmt.Sprintf("put a rule with level Metadata for %s above it", s.name()))
			}
		}
	}
}

// dropped names what is of security interest and decided by rule i.
func (l *linter) dropped(i int) []string {
	// Once changes go untraced in general, the kinds of changes need no naming.
	general := []interest{
		{what: "changes of resources in general", space: space{targets: l.someResource(), verbs: writeVerbs(), authenticated: true}},
		{what: "requests that failed authentication", space: space{targets: l.someResource(), failed: true}},
	}
	var out []string
	for _, in := range general {
		if l.reaches(i, in.space) {
			out = append(out, in.what)
		}
	}
	all := slices.Contains(out, general[0].what)
	for _, in := range interesting() {
		if (!all || !in.change) && l.reaches(i, in.space) {
			out = append(out, in.what)
		}
	}
	return out
}

// someResource is one that no rule names.
func (l *linter) someResource() []Attributes {
	return []Attributes{{Group: l.fresh, Resource: l.fresh}}
}

// reaches reports whether rule i decides a request of the space. Not knowing is as bad as yes.
func (l *linter) reaches(i int, in space) bool {
	found := l.find(i, in)
	return found.witness != nil || found.gaveUp
}

// scope says for whom a rule holds, when not for everybody.
func scope(r *rule) string {
	switch who := slices.Concat(r.users, r.userGroups); {
	case len(who) == 0:
		return ""
	case len(who) <= 3:
		quoted := make([]string, len(who))
		for i, w := range who {
			quoted[i] = quote(w)
		}
		return " by " + enumerate(quoted)
	default:
		return fmt.Sprintf(" by the %d users and groups it names", len(who))
	}
}

// enumerate joins with commas, and "and" before the last.
func enumerate(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}
