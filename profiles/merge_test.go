package profiles

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// loadFiles loads top.yaml of files that are written without apiVersion and kind.
func loadFiles(t *testing.T, files map[string]string) *Loaded {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(head + text)}
	}
	loaded, err := load(fsys, "top.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// TestMerge lays top.yaml over what it extends, and looks at one place of the result.
func TestMerge(t *testing.T) {
	flags := func(s string) string { return "apiServer: {flags: {" + s + "}}\n" }
	for _, test := range []struct {
		name  string
		files map[string]string
		path  []string
		want  any
	}{
		{
			"maps merge",
			map[string]string{"a.yaml": flags("x: 1, y: 2"), "top.yaml": "extends: [a.yaml]\n" + flags("y: 3, z: 4")},
			[]string{"apiServer", "flags"},
			map[string]any{"x": int64(1), "y": int64(3), "z": int64(4)},
		},
		{
			"maps merge at any depth of a free tree",
			map[string]string{
				"a.yaml":   "kubelet: {config: {evictionHard: {memory.available: 100Mi, nodefs.available: 10%}, authentication: {anonymous: {enabled: false}}}}\n",
				"top.yaml": "extends: [a.yaml]\nkubelet: {config: {evictionHard: {memory.available: 200Mi}, authentication: {webhook: {enabled: true}}}}\n",
			},
			[]string{"kubelet", "config"},
			map[string]any{
				"evictionHard":   map[string]any{"memory.available": "200Mi", "nodefs.available": "10%"},
				"authentication": map[string]any{"anonymous": map[string]any{"enabled": false}, "webhook": map[string]any{"enabled": true}},
			},
		},
		{
			"lists replace",
			map[string]string{"a.yaml": "apiServer: {admission: {enable: [A, B]}}\n", "top.yaml": "extends: [a.yaml]\napiServer: {admission: {enable: [C]}}\n"},
			[]string{"apiServer", "admission", "enable"},
			[]any{"C"},
		},
		{
			"an empty list replaces too",
			map[string]string{"a.yaml": "apiServer: {admission: {enable: [A, B]}}\n", "top.yaml": "extends: [a.yaml]\napiServer: {admission: {enable: []}}\n"},
			[]string{"apiServer", "admission", "enable"},
			[]any{},
		},
		{
			"add and remove",
			map[string]string{"a.yaml": "apiServer: {admission: {enable: [A, B]}}\n", "top.yaml": "extends: [a.yaml]\napiServer: {admission: {enable: {remove: [A], add: [C, D]}}}\n"},
			[]string{"apiServer", "admission", "enable"},
			[]any{"B", "C", "D"},
		},
		{
			"add and remove in a flag",
			map[string]string{"a.yaml": flags("api-audiences: [a, b]"), "top.yaml": "extends: [a.yaml]\n" + flags("api-audiences: {add: [c], remove: [a]}")},
			[]string{"apiServer", "flags", "api-audiences"},
			[]any{"b", "c"},
		},
		{
			"add and remove whole maps in a free tree",
			map[string]string{
				"a.yaml":   "kubelet: {config: {registerWithTaints: [{key: a, effect: NoSchedule}, {key: b, effect: NoSchedule}]}}\n",
				"top.yaml": "extends: [a.yaml]\nkubelet: {config: {registerWithTaints: {remove: [{effect: NoSchedule, key: a}], add: [{key: c, effect: NoExecute}]}}}\n",
			},
			[]string{"kubelet", "config", "registerWithTaints"},
			[]any{map[string]any{"key": "b", "effect": "NoSchedule"}, map[string]any{"key": "c", "effect": "NoExecute"}},
		},
		{
			"null drops a scalar",
			map[string]string{"a.yaml": flags("x: 1, y: 2"), "top.yaml": "extends: [a.yaml]\n" + flags("x: null")},
			[]string{"apiServer", "flags"},
			map[string]any{"y": int64(2)},
		},
		{
			"null drops a section",
			map[string]string{"a.yaml": "host: {sysctls: true, firewall: {ssh: [10.0.0.0/8]}}\n", "top.yaml": "extends: [a.yaml]\nhost: {firewall: ~}\n"},
			[]string{"host"},
			map[string]any{"sysctls": true},
		},
		{
			"a later profile of the list wins",
			map[string]string{"a.yaml": flags("x: 1, y: 1"), "b.yaml": flags("x: 2"), "top.yaml": "extends: [a.yaml, b.yaml]\n"},
			[]string{"apiServer", "flags"},
			map[string]any{"x": int64(2), "y": int64(1)},
		},
		{
			"a chain",
			map[string]string{"a.yaml": flags("x: 1, y: 1, z: 1"), "b.yaml": "extends: [a.yaml]\n" + flags("x: 2, y: 2"), "top.yaml": "extends: [b.yaml]\n" + flags("x: 3")},
			[]string{"apiServer", "flags"},
			map[string]any{"x": int64(3), "y": int64(2), "z": int64(1)},
		},
		{
			// d is laid down once, before b: what b changed of it is not undone by c, which
			// did not touch it.
			"a shared ancestor does not undo",
			map[string]string{
				"d.yaml":   flags("x: 1, y: 1"),
				"b.yaml":   "extends: [d.yaml]\n" + flags("x: 2"),
				"c.yaml":   "extends: [d.yaml]\n" + flags("y: 3"),
				"top.yaml": "extends: [b.yaml, c.yaml]\n",
			},
			[]string{"apiServer", "flags"},
			map[string]any{"x": int64(2), "y": int64(3)},
		},
		{
			// c drops what d says; that b says it again does not make c's null a fault, nor
			// does b's own change come back.
			"null is judged against the file's own ancestors",
			map[string]string{
				"d.yaml":   flags("x: 1, y: 1"),
				"b.yaml":   "extends: [d.yaml]\n" + flags("x: null"),
				"c.yaml":   "extends: [d.yaml]\n" + flags("x: null"),
				"top.yaml": "extends: [b.yaml, c.yaml]\n",
			},
			[]string{"apiServer", "flags"},
			map[string]any{"y": int64(1)},
		},
		{
			"elements merge by identity",
			map[string]string{
				"a.yaml":   "waivers:\n- {control: x/1, reason: one, owner: me}\n- {control: x/2, reason: two, owner: me}\n",
				"top.yaml": "extends: [a.yaml]\nwaivers:\n- {control: x/2, owner: you}\n- {control: x/3, reason: three, owner: you}\n",
			},
			[]string{"waivers"},
			[]any{
				map[string]any{"control": "x/1", "reason": "one", "owner": "me"},
				map[string]any{"control": "x/2", "reason": "two", "owner": "you"},
				map[string]any{"control": "x/3", "reason": "three", "owner": "you"},
			},
		},
		{
			"elements are removed by identity",
			map[string]string{
				"a.yaml":   "waivers:\n- {control: x/1, reason: one, owner: me}\n- {control: x/2, reason: two, owner: me}\n",
				"top.yaml": "extends: [a.yaml]\nwaivers: {remove: [x/1], add: [{control: x/2, reason: 2nd}]}\n",
			},
			[]string{"waivers"},
			[]any{map[string]any{"control": "x/2", "reason": "2nd", "owner": "me"}},
		},
		{
			"an identity that stands deeper",
			map[string]string{
				"a.yaml":   "apiServer: {authentication: {jwt: [{issuer: {url: \"https://a\", audiences: [x]}, claimMappings: {username: {claim: sub, prefix: \"\"}}}]}}\n",
				"top.yaml": "extends: [a.yaml]\napiServer: {authentication: {jwt: [{issuer: {url: \"https://a\", audiences: [y]}}]}}\n",
			},
			[]string{"apiServer", "authentication", "jwt"},
			[]any{map[string]any{
				"issuer":        map[string]any{"url": "https://a", "audiences": []any{"y"}},
				"claimMappings": map[string]any{"username": map[string]any{"claim": "sub", "prefix": ""}},
			}},
		},
		{
			"a name is not inherited",
			map[string]string{"a.yaml": "metadata: {name: a, description: of a}\n", "top.yaml": "extends: [a.yaml]\nmetadata: {name: b}\n"},
			[]string{"metadata"},
			map[string]any{"name": "b"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded := loadFiles(t, test.files)
			if diff := cmp.Diff(test.want, loaded.Tree.Lookup(test.path...).Plain()); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryNodeHasItsOrigin walks a merged tree: each node must tell a file and a line of it.
func TestEveryNodeHasItsOrigin(t *testing.T) {
	loaded := loadFiles(t, map[string]string{
		"a.yaml":   "waivers:\n- {control: x/1, reason: one, owner: me}\ntls: {cipherSuites: [A, B]}\n",
		"top.yaml": "extends: [a.yaml, baseline]\nwaivers: {add: [{control: x/2, reason: two, owner: me}]}\ntls: {cipherSuites: {add: [C]}}\n",
	})
	nodes := 0
	var walk func(path string, v *settings.Value)
	walk = func(path string, v *settings.Value) {
		nodes++
		if v.Origin.Line == 0 || v.Origin.Column == 0 || len(loaded.Sources[v.Origin.File]) == 0 {
			t.Errorf("%s has the origin %+v", path, v.Origin)
		}
		wantSource := settings.FromProfile
		if strings.HasPrefix(v.Origin.File, "built-in:") {
			wantSource = settings.FromBuiltin
		}
		if v.Origin.Source != wantSource {
			t.Errorf("%s has the source %q in the file %q", path, v.Origin.Source, v.Origin.File)
		}
		for i, item := range v.Items {
			walk(index(path, i), item)
		}
		for _, e := range v.Entries {
			if e.Origin.Line == 0 {
				t.Errorf("the key %s of %s has no place", e.Key, path)
			}
			walk(child(path, e.Key), e.Value)
		}
	}
	walk("", loaded.Tree)
	if nodes < 20 {
		t.Errorf("walked only %d nodes", nodes)
	}
}

func TestOriginAndPath(t *testing.T) {
	loaded := loadFiles(t, map[string]string{
		"teams/a.yaml": "apiServer:\n  audit:\n    policyFile: ../audit/policy.yaml\n    log: {maxAge: 30}\nwaivers:\n- {control: x/1, reason: one, owner: me}\n",
		"top.yaml":     "extends: [teams/a.yaml]\napiServer:\n  audit: {log: {maxAge: 60}}\n  encryption: {provider: secretbox, keyFile: keys/top.yaml}\n",
	})
	for _, test := range []struct {
		name string
		path []string
		want string
	}{
		{"a value of the file", []string{"apiServer", "audit", "log", "maxAge"}, "top.yaml:5:25"},
		{"an inherited value", []string{"apiServer", "audit", "policyFile"}, "teams/a.yaml:5:17"},
		{"an element", []string{"waivers", "0", "reason"}, "teams/a.yaml:8:26"},
		{"nothing there: the key of the nearest parent", []string{"apiServer", "audit", "log", "maxSize", "x"}, "top.yaml:5:11"},
		{"nothing there: the element", []string{"waivers", "0", "expires"}, "teams/a.yaml:8:3"},
		{"no such element", []string{"waivers", "7", "expires"}, "teams/a.yaml:7:1"},
		{"nothing there at all", []string{"kubeProxy", "config"}, "top.yaml:1:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := loaded.Origin(test.path...).String(); got != test.want {
				t.Errorf("Origin(%q) = %s, want %s", test.path, got, test.want)
			}
		})
	}
	if got := loaded.Path("apiServer", "audit", "policyFile"); got != "audit/policy.yaml" {
		t.Errorf("the policy is looked for at %q", got)
	}
	if got := loaded.Path("apiServer", "encryption", "keyFile"); got != "keys/top.yaml" {
		t.Errorf("the key file is looked for at %q", got)
	}
	if got := loaded.Path("apiServer", "audit", "nothing"); got != "" {
		t.Errorf("where nothing is named, Path = %q", got)
	}
}
