package resolve

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// volume is a directory of the host that a static pod sees at the same path.
type volume struct {
	name     string
	path     string
	writable bool
	pathType string
	from     place
}

func (b *builder) mount(component string, v volume) {
	b.volumes[component] = append(b.volumes[component], v)
}

// expandVolumes mounts the directory of every document that was made, and what a profile asks
// for. Directories, never files: a mounted file keeps showing its old content after an atomic
// replacement, and a reload would see nothing.
func expandVolumes(b *builder) {
	for _, s := range b.set.Of(settings.APIServer, "") {
		if dir, ok := documentDir(s.Key.Path); ok {
			v := volume{name: "hardstrap-" + path.Base(dir), path: dir, pathType: "Directory"}
			if !slices.ContainsFunc(b.volumes[settings.APIServer], func(o volume) bool { return o.name == v.name }) {
				b.mount(settings.APIServer, v)
			}
		}
	}
	for _, part := range []struct {
		component, section string
		volumes            []profiles.Volume
	}{
		{settings.APIServer, "apiServer", b.profile.APIServer.ExtraVolumes},
		{settings.ControllerManager, "controllerManager", b.profile.ControllerManager.ExtraVolumes},
		{settings.Scheduler, "scheduler", b.profile.Scheduler.ExtraVolumes},
	} {
		b.componentVolumes(part.component, part.volumes, at(part.section, "extraVolumes"))
	}
}

func documentDir(settingPath string) (string, bool) {
	if d, ok := layout.DocumentFor(settingPath); ok {
		return path.Dir(d.File), true
	}
	if rest, ok := strings.CutPrefix(settingPath, "kubeconfig/"); ok {
		unit, name, _ := strings.Cut(rest, "/")
		return path.Dir(layout.KubeConfig(unit, name)), true
	}
	return "", false
}

// componentVolumes sets a component's volumes, hardstrap's own and the profile's, by name.
func (b *builder) componentVolumes(component string, wanted []profiles.Volume, p place) {
	var out []any
	mounted := map[string]string{}
	own := slices.SortedFunc(slices.Values(b.volumes[component]), func(x, y volume) int { return cmp.Compare(x.name, y.name) })
	for _, v := range own {
		mounted[v.path] = v.name
		out = append(out, map[string]any{
			"name": v.name, "hostPath": v.path, "mountPath": v.path, "readOnly": !v.writable, "pathType": v.pathType,
		})
	}
	for i, v := range wanted {
		where := p.in(strconv.Itoa(i))
		if strings.HasPrefix(v.Name, "hardstrap-") {
			b.fault(where.in("name"), "choose another name", "volume names with %q are hardstrap's own", "hardstrap-")
		}
		if other, taken := mounted[v.MountPath]; taken {
			b.fault(where.in("mountPath"), "remove it, or mount elsewhere", "%q is already mounted by volume %q", v.MountPath, other)
		}
		mounted[v.MountPath] = v.Name
		entry := map[string]any{
			"name": v.Name, "hostPath": v.HostPath, "mountPath": v.MountPath, "readOnly": v.ReadOnly == nil || *v.ReadOnly,
		}
		if v.PathType != "" {
			entry["pathType"] = v.PathType
		}
		out = append(out, entry)
	}
	if len(out) > 0 {
		b.derive(settings.Key{Component: component, Path: "extraVolumes"}, settings.Unordered, out, p)
	}
}
