package pipeline

import (
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/controls"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Wanted returns what a profile wants of a cluster, to be compared with what is live on a day. The names of
// encryption keys are wanted too where the key file is at hand. Errors and the Cluster are as of Bundle.
func (p *Pipeline) Wanted(profile string, at time.Time) (*Cluster, *compare.Wanted, error) {
	c, err := p.Bundle(profile, profile, KnownKeys)
	if err != nil {
		return c, nil, err
	}
	w := &compare.Wanted{
		Profile: c.Loaded.Name, Version: c.Resolved.Version, Minor: c.Minor, Settings: c.Resolved.Settings, Kubeadm: c.Resolved.Kubeadm,
		Keyless: c.Ring.Placeholder(), At: at, File: carriers(c.Bundle.Files),
		Laid: laid(c.Bundle.Files),
	}
	for i, waiver := range c.Loaded.Profile.Waivers {
		w.Waivers = append(w.Waivers, compare.Waiver{
			Control: waiver.Control, Reason: waiver.Reason, Owner: waiver.Owner, Expires: waiver.Expires,
			Origin: c.Loaded.Origin("waivers", strconv.Itoa(i)),
		})
	}
	w.Lifted = c.lifted()
	return c, w, nil
}

// laid lists the files of a bundle that are laid over nodes. A file that a node fills in, as join.yaml, is among them: its mode
// stays.
func laid(files []bundle.File) []compare.Laid {
	var out []compare.Laid
	for _, f := range files {
		rest, onNode := strings.CutPrefix(f.Path, "host/")
		role, path, ok := strings.Cut(rest, "/")
		if !onNode || !ok || role == settings.Etcd {
			continue
		}
		user, group, _ := strings.Cut(f.Owner, ":")
		out = append(out, compare.Laid{Role: role, Path: "/" + path, Mode: f.Mode, User: user, Group: group})
	}
	return out
}

// carriers returns which file of a bundle carries a setting.
func carriers(files []bundle.File) func(settings.Key) string {
	byKey := map[settings.Key]string{}
	for _, f := range files {
		for _, k := range f.Settings {
			if _, twice := byKey[k]; !twice {
				byKey[k] = f.Path
			}
		}
	}
	return func(k settings.Key) string { return byKey[k] }
}

// lifted returns the controls whose waiver the profile needs for what it says itself.
func (c *Cluster) lifted() []string {
	waivers := c.Loaded.Profile.Waivers
	if len(waivers) == 0 {
		return nil
	}
	in := controls.Input{Minor: c.Minor.Name, Settings: c.Resolved.Settings, Kubeadm: c.Resolved.Kubeadm, Waivers: waivers}
	idle := map[string]bool{}
	for _, w := range controls.Unused(in, controls.Evaluate(in)) {
		idle[w.Control] = true
	}
	var out []string
	for _, w := range waivers {
		if !idle[w.Control] {
			out = append(out, w.Control)
		}
	}
	return out
}
