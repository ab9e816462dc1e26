package profiles

import (
	"testing"
	"testing/fstest"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// FuzzExtends lays any profile over any other. Of what is taken, nothing that only instructs the
// merging is left, every node tells where it stands, and a second time gives the same.
func FuzzExtends(f *testing.F) {
	for _, seed := range [][2]string{
		{"apiServer: {flags: {x: 1, y: [a]}}\n", "apiServer: {flags: {x: null, y: {add: [b], remove: [a]}}}\n"},
		{"waivers: [{control: x/1, reason: a, owner: b}]\n", "waivers: {remove: [x/1], add: [{control: x/2, reason: a, owner: b}]}\n"},
		{"kubelet: {config: {a: {b: [{c: 1}]}}}\n", "kubelet: {config: {a: {b: {add: [{c: 2}]}, d: {e: null}}}}\n"},
		{"kubelet: {config: &a {x: [1, 2]}}\netcd: {flags: {y: 1}}\n", "kubelet: {config: {x: null, z: {add: []}}}\netcd: null\n"},
		{"tls: {cipherSuites: [A]}\n", "tls: {cipherSuites: {add: [], remove: []}}\n"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, base, top string) {
		fsys := fstest.MapFS{
			"base.yaml": {Data: []byte(head + base)},
			"top.yaml":  {Data: []byte(head + "extends: [base.yaml]\n" + top)},
		}
		loaded, err := load(fsys, "top.yaml")
		if err != nil {
			return
		}
		var walk func(path string, v *settings.Value)
		walk = func(path string, v *settings.Value) {
			if v.Kind == settings.Null || v.Kind == broken || isEdit(v) {
				t.Errorf("%s is left over: %v", path, v.Plain())
			}
			if v.Origin.File == "" || v.Origin.Line == 0 {
				t.Errorf("%s has no place", path)
			}
			for i, item := range v.Items {
				walk(index(path, i), item)
			}
			for _, e := range v.Entries {
				walk(child(path, e.Key), e.Value)
			}
		}
		walk("", loaded.Tree)
		again, err := load(fsys, "top.yaml")
		if err != nil || again.Digest != loaded.Digest || !settings.Equal(again.Tree, loaded.Tree) {
			t.Errorf("a second time it is another profile (%v)", err)
		}
	})
}
