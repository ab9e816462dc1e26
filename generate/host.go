package generate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// fileNamePattern leaves the length to maxFileName: a bound in it is compiled as so many copies.
var fileNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

const maxFileName = 201

// fileName returns s when it can be the name of a file or directory of a bundle.
func fileName(s string) (string, error) {
	if len(s) > maxFileName || !fileNamePattern.MatchString(s) {
		return "", fmt.Errorf("%q cannot be the name of a file; allowed are letters, digits and any of _.-", s)
	}
	return s, nil
}

// hostSet is the nodes that carry host settings of one role, and where their files stand in
// the bundle.
type hostSet struct {
	role string
	dirs []string // host/control-plane, host/etcd/<member> ...
}

// hostSets returns control plane, worker, and the members of an external etcd.
func hostSets(in *Input) []hostSet {
	out := []hostSet{
		{settings.ControlPlane, []string{"host/" + settings.ControlPlane}},
		{settings.Worker, []string{"host/" + settings.Worker}},
	}
	var members []string
	for _, m := range etcdMembers(in) {
		members = append(members, "host/etcd/"+m.Name)
	}
	return append(out, hostSet{settings.Etcd, members})
}

// each makes one file per directory of the role from the same view.
func (h hostSet) each(s *source, onNode, template string, view any) ([]draft, error) {
	var out []draft
	for _, dir := range h.dirs {
		drafts, err := s.draft(draft{path: dir + onNode, template: template, view: view, mode: 0o644})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}

// hostFile makes a kind of file for every role that has something to say in it.
func hostFile(in *Input, onNode, template string, look func(*source, string) (view any, any bool)) ([]draft, error) {
	var out []draft
	for _, h := range hostSets(in) {
		s := &source{in: in}
		view, ok := look(s, h.role)
		if !ok && len(s.problems) == 0 {
			continue
		}
		if err := s.problems.Err(); err != nil {
			return nil, err
		}
		drafts, err := h.each(s, onNode, template, view)
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}

// below returns the host's settings of that role whose path starts with prefix, and the rest
// of their paths.
func below(in *Input, role, prefix string) (found []settings.Setting, rest []string) {
	for _, s := range in.Settings.Of(settings.Host, role) {
		if r, ok := strings.CutPrefix(s.Key.Path, prefix); ok {
			found, rest = append(found, s), append(rest, r)
		}
	}
	return found, rest
}

// sysctl is one kernel parameter.
type sysctl struct {
	Name  string
	Value string
}

var sysctlName = regexp.MustCompile(`^[a-z0-9_]+([./][A-Za-z0-9_-]+)+$`)

func sysctlDrafts(in *Input) ([]draft, error) {
	return hostFile(in, layout.Sysctl, "host/sysctl.conf.tmpl", func(s *source, role string) (any, bool) {
		var view []sysctl
		found, names := below(in, role, "sysctl/")
		for i, setting := range found {
			if !sysctlName.MatchString(names[i]) {
				s.fail(setting, "%q is no name of a kernel parameter", names[i])
			}
			if setting.Value.Kind != settings.Int {
				s.fail(setting, "a %s stands where an integer is wanted", setting.Value.Kind)
			}
			s.took(setting.Key)
			view = append(view, sysctl{names[i], setting.Value.Text})
		}
		return view, len(view) > 0
	})
}

// tmpfilesView is a file of tmpfiles.d.
type tmpfilesView struct {
	Kubelet bool // the node has one
	Lines   []tmpfile
}

// tmpfile is one line of tmpfiles.d.
type tmpfile struct {
	Type, Path, Mode, User, Group string
}

var (
	tmpfileType = regexp.MustCompile(`^[a-zA-Z][-+!=~^$]*$`)
	tmpfileMode = regexp.MustCompile(`^([~:]{0,2}[0-7]{3,4}|-)$`)
	account     = regexp.MustCompile(`^([a-z_][a-z0-9_-]{0,30}|-|[0-9]{1,10})$`)
)

func tmpfilesDrafts(in *Input) ([]draft, error) {
	return hostFile(in, layout.Tmpfiles, "host/tmpfiles.conf.tmpl", func(s *source, role string) (any, bool) {
		view := tmpfilesView{Kubelet: role != settings.Etcd}
		found, paths := below(in, role, "tmpfile/")
		for i, setting := range found {
			t := tmpfile{Path: paths[i]}
			for _, part := range []struct {
				name string
				to   *string
				want *regexp.Regexp
			}{{"type", &t.Type, tmpfileType}, {"mode", &t.Mode, tmpfileMode}, {"user", &t.User, account}, {"group", &t.Group, account}} {
				v := setting.Value.Get(part.name)
				if v == nil || !part.want.MatchString(v.Text) {
					s.fail(setting, "its %s cannot be written to tmpfiles.d", part.name)
					continue
				}
				*part.to = v.Text
			}
			if len(setting.Value.Entries) != 4 {
				s.fail(setting, "type, mode, user and group are wanted, and nothing else")
			}
			if _, err := word(t.Path); err != nil || !strings.HasPrefix(t.Path, "/") || strings.Contains(t.Path, "//") {
				s.fail(setting, "%q is no absolute path that can be written to tmpfiles.d", t.Path)
			}
			s.took(setting.Key)
			view.Lines = append(view.Lines, t)
		}
		return view, len(view.Lines) > 0
	})
}

func sysusersDrafts(in *Input) ([]draft, error) {
	return hostFile(in, layout.Sysusers, "host/sysusers.conf.tmpl", func(s *source, role string) (any, bool) {
		name := s.value(settings.Host, role, "user/etcd")
		if name == nil {
			return nil, false
		}
		if !account.MatchString(name.Text) || name.Text == "-" || name.Text[0] <= '9' {
			s.fail(settings.Setting{Key: s.keys[0], Value: name}, "%q is no name of a user", name.Text)
		}
		return name.Text, true
	})
}

// kubeletUnitView is what the kubelet's unit waits for and does before it starts.
type kubeletUnitView struct {
	Sysctls  string // the file it needs applied, or ""
	Tmpfiles string
}

// kubeletUnitDrafts makes the drop-in; it carries no setting of its own, only the order. Its mode
// is what host.fileModes asks for on the node, so that both say the same.
func kubeletUnitDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		s := &source{in: in}
		var view kubeletUnitView
		if found, _ := below(in, role, "sysctl/"); len(found) > 0 {
			view.Sysctls = layout.Sysctl
		}
		if found, _ := below(in, role, "tmpfile/"); len(found) > 0 {
			view.Tmpfiles = layout.Tmpfiles
		}
		if view == (kubeletUnitView{}) {
			continue
		}
		drafts, err := s.draft(draft{
			path: hostPath(role, layout.KubeletUnit), template: "host/kubelet.conf.tmpl", view: view,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}
