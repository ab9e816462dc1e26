package house

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
)

var sinceWords = regexp.MustCompile(`[Ss]ince (1\.[0-9]+)`)

// samples are profiles that say a field which not every minor knows, by the field's path.
func samples() map[string]string {
	const (
		issuer  = "apiServer: {flags: {egress-selector-config-file: /etc/kubernetes/pki/egress.yaml}, authentication: {jwt: [{issuer: {url: 'https://a.example', audiences: [k], egressSelectorType: cluster}, claimMappings: {username: {claim: sub, prefix: ''}}}]}}\n"
		webhook = "apiServer: {authorizationWebhooks: [{name: a.example, kubeConfig: {server: 'https://a.example'}, %s: true}]}\n"
	)
	return map[string]string{
		"cluster.certificates.algorithm":                              "cluster: {certificates: {algorithm: ECDSA-P384}}\n",
		"tls.curvePreferences":                                        "tls: {curvePreferences: [X25519MLKEM768]}\n",
		"apiServer.authentication.jwt[].issuer.egressSelectorType":    issuer,
		"apiServer.authorizationWebhooks[].cacheAuthorizedRequests":   fmt.Sprintf(webhook, "cacheAuthorizedRequests"),
		"apiServer.authorizationWebhooks[].cacheUnauthorizedRequests": fmt.Sprintf(webhook, "cacheUnauthorizedRequests"),
		"admissionPolicies.staticManifests":                           "admissionPolicies: {staticManifests: true, policies: [{name: namespace-labels}]}\n",
		"kubelet.imageCredentialVerification":                         "kubelet: {imageCredentialVerification: AlwaysVerify}\n",
	}
}

// TestReferenceSaysSince says each field that the reference dates on every minor: before its
// date a problem is reported at the field, from then on none.
func TestReferenceSaysSince(t *testing.T) {
	fields, texts := schemaFields(), samples()
	for _, r := range rows(read(t, profileReference)) {
		date := sinceWords.FindStringSubmatch(strings.Join(r.cells, " "))
		if r.header != "field" || date == nil {
			continue
		}
		for _, path := range r.described(t, fields) {
			text, ok := texts[path]
			if !ok {
				t.Errorf("line %d: no sample says %s", r.line, path)
				continue
			}
			delete(texts, path)
			for _, version := range catalog.Minors() {
				c, err := bundleOf(t, strings.Replace(head, "1.37", version, 1)+text)
				reported := false
				for _, p := range append(diag.As(err), c.Warnings()...) {
					reported = reported || regexp.MustCompile(`\[[^\]]+\]`).ReplaceAllString(p.Path, "[]") == path
				}
				if old := minorNumber(version) < minorNumber(date[1]); old != reported {
					t.Errorf("line %d: %s on Kubernetes %s: reported %v, and it is said to be there since %s (%v)", r.line, path, version, reported, date[1], err)
				}
			}
		}
	}
	for path := range texts {
		t.Errorf("the reference does not say since when there is %s", path)
	}
}

func minorNumber(version string) int {
	var n int
	fmt.Sscanf(version, "1.%d", &n)
	return n
}
