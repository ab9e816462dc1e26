package install

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/profiles"
)

// What is rendered can be installed: every built-in profile and every profile that exercises the
// options, on each of its nodes, with real keys; and taken back.
func TestEveryBundleCanBeInstalled(t *testing.T) {
	names := profiles.Builtins()
	options, err := filepath.Glob("../../golden/options/*.yaml")
	if err != nil || len(options) == 0 {
		t.Fatalf("no profiles of options: %v", err)
	}
	p, err := pipeline.New("test")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range append(names, options...) {
		if filepath.Base(name) == "audit-policy.yaml" {
			continue // no profile
		}
		dir := filepath.Join(memoryDir(t), "out")
		c, err := p.Bundle(name, dir, pipeline.MakeKeys)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := bundle.Write(dir, c.Bundle, bundle.Options{}); err != nil {
			t.Fatal(err)
		}
		read, record, err := bundle.Read(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, of := range Roles(read) {
			root := memoryDir(t)
			role, member, _ := strings.Cut(of, "/")
			seen[role] = true
			o := Options{Bundle: read, Record: record, Root: root, Role: role, Member: member}
			plan := mustInstall(t, o)
			got := describe(t, root)
			for _, f := range c.Bundle.Files {
				if at, ok := strings.CutPrefix(f.Path, "host/"+of+"/"); ok && !strings.HasSuffix(got[at], " "+string(f.Data)) {
					t.Errorf("%s, %s: %s is not installed as it is", name, of, at)
				}
			}
			if len(plan.Problems) > 0 || len(plan.Files) == 0 || len(plan.Next(false)) == 0 {
				t.Errorf("%s, %s: %d files, %v", name, of, len(plan.Files), plan.Problems)
			}
			if again := mustInstall(t, o); !again.Idle() {
				t.Errorf("%s, %s: a second run still has to do %v", name, of, again.Changes)
			}
			mustRollback(t, root)
			if left := without(describe(t, root)); len(left) != 1 {
				t.Errorf("%s, %s: a rollback leaves more than the root: %v", name, of, left)
			}
		}
	}
	for _, role := range []string{"control-plane", "worker", "etcd"} {
		if !seen[role] {
			t.Errorf("no bundle has files for the role %q", role)
		}
	}
}
