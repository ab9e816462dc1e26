package acceptance

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// bundle is one rendered bundle, and what became of each of its files.
type bundle struct {
	profile, minor string
	dir            string
	files          []string            // slash-separated, below dir
	accepted       map[string][]string // file -> which upstream code accepted it
	tooled         map[string][]string // file no component reads -> the tool that accepted it; none if there was none
	notes          []string            // what a check put in place of something a bundle does not bring
}

// Where things stand in a bundle.
const (
	controlPlane = "host/control-plane"
	worker       = "host/worker"
	externalEtcd = "host/etcd"
	kubeadmDir   = "etc/kubernetes/kubeadm"
)

func openBundle(dir, profile, minor string) (*bundle, error) {
	b := &bundle{profile: profile, minor: minor, dir: dir, accepted: map[string][]string{}, tooled: map[string][]string{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		b.files = append(b.files, filepath.ToSlash(relative))
		return err
	})
	if err == nil && len(b.files) == 0 {
		err = fmt.Errorf("%s: no file in it", dir)
	}
	return b, err
}

// bundlesOf opens every bundle below root that was rendered for minor.
func bundlesOf(t *testing.T, root, minor string) []*bundle {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var bundles []*bundle
	for _, entry := range entries {
		dir := filepath.Join(root, entry.Name(), minor)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		b, err := openBundle(dir, entry.Name(), minor)
		if err != nil {
			t.Fatal(err)
		}
		bundles = append(bundles, b)
	}
	if len(bundles) == 0 {
		t.Fatalf("%s: no bundle for %s", root, minor)
	}
	return bundles
}

func (b *bundle) path(file string) string { return filepath.Join(b.dir, filepath.FromSlash(file)) }

func (b *bundle) has(file string) bool { return slices.Contains(b.files, file) }

// accept records that upstream code took a file.
func (b *bundle) accept(who string, files ...string) {
	for _, file := range files {
		if b.has(file) && !slices.Contains(b.accepted[file], who) {
			b.accepted[file] = append(b.accepted[file], who)
		}
	}
}

// below lists the files of a folder.
func (b *bundle) below(folder string) []string {
	var below []string
	for _, file := range b.files {
		if strings.HasPrefix(file, folder+"/") {
			below = append(below, file)
		}
	}
	return below
}

// note remembers a stand-in once.
func (b *bundle) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(b.notes, text) {
		b.notes = append(b.notes, text)
	}
}

// document is one document of a YAML file.
type document = map[string]any

// documentsOf reads all documents of a YAML file.
func documentsOf(path string) ([]document, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var documents []document
	for _, part := range strings.Split("\n"+string(data), "\n---") {
		content := document{}
		if err := yaml.Unmarshal([]byte(part), &content); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(content) > 0 {
			documents = append(documents, content)
		}
	}
	return documents, nil
}

// writeDocuments writes documents as one YAML file.
func writeDocuments(path string, documents []document) error {
	var parts []string
	for _, content := range documents {
		data, err := yaml.Marshal(content)
		if err != nil {
			return err
		}
		parts = append(parts, string(data))
	}
	return os.WriteFile(path, []byte(strings.Join(parts, "---\n")), 0o600)
}

// ofKind returns the first document of a kind.
func ofKind(documents []document, kind string) document {
	for _, content := range documents {
		if content["kind"] == kind {
			return content
		}
	}
	return nil
}

// at returns the map at a path of keys, made where it is missing.
func at(content document, keys ...string) document {
	for _, key := range keys {
		next, ok := content[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			content[key] = next
		}
		content = next
	}
	return content
}
