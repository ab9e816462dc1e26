package companions

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"gopkg.in/yaml.v3"
)

// metric is one of Kubernetes: its labels, and how its file calls its stability. All were looked up
// in the sources of 1.33 to 1.37; the file is that of k8s.io/apiserver v0.37.0 or, below cmd and
// pkg/kubelet, of k8s.io/kubernetes v1.37.0.
type metric struct {
	labels []string
	source string
}

func metrics() map[string]metric {
	reload := []string{"status", "apiserver_id_hash"}
	return map[string]metric{
		"authentication_attempts":                                            {[]string{"result"}, "pkg/endpoints/filters/metrics.go, ALPHA"},
		"authorization_attempts_total":                                       {[]string{"result"}, "pkg/endpoints/filters/metrics.go, ALPHA"},
		"apiserver_request_total":                                            {[]string{"verb", "dry_run", "group", "version", "resource", "subresource", "scope", "component", "code"}, "pkg/endpoints/metrics/metrics.go, STABLE"},
		"apiserver_validating_admission_policy_check_total":                  {[]string{"policy", "policy_binding", "error_type", "enforcement_action"}, "pkg/admission/plugin/policy/validating/metrics/metrics.go, BETA"},
		"apiserver_audit_error_total":                                        {[]string{"plugin"}, "pkg/audit/metrics.go, ALPHA"},
		"apiserver_audit_event_total":                                        {nil, "pkg/audit/metrics.go, ALPHA"},
		"apiserver_audit_requests_rejected_total":                            {nil, "pkg/audit/metrics.go, ALPHA"},
		"apiserver_client_certificate_expiration_seconds_bucket":             {[]string{"le"}, "pkg/authentication/request/x509/x509.go, ALPHA"},
		"kubelet_certificate_manager_client_ttl_seconds":                     {nil, "cmd/kubelet/app/server.go, ALPHA"},
		"kubelet_certificate_manager_client_expiration_renew_errors":         {nil, "pkg/kubelet/certificate/kubelet.go, ALPHA"},
		"kubelet_certificate_manager_server_ttl_seconds":                     {nil, "pkg/kubelet/certificate/kubelet.go, ALPHA"},
		"kubelet_server_expiration_renew_errors":                             {nil, "pkg/kubelet/certificate/kubelet.go, ALPHA"},
		"apiserver_storage_transformation_operations_total":                  {[]string{"resource", "transformation_type", "transformer_prefix", "status"}, "pkg/storage/value/metrics.go, ALPHA"},
		"apiserver_envelope_encryption_kms_operations_latency_seconds_count": {[]string{"provider_name", "method_name", "grpc_status_code"}, "pkg/storage/value/encrypt/envelope/metrics/metrics.go, ALPHA"},
		"apiserver_encryption_config_controller_automatic_reloads_total":     {reload, "pkg/server/options/encryptionconfig/metrics/metrics.go, ALPHA"},
		"apiserver_authentication_config_controller_automatic_reloads_total": {reload, "pkg/server/options/authenticationconfig/metrics/metrics.go, BETA since 1.34"},
		"apiserver_authorization_config_controller_automatic_reloads_total":  {reload, "pkg/server/options/authorizationconfig/metrics/metrics.go, BETA since 1.34"},
	}
}

// moves gives for each alert series of an hour, a sample a minute, of which it tells, and others of
// which it does not.
func moves() map[string]struct{ fires, silent string } {
	return map[string]struct{ fires, silent string }{
		"HardstrapUnauthenticatedBurst": {`authentication_attempts{instance="a",result="failure"} 0+120x60`,
			`authentication_attempts{instance="a",result="success"} 0+9000x60` + "\n" + `authentication_attempts{instance="a",result="error"} 0+30x60`},
		"HardstrapForbiddenBurst": {`authorization_attempts_total{instance="a",result="no-opinion"} 0+120x60`,
			`authorization_attempts_total{instance="a",result="allowed"} 0+9000x60` + "\n" + `authorization_attempts_total{instance="a",result="denied"} 0+30x60`},
		"HardstrapAdmissionRefusals": {`apiserver_request_total{instance="a",code="403",resource="pods",verb="POST"} 0+60x60`,
			`apiserver_request_total{instance="a",code="201",resource="pods",verb="POST"} 0+6000x60`},
		"HardstrapPolicyDenials": {`apiserver_validating_admission_policy_check_total{instance="a",policy="p",enforcement_action="deny"} 0+60x60`,
			`apiserver_validating_admission_policy_check_total{instance="a",policy="p",enforcement_action="allow"} 0+6000x60`},
		"HardstrapEventsLimited": {`apiserver_request_total{instance="a",code="429",resource="events"} 0+120x60`,
			`apiserver_request_total{instance="a",code="429",resource="pods",subresource="eviction"} 0+120x60`},
		"HardstrapAuditErrors":          {`apiserver_audit_error_total{instance="a",plugin="log"} 0+1x60`, `apiserver_audit_error_total{instance="a",plugin="log"} 7+0x60`},
		"HardstrapAuditSilent":          {`apiserver_audit_event_total{instance="a"} 7+0x60`, `apiserver_audit_event_total{instance="a"} 0+1x60`},
		"HardstrapAuditRejectsRequests": {`apiserver_audit_requests_rejected_total{instance="a"} 0+1x60`, `apiserver_audit_requests_rejected_total{instance="a"} 7+0x60`},
		// Both ways in which the bound is written; a year-long certificate counts in the bound of a year alone.
		"HardstrapClientCertificateExpires": {`apiserver_client_certificate_expiration_seconds_bucket{instance="a",le="604800"} 0+1x60`,
			`apiserver_client_certificate_expiration_seconds_bucket{instance="a",le="3.1104e+07"} 0+9x60` + "\n" + `apiserver_client_certificate_expiration_seconds_bucket{instance="a",le="604800.0"} 7+0x60`},
		"HardstrapKubeletClientCertificateExpires":     {`kubelet_certificate_manager_client_ttl_seconds{instance="a"} -5+0x60`, `kubelet_certificate_manager_client_ttl_seconds{instance="a"} 2000000+0x60`},
		"HardstrapKubeletClientCertificateNotRenewed":  {`kubelet_certificate_manager_client_expiration_renew_errors{instance="a"} 0+1x60`, `kubelet_certificate_manager_client_expiration_renew_errors{instance="a"} 3+0x60`},
		"HardstrapKubeletServingCertificateExpires":    {`kubelet_certificate_manager_server_ttl_seconds{instance="a"} 3600+0x60`, `kubelet_certificate_manager_server_ttl_seconds{instance="a"} _x59 Inf Inf`},
		"HardstrapKubeletServingCertificateNotRenewed": {`kubelet_server_expiration_renew_errors{instance="a"} 0+1x60`, `kubelet_server_expiration_renew_errors{instance="a"} 3+0x60`},
		"HardstrapEncryptionErrors": {`apiserver_storage_transformation_operations_total{instance="a",resource="secrets",transformation_type="from_storage",status="unknown-non-grpc"} 0+1x60`,
			`apiserver_storage_transformation_operations_total{instance="a",resource="secrets",transformation_type="from_storage",status="OK"} 0+99x60`},
		"HardstrapKMSErrors": {`apiserver_envelope_encryption_kms_operations_latency_seconds_count{instance="a",provider_name="vault",method_name="x",grpc_status_code="Unavailable"} 0+1x60`,
			`apiserver_envelope_encryption_kms_operations_latency_seconds_count{instance="a",provider_name="vault",method_name="x",grpc_status_code="OK"} 0+9x60`},
		"HardstrapEncryptionConfigNotTaken": {`apiserver_encryption_config_controller_automatic_reloads_total{instance="a",status="failure"} 0+1x60`,
			`apiserver_encryption_config_controller_automatic_reloads_total{instance="a",status="success"} 0+1x60`},
		"HardstrapAuthenticationConfigNotTaken": {`apiserver_authentication_config_controller_automatic_reloads_total{instance="a",status="failure"} 0+1x60`,
			`apiserver_authentication_config_controller_automatic_reloads_total{instance="a",status="success"} 0+1x60`},
		"HardstrapAuthorizationConfigNotTaken": {`apiserver_authorization_config_controller_automatic_reloads_total{instance="a",status="failure"} 0+1x60`,
			`apiserver_authorization_config_controller_automatic_reloads_total{instance="a",status="success"} 0+1x60`},
	}
}

func TestAlerts(t *testing.T) {
	told := map[string]bool{}
	bundles(t, func(t *testing.T, dir string) {
		found := decode[monitoring.PrometheusRule](t, read(t, dir, "companions/alerts/prometheus-rule.yaml"))
		if len(found) != 1 {
			t.Fatalf("%d objects", len(found))
		}
		o := found[0]
		if o.APIVersion != monitoring.SchemeGroupVersion.String() || o.Kind != monitoring.PrometheusRuleKind || o.Namespace != "monitoring" {
			t.Errorf("the operator does not know %s %s", o.APIVersion, o.Kind)
		}
		// As the operator does it: the spec is written down as Prometheus' own file of rules.
		text, err := yaml.Marshal(documents(t, read(t, dir, "companions/alerts/prometheus-rule.yaml"))[0].(map[string]any)["spec"])
		if err != nil {
			t.Fatal(err)
		}
		prometheus := parser.NewParser(parser.Options{})
		groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, prometheus, slog.Default())
		for _, err := range errs {
			t.Error(err)
		}
		if groups == nil {
			return
		}
		for _, g := range groups.Groups {
			for _, rule := range g.Rules {
				if rule.Alert == "" || rule.Annotations["action"] == "" || !slices.Contains([]string{"warning", "critical"}, rule.Labels["severity"]) {
					t.Errorf("%q is not whole", rule.Alert)
				}
				expr, err := prometheus.ParseExpr(rule.Expr)
				if err != nil {
					t.Errorf("%s: %v", rule.Alert, err)
					continue
				}
				checkMetrics(t, rule.Alert, expr)
				move, ok := moves()[rule.Alert]
				if !ok {
					t.Errorf("%s: no series show when it fires", rule.Alert)
					continue
				}
				told[rule.Alert] = true
				if !fires(t, rule.Expr, move.fires) {
					t.Errorf("%s is silent on %s", rule.Alert, move.fires)
				}
				if fires(t, rule.Expr, move.silent) {
					t.Errorf("%s fires on %s", rule.Alert, move.silent)
				}
			}
		}
	})
	for name := range moves() {
		if !told[name] {
			t.Errorf("no profile renders %s", name)
		}
	}
}

// checkMetrics looks for every metric and label of an expression among those of Kubernetes.
func checkMetrics(t *testing.T, name string, expr parser.Expr) {
	t.Helper()
	known := metrics()
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		m, ok := known[v.Name]
		if !ok {
			t.Errorf("%s: no metric %q", name, v.Name)
		}
		for _, matcher := range v.LabelMatchers {
			if matcher.Name != labels.MetricName && !slices.Contains(m.labels, matcher.Name) {
				t.Errorf("%s: %s has no label %q", name, v.Name, matcher.Name)
			}
		}
		return nil
	})
}

// fires reports whether an expression gives anything after an hour of the series.
func fires(t *testing.T, expr, series string) bool {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 1m\n  "+strings.ReplaceAll(series, "\n", "\n  ")+"\n")
	defer storage.Close()
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	query, err := engine.NewInstantQuery(t.Context(), storage, nil, expr, time.Unix(3600, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	result := query.Exec(t.Context())
	vector, err := result.Vector()
	if err != nil {
		t.Fatal(err)
	}
	return len(vector) > 0
}
