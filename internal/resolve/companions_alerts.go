package resolve

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// alert is a rule of Prometheus. Its metrics were looked up in k8s.io/apiserver v0.33.13, v0.34.4,
// v0.35.4, v0.36.3 and v0.37.0 and in k8s.io/kubernetes of the same releases: each is in all five.
type alert struct {
	name, expr, wait, severity, summary, description, action string
}

func (a alert) tree() map[string]any {
	return map[string]any{
		"alert": a.name, "expr": a.expr, "for": a.wait,
		"labels":      map[string]any{"severity": a.severity},
		"annotations": map[string]any{"summary": a.summary, "description": a.description, "action": a.action},
	}
}

const defaultExpiry = 168 * time.Hour

// alerts makes a PrometheusRule of what the settings make worth watching.
func (b *builder) alerts(a *profiles.Alerts, p place) {
	expiry := defaultExpiry
	if a.CertificateExpiry != "" {
		expiry, _ = time.ParseDuration(a.CertificateExpiry) // the profile was checked
	}
	b.checkSigningDuration(expiry, p.in("certificateExpiry"))
	var groups []any
	for _, g := range []struct {
		name   string
		alerts []alert
	}{
		{"hardstrap.access", b.accessAlerts()},
		{"hardstrap.audit", b.auditAlerts()},
		{"hardstrap.certificates", b.certificateAlerts(expiry)},
		{"hardstrap.configuration", b.configurationAlerts()},
	} {
		var rules []any
		for _, rule := range g.alerts {
			rules = append(rules, rule.tree())
		}
		if len(rules) > 0 {
			groups = append(groups, map[string]any{"name": g.name, "rules": rules})
		}
	}
	o := object{
		apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", namespace: a.Namespace, name: "hardstrap",
		why:    "Alerts on what this profile guards: who is refused, what is not audited, what expires.",
		labels: map[string]string{},
		body:   map[string]any{"spec": map[string]any{"groups": groups}},
	}
	if a.Labels != nil {
		for _, e := range a.Labels.Entries {
			o.labels[e.Key] = e.Value.Text
		}
	}
	b.companion(o, p)
}

// accessAlerts are of refused requests. A request that the authentication or the authorization
// filter refuses never reaches the handlers that count apiserver_request_total, whose code 401 and
// 403 are therefore not these (k8s.io/apiserver v0.37.0: pkg/server/config.go, DefaultBuildHandlerChain,
// and pkg/endpoints/metrics/metrics.go, InstrumentRouteFunc): the filters' own counters tell
// (pkg/endpoints/filters/metrics.go, ALPHA). What admission refuses has code 403 there (STABLE).
func (b *builder) accessAlerts() []alert {
	out := []alert{
		{
			name: "HardstrapUnauthenticatedBurst", wait: "10m", severity: "warning",
			expr:        `sum by (instance) (rate(authentication_attempts{result=~"failure|error"}[5m])) > 1`,
			summary:     "Many requests without valid credentials (401)",
			description: "The API server {{ $labels.instance }} answered {{ $value | humanize }} requests a second with 401 for ten minutes.",
			action:      "Find the callers in the audit log by responseStatus.code 401 and sourceIPs: an expired token or certificate, a health check without credentials, or somebody who guesses.",
		},
		{
			name: "HardstrapForbiddenBurst", wait: "10m", severity: "warning",
			expr:        `sum by (instance) (rate(authorization_attempts_total{result=~"denied|no-opinion"}[5m])) > 1`,
			summary:     "Many requests that nobody may make (403)",
			description: "The API server {{ $labels.instance }} refused {{ $value | humanize }} requests a second by authorization for ten minutes.",
			action:      "Find user and verb in the audit log by the annotation authorization.k8s.io/decision forbid: a workload that lacks a role, or one that tries what it should not.",
		},
		{
			name: "HardstrapAdmissionRefusals", wait: "10m", severity: "warning",
			expr:        `sum by (resource, verb) (rate(apiserver_request_total{code="403"}[5m])) > 0.2`,
			summary:     "Admission refuses many requests",
			description: "{{ $value | humanize }} requests a second to {{ $labels.verb }} {{ $labels.resource }} were refused after authorization, by an admission plugin, policy or webhook.",
			action:      "Look at the events of ReplicaSets, Jobs and DaemonSets for the policy's message: a workload that does not meet it is retried until it does.",
		},
	}
	if len(b.profile.AdmissionPolicies.Policies) > 0 {
		out = append(out, alert{ // pkg/admission/plugin/policy/validating/metrics/metrics.go, BETA
			name: "HardstrapPolicyDenials", wait: "10m", severity: "warning",
			expr:        `sum by (policy) (rate(apiserver_validating_admission_policy_check_total{enforcement_action="deny"}[5m])) > 0.2`,
			summary:     "An admission policy denies many requests",
			description: "The policy {{ $labels.policy }} denied {{ $value | humanize }} requests a second for ten minutes.",
			action:      "Find who asks in the audit log by the policy's name: correct the workload, or exempt its namespace on purpose.",
		})
	}
	if b.pluginEnabled("EventRateLimit") {
		out = append(out, alert{ // kubernetes v1.37.0, plugin/pkg/admission/eventratelimit/admission.go
			name: "HardstrapEventsLimited", wait: "15m", severity: "warning",
			expr:        `sum by (instance) (rate(apiserver_request_total{code="429",resource="events"}[5m])) > 1`,
			summary:     "EventRateLimit drops events",
			description: "The API server {{ $labels.instance }} refused {{ $value | humanize }} events a second with 429 for a quarter of an hour.",
			action:      "Find which source sends so many: a pod in a crash loop, or a controller that fails. Raise the limit only when that is not it.",
		})
	}
	return out
}

// auditAlerts are of what is not written down (pkg/audit/metrics.go, ALPHA).
func (b *builder) auditAlerts() []alert {
	if b.set.Flag(settings.APIServer, "audit-log-path") == nil && b.set.Flag(settings.APIServer, "audit-webhook-config-file") == nil {
		return nil
	}
	out := []alert{
		{
			name: "HardstrapAuditErrors", wait: "0s", severity: "critical",
			expr:        `sum by (instance, plugin) (increase(apiserver_audit_error_total[10m])) > 0`,
			summary:     "Audit events are lost",
			description: "The audit backend {{ $labels.plugin }} of {{ $labels.instance }} failed for {{ $value | humanize }} events in ten minutes.",
			action:      "Look for a full disk, a changed owner or mode of the log's directory, or a webhook that does not answer; the API server's log names the cause.",
		},
		{
			name: "HardstrapAuditSilent", wait: "15m", severity: "critical",
			expr:        `sum by (instance) (rate(apiserver_audit_event_total[10m])) == 0`,
			summary:     "Nothing is audited",
			description: "The API server {{ $labels.instance }} has made no audit event for a quarter of an hour, which a running cluster never does.",
			action:      "Compare the API server's flags and its audit policy with the bundle: hardstrap diff shows what was changed.",
		},
	}
	for _, flag := range []string{"audit-log-mode", "audit-webhook-mode"} {
		if v := b.set.Flag(settings.APIServer, flag); v != nil && v.Text == "blocking-strict" {
			return append(out, alert{
				name: "HardstrapAuditRejectsRequests", wait: "0s", severity: "critical",
				expr:        `sum by (instance) (increase(apiserver_audit_requests_rejected_total[10m])) > 0`,
				summary:     "Requests are refused because they cannot be audited",
				description: "The API server {{ $labels.instance }} refused {{ $value | humanize }} requests in ten minutes because auditing failed and its mode is blocking-strict.",
				action:      "Repair the audit backend first: until then the cluster takes no changes.",
			})
		}
	}
	return out
}

// certificateAlerts are of certificates close to their end. The API server's own serving
// certificate, etcd's and those of kubeadm that nobody presents to an API server have no metric.
func (b *builder) certificateAlerts(expiry time.Duration) []alert {
	bucket := expiryBucket(expiry)
	seconds := strconv.FormatInt(int64(expiry/time.Second), 10)
	out := []alert{
		{ // pkg/authentication/request/x509/x509.go, ALPHA
			name: "HardstrapClientCertificateExpires", wait: "0s", severity: "warning",
			expr:        `sum by (instance) (rate(apiserver_client_certificate_expiration_seconds_bucket{le=~"` + bucketPattern(bucket) + `"}[1h])) > 0`,
			summary:     "A client certificate in use is close to its end",
			description: fmt.Sprintf("Somebody asks the API server {{ $labels.instance }} with a certificate that ends within %s.", bucket),
			action:      "kubeadm certs check-expiration on each control plane shows kubeadm's own: renew them and restart what reads them. Otherwise find the user in the audit log.",
		},
		{ // kubernetes v1.37.0, cmd/kubelet/app/server.go, ALPHA
			name: "HardstrapKubeletClientCertificateExpires", wait: "0s", severity: "critical",
			expr:        `kubelet_certificate_manager_client_ttl_seconds < ` + seconds,
			summary:     "A kubelet's client certificate is close to its end",
			description: fmt.Sprintf("The client certificate of the kubelet at {{ $labels.instance }} ends in {{ $value | humanizeDuration }}; alerts start at %s.", expiry),
			action:      "Look whether its CertificateSigningRequest waits or was refused; a kubelet whose certificate has ended must join anew.",
		},
		{ // pkg/kubelet/certificate/kubelet.go, ALPHA
			name: "HardstrapKubeletClientCertificateNotRenewed", wait: "0s", severity: "warning",
			expr:        `increase(kubelet_certificate_manager_client_expiration_renew_errors[1h]) > 0`,
			summary:     "A kubelet cannot renew its client certificate",
			description: "The kubelet at {{ $labels.instance }} failed {{ $value | humanize }} times in an hour to renew its client certificate.",
			action:      "Read the kubelet's log and kubectl get csr: the signer may be off, or the request was denied.",
		},
	}
	if !b.rotatesServing() {
		return out
	}
	return append(out,
		alert{
			name: "HardstrapKubeletServingCertificateExpires", wait: "0s", severity: "critical",
			expr:        `kubelet_certificate_manager_server_ttl_seconds < ` + seconds,
			summary:     "A kubelet's serving certificate is close to its end",
			description: fmt.Sprintf("The serving certificate of the kubelet at {{ $labels.instance }} ends in {{ $value | humanizeDuration }}; alerts start at %s.", expiry),
			action:      "Approve its CertificateSigningRequest (kubectl get csr): nothing in Kubernetes approves those of serving certificates. Without it logs, exec and metrics stop.",
		},
		alert{
			name: "HardstrapKubeletServingCertificateNotRenewed", wait: "0s", severity: "warning",
			expr:        `increase(kubelet_server_expiration_renew_errors[1h]) > 0`,
			summary:     "A kubelet cannot renew its serving certificate",
			description: "The kubelet at {{ $labels.instance }} failed {{ $value | humanize }} times in an hour to renew its serving certificate.",
			action:      "Read the kubelet's log and kubectl get csr: its request may wait for approval, or names an address that the approver refuses.",
		})
}

// configurationAlerts are of encryption at rest and of files that a running API server reads
// again and does not take.
func (b *builder) configurationAlerts() []alert {
	var out []alert
	if doc := b.set.Value(settings.Key{Component: settings.APIServer, Path: "EncryptionConfiguration"}); doc != nil {
		out = append(out, alert{ // pkg/storage/value/metrics.go, ALPHA
			name: "HardstrapEncryptionErrors", wait: "0s", severity: "critical",
			expr:        `sum by (instance, resource, transformation_type) (increase(apiserver_storage_transformation_operations_total{status!="OK"}[10m])) > 0`,
			summary:     "Stored objects cannot be encrypted or decrypted",
			description: "The API server {{ $labels.instance }} failed {{ $value | humanize }} times in ten minutes at {{ $labels.transformation_type }} of {{ $labels.resource }}.",
			action:      "Compare EncryptionConfiguration on all control planes: each needs every key that stored data was written with. Remove no key before all data is written anew.",
		})
		if usesKMS(doc) {
			out = append(out, alert{ // pkg/storage/value/encrypt/envelope/metrics/metrics.go, ALPHA
				name: "HardstrapKMSErrors", wait: "0s", severity: "critical",
				expr:        `sum by (instance, provider_name, method_name) (increase(apiserver_envelope_encryption_kms_operations_latency_seconds_count{grpc_status_code!="OK"}[10m])) > 0`,
				summary:     "The KMS plugin does not answer",
				description: "The plugin {{ $labels.provider_name }} failed {{ $value | humanize }} calls of {{ $labels.method_name }} from {{ $labels.instance }} in ten minutes.",
				action:      "Look at the plugin on that control plane and at the service behind it: an API server that restarts without it cannot read what is encrypted.",
			})
		}
	}
	for _, file := range []struct{ metric, what, name string }{ // pkg/server/options/*config/metrics/metrics.go, ALPHA, the latter two BETA since 1.34
		{"encryption", "EncryptionConfiguration", "Encryption"},
		{"authentication", "AuthenticationConfiguration", "Authentication"},
		{"authorization", "AuthorizationConfiguration", "Authorization"},
	} {
		if b.set.Value(settings.Key{Component: settings.APIServer, Path: file.what}) == nil {
			continue
		}
		if reload := b.set.Flag(settings.APIServer, "encryption-provider-config-automatic-reload"); file.metric == "encryption" && (reload == nil || reload.Text != "true") {
			continue
		}
		out = append(out, alert{
			name: "Hardstrap" + file.name + "ConfigNotTaken", wait: "0s", severity: "warning",
			expr:        `sum by (instance) (increase(apiserver_` + file.metric + `_config_controller_automatic_reloads_total{status="failure"}[10m])) > 0`,
			summary:     "A changed " + file.what + " is not taken",
			description: "The API server {{ $labels.instance }} could not take its changed " + file.what + " and runs on with the old one; it would not start with the new one.",
			action:      "Compare the file with the bundle's; the API server's log says what is wrong with it.",
		})
	}
	return out
}

// pluginEnabled reports whether an admission plugin is turned on by the flag.
func (b *builder) pluginEnabled(name string) bool {
	for _, n := range b.set.Flag(settings.APIServer, "enable-admission-plugins").Strings() {
		if n == name {
			return true
		}
	}
	return false
}

// rotatesServing reports whether some kubelet asks for serving certificates.
func (b *builder) rotatesServing() bool {
	for _, role := range roles() {
		if v := b.set.Value(settings.Key{Component: settings.Kubelet, Role: role, Path: "serverTLSBootstrap"}); v != nil && v.Text == "true" {
			return true
		}
	}
	return false
}

func usesKMS(doc *settings.Value) bool {
	for _, resources := range doc.Get("resources").Items {
		for _, provider := range resources.Get("providers").Items {
			if provider.Get("kms") != nil {
				return true
			}
		}
	}
	return false
}

// checkSigningDuration warns of certificates that are renewed later than the alert starts: a
// kubelet renews when 70 to 90 percent of the time are over (k8s.io/client-go v0.37.0,
// util/certificate/certificate_manager.go, jitteryDuration).
func (b *builder) checkSigningDuration(expiry time.Duration, p place) {
	duration := "8760h" // the flag's default in all five minors
	if v := b.set.Flag(settings.ControllerManager, "cluster-signing-duration"); v != nil {
		duration = v.Text
	}
	if valid, err := time.ParseDuration(duration); err == nil && valid/10 < expiry {
		b.warn(p, fmt.Sprintf("set certificateExpiry to at most %s", valid/10),
			"certificates that are valid for %s are renewed when as little as %s are left: alerts at %s would tell of healthy ones", valid, valid/10, expiry)
	}
}

// expiryBuckets are the bounds of apiserver_client_certificate_expiration_seconds, in all five
// minors (k8s.io/apiserver v0.37.0, pkg/authentication/request/x509/x509.go); 0 is left out.
func expiryBuckets() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{
		30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		day, 2 * day, 4 * day, 7 * day, 30 * day, 90 * day, 180 * day, 360 * day,
	}
}

// expiryBucket is the smallest bound that is no less than expiry: an alert may come early, never late.
func expiryBucket(expiry time.Duration) time.Duration {
	buckets := expiryBuckets()
	for _, b := range buckets {
		if b >= expiry {
			return b
		}
	}
	return buckets[len(buckets)-1]
}

// bucketPattern matches a bound as label le: as Kubernetes writes it, and with the .0 that
// Prometheus 3 adds (github.com/prometheus/prometheus v0.312.0, model/textparse/openmetricsparse.go,
// normalizeFloatsInLabelValues).
func bucketPattern(bound time.Duration) string {
	text := strconv.FormatFloat(bound.Seconds(), 'g', -1, 64)
	pattern := strings.NewReplacer(".", "[.]", "+", "[+]").Replace(text)
	if !strings.ContainsAny(text, "e.") {
		pattern += "([.]0)?"
	}
	return pattern
}
