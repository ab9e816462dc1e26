package generate

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/templates"
)

// Generator renders bundles. It holds the parsed templates and the memo of what was read back;
// one serves a whole run, for any number of clusters, from one goroutine at a time.
type Generator struct {
	engine *engine
	memo   *memo
}

// New parses the templates. It fails only when one of them is faulty.
func New() (*Generator, error) {
	e, err := newEngine(templates.Files())
	if err != nil {
		return nil, err
	}
	return &Generator{engine: e, memo: newMemo(memoFiles)}, nil
}

// draft is a file before it is rendered.
type draft struct {
	path     string // within the bundle
	template string
	view     any
	mode     fs.FileMode    // zero: 0600
	secrets  bundle.Secrets // as they are spelled in the file; nil where it holds none
	keys     []settings.Key // what the file has to carry
}

// draft completes d with what its view took, or returns what was wrong with that.
func (s *source) draft(d draft) ([]draft, error) {
	if err := s.problems.Err(); err != nil {
		return nil, err
	}
	sortKeys(s.keys)
	d.keys = s.keys
	if d.mode == 0 {
		d.mode = 0o600
	}
	return []draft{d}, nil
}

// hostPath is the path within a bundle of a file on nodes of that role.
func hostPath(role, onNode string) string { return "host/" + role + onNode }

// steps lists what makes the files of a bundle.
func steps() []func(*Input) ([]draft, error) {
	return []func(*Input) ([]draft, error){
		initDrafts, joinDrafts, upgradeDrafts, patchDrafts,
		documentDrafts, kubeconfigDrafts, staticPolicyDrafts,
		sysctlDrafts, tmpfilesDrafts, sysusersDrafts, kubeletUnitDrafts, firewallDrafts,
		etcdDrafts,
		manifestDrafts, companionDrafts,
		readmeDrafts,
	}
}

// Bundle renders every file of a bundle, ordered by path. Each file has been read back and
// found to carry exactly the settings it was made from, and every setting of the input is
// carried by some file; where that is not so, the error (a diag.List) names the setting.
func (g *Generator) Bundle(in Input) ([]bundle.File, error) {
	var (
		files    []bundle.File
		problems diag.List
		carried  = make(map[settings.Key]bool, in.Settings.Len())
	)
	list := func(*Input) ([]draft, error) { // after the files that it lists
		if !in.FileIntegrity || len(problems) > 0 {
			return nil, nil
		}
		return integrityDrafts(files)
	}
	for _, step := range append(steps(), list) {
		drafts, err := step(&in)
		problems = append(problems, diag.As(err)...)
		for _, d := range drafts {
			file, err := g.file(&in, d)
			if err != nil {
				problems = append(problems, diag.As(err)...)
				continue
			}
			files = append(files, file)
			for _, k := range d.keys {
				carried[k] = true
			}
		}
	}
	if err := problems.Err(); err != nil {
		problems.Sort()
		return nil, problems
	}
	for _, s := range in.Settings.All() {
		if !carried[s.Key] {
			problems.Add(problem(s, "no file of the bundle carries this setting"))
		}
	}
	slices.SortFunc(files, func(a, b bundle.File) int { return cmp.Compare(a.Path, b.Path) })
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return files, nil
}

// file renders one draft and reads it back.
func (g *Generator) file(in *Input, d draft) (bundle.File, error) {
	data, err := g.engine.render(d.template, d.view)
	if err != nil {
		return bundle.File{}, d.problem(err)
	}
	for _, secret := range d.secrets {
		if !bytes.Contains(data, []byte(secret)) {
			return bundle.File{}, d.problem(errors.New("a key is not in the file as it is spelled"))
		}
	}
	if err := g.verify(in, d, data); err != nil {
		return bundle.File{}, err
	}
	return bundle.File{
		Path: d.path, Mode: d.mode, Owner: "root:root", Data: data,
		Secret: d.secrets != nil, Secrets: d.secrets, Settings: d.keys,
	}, nil
}

// problem says why a file could not be rendered. Of a file with secrets it says no more than
// that, because what an encoder refuses could be one.
func (d draft) problem(err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, "error calling "); i >= 0 {
		_, text, _ = strings.Cut(text[i:], ": ")
	}
	if d.secrets != nil {
		text = "something in it cannot be written as YAML"
	}
	return diag.List{{Position: diag.Position{File: d.path}, Message: "cannot be rendered: " + text}}
}

// verify reads a rendered file and compares what it says with what it was made from.
func (g *Generator) verify(in *Input, d draft, data []byte) error {
	found, err := g.memo.read(d, data, observe.File)
	if err != nil {
		return err
	}
	var problems diag.List
	seen := make(map[settings.Key]bool, len(found))
	for _, got := range found {
		seen[got.Key] = true
		want, ok := in.Settings.Get(got.Key)
		if !ok || !slices.Contains(d.keys, got.Key) {
			problems.Add(problem(got, "the rendered file says this, but no setting does"))
			continue
		}
		if !same(in, want, got) {
			problems.Add(problem(want, "the rendered file %s does not say the value of this setting", d.path))
		}
	}
	for _, k := range d.keys {
		if !seen[k] {
			want, _ := in.Settings.Get(k)
			problems.Add(problem(want, "the rendered file %s lost this setting", d.path))
		}
	}
	return problems.Err()
}

// same compares a setting with what was read, both in their canonical form.
func same(in *Input, want, got settings.Setting) bool {
	a, err := canonical(in, want)
	if err != nil {
		return false
	}
	b, err := canonical(in, got)
	return err == nil && settings.Equal(a, b)
}

func canonical(in *Input, s settings.Setting) (*settings.Value, error) {
	if flag, ok := strings.CutPrefix(s.Key.Path, "--"); ok {
		return settings.NormalizeFlag(in.flagType(s.Key.Component, flag), s.Value)
	}
	if s.Key.Component == settings.Host {
		switch s.Value.Kind {
		case settings.List:
			texts := s.Value.Strings()
			slices.Sort(texts)
			return settings.Of(texts), nil
		case settings.Map:
			out := map[string]string{}
			for _, e := range s.Value.Entries {
				out[e.Key] = e.Value.Text
			}
			return settings.Of(out), nil
		}
	}
	return s.Value, nil
}
