package pipeline_test

import (
	"path"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestModesOfTheBundleHoldOnTheNode: no line of tmpfiles.d gives a file of the bundle another
// mode or owner than the bundle and its list of files say.
func TestModesOfTheBundleHoldOnTheNode(t *testing.T) {
	looked := 0
	clusters(t, func(t *testing.T, c *pipeline.Cluster) {
		for _, f := range c.Bundle.Files {
			role, onNode, ok := strings.Cut(strings.TrimPrefix(f.Path, "host/"), "/")
			if !ok || !strings.HasPrefix(f.Path, "host/") {
				continue
			}
			if role == settings.Etcd {
				_, onNode, _ = strings.Cut(onNode, "/")
			}
			for _, s := range c.Resolved.Settings.Of(settings.Host, role) {
				pattern, ok := strings.CutPrefix(s.Key.Path, "tmpfile/")
				if matches, err := path.Match(pattern, "/"+onNode); !ok || err != nil || !matches {
					continue
				}
				looked++
				if mode := s.Value.Get("mode").Text; mode != "0600" || f.Mode.Perm() != 0o600 {
					t.Errorf("%s has mode %04o in the bundle and %s on the node", f.Path, f.Mode.Perm(), mode)
				}
				if owner := s.Value.Get("user").Text + ":" + s.Value.Get("group").Text; owner != f.Owner {
					t.Errorf("%s belongs to %s in the bundle and to %s on the node", f.Path, f.Owner, owner)
				}
			}
		}
	})
	if looked == 0 {
		t.Error("no line names a file of a bundle")
	}
}
