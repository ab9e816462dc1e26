package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/observe"
)

// apiServerManifest stands on a node where the kubelet runs kube-apiserver.
const apiServerManifest = "etc/kubernetes/manifests/kube-apiserver.yaml"

// surveyor compares a bundle with what stands on a node.
type surveyor struct {
	*tree
	*Plan
	o        Options
	before   *node
	old      map[string]bundle.FileRecord // of the bundle installed before, by name on the node
	accounts accounts
	named    map[string]looks // directories whose looks the bundle says
	wanted   map[string]bool
}

// Survey finds what installing the bundle would change, and writes nothing. Plan.Problems has what
// would stop it; the error is a *RefusedError where not even that can be told, else a failure of
// the system.
func Survey(o Options) (*Plan, error) {
	t, err := openTree(o.Root)
	if err != nil {
		return nil, err
	}
	defer t.root.Close()
	return survey(t, o)
}

func openTree(root string) (*tree, error) {
	at, err := os.OpenRoot(root)
	if err != nil {
		return nil, refuse(root, "cannot be opened as a root directory: "+(&tree{shown: root}).failed(".", err).Error(), "name the directory of a node's root with --root")
	}
	return &tree{root: at, shown: root}, nil
}

func survey(t *tree, o Options) (*Plan, error) {
	s := &surveyor{
		tree: t, o: o, old: map[string]bundle.FileRecord{}, named: map[string]looks{}, wanted: map[string]bool{},
		Plan: &Plan{Files: map[string][]byte{}},
	}
	for _, step := range []func() error{s.state, s.choose, s.stopped, s.read, s.meaning, s.directories, s.files, s.stale, s.record, s.guard} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	s.Problems.Sort()
	return s.Plan, nil
}

// state reads what was installed before.
func (s *surveyor) state() error {
	list, next, err := s.journals()
	if err != nil {
		return err
	}
	s.next = next
	for _, j := range list {
		switch j.Status {
		case undoing:
			return refuse(s.show(j.dir()), "a rollback was stopped before it was done", "finish it first, with --rollback")
		case writing:
			s.journal = j
		}
	}
	data, err := s.optional(nodeName)
	if err != nil {
		return err
	}
	if data != nil {
		s.before = &node{}
		if err := json.Unmarshal(data, s.before); err != nil || s.before.APIVersion != apiVersion || s.before.Kind != "Node" {
			return refuse(s.show(nodeName), "is not a file that hardstrap wrote", "move it away")
		}
	} else if s.journal != nil {
		s.before = &node{Role: s.journal.Role, Member: s.journal.Member}
	}
	return nil
}

// optional returns a file's data, nil when there is none.
func (s *surveyor) optional(name string) ([]byte, error) {
	data, err := s.tree.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, s.failed(name, err)
	}
	return data, nil
}

// stopped decides what becomes of a run that was killed.
func (s *surveyor) stopped() error {
	if s.journal == nil {
		return nil
	}
	if s.journal.Record != digest(s.o.Record) || s.journal.Role != s.Role || s.journal.Member != s.Member {
		return refuse(s.show(s.journal.dir()), "an installation of another bundle was stopped before it was done", "finish it with that bundle, or take it back with --rollback")
	}
	s.Continues = true
	return nil
}

// read takes the node's files out of the bundle, and the record of what was installed.
func (s *surveyor) read() error {
	for _, f := range s.o.Bundle.Files {
		if name, ok := strings.CutPrefix(f.Path, s.prefix()); ok {
			s.Files["/"+name] = f.Data
			s.wanted[name] = true
		}
	}
	if s.wanted[nodeName] || s.wanted[recordName] {
		return refuse(s.show(StateDir), "the bundle has files where hardstrap keeps what it knows of the node", "render the bundle again")
	}
	data, err := s.optional(recordName)
	if err != nil || data == nil {
		return err
	}
	record, err := bundle.ParseRecord(data)
	if err != nil {
		return refuse(s.show(recordName), "is not a record that hardstrap wrote: "+err.Error(), "move it away; what stands on the node is then taken for somebody else's")
	}
	for _, f := range record.Files {
		if name, ok := strings.CutPrefix(f.Path, s.prefix()); ok {
			s.old[name] = f
		}
	}
	return nil
}

// meaning reads the settings out of the files for nodes, which refuses a file in a place that none of
// hardstrap's has: a bundle is not to put files anywhere else, whatever its record says.
func (s *surveyor) meaning() error {
	files := map[string][]byte{}
	for _, f := range s.o.Bundle.Files {
		if strings.HasPrefix(f.Path, "host/") {
			files[f.Path] = f.Data
		}
	}
	set, err := observe.Bundle(files)
	if err != nil {
		return &RefusedError{diag.As(err)}
	}
	s.Settings = set
	return nil
}

// files compares each file with what stands at its place.
func (s *surveyor) files() error {
	for _, f := range s.o.Bundle.Files {
		name, ok := strings.CutPrefix(f.Path, s.prefix())
		if !ok {
			continue
		}
		as, err := s.accounts.looks(f.Mode, f.Owner, s.o.Super)
		if err != nil {
			s.problem(diag.Error, name, err.Error(), "make the account first")
			continue
		}
		if err := s.file(name, f, as); err != nil {
			return err
		}
	}
	return nil
}

func (s *surveyor) file(name string, f bundle.File, as looks) error {
	info, data, ok, err := s.content(name)
	if err != nil || !ok {
		return err
	}
	c := Change{Name: name, data: f.Data, as: as, was: info}
	switch {
	case info == nil:
		c.What = Create
	case bytes.Equal(data, f.Data) || filled(f.Data, data):
		if !bytes.Equal(data, f.Data) {
			s.Kept = append(s.Kept, name)
			s.Files["/"+name] = data
		}
		if same(info, as) {
			s.Unchanged++
			return nil
		}
		c.What, c.data = Dress, nil
	default:
		c.What = s.whose(name, data)
		s.dropped(name, data, f.Data)
	}
	s.Changes = append(s.Changes, c)
	return nil
}

// content returns what stands at a file's place. It is not ok, and reported, when no file can go
// there.
func (s *surveyor) content(name string) (info fs.FileInfo, data []byte, ok bool, err error) {
	info, err = s.stat(name)
	var way *wayError
	if errors.As(err, &way) {
		s.problem(diag.Error, way.name, "is "+way.what+" where the bundle needs a directory", "move it away; no link below the root is followed")
		return nil, nil, false, nil
	}
	if err != nil {
		return nil, nil, false, s.failed(name, err)
	}
	if info == nil {
		return nil, nil, true, nil
	}
	if !info.Mode().IsRegular() {
		what := "not a regular file"
		if info.Mode()&fs.ModeSymlink != 0 {
			what = "a symbolic link"
		} else if info.IsDir() {
			what = "a directory"
		}
		s.problem(diag.Error, name, "is "+what+" where the bundle has a file", "move it away")
		return nil, nil, false, nil
	}
	data, err = s.tree.read(name)
	if err != nil {
		return nil, nil, false, s.failed(name, err)
	}
	return info, data, true, nil
}

// whose tells what replacing a file that differs means, and warns where it is somebody else's.
func (s *surveyor) whose(name string, data []byte) string {
	old, recorded := s.old[name]
	what := "was not written by hardstrap"
	if recorded {
		if _, ok := old.Matches(data); ok {
			return Update
		}
		what = "was changed since hardstrap wrote it"
	}
	s.problem(diag.Warning, name, what, "it is replaced, and kept below "+s.show(backups))
	return Replace
}

// dropped warns of keys that the new file no longer has.
func (s *surveyor) dropped(name string, old, new []byte) {
	kept := bundle.SecretsIn(new)
	lost := slices.DeleteFunc(bundle.SecretsIn(old), func(key string) bool { return slices.Contains(kept, key) })
	if len(lost) > 0 {
		what := "has an encryption key that the bundle's does not have"
		if len(lost) > 1 {
			what = fmt.Sprintf("has %d encryption keys that the bundle's does not have", len(lost))
		}
		s.problem(diag.Warning, name, what, "what was written with them, backups of etcd too, cannot be read without; this file is kept below "+s.show(backups)+" until you take them away")
	}
}

// stale finds files of the bundle before that this one does not have: left there, drop-ins and
// static policies would stay in force.
func (s *surveyor) stale() error {
	var names []string
	for name := range s.old {
		if !s.wanted[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		info, data, ok, err := s.content(name)
		if err != nil {
			return err
		}
		if !ok || info == nil {
			continue
		}
		if _, ours := s.old[name].Matches(data); !ours {
			s.problem(diag.Warning, name, "was changed since hardstrap wrote it, and the bundle no longer has it", "it is removed, and kept below "+s.show(backups))
		}
		s.dropped(name, data, nil)
		s.Changes = append(s.Changes, Change{What: Remove, Name: name, was: info})
	}
	return nil
}

// record adds the two files that say what is installed; they come last.
func (s *surveyor) record() error {
	who, err := json.MarshalIndent(node{apiVersion, "Node", s.Role, s.Member}, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{recordName, s.o.Record}, {nodeName, append(who, '\n')}} {
		info, data, ok, err := s.content(f.name)
		if err != nil {
			return err
		}
		if !ok || info != nil && bytes.Equal(data, f.data) {
			continue
		}
		what := Create
		if info != nil {
			what = Update
		}
		s.Changes = append(s.Changes, Change{What: what, Name: f.name, data: f.data, as: private(), was: info})
	}
	return nil
}

func (s *surveyor) problem(severity diag.Severity, name, message, hint string) {
	s.Problems.Add(diag.Problem{Severity: severity, Position: diag.Position{File: s.show(name)}, Message: message, Hint: hint})
}

func same(info fs.FileInfo, as looks) bool {
	uid, gid := ownerOf(info)
	return info.Mode().Perm() == as.Mode && (as.UID < 0 || uid == as.UID && gid == as.GID)
}

// mark is a place of join.yaml that is filled in on the node; the line of the certificate key may also be
// taken out (templates/host/kubeadm/join.yaml.tmpl).
var (
	mark         = regexp.MustCompile(`REPLACE-ME-[a-z-]+`)
	optionalLine = regexp.MustCompile(`(?m)^ *certificateKey: REPLACE-ME-[a-z-]+\n`)
)

// filled reports whether a file is the bundle's, but for marks that have been filled in.
func filled(ours, theirs []byte) bool {
	if !mark.Match(ours) {
		return false
	}
	for _, text := range []string{string(ours), string(optionalLine.ReplaceAll(ours, nil))} {
		parts := mark.Split(text, -1)
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		// A value that stands on its line is all that may take a mark's place.
		pattern, err := regexp.Compile(`^` + strings.Join(parts, `[^\n#]+`) + `$`)
		if err == nil && pattern.Match(theirs) {
			return true
		}
	}
	return false
}

// directories finds those that are missing, and those whose looks the bundle says.
func (s *surveyor) directories() error {
	s.accounts = s.readAccounts()
	if err := s.tmpfiles(); err != nil {
		return err
	}
	for _, f := range s.o.Bundle.Files {
		name, ok := strings.CutPrefix(f.Path, s.prefix())
		if dir := path.Dir(name); ok && f.Secret {
			s.named[dir] = looks{Mode: bundle.SecretDirMode, UID: -1, GID: -1}
			if s.o.Super {
				s.named[dir] = looks{Mode: bundle.SecretDirMode}
			}
		}
	}
	var dirs []string
	for name := range s.wanted {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	for _, name := range slices.Compact(dirs) {
		info, err := s.stat(name)
		if err != nil || info != nil && !info.IsDir() {
			continue // files reports it
		}
		as, named := s.named[name]
		if !named {
			as = looks{Mode: bundle.DirMode, UID: -1, GID: -1}
		}
		made, ours := s.journal.find(name)
		switch {
		case info == nil:
			s.Changes = append(s.Changes, Change{What: Mkdir, Name: name, Dir: true, as: as})
		case (named || ours && !made.Existed) && !same(info, as):
			s.Changes = append(s.Changes, Change{What: Dress, Name: name, Dir: true, as: as, was: info})
		}
	}
	return nil
}

// tmpfiles takes the directories that the bundle's own tmpfiles.d makes.
func (s *surveyor) tmpfiles() error {
	for _, setting := range s.Settings.Of("host", s.Role) {
		name, ok := strings.CutPrefix(setting.Key.Path, "tmpfile//")
		v := setting.Value
		if !ok || v.Get("type").Text != "d" || !fs.ValidPath(name) {
			continue
		}
		var mode fs.FileMode
		if _, err := fmt.Sscanf(v.Get("mode").Text, "%o", &mode); err != nil || mode > fs.ModePerm {
			continue
		}
		as, err := s.accounts.looks(mode, v.Get("user").Text+":"+v.Get("group").Text, s.o.Super)
		if err != nil {
			continue // systemd-tmpfiles gives it, once the account is there
		}
		s.named[name] = as
	}
	return nil
}
