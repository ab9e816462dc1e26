package resolve

import (
	"path"
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandAudit sets the policy and its backends. Without a policy nothing is logged, whatever
// the other flags say (k8s.io/apiserver v0.37.0, pkg/server/options/audit.go).
func expandAudit(b *builder) {
	a := b.profile.APIServer.Audit
	p := at("apiServer", "audit")
	policy, from := b.auditPolicy(a, p)
	if policy == nil {
		if a.Policy == "" && (a.Webhook != nil || b.loaded.Tree.Lookup(p.in("log")...) != nil) {
			b.fault(p, "set apiServer.audit.policy", "audit backends without a policy log nothing")
		}
		return
	}
	b.document("Policy", policy, from)
	b.auditLog(a.Log, p.in("log"))
	if a.Webhook != nil {
		b.auditWebhook(a.Webhook, p.in("webhook"))
	}
}

// auditPolicy returns the policy and the place in the profile that chose it.
func (b *builder) auditPolicy(a profiles.Audit, p place) (*settings.Value, place) {
	if a.PolicyFile != "" {
		from := p.in("policyFile")
		b.lintPolicy(b.in.AuditPolicy, "")
		return b.in.AuditPolicy, from
	}
	from := p.in("policy")
	if a.Policy == "" || a.Policy == "none" {
		return nil, from
	}
	policy, err := auditpolicy.Tier(string(a.Policy), b.minor.Name)
	if err != nil {
		b.fault(from, "", "%s", err)
		return nil, from
	}
	b.lintPolicy(policy, string(a.Policy))
	return policy, from
}

// lintPolicy reports at the policy's own lines. What the profile waives, or chose by the name
// of a tier, stays a warning.
func (b *builder) lintPolicy(policy *settings.Value, tier string) {
	if policy == nil {
		return
	}
	for _, f := range auditpolicy.Inspect(policy, b.minor.Name) {
		problem, waiver := f.Problem, "weak/"+f.ID
		switch {
		case problem.Severity != diag.Error || f.ID == "":
		case b.waived(waiver) || slices.Contains(auditpolicy.Accepts(tier), f.ID):
			problem.Severity = diag.Warning
		default:
			problem.Hint = join(problem.Hint, "or waive "+strconv.Quote(waiver)+" with a reason")
		}
		b.problems.Add(problem)
	}
}

// auditLog sets the log backend in full: defaults differ between minors (from 1.36 on old logs
// are deleted after 366 days, before never).
func (b *builder) auditLog(l profiles.AuditLog, p place) {
	file := l.Path
	if file == "" {
		file = layout.AuditLogDir + "/audit.log"
	}
	b.flag(settings.APIServer, "audit-log-path", file, p.in("path"))
	for _, f := range []struct {
		flag, field string
		value       *int
		fallback    int
	}{
		{"audit-log-maxage", "maxAge", l.MaxAge, 30},
		{"audit-log-maxbackup", "maxBackup", l.MaxBackup, 10},
		{"audit-log-maxsize", "maxSize", l.MaxSize, 100},
	} {
		value := f.fallback
		if f.value != nil {
			value = *f.value
		}
		b.flag(settings.APIServer, f.flag, value, p.in(f.field))
	}
	if l.Mode != "" {
		b.flag(settings.APIServer, "audit-log-mode", l.Mode, p.in("mode"))
	}
	if l.Format != "" {
		b.flag(settings.APIServer, "audit-log-format", l.Format, p.in("format"))
	}
	if l.Compress != nil {
		b.flag(settings.APIServer, "audit-log-compress", *l.Compress, p.in("compress"))
	}
	if file == "-" {
		return // standard output needs no directory
	}
	b.mount(settings.APIServer, volume{
		name: "hardstrap-audit-log", path: path.Dir(file), writable: true, pathType: "DirectoryOrCreate", from: p,
	})
}

func (b *builder) auditWebhook(w *profiles.AuditWebhook, p place) {
	b.flag(settings.APIServer, "audit-webhook-config-file", b.kubeConfig("audit", "webhook", w.KubeConfig, p.in("kubeConfig")), p)
	if w.Mode != "" {
		b.flag(settings.APIServer, "audit-webhook-mode", w.Mode, p.in("mode"))
	}
	if w.InitialBackoff != "" {
		b.flag(settings.APIServer, "audit-webhook-initial-backoff", w.InitialBackoff, p.in("initialBackoff"))
	}
}
