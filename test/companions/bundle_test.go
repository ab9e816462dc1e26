package companions

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// root is where the project's root module is.
const root = "../.."

// profiles are rendered for every test.
func profiles() map[string]string {
	return map[string]string{"all": "testdata/all.yaml", "manifests": root + "/golden/options/manifests.yaml"}
}

var rendered struct {
	once sync.Once
	dir  string
	out  []byte
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if rendered.dir != "" {
		os.RemoveAll(rendered.dir)
	}
	os.Exit(code)
}

// bundles renders the profiles once, with hardstrap built from this tree, and hands each bundle's
// directory to the test.
func bundles(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	rendered.once.Do(func() {
		if rendered.dir, rendered.err = os.MkdirTemp("", "companions"); rendered.err != nil {
			return
		}
		program := filepath.Join(rendered.dir, "hardstrap")
		build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/hardstrap")
		build.Dir = root
		if rendered.out, rendered.err = build.CombinedOutput(); rendered.err != nil {
			return
		}
		for name, profile := range profiles() {
			generate := exec.Command(program, "generate", profile, "-o", filepath.Join(rendered.dir, name), "--without-keys")
			if rendered.out, rendered.err = generate.CombinedOutput(); rendered.err != nil {
				return
			}
		}
	})
	if rendered.err != nil {
		t.Fatalf("%v\n%s", rendered.err, rendered.out)
	}
	for name := range profiles() {
		t.Run(name, func(t *testing.T) { test(t, filepath.Join(rendered.dir, name)) })
	}
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decode reads every object of a file strictly into the type's Go form.
func decode[T any](t *testing.T, data []byte) []T {
	t.Helper()
	var out []T
	for _, doc := range documents(t, data) {
		text, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var o T
		if err := sigsyaml.UnmarshalStrict(text, &o); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		out = append(out, o)
	}
	return out
}
