package pipeline_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// clusters renders every built-in profile on every minor, and the profiles that exercise every
// option, and hands each to the test.
func clusters(t *testing.T, test func(t *testing.T, c *pipeline.Cluster)) {
	t.Helper()
	p := newPipeline(t)
	run := func(name, file string) {
		t.Run(name, func(t *testing.T) { test(t, bundleOf(t, p, file)) })
	}
	for _, name := range profiles.Builtins() {
		for _, minor := range catalog.Minors() {
			run(name+"/"+minor, write(t, "p.yaml", head(minor)+"extends: ["+name+"]\n"))
		}
	}
	options, err := filepath.Glob("../../golden/options/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range options {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "kind: Profile") { // not a policy that one names
			found++
			run(filepath.Base(file), file)
		}
	}
	if found < 5 {
		t.Errorf("only %d profiles of options", found)
	}
}

func head(minor string) string {
	return "apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\nmetadata: {name: p}\nkubernetesVersion: \"" + minor + "\"\n"
}

func newPipeline(t testing.TB) *pipeline.Pipeline {
	t.Helper()
	p, err := pipeline.New("test")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func bundleOf(t testing.TB, p *pipeline.Pipeline, file string) *pipeline.Cluster {
	t.Helper()
	c, err := p.Bundle(file, "out", pipeline.PlaceholderKeys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// files returns a bundle's files by path, the record included.
func files(t testing.TB, c *pipeline.Cluster) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, f := range c.Bundle.Files {
		out[f.Path] = f.Data
	}
	record, err := c.Bundle.Encode()
	if err != nil {
		t.Fatal(err)
	}
	out["hardstrap.json"] = record
	return out
}

// sameFiles names each file that two bundles do not share, without showing what is in it.
func sameFiles(t *testing.T, a, b map[string][]byte) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%d files, then %d", len(a), len(b))
	}
	for p := range a {
		if !bytes.Equal(a[p], b[p]) {
			t.Errorf("%s differs between two runs", p)
		}
	}
}

// Law 1: the same profile, the same keys and the same hardstrap give the same bytes, in a
// pipeline that has rendered other clusters before as in a fresh one.
func TestLaw1Determinism(t *testing.T) {
	used := newPipeline(t)
	clusters(t, func(t *testing.T, c *pipeline.Cluster) {
		file := c.Loaded.File
		for _, p := range []*pipeline.Pipeline{used, newPipeline(t)} {
			sameFiles(t, files(t, c), files(t, bundleOf(t, p, file)))
		}
	})
}

// Law 2: observing a rendered bundle gives back the settings it was rendered from.
func TestLaw2RoundTrip(t *testing.T) {
	clusters(t, func(t *testing.T, c *pipeline.Cluster) {
		got, err := observe.Bundle(files(t, c))
		if err != nil {
			t.Fatal(err)
		}
		want := c.Resolved.Settings
		for _, s := range want.All() {
			found := got.Value(s.Key)
			if found == nil {
				t.Errorf("%s is set and not found in the bundle", s.Key)
				continue
			}
			if diff := cmp.Diff(canonical(t, c, s.Key, s.Value), canonical(t, c, s.Key, found)); diff != "" {
				t.Errorf("%s (-set +found):\n%s", s.Key, diff)
			}
		}
		for _, s := range got.All() {
			if want.Value(s.Key) == nil {
				t.Errorf("%s is in the bundle and no setting", s.Key)
			}
		}
	})
}

// canonical gives a value as plain data: flags by their type, lists without an order sorted.
func canonical(t *testing.T, c *pipeline.Cluster, k settings.Key, v *settings.Value) any {
	t.Helper()
	if name, ok := strings.CutPrefix(k.Path, "--"); ok {
		flag, _ := c.Minor.Flag(k.Component, name)
		normal, err := settings.NormalizeFlag(flag.Type, v)
		if err != nil {
			t.Errorf("%s: %v", k, err)
			return nil
		}
		return normal.Plain()
	}
	if k.Component == settings.Host {
		if v.Kind == settings.List {
			texts := v.Strings()
			slices.Sort(texts)
			return texts
		}
	}
	return v.Plain()
}

// Law 4: a file an API server reads comes with its flag, its volume and its mount, read-only,
// in a directory of its own; and NodeRestriction is never lost.
func TestLaw4OneUnit(t *testing.T) {
	clusters(t, func(t *testing.T, c *pipeline.Cluster) {
		all := files(t, c)
		got, err := observe.Bundle(all)
		if err != nil {
			t.Fatal(err)
		}
		mounts := map[string]bool{} // directory to read-only
		for _, v := range got.Value(settings.Key{Component: settings.APIServer, Path: "extraVolumes"}).Items {
			if v.Get("hostPath").Text != v.Get("mountPath").Text {
				t.Errorf("volume %s is seen elsewhere than it is", v.Get("name").Text)
			}
			mounts[v.Get("mountPath").Text] = v.Get("readOnly").Text == "true"
		}
		units := 0
		for _, d := range layout.Documents() {
			_, rendered := all["host/control-plane"+d.File]
			if d.Flag != "" {
				flag := got.Flag(settings.APIServer, d.Flag)
				if rendered != (flag != nil) || flag != nil && flag.Text != d.File {
					t.Errorf("%s: file rendered: %t, flag --%s: %v", d.File, rendered, d.Flag, flag)
				}
			}
			if !rendered {
				continue
			}
			units++
			if readOnly, mounted := mounts[path.Dir(d.File)]; !mounted || !readOnly {
				t.Errorf("%s: mounted: %t, read-only: %t", d.File, mounted, readOnly)
			}
		}
		checkStaticPolicies(t, all, got, mounts)
		if units == 0 {
			t.Error("no document of the API server was rendered")
		}
		for dir := range mounts {
			for p := range all {
				if strings.HasPrefix(p, "host/control-plane"+layout.Kubeadm) && strings.HasPrefix(layout.Kubeadm, dir) {
					t.Errorf("volume of %s would show the API server kubeadm's own files", dir)
				}
			}
		}
		if plugins := got.Flag(settings.APIServer, "enable-admission-plugins"); plugins != nil &&
			!slices.Contains(strings.Split(strings.Join(plugins.Strings(), ","), ","), "NodeRestriction") {
			t.Error("NodeRestriction is lost")
		}
	})
}

// checkStaticPolicies: files of policies stand where a configuration names their directory, and
// where the API server sees it; each holds a policy and a binding of the file's own name.
func checkStaticPolicies(t *testing.T, all map[string][]byte, got *settings.Set, mounts map[string]bool) {
	t.Helper()
	named := ""
	if v := got.Value(settings.Key{Component: settings.APIServer, Path: "ValidatingAdmissionPolicyConfiguration"}); v != nil {
		named = v.Get("staticManifestsDir").Text
	}
	found := 0
	for p := range all {
		file, ok := strings.CutPrefix(p, "host/control-plane"+layout.StaticPolicies+"/")
		if !ok {
			continue
		}
		found++
		name := strings.TrimSuffix(file, ".yaml")
		objects := got.Value(settings.Key{Component: settings.APIServer, Path: "static/" + name}).Items
		if len(objects) != 2 || objects[0].Lookup("metadata", "name").Text != name || objects[1].Lookup("metadata", "name").Text != name ||
			objects[1].Lookup("spec", "policyName").Text != name || !strings.HasSuffix(name, ".static.k8s.io") {
			t.Errorf("%s is no policy with its binding, of that name", p)
		}
	}
	if (found > 0) != (named != "") || found > 0 && (named != layout.StaticPolicies || !mounts[path.Dir(named)]) {
		t.Errorf("%d static policies, and their directory is given as %q, mounted read-only: %t", found, named, mounts[path.Dir(named)])
	}
}

// Law 5: a hostile value is refused, or stands in the file as one value: the tree keeps its
// shape, which reading back proves for every file before it is returned.
func FuzzLaw5HostileValues(f *testing.F) {
	for _, seed := range []string{
		"plain", "a\nb: c", "'", `"`, "a: b", "{{ .Secret }}", "{{", "}}", "\x00", "- x", "# x", "&a", "*a", "!!binary x",
		"yes", "1e3", "0x10", "~", "", " ", strings.Repeat("x", 5000), "日本語", "\u202e", "\ufeff", "a\tb", "$(id)", "`id`", "a,b", "k=v", "\\", "%d", "---", "...",
	} {
		f.Add(seed)
	}
	p := newPipeline(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, value string) {
		quoted := fmt.Sprintf("%q", value)
		if !isYAMLQuoted(quoted) {
			return // Go's escapes beyond YAML's: \x.. of invalid UTF-8 cannot be written at all
		}
		body := head("1.37") + "extends: [restricted]\n" +
			"cluster: {name: " + quoted + ", controlPlaneEndpoint: " + quoted + ", certSANs: [" + quoted + "]}\n" +
			"apiServer:\n  flags: {external-hostname: " + quoted + ", strict-transport-security-directives: [" + quoted + "]}\n" +
			"  audit: {log: {path: " + quoted + "}}\n" +
			"  admission: {podSecurity: {exemptions: {usernames: [" + quoted + "]}}}\n" +
			"kubelet: {config: {clusterDomain: " + quoted + ", evictionHard: {" + quoted + ": " + quoted + "}}}\n" +
			"waivers: [{control: cis-1.12/1.2.28, reason: " + quoted + ", owner: " + quoted + "}]\n"
		file := filepath.Join(dir, "p.yaml")
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := p.Bundle(file, "out", pipeline.PlaceholderKeys)
		if err != nil {
			if len(diag.As(err)) == 0 || strings.Contains(err.Error(), "no file of the bundle carries") {
				t.Fatalf("not a problem of the profile: %v", err)
			}
			return
		}
		if _, err := observe.Bundle(files(t, c)); err != nil {
			t.Fatalf("rendered and cannot be read: %v", err)
		}
	})
}

func isYAMLQuoted(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '\\' {
			if strings.IndexByte(`"\/abfnrtv0uUxeN_LP `, s[i+1]) < 0 {
				return false
			}
			i++
		}
	}
	return true
}

// Law 9: a key is in the one file that needs it and nowhere else: not in the record, nor the
// README, nor what is printed, nor as a digest.
func TestLaw9SecretsStaySecret(t *testing.T) {
	dir := t.TempDir()
	p := newPipeline(t)
	out := filepath.Join(dir, "out")
	c, err := p.Bundle("cis-level-1", out, pipeline.MakeKeys)
	if err != nil {
		t.Fatal(err)
	}
	if !c.NewKeys || c.KeyFile != filepath.Join(dir, "keys", "cis-level-1.yaml") {
		t.Fatalf("new keys: %t, at %s", c.NewKeys, c.KeyFile)
	}
	if _, err := os.Stat(c.KeyFile); !os.IsNotExist(err) {
		t.Errorf("the key file stands before anything was asked to be written: %v", err)
	}
	secrets := c.Ring.Secrets()
	if len(secrets) != 1 || len(secrets[0]) != 44 {
		t.Fatalf("%d secrets", len(secrets))
	}
	holders := 0
	for path, data := range files(t, c) {
		if strings.Contains(string(data), secrets[0]) {
			holders++
			if path != "host/control-plane"+layout.Config+"/encryption/encryption.yaml" {
				t.Errorf("%s holds the key", path)
			}
		}
	}
	if holders != 1 {
		t.Errorf("%d files hold the key, want one", holders)
	}
	for _, printed := range []string{
		fmt.Sprintf("%v %+v %#v %s", c.Bundle.Files, c.Bundle.Files, c.Bundle.Files, c.Bundle.Files),
		fmt.Sprintf("%v %+v %#v", c.Ring, c.Ring, c.Ring),
		fmt.Sprintf("%+v", c.Resolved.Settings.All()),
	} {
		if strings.Contains(printed, secrets[0]) {
			t.Error("printing shows the key")
		}
	}
	for _, s := range c.Resolved.Settings.All() {
		if strings.Contains(fmt.Sprint(s.Value.Plain()), secrets[0]) {
			t.Errorf("setting %s holds the key", s.Key)
		}
	}
}

// Law 8: a key once made is never overwritten, and two runs use the same one.
func TestLaw8KeysAreKept(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	first, err := newPipeline(t).Bundle("baseline", out, pipeline.MakeKeys)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.SaveKeys(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(first.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []pipeline.KeyMode{pipeline.MakeKeys, pipeline.ReadKeys} {
		again, err := newPipeline(t).Bundle("baseline", out, mode)
		if err != nil {
			t.Fatal(err)
		}
		if again.NewKeys {
			t.Error("a second run made new keys")
		}
		if err := again.SaveKeys(); err != nil {
			t.Fatal(err)
		}
		sameFiles(t, files(t, first), files(t, again))
	}
	after, err := os.ReadFile(first.KeyFile)
	if err != nil || string(before) != string(after) {
		t.Errorf("the key file changed (%v)", err)
	}
}

// Without a key file and without being told to make one, the error says where one is wanted.
func TestMissingKeys(t *testing.T) {
	_, err := newPipeline(t).Bundle("baseline", filepath.Join(t.TempDir(), "out"), pipeline.ReadKeys)
	problems := diag.As(err)
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "no key file") || !strings.Contains(problems[0].Hint, "--new-keys") {
		t.Errorf("got %v", err)
	}
}

// Law 8, when the provider changes: the old key goes on reading what it encrypted.
func TestLaw8OldKeysKeepReading(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "prod.yaml")
	save := func(encryption string) {
		t.Helper()
		text := head("1.37") + "extends: [baseline]\napiServer: {encryption: " + encryption + "}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("{provider: secretbox}")
	before, err := newPipeline(t).Bundle(file, filepath.Join(dir, "out"), pipeline.MakeKeys)
	if err != nil {
		t.Fatal(err)
	}
	if err := before.SaveKeys(); err != nil {
		t.Fatal(err)
	}
	save("{provider: kms, kms: {name: vault, endpoint: \"unix:///run/kms/s.sock\"}}")
	after, err := newPipeline(t).Bundle(file, filepath.Join(dir, "out"), pipeline.ReadKeys)
	if err != nil {
		t.Fatal(err)
	}
	for p, data := range files(t, after) {
		if path.Base(p) == "encryption.yaml" {
			kms, old := strings.Index(string(data), "kms:"), strings.Index(string(data), before.Ring.Secrets()[0])
			if kms < 0 || old < kms {
				t.Errorf("kms stands at %d, the old key at %d; want kms first and the old key behind it", kms, old)
			}
			return
		}
	}
	t.Error("no encryption.yaml was rendered")
}
