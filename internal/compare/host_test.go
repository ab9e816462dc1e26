package compare_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// hostFindings compares files, by path: "mode user kind sticky", with a bundle of one unit.
func hostFindings(t *testing.T, files map[string]string) string {
	t.Helper()
	minor, err := catalog.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	l := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.Host, Account: "modes"}}
	for path, text := range files {
		f := strings.Fields(text)
		l.Settings = append(l.Settings, settings.Setting{
			Key:   settings.Key{Component: settings.Host, Role: settings.Worker, Path: "file/" + path},
			Value: settings.Of(map[string]string{"mode": f[0], "user": f[1], "group": "root", "kind": f[2], "sticky": f[3]}),
		})
	}
	w := &compare.Wanted{
		Minor: minor, Version: "1.37.0", Settings: &settings.Set{}, Kubeadm: &settings.Set{}, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		File: func(settings.Key) string { return "" },
		Laid: []compare.Laid{{Role: settings.Worker, Path: "/etc/systemd/system/a.service", Mode: 0o644, User: "root", Group: "root"}},
	}
	report := compare.Compare(w, []observe.Observation{{Subject: "w-1", Role: settings.Worker, Layers: []observe.Layer{l}}})
	var out []string
	for _, f := range report.Findings {
		out = append(out, strings.TrimSpace(string(f.Direction)+" "+f.Key.Path+" "+f.Message))
	}
	return strings.Join(out, "; ")
}

func TestWhoCanReplaceAFile(t *testing.T) {
	const unit = "/etc/systemd/system/a.service"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"as it should be":       {map[string]string{unit: "0644 root file false", "/etc/systemd": "0755 root directory false"}, ""},
		"sticky":                {map[string]string{unit: "0644 root file false", "/etc": "0777 root directory true"}, ""},
		"logs of a distributor": {map[string]string{unit: "0644 root file false", "/var/log": "0775 root directory false"}, ""},
		"for all":               {map[string]string{unit: "0644 root file false", "/etc": "0757 root directory false"}, "weaker file//etc"},
		"for a group":           {map[string]string{unit: "0644 root file false", "/etc": "0775 root directory false"}, "weaker file//etc"},
		"somebody else's":       {map[string]string{unit: "0644 root file false", "/etc": "0755 mallory directory false"}, "weaker file//etc"},
		"no unit":               {map[string]string{"/etc": "0755 root directory false"}, "different file/" + unit + " is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hostFindings(t, c.files); got != c.want {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
}
