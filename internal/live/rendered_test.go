package live_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/live"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/testnode"
)

var update = flag.Bool("update", false, "write the golden files anew")

// diff compares a node with a built-in profile.
func diff(t *testing.T, n testnode.Node, profile string) *compare.Report {
	t.Helper()
	root := t.TempDir()
	testnode.Write(t, root, n)
	p, err := pipeline.New("test")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	_, wanted, err := p.Wanted(testnode.Profile(t, profile, n.Minor), now)
	if err != nil {
		t.Fatal(err)
	}
	sources := live.Sources{Roots: []string{root}, Now: now, Modes: wanted.Files(), Sysctls: wanted.Sysctls()}
	if os.Geteuid() != 0 {
		sources.Modes = nil // only root can lay down files of others
	}
	c := compare.New(wanted)
	if err := live.Look(context.Background(), sources, c.Add); err != nil {
		t.Fatal(err)
	}
	return c.Report()
}

// summary says each finding in a line, without places, which differ by machine.
func summary(r *compare.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		part := f.Part
		if part != "" {
			part = " (" + part + ")"
		}
		fmt.Fprintf(&b, "%s %s%s: %s %s", f.Direction, f.Key, part, f.Message, text(f.Found[0].Said))
		if f.Wanted.Value != nil {
			fmt.Fprintf(&b, ", wanted %s", text(f.Wanted))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func text(s compare.Said) string {
	if s.Value == nil {
		return "not set"
	}
	return fmt.Sprint(s.Value.Plain())
}

// TestARenderedNodeHasNoDifference: a bundle laid over a node, and what the real kubeadm makes of it, is what its profile
// wants (law 2).
func TestARenderedNodeHasNoDifference(t *testing.T) {
	for _, n := range testnode.Names() {
		if n.Profile == "" {
			continue
		}
		t.Run(n.Minor+"/"+n.Profile+"/"+n.Role, func(t *testing.T) {
			t.Parallel()
			r := diff(t, n, n.Profile)
			if found := summary(r); found != "" {
				t.Error(found)
			}
			if len(r.Matches) < 20 {
				t.Errorf("only %d settings match", len(r.Matches))
			}
		})
	}
}

// TestAPlainNode: what kubeadm makes without a profile, seen from the mildest and the strictest. The findings were read one by
// one; -update writes them anew.
func TestAPlainNode(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("modes and owners of files need root")
	}
	for _, n := range testnode.Names() {
		if n.Profile != "" {
			continue
		}
		for _, profile := range []string{"baseline", "restricted"} {
			name := strings.Join([]string{n.Minor, n.Role, profile}, "-")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				found := summary(diff(t, n, profile))
				golden := filepath.Join("testdata", "plain", name+".txt")
				if *update {
					if err := os.WriteFile(golden, []byte(found), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), found); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
}
