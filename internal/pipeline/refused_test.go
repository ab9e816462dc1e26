package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

// TestRefused has a row for what only the pipeline can refuse: a version without a catalog, and
// policy files that cannot be used. Messages are whole; DIR is the profile's directory.
func TestRefused(t *testing.T) {
	const policy = "extends: [baseline]\nkubernetesVersion: \"1.37\"\napiServer: {audit: {policy: null, policyFile: audit.yaml}}\n"
	at := `DIR/p.yaml:6:47: apiServer.audit.policyFile: `
	if line := strings.Split("a\nk\nm\n"+policy, "\n")[5]; strings.Index(line, "audit.yaml") != 46 {
		t.Fatalf("the policy is named elsewhere: %q", line)
	}
	for _, tc := range []struct {
		name, body string
		prepare    func(file string) error // makes the policy file
		want       string
	}{
		{"no version", "", nil, `DIR/p.yaml:1:1: kubernetesVersion: no Kubernetes version is said; set kubernetesVersion, such as 1.37.0`},
		{"unknown version", "kubernetesVersion: 1.21.0\n", nil,
			`DIR/p.yaml:4:20: kubernetesVersion: unknown Kubernetes version "1.21.0"; allowed: 1.33, 1.34, 1.35, 1.36, 1.37, or a release of one of them, such as 1.37.0`},
		{"no policy file", policy, nil, at + `there is no file "DIR/audit.yaml"`},
		{"a directory as policy", policy, func(file string) error { return os.Mkdir(file, 0o700) }, at + `"DIR/audit.yaml" is not a regular file`},
		{"a huge policy", policy, func(file string) error { return os.WriteFile(file, make([]byte, 1<<20+1), 0o600) },
			at + `"DIR/audit.yaml" is larger than 1 MiB`},
		{"secrets as policy", policy, func(file string) error { return os.WriteFile(file, []byte("apiVersion: v1\nkind: Secret\n"), 0o600) },
			`DIR/audit.yaml:2: this is not an audit policy: it holds kind Secret; name the policy's file in apiServer.audit.policyFile`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "p.yaml")
			text := "apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\nmetadata: {name: p}\n" + tc.body
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if tc.prepare != nil {
				if err := tc.prepare(filepath.Join(dir, "audit.yaml")); err != nil {
					t.Fatal(err)
				}
			}
			_, err := newPipeline(t).Bundle(file, "out", pipeline.PlaceholderKeys)
			problems := diag.As(err)
			if len(problems) != 1 {
				t.Fatalf("%d problems: %v", len(problems), err)
			}
			if got := strings.ReplaceAll(problems[0].String(), dir, "DIR"); got != tc.want {
				t.Errorf("said  %s\nwanted %s", got, tc.want)
			}
		})
	}
}
