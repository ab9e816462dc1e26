package generate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// texts gives a set as text by key, each value in its canonical form.
func texts(t testing.TB, in Input, s *settings.Set) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, each := range s.All() {
		v, err := canonical(&in, each)
		if err != nil {
			t.Fatalf("%s: %v", each.Key, err)
		}
		out[each.Key.String()] = v.Plain()
	}
	return out
}

func TestObservingABundleGivesTheSettingsBack(t *testing.T) {
	for name, set := range map[string]*settings.Set{"own etcd": fullSet(), "external etcd": externalSet(), "nothing": {}} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(set)
			files := map[string][]byte{}
			for path, f := range render(t, in) {
				files[path] = f.Data
			}
			found, err := observe.Bundle(files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(texts(t, in, set), texts(t, in, found)); diff != "" {
				t.Errorf("settings lost, added or changed (-in +out):\n%s", diff)
			}
		})
	}
}
