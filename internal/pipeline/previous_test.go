package pipeline_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/pipeline"
)

func TestPrevious(t *testing.T) {
	for _, tc := range []struct {
		name, before, now, profile string
		want                       []string
	}{
		{"the same", "1.36", "1.36", "p", nil},
		{"the next minor", "1.36", "1.37", "p", nil},
		{"the minor before", "1.37", "1.36", "p", nil},
		{"two minors on", "1.35", "1.37", "p", []string{"out: warning: holds a bundle for Kubernetes 1.35.4: kubeadm moves one minor at a time, and 1.37.0 is further; render each minor between, and move the cluster to it first"}},
		{"two minors back", "1.37", "1.35", "p", []string{"out: warning: holds a bundle for Kubernetes 1.37.0: kubeadm moves one minor at a time, and 1.35.4 is further; render each minor between, and move the cluster to it first"}},
		{"another profile", "1.37", "1.37", "q", []string{`out: warning: holds the bundle of profile "q", not of "p"; name another directory, unless the profile was renamed`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			render := func(minor, name string) *pipeline.Cluster {
				t.Helper()
				c := bundleOf(t, newPipeline(t), write(t, "x.yaml", head(minor)+"extends: [baseline]\n"))
				c.Bundle.Record.Profile.Name = name
				return c
			}
			before := render(tc.before, tc.profile)
			if got := before.Previous("out"); got != nil {
				t.Fatalf("nothing is there, and %v is said of it", got)
			}
			if _, err := bundle.Write(filepath.Join(".", "out"), before.Bundle, bundle.Options{}); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, problem := range render(tc.now, "p").Previous("out") {
				got = append(got, problem.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
