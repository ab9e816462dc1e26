package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// roleOf matches the role in a setting's key.
var roleOf = regexp.MustCompile(`\[[a-z-]+\]`)

// recordedKeys returns the keys of all settings that the records below golden name, without their roles, each with a
// profile and minor that sets it.
func recordedKeys(t *testing.T) map[string]string {
	t.Helper()
	records, err := filepath.Glob(filepath.Join("..", "..", "golden", "*", "*", "hardstrap.json"))
	if err != nil || len(records) < 30 {
		t.Fatalf("found %d records: %v", len(records), err)
	}
	out := map[string]string{}
	for _, file := range records {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var record struct{ Files []struct{ Settings []string } }
		if err := json.Unmarshal(b, &record); err != nil {
			t.Fatal(err)
		}
		for _, f := range record.Files {
			for _, key := range f.Settings {
				out[roleOf.ReplaceAllString(key, "")] = filepath.Dir(file)
			}
		}
	}
	return out
}

// TestEverySettingHasADirection holds that each setting of the built-in profiles and of the profiles of golden/options, and
// each that kubeadm sets by itself, has a row of direction.yaml, on every minor, or is compared in another way.
func TestEverySettingHasADirection(t *testing.T) {
	keys := recordedKeys(t)
	for _, name := range Minors() {
		m := minor(t, name)
		for _, component := range m.Components() {
			for _, arg := range m.KubeadmArgs(component) {
				keys[component+":--"+arg.Name] = "kubeadm " + name
			}
		}
		for component, kind := range configKinds {
			for path := range m.KubeadmFields(kind) {
				keys[component+":"+path] = "kubeadm " + name
			}
		}
	}
	for _, key := range sortedKeys(keys) {
		component, path, _ := strings.Cut(key, ":")
		if without, why := comparedOtherwise(component, path); without {
			if why == "" {
				t.Errorf("%s: no word why it needs no direction", key)
			}
			continue
		}
		for _, name := range Minors() {
			if _, ok := DirectionFor(minor(t, name), component, path); !ok {
				t.Errorf("%s: %s has no direction (%s)", name, key, keys[key])
			}
		}
	}
}

// comparedOtherwise tells which settings are no single values with a better and a worse, and why.
func comparedOtherwise(component, path string) (bool, string) {
	_, isField := configKinds[component]
	switch {
	case component == "cluster":
		return true, "an object of the cluster: the rules of its kind say what is weaker"
	case component == "companion":
		return true, "for software besides Kubernetes"
	case strings.HasPrefix(path, "tmpfile/"):
		return true, "a mode and two owners, each compared by itself"
	case path == "extraVolumes":
		return true, "the mounts of files that other settings name"
	case component == "etcd" && path == "members":
		return true, "who the members are is a fact of the cluster"
	case !isField && slices.Contains([]string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}, component) && !strings.HasPrefix(path, "--"):
		return true, "a whole document: the rules of its kind say what is weaker"
	}
	return false, ""
}
