package resolve_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/resolve"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// companions resolves a profile on top of a built-in one and returns what is for other software.
func companions(t *testing.T, minor, body string) (*resolve.Resolved, map[string]*settings.Value) {
	t.Helper()
	r, err := resolveText(t, minor, body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*settings.Value{}
	for _, s := range r.Settings.Of(settings.Companion, "") {
		out[s.Key.Path] = s.Value
	}
	return r, out
}

func TestNoCompanionUnasked(t *testing.T) {
	if _, found := companions(t, "1.37", "extends: [restricted]\n"); len(found) > 0 {
		t.Errorf("there is %v", found)
	}
}

func TestMesh(t *testing.T) {
	for body, want := range map[string][]string{
		"{}":                            {"PeerAuthentication/istio-system/default"},
		"{rootNamespace: mesh}":         {"PeerAuthentication/mesh/default"},
		"{namespaces: [shop, backend]}": {"PeerAuthentication/backend/default", "PeerAuthentication/shop/default"},
	} {
		_, found := companions(t, "1.37", "extends: [baseline]\ncompanions: {mesh: "+body+"}\n")
		if len(found) != len(want) {
			t.Errorf("%s: %d objects", body, len(found))
		}
		for _, path := range want {
			if found[path] == nil || found[path].Lookup("spec", "mtls", "mode").Text != "STRICT" {
				t.Errorf("%s: %s is not there, or not strict", body, path)
			}
		}
	}
}

func TestImageSignatures(t *testing.T) {
	const key = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
	_, found := companions(t, "1.37", "extends: [baseline]\ncompanions:\n  imageSignatures:\n    images: [\"registry.example.org/**\"]\n    publicKey: |\n      "+
		strings.ReplaceAll(strings.TrimSpace(key), "\n", "\n      ")+"\n")
	got := found["ClusterImagePolicy/hardstrap-signed-images"].Get("spec").Plain()
	want := map[string]any{"mode": "enforce", "images": []any{map[string]any{"glob": "registry.example.org/**"}},
		"authorities": []any{map[string]any{"name": "hardstrap", "key": map[string]any{"data": key}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAlertsFollowTheSettings: an alert is there where its metric can move, and only there.
func TestAlertsFollowTheSettings(t *testing.T) {
	always := "HardstrapUnauthenticatedBurst HardstrapForbiddenBurst HardstrapAdmissionRefusals"
	expiry := " HardstrapClientCertificateExpires HardstrapKubeletClientCertificateExpires HardstrapKubeletClientCertificateNotRenewed"
	audit := " HardstrapAuditErrors HardstrapAuditSilent"
	for name, row := range map[string]struct{ body, want string }{
		"little":       {"apiServer: {audit: {policy: none}, authorization: [Node, RBAC]}\n", always + expiry},
		"audit log":    {"apiServer: {audit: {policy: metadata}}\n", always + audit + expiry},
		"strict audit": {"apiServer: {audit: {policy: metadata, log: {mode: blocking-strict}}}\n", always + audit + " HardstrapAuditRejectsRequests" + expiry},
		"rate limit":   {"apiServer: {admission: {eventRateLimit: {limits: [{type: Server, qps: 50, burst: 100}]}}}\n", always + " HardstrapEventsLimited" + expiry},
		"rotated":      {"kubelet: {servingCertificates: rotated}\n", always + expiry + " HardstrapKubeletServingCertificateExpires HardstrapKubeletServingCertificateNotRenewed"},
		"encrypted":    {"apiServer: {encryption: {provider: secretbox}}\n", always + expiry + " HardstrapEncryptionErrors HardstrapEncryptionConfigNotTaken"},
		"kms, read once": {"apiServer: {encryption: {provider: kms, automaticReload: false, kms: {name: vault, endpoint: \"unix:///run/kms/socket\"}}}\n",
			always + expiry + " HardstrapEncryptionErrors HardstrapKMSErrors"},
		"files": {"apiServer:\n  anonymousAuth: health-only\n  authorization: [Node, RBAC, Webhook]\n  authorizationWebhooks:\n  - name: a\n    kubeConfig: {server: \"https://a.example.org\", certificateAuthority: /etc/kubernetes/pki/a/ca.crt}\n",
			always + expiry + " HardstrapAuthenticationConfigNotTaken HardstrapAuthorizationConfigNotTaken"},
	} {
		t.Run(name, func(t *testing.T) {
			_, found := companions(t, "1.37", row.body+"companions: {alerts: {namespace: monitoring, labels: {release: prometheus}}}\n")
			object := found["PrometheusRule/monitoring/hardstrap"]
			var got []string
			for _, group := range object.Lookup("spec", "groups").Items {
				for _, rule := range group.Get("rules").Items {
					got = append(got, rule.Get("alert").Text)
					for _, part := range []string{"summary", "description", "action"} {
						if rule.Lookup("annotations", part).Text == "" {
							t.Errorf("%s has no %s", rule.Get("alert").Text, part)
						}
					}
				}
			}
			if diff := cmp.Diff(row.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if object.Lookup("metadata", "labels", "release").Text != "prometheus" {
				t.Error("the label is not there")
			}
		})
	}
}

// TestExpiryBuckets: an alert comes at the next bound of the histogram, never after the time asked for.
func TestExpiryBuckets(t *testing.T) {
	for expiry, want := range map[string]string{
		"30m": `le=~"1800([.]0)?"`, "31m": `le=~"3600([.]0)?"`, "168h": `le=~"604800([.]0)?"`, "169h": `le=~"2[.]592e[+]06"`, "720h": `le=~"2[.]592e[+]06"`,
	} {
		_, found := companions(t, "1.37", "companions: {alerts: {namespace: monitoring, certificateExpiry: "+expiry+"}}\n")
		var exprs []string
		for _, group := range found["PrometheusRule/monitoring/hardstrap"].Lookup("spec", "groups").Items {
			for _, rule := range group.Get("rules").Items {
				exprs = append(exprs, rule.Get("expr").Text)
			}
		}
		if text := strings.Join(exprs, "\n"); !strings.Contains(text, want) {
			t.Errorf("%s: no %s in\n%s", expiry, want, text)
		}
	}
}

func TestAlertsWarnOfShortCertificates(t *testing.T) {
	r, _ := companions(t, "1.37", "controllerManager: {flags: {cluster-signing-duration: 240h}}\ncompanions: {alerts: {namespace: monitoring, certificateExpiry: 48h}}\n")
	const want = "certificates that are valid for 240h0m0s are renewed when as little as 24h0m0s are left: alerts at 48h0m0s would tell of healthy ones"
	for _, w := range r.Warnings {
		if w.Message == want && w.Position.Line == 6 && w.Hint == "set certificateExpiry to at most 24h0m0s" {
			return
		}
	}
	t.Errorf("no such warning: %v", r.Warnings)
}

// TestFalcoFollowsTheSettings: the rules watch what this profile's bundle and nodes have.
func TestFalcoFollowsTheSettings(t *testing.T) {
	for name, row := range map[string]struct {
		body      string
		has, lack []string
	}{
		"files": {"apiServer: {audit: {policy: metadata, log: {path: /var/log/site/audit.log}}, encryption: {provider: secretbox}}\nhost: {sysctls: true}\n",
			[]string{"'/etc/kubernetes/manifests/'", "'/var/log/site/'", "'/var/lib/etcd/'", "encryption keys read", "/etc/sysctl.d/", "fd.name startswith '/etc/kubernetes/pki/'"},
			[]string{"tmpfiles.d", "/etc/etcd", "required_plugin_versions", "spawned"}},
		"little": {"apiServer: {audit: {policy: none}}\n", []string{"'/var/lib/etcd/'"}, []string{"audit_log", "encryption_keys", "sysctl.d", "nftables"}},
		"more": {"etcd: {external: {members: [{name: a, address: 192.0.2.21}], dataDir: /srv/apart}}\nhost: {fileModes: true}\n",
			[]string{"'/srv/apart/'", "'/etc/etcd/etcd.conf.yaml'", "'/etc/etcd/pki/'", "'/etc/tmpfiles.d/hardstrap.conf'", "'/etc/sysusers.d/hardstrap.conf'"}, []string{"'/var/lib/etcd/'"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, found := companions(t, "1.37", row.body+"companions: {falco: {controlPlaneFiles: true}}\n")
			text := allTexts(found["falco/rules"])
			for _, part := range row.has {
				if !strings.Contains(text, part) {
					t.Errorf("no %s in\n%s", part, text)
				}
			}
			for _, part := range row.lack {
				if strings.Contains(text, part) {
					t.Errorf("%s in\n%s", part, text)
				}
			}
		})
	}
}

func TestFalcoProcesses(t *testing.T) {
	_, found := companions(t, "1.37", "companions: {falco: {processes: [{namespace: shop, names: [node, npm]}]}}\n")
	text := allTexts(found["falco/rules"])
	for _, part := range []string{"k8s.ns.name = 'shop' and not proc.name in ('pause', 'node', 'npm')", "required_plugin_versions"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
	if strings.Contains(text, "fd.name") {
		t.Errorf("there are rules for files in\n%s", text)
	}
}

// TestFalcoRefusesPaths: a path that a condition cannot hold is refused, once.
func TestFalcoRefusesPaths(t *testing.T) {
	_, err := resolveText(t, "1.37", "apiServer: {audit: {policy: metadata, log: {path: \"/var/log/the site/audit.log\"}}}\ncompanions: {falco: {controlPlaneFiles: true}}\n")
	const want = `p.yaml:6:41: companions.falco.controlPlaneFiles: "/var/log/the site/" cannot be written into a condition of Falco; it may hold no blank and none of '"\(),=; leave it out of what Falco watches`
	if err == nil || strings.Count(err.Error(), "cannot be written") != 1 || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// allTexts joins every text and key of a tree.
func allTexts(v *settings.Value) string {
	var b strings.Builder
	var walk func(v *settings.Value)
	walk = func(v *settings.Value) {
		b.WriteString(v.Text + "\n")
		for _, item := range v.Items {
			walk(item)
		}
		for _, e := range v.Entries {
			b.WriteString(e.Key + ": ")
			walk(e.Value)
		}
	}
	walk(v)
	return b.String()
}
