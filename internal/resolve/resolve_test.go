package resolve_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/resolve"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// resolveText resolves a profile given as the lines below its head, on a minor.
func resolveText(t *testing.T, minor, body string) (*resolve.Resolved, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.yaml")
	text := "apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\nmetadata: {name: p}\nkubernetesVersion: \"" + minor + "\"\n" + body
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := profiles.Load(file)
	if err != nil {
		t.Fatalf("the profile does not load: %v", err)
	}
	m, err := catalog.For(loaded.Profile.KubernetesVersion)
	if err != nil {
		t.Fatal(err)
	}
	in := resolve.Inputs{Keys: []resolve.Key{{Name: "key-0badcafe", Provider: string(loaded.Profile.APIServer.Encryption.Provider)}}}
	if file := loaded.Profile.APIServer.Audit.PolicyFile; file != "" {
		policy, problems := auditpolicy.Parse(file, []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n"), m.Name)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		in.AuditPolicy = policy
	}
	return resolve.Resolve(loaded, m, in)
}

// lines gives problems without their file, and with the line and column kept.
func lines(l diag.List) []string {
	var out []string
	for _, p := range l {
		if p.Position.File != "" && !strings.HasPrefix(p.Position.File, "built-in") {
			p.Position.File = "p.yaml"
		}
		out = append(out, p.String())
	}
	return out
}

// refused expects a profile to be refused, with exactly what is wanted said of it.
func (tc problemCase) refused(t *testing.T) {
	_, err := resolveText(t, tc.minor, "extends: [baseline]\n"+tc.body)
	if err == nil {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(tc.want, lines(diag.As(err).Errors())); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestRefused has a row for each thing that must be refused before anything is rendered. Every
// row extends baseline, so what is reported is the row's own fault.
func TestRefused(t *testing.T) {
	for _, tc := range refusals() {
		t.Run(tc.name, tc.refused)
	}
}

// TestWarned has a row for each thing that is said and goes on.
func TestWarned(t *testing.T) {
	for _, tc := range warnings() {
		t.Run(tc.name, func(t *testing.T) {
			r, err := resolveText(t, tc.minor, "extends: [baseline]\n"+tc.body)
			if err != nil {
				t.Fatal(err)
			}
			got := lines(r.Warnings)
			for _, want := range tc.want {
				if !contains(got, want) {
					t.Errorf("no warning %q in:\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

// TestSettings looks at what sections expand to, per minor.
func TestSettings(t *testing.T) {
	for _, tc := range expansions() {
		t.Run(tc.name, func(t *testing.T) {
			r, err := resolveText(t, tc.minor, tc.body)
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range tc.want {
				got := find(t, r.Settings, key)
				if diff := cmp.Diff(want, got.Plain()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", key, diff)
				}
			}
		})
	}
}

func find(t *testing.T, set *settings.Set, key string) *settings.Value {
	t.Helper()
	for _, s := range set.All() {
		if s.Key.String() == key {
			return s.Value
		}
	}
	return nil
}

// TestEverySettingHasAnOrigin is the ground explain and diff stand on.
func TestEverySettingHasAnOrigin(t *testing.T) {
	for _, name := range profiles.Builtins() {
		for _, minor := range catalog.Minors() {
			t.Run(name+"/"+minor, func(t *testing.T) {
				r, err := resolveText(t, minor, "extends: ["+name+"]\n")
				if err != nil {
					t.Fatal(err)
				}
				if r.Settings.Len() == 0 {
					t.Fatal("no settings")
				}
				for _, s := range r.Settings.All() {
					if s.Value.Origin.File == "" || s.Value.Origin.Line == 0 {
						t.Errorf("%s has no place in a profile: %+v", s.Key, s.Value.Origin)
					}
				}
			})
		}
	}
}

// TestResolveTwice is law 1 for this step.
func TestResolveTwice(t *testing.T) {
	first, err := resolveText(t, "1.37", "extends: [restricted]\n")
	if err != nil {
		t.Fatal(err)
	}
	second, err := resolveText(t, "1.37", "extends: [restricted]\n")
	if err != nil {
		t.Fatal(err)
	}
	a, b := first.Settings.All(), second.Settings.All()
	if len(a) != len(b) {
		t.Fatalf("%d settings, then %d", len(a), len(b))
	}
	for i := range a {
		if a[i].Key != b[i].Key || !settings.Equal(a[i].Value, b[i].Value) {
			t.Errorf("%s differs between two runs", a[i].Key)
		}
	}
}
