package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hardstrap/hardstrap/"

// rooms says which of the project's own packages each may import. A row is a sentence of
// docs/architecture.md; an import that no row allows is a wrong turn of the data.
func rooms() map[string][]string {
	leaf := []string{}
	return map[string][]string{
		"internal/settings":        leaf,
		"internal/diag":            leaf,
		"internal/nearest":         leaf,
		"internal/layout":          leaf,
		"internal/house":           leaf,
		"templates":                leaf,
		"profiles":                 {"internal/diag", "internal/nearest", "internal/network", "internal/rbac", "internal/settings"},
		"internal/catalog":         {"internal/nearest"},
		"internal/auditpolicy":     {"internal/diag", "internal/nearest", "internal/settings"},
		"internal/admissionpolicy": {"internal/settings"},
		"internal/keys":            {"internal/diag", "internal/nearest"},
		"internal/rbac":            {"internal/settings"},
		"internal/network":         {"internal/settings"},
		"internal/effective":       {"internal/catalog", "internal/observe", "internal/settings"},
		"internal/mutation":        leaf,
		"internal/meaning":         {"internal/admissionpolicy", "internal/auditpolicy", "internal/catalog", "internal/settings"},
		"internal/compare": {
			"internal/catalog", "internal/controls", "internal/effective", "internal/layout", "internal/meaning", "internal/observe", "internal/observe/wire",
			"internal/settings",
		},
		"internal/live":     {"internal/observe", "internal/observe/cluster", "internal/observe/process", "internal/observe/wire", "internal/settings", "internal/snapshot"},
		"internal/report":   {"internal/compare", "internal/settings"},
		"internal/controls": {"internal/auditpolicy", "internal/layout", "internal/nearest", "internal/rbac", "internal/settings", "profiles"},
		"internal/resolve": {
			"internal/admissionpolicy", "internal/auditpolicy", "internal/catalog", "internal/controls", "internal/diag", "internal/layout",
			"internal/nearest", "internal/network", "internal/rbac", "internal/settings", "profiles",
		},
		"internal/observe":         {"internal/diag", "internal/layout", "internal/settings"},
		"internal/observe/cluster": {"internal/diag", "internal/observe", "internal/settings"},
		"internal/observe/process": {"internal/layout", "internal/observe", "internal/settings"},
		"internal/snapshot":        {"internal/layout", "internal/observe", "internal/observe/process", "internal/settings"},
		"generate":                 {"internal/bundle", "internal/diag", "internal/layout", "internal/observe", "internal/settings", "templates"},
		"internal/bundle":          {"internal/diag", "internal/settings"},
		"internal/install":         {"internal/bundle", "internal/diag", "internal/layout", "internal/observe", "internal/settings"},
		"internal/preflight":       {"internal/diag", "internal/keys", "internal/settings"},
		"internal/observe/wire":    {"internal/observe", "internal/settings"},
		"internal/pipeline": {
			"generate", "internal/auditpolicy", "internal/bundle", "internal/catalog", "internal/compare", "internal/controls", "internal/diag",
			"internal/keys", "internal/layout", "internal/observe", "internal/resolve", "internal/settings", "profiles",
		},
		"golden": {"internal/bundle", "internal/catalog", "internal/diag", "internal/keys", "internal/observe", "internal/pipeline", "internal/settings", "profiles"},
		// No row names internal/testnode: only tests import it.
		"internal/testnode": {"internal/bundle", "internal/diag", "internal/layout", "internal/pipeline", "profiles"},
		"cmd/hardstrap": {
			"internal/bundle", "internal/catalog", "internal/compare", "internal/controls", "internal/diag", "internal/install", "internal/keys",
			"internal/live", "internal/nearest", "internal/observe/cluster", "internal/observe/wire", "internal/pipeline", "internal/preflight", "internal/report", "internal/resolve", "internal/settings", "internal/snapshot", "profiles",
		},
	}
}

// upstream says which of Kubernetes' own packages a room may import: docs/decisions/0018 tells why and what it costs.
func upstream() map[string][]string {
	return map[string][]string{
		"internal/observe/cluster": {"k8s.io/client-go/rest", "k8s.io/client-go/tools/clientcmd"},
	}
}

// source is one Go file of the root module.
type source struct {
	dir  string // slash-separated, from the module's root
	name string
	file *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		if d.IsDir() {
			if rel == "test" || rel == "bin" || rel == "build" || strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{dir: path.Dir(filepath.ToSlash(rel)), name: d.Name(), file: file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImports(t *testing.T) {
	allowed, seen := rooms(), map[string]bool{}
	for _, s := range sources(t) {
		if strings.Contains(s.dir, "/gen") || s.dir == "profiles/schema" {
			continue // programs that make data, run by hand
		}
		seen[s.dir] = true
		may, ok := allowed[s.dir]
		if !ok {
			t.Errorf("%s: no row in rooms says what it may import", s.dir)
			continue
		}
		for _, imp := range s.file.Imports {
			full := strings.Trim(imp.Path.Value, `"`)
			if (strings.HasPrefix(full, "k8s.io/") || strings.HasPrefix(full, "go.etcd.io/")) && !slices.Contains(upstream()[s.dir], full) {
				t.Errorf("%s/%s imports %s: Kubernetes' own code belongs in test/", s.dir, s.name, full)
			}
			own, ok := strings.CutPrefix(full, module)
			if !ok || own == s.dir || strings.HasSuffix(s.name, "_test.go") {
				continue // tests may look from outside
			}
			if !slices.Contains(may, own) {
				t.Errorf("%s/%s imports %s, which rooms does not allow", s.dir, s.name, own)
			}
		}
	}
	for dir := range allowed {
		if !seen[dir] {
			t.Errorf("rooms has a row for %s, which has no Go files", dir)
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	docs, dirs := map[string]string{}, map[string]bool{}
	for _, s := range sources(t) {
		dirs[s.dir] = true
		if s.file.Doc != nil && !strings.HasSuffix(s.name, "_test.go") {
			docs[s.dir] += s.file.Doc.Text()
		}
	}
	for dir := range dirs {
		switch text := docs[dir]; {
		case text == "":
			t.Errorf("%s has no package comment", dir)
		case !strings.Contains(strings.ToLower(strings.Join(strings.Fields(text), " ")), "start reading"):
			t.Errorf("%s: the package comment does not say where to start reading", dir)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s/%s has an init function", s.dir, s.name)
			}
		}
	}
}
