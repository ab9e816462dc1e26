package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// release is the sources of one Kubernetes release.
type release struct {
	version string // v1.37.0
	dirs    map[string]string
}

// releaseOf finds the release that a mod file requires.
func releaseOf(mod string) (*release, error) {
	text, err := os.ReadFile(mod)
	if err != nil {
		return nil, err
	}
	m := regexp.MustCompile(`(?m)^require k8s\.io/kubernetes v1\.(\S+)$`).FindSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("requires no k8s.io/kubernetes")
	}
	r := &release{version: "v1." + string(m[1]), dirs: map[string]string{}}
	for _, name := range []string{"kubernetes", "kubelet", "kube-proxy", "kube-scheduler", "component-base"} {
		version := "v0." + string(m[1])
		if name == "kubernetes" {
			version = r.version
		}
		answer, err := exec.Command("go", "mod", "download", "-json", "k8s.io/"+name+"@"+version).Output()
		if err != nil {
			return nil, fmt.Errorf("go mod download k8s.io/%s: %w", name, err)
		}
		var module struct{ Dir string }
		if err := json.Unmarshal(answer, &module); err != nil {
			return nil, err
		}
		r.dirs[name] = module.Dir
	}
	return r, nil
}

// file parses a file, given as module/path.
func (r *release) file(name string) (*ast.File, error) {
	module, rest, _ := strings.Cut(name, "/")
	return parser.ParseFile(token.NewFileSet(), filepath.Join(r.dirs[module], filepath.FromSlash(rest)), nil, 0)
}

// function returns a function, or a method by its name alone, of a file.
func (r *release) function(file, name string) (*ast.FuncDecl, error) {
	f, err := r.file(file)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == name {
			return fn, nil
		}
	}
	return nil, fmt.Errorf("%s has no %s", file, name)
}

// says holds that a file still has a text that a rule of this program rests on.
func (r *release) says(file, text string) error {
	module, rest, _ := strings.Cut(file, "/")
	b, err := os.ReadFile(filepath.Join(r.dirs[module], filepath.FromSlash(rest)))
	if err == nil && !strings.Contains(string(b), text) {
		err = fmt.Errorf("%s no longer says %q", file, text)
	}
	return err
}
