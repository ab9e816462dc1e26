package generate

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// sprigFunctions lists what templates may take from sprig: functions of their arguments alone.
// Left out is everything that reads the environment, the network, the clock or a source of
// randomness, that gives a map's own order (keys, values), and that hides a fault (default,
// coalesce, atoi, the must-less variants that swallow errors).
func sprigFunctions() []string {
	return []string{"join", "indent", "nindent", "upper", "lower", "trimPrefix", "trimSuffix", "hasPrefix",
		"hasSuffix", "contains", "replace", "repeat", "list", "has", "add", "sub", "ternary"}
}

// functions returns what templates may call: the allowed ones of sprig, and the encoders.
func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	out := template.FuncMap{
		"scalar": scalar,
		"tree":   tree,
		"field":  field,
		"line":   line,
		"word":   word,
		"prose":  prose,
		"shell":  shell,
		"code":   code,
	}
	for _, name := range sprigFunctions() {
		out[name] = all[name]
	}
	return out
}

// engine renders templates; it is made once and only read afterwards.
type engine struct {
	root *template.Template
}

// newEngine parses every template, so that a fault in any of them shows at once.
func newEngine(files fs.FS) (*engine, error) {
	root := template.New("").Option("missingkey=error").Funcs(functions())
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".tmpl") {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		_, err = root.New(path).Parse(string(text))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	return &engine{root: root}, nil
}

// render executes the template of that path on a view.
func (e *engine) render(name string, view any) ([]byte, error) {
	t := e.root.Lookup(name)
	if t == nil {
		return nil, fmt.Errorf("no template %q", name)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
