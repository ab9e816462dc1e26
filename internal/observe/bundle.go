package observe

import (
	"maps"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// File reads one file of a bundle; path is within the bundle and decides for which nodes it is
// and what it should hold. Files that are not for a node (the record, the README) hold no
// settings. Flags come as text, or as a list of texts where a flag is repeated: give them to
// settings.NormalizeFlag before comparing. The error is a diag.List.
func File(path string, data []byte) ([]settings.Setting, error) {
	r := &reader{path: path}
	var out []settings.Setting
	if role, onNode, ok := place(path); ok {
		out = r.file(role, onNode, data)
	} else if strings.HasPrefix(path, "manifests/") {
		out = r.objects(settings.Cluster, data)
	} else if strings.HasPrefix(path, "companions/") {
		out = r.companion(path, data)
	}
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// place splits a path within a bundle into the role of the node and the path on it.
func place(path string) (role, onNode string, ok bool) {
	rest, ok := strings.CutPrefix(path, "host/")
	if !ok {
		return "", "", false
	}
	role, rest, ok = strings.Cut(rest, "/")
	if role == settings.Etcd && ok {
		_, rest, ok = strings.Cut(rest, "/") // the member's name
	}
	return role, "/" + rest, ok
}

func (r *reader) file(role, onNode string, data []byte) []settings.Setting {
	switch role {
	case settings.ControlPlane, settings.Worker, settings.Etcd:
	default:
		r.fail(nil, "there are no nodes of the role %q", role)
		return nil
	}
	switch onNode {
	case layout.Sysctl:
		return r.sysctl(role, data)
	case layout.Tmpfiles:
		return r.tmpfiles(role, data)
	case layout.Sysusers:
		return r.sysusers(role, data)
	case layout.Firewall:
		return r.firewall(role, data)
	case layout.FirewallUnit, layout.KubeletUnit, layout.EtcdUnit:
		r.unit(data)
		return nil
	case layout.EtcdConfig:
		return r.etcd(data)
	}
	if name, ok := strings.CutPrefix(onNode, layout.Patches+"/"); ok {
		return r.patch(role, name, data)
	}
	if strings.HasPrefix(onNode, layout.Kubeadm+"/") {
		return r.kubeadm(role, data)
	}
	if strings.HasPrefix(onNode, layout.Config+"/") {
		return r.apiServerFile(onNode, data)
	}
	r.fail(nil, "nothing is known to stand at %q on a node", onNode)
	return nil
}

// Bundle reads the files of a bundle, by path. Where several files carry one setting they must
// agree. The error is a diag.List.
func Bundle(files map[string][]byte) (*settings.Set, error) {
	var (
		set      settings.Set
		problems diag.List
	)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		found, err := File(path, files[path])
		if err != nil {
			problems = append(problems, diag.As(err)...)
			continue
		}
		for _, s := range found {
			if before, ok := set.Get(s.Key); ok && !settings.Equal(before.Value, s.Value) {
				o := s.Value.Origin
				problems.Errorf(diag.Position{File: path, Line: o.Line, Column: o.Column}, "",
					"%s is not what %s says", s.Key, before.Value.Origin)
				continue
			}
			set.Put(s)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &set, nil
}
