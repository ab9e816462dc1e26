package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

// TestLaw8NothingStoredBecomesUnreadable goes from one EncryptionConfiguration to another in the
// same directory, and looks at what is said to be lost on the way.
func TestLaw8NothingStoredBecomesUnreadable(t *testing.T) {
	const (
		vault   = `kms: {name: vault, endpoint: "unix:///run/kms/s.sock"}`
		secrets = "{provider: secretbox, resources: [secrets]}"
	)
	for _, tc := range []struct {
		name, before, after string
		want                []string // resources and their reader
	}{
		{"the same", secrets, secrets, nil},
		{"more resources", secrets, "{provider: secretbox, resources: [secrets, configmaps]}", nil},
		{"a wildcard over it", secrets, `{provider: secretbox, resources: ["*."]}`, nil},
		{"everything", "{provider: secretbox, resources: [deployments.apps]}", `{provider: secretbox, resources: ["*.*"]}`, nil},
		{"a wildcard of another group", secrets, `{provider: secretbox, resources: ["*.apps"]}`, []string{"secrets that key-"}},
		{"other resources", secrets, "{provider: secretbox, resources: [configmaps]}", []string{"secrets that key-"}},
		{"no encryption", secrets, "{provider: none, resources: null, identity: null}", []string{"secrets that key-"}},
		{"another provider, the key kept", secrets, "{provider: kms, " + vault + "}", nil},
		{"a plugin kept as reader", "{provider: kms, " + vault + "}", "{provider: secretbox, " + vault + "}", nil},
		{"a plugin gone", "{provider: kms, " + vault + "}", secrets, []string{"secrets that vault"}},
		{"a plugin of another name", "{provider: kms, " + vault + "}", strings.Replace("{provider: kms, "+vault+"}", "vault", "hsm", 1), []string{"secrets that vault"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			render := func(encryption string) *pipeline.Cluster {
				t.Helper()
				file := filepath.Join(dir, "prod.yaml")
				text := head("1.37") + "extends: [baseline]\napiServer: {encryption: " + encryption + "}\n"
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				c, err := newPipeline(t).Bundle(file, out, pipeline.MakeKeys)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.SaveKeys(); err != nil {
					t.Fatal(err)
				}
				return c
			}
			before := render(tc.before)
			if lost := before.LostReaders(out); lost != nil {
				t.Fatalf("an empty directory loses %v", lost)
			}
			if _, err := bundle.Write(out, before.Bundle, bundle.Options{}); err != nil {
				t.Fatal(err)
			}
			got := render(tc.after).LostReaders(out)
			if len(got) != len(tc.want) {
				t.Fatalf("got %v, want %d losses", got, len(tc.want))
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(got[i].Message, want) || got[i].Position.Line == 0 {
					t.Errorf("got %s, want %q with its line", got[i], want)
				}
			}
		})
	}
}
