package pipeline_test

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

// Law 6: nothing is silently ignored. Whatever in a profile would have no effect is a problem
// with its line and column. (An expired waiver is judged by profile validate, never here.)
func TestLaw6NothingIgnored(t *testing.T) {
	p := newPipeline(t)
	for _, tc := range []struct {
		name, body string
		severity   diag.Severity
		at         diag.Position
	}{
		{"a section that does not exist", "apiServr: {}\n", diag.Error, diag.Position{Line: 6, Column: 1}},
		{"a field that does not exist", "apiServer: {anonymousAth: disabled}\n", diag.Error, diag.Position{Line: 6, Column: 13}},
		{"a flag that does not exist", "scheduler: {flags: {profilng: true}}\n", diag.Error, diag.Position{Line: 6, Column: 21}},
		{"a kubelet field that does not exist", "kubelet: {config: {maxPod: 1}}\n", diag.Error, diag.Position{Line: 6, Column: 20}},
		{"an override that takes away what is not there", "apiServer: {admission: {enable: {remove: [EventRateLimit2]}}}\n", diag.Error, diag.Position{Line: 6, Column: 43}},
		{"a null that removes nothing", "cluster: {name: null}\n", diag.Error, diag.Position{Line: 6, Column: 11}},
		{"a waiver for no control", "waivers: [{control: cis-1.12/9.9.9, reason: r, owner: o}]\n", diag.Error, diag.Position{Line: 6, Column: 21}},
		{"a waiver that lifts nothing", "waivers: [{control: cis-1.12/1.2.7, reason: r, owner: o}]\n", diag.Warning, diag.Position{Line: 6, Column: 21}},
		{"suites that cannot be chosen", "tls: {minVersion: VersionTLS13, cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}\n", diag.Warning, diag.Position{Line: 6, Column: 47}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := write(t, "p.yaml", head("1.37")+"extends: [cis-level-1]\n"+tc.body)
			c, err := p.Bundle(file, "out", pipeline.PlaceholderKeys)
			found := diag.As(err)
			if err == nil {
				found = c.Warnings()
			}
			tc.at.File = file
			for _, problem := range found {
				if problem.Position == tc.at && problem.Severity == tc.severity {
					return
				}
			}
			t.Errorf("no %s at %s, but:\n%s", tc.severity, tc.at, found.Error())
		})
	}
}
