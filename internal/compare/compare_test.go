package compare_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// wanted is a small profile: two flags of the API server, and Kubernetes 1.37.0.
func wanted(t *testing.T) *compare.Wanted {
	t.Helper()
	m, err := catalog.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	w := &compare.Wanted{Profile: "p", Version: "1.37.0", Minor: m, Settings: &settings.Set{}, Kubeadm: &settings.Set{}, At: day(t, "2026-07-01")}
	for flag, v := range map[string]any{"profiling": false, "enable-admission-plugins": []string{"NodeRestriction", "AlwaysPullImages"}} {
		w.Settings.Put(settings.Setting{Key: settings.Flag(settings.APIServer, flag), Value: settings.Of(v)})
	}
	w.Settings.Put(settings.Setting{Key: settings.Key{Component: settings.Kubeadm, Path: "kubernetesVersion"}, Value: settings.Of("v1.37.0")})
	return w
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// server is a control-plane node whose API server has these flags, and is otherwise what a node of kubeadm's is.
func server(node string, flags map[string]any) observe.Observation {
	all := map[string]any{"advertise-address": "192.0.2.10", "profiling": "false", "enable-admission-plugins": "NodeRestriction,AlwaysPullImages"}
	for k, v := range flags {
		all[k] = v
	}
	l := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.APIServer, Account: "manifest"}, Rank: observe.Flags, Place: "manifest"}
	for flag, v := range all {
		if v != nil {
			l.Settings = append(l.Settings, settings.Setting{Key: settings.Flag(settings.APIServer, flag), Value: settings.Of(v)})
		}
	}
	return observe.Observation{Subject: node, Role: settings.ControlPlane, Layers: []observe.Layer{l}}
}

// about returns the findings of one setting.
func about(r *compare.Report, k settings.Key) []compare.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f compare.Finding) bool { return f.Key != k })
}

func TestNothingDiffers(t *testing.T) {
	r := compare.Compare(wanted(t), []observe.Observation{server("a", nil)})
	if len(r.Findings) != 0 {
		t.Errorf("found %+v", r.Findings)
	}
	if len(r.NotLookedAt) != 1 || r.NotLookedAt[0].Path != "kubernetesVersion" {
		t.Errorf("not looked at: %v", r.NotLookedAt)
	}
}

func TestWaivers(t *testing.T) {
	profiling := settings.Flag(settings.APIServer, "profiling")
	plugins := settings.Flag(settings.APIServer, "enable-admission-plugins")
	for _, c := range []struct {
		name    string
		waiver  compare.Waiver
		flags   map[string]any
		key     settings.Key
		waived  bool
		expired bool
		unused  int
	}{
		{"one that lifts", compare.Waiver{Control: "cis-1.12/1.2.15"}, map[string]any{"profiling": "true"}, profiling, true, false, 0},
		{"on its last day", compare.Waiver{Control: "cis-1.12/1.2.15", Expires: "2026-07-01"}, map[string]any{"profiling": "true"}, profiling, true, false, 0},
		{"a day later", compare.Waiver{Control: "cis-1.12/1.2.15", Expires: "2026-06-30"}, map[string]any{"profiling": "true"}, profiling, false, true, 0},
		{"a day that is none", compare.Waiver{Control: "cis-1.12/1.2.15", Expires: "soon"}, map[string]any{"profiling": "true"}, profiling, false, true, 0},
		{"of another control", compare.Waiver{Control: "cis-1.12/1.2.16"}, map[string]any{"profiling": "true"}, profiling, false, false, 1},
		{"of the element that is missing", compare.Waiver{Control: "cis-1.12/1.2.11"}, map[string]any{"enable-admission-plugins": "NodeRestriction"}, plugins, true, false, 0},
		{"of another element", compare.Waiver{Control: "cis-1.12/1.2.11"}, map[string]any{"enable-admission-plugins": "AlwaysPullImages"}, plugins, false, false, 1},
		{"of one of two elements", compare.Waiver{Control: "cis-1.12/1.2.11"}, map[string]any{"enable-admission-plugins": nil}, plugins, false, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wanted(t)
			w.Waivers = []compare.Waiver{c.waiver}
			r := compare.Compare(w, []observe.Observation{server("a", c.flags)})
			found := about(r, c.key)
			if len(found) != 1 {
				t.Fatalf("found %+v", r.Findings)
			}
			if got := found[0].Waiver != nil; got != c.waived {
				t.Errorf("waived: %t", got)
			}
			if got := found[0].Expired != nil; got != c.expired {
				t.Errorf("expired: %t", got)
			}
			if len(r.Unused) != c.unused {
				t.Errorf("unused: %v", r.Unused)
			}
			if n := r.Counts().Waived; (n == 1) != c.waived {
				t.Errorf("%d are waived", n)
			}
		})
	}
}

// TestStrongerIsNotWaived holds that a waiver takes nothing that is stronger out of the count.
func TestStrongerIsNotWaived(t *testing.T) {
	w := wanted(t)
	w.Settings.Put(settings.Setting{Key: settings.Flag(settings.APIServer, "profiling"), Value: settings.Of(true)})
	w.Waivers = []compare.Waiver{{Control: "cis-1.12/1.2.15"}}
	r := compare.Compare(w, []observe.Observation{server("a", nil)})
	if found := about(r, settings.Flag(settings.APIServer, "profiling")); len(found) != 1 || found[0].Waiver != nil || found[0].Direction != compare.Stronger {
		t.Errorf("found %+v", found)
	}
}

// TestUnknownWithholds holds that what could not be read is unknown, and is not compared as if it were absent.
func TestUnknownWithholds(t *testing.T) {
	whole := server("a", map[string]any{"profiling": "true"})
	whole.Unknown = []observe.Unknown{{Source: settings.FromFile, Component: settings.APIServer, Why: "may not be read"}}
	r := compare.Compare(wanted(t), []observe.Observation{whole})
	if len(r.Findings) != 1 || r.Findings[0].Direction != compare.Unknown {
		t.Errorf("found %+v", r.Findings)
	}
	for _, k := range r.NotLookedAt {
		if k.Component == settings.APIServer {
			t.Errorf("%s is unknown, and said not to be looked at", k)
		}
	}
	one := server("a", map[string]any{"profiling": nil})
	one.Unknown = []observe.Unknown{{Source: settings.FromFile, Component: settings.APIServer, Paths: []string{"--profiling"}, Why: "is no boolean"}}
	r = compare.Compare(wanted(t), []observe.Observation{one})
	if found := about(r, settings.Flag(settings.APIServer, "profiling")); len(found) != 1 || found[0].Direction != compare.Unknown {
		t.Errorf("found %+v", found)
	}
	// Another source still says what it says.
	other := server("a", map[string]any{"profiling": "true"})
	other.Layers[0].Source, other.Layers[0].Account = settings.FromAPI, "mirror pod"
	r = compare.Compare(wanted(t), []observe.Observation{one, other})
	if found := about(r, settings.Flag(settings.APIServer, "profiling")); len(found) != 2 {
		t.Errorf("found %+v", found)
	}
}

func TestFleet(t *testing.T) {
	weak := map[string]any{"profiling": "true"}
	r := compare.Compare(wanted(t), []observe.Observation{server("c", weak), server("a", nil), server("b", weak)})
	found := about(r, settings.Flag(settings.APIServer, "profiling"))
	if len(found) != 1 || !slices.Equal(found[0].Nodes, []string{"b", "c"}) || !slices.Equal(found[0].Elsewhere, []string{"a"}) {
		t.Errorf("found %+v", found)
	}
	for _, m := range r.Matches {
		if m.Key == settings.Flag(settings.APIServer, "profiling") {
			t.Error("a setting that differs somewhere is a match")
		}
	}
	again := compare.Compare(wanted(t), []observe.Observation{server("b", weak), server("c", weak), server("a", nil)})
	if len(again.Findings) != len(r.Findings) || !slices.Equal(again.Findings[0].Nodes, r.Findings[0].Nodes) {
		t.Error("the order of the nodes changes the report")
	}
}

func TestNodesOwnValues(t *testing.T) {
	address := settings.Flag(settings.APIServer, "advertise-address")
	for text, differs := range map[string]bool{"198.51.100.3": false, "2001:db8::3": false, "host.example.org": true, "": true} {
		v := any(text)
		if text == "" {
			v = nil
		}
		r := compare.Compare(wanted(t), []observe.Observation{server("a", map[string]any{"advertise-address": v})})
		if got := len(about(r, address)) > 0; got != differs {
			t.Errorf("advertise-address %q differs: %t", text, got)
		}
	}
	etcd := func(flag, text string) []compare.Finding {
		l := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.Etcd, Account: "manifest"}, Rank: observe.Flags, Place: "etcd"}
		l.Settings = append(l.Settings, settings.Setting{Key: settings.Flag(settings.Etcd, flag), Value: settings.Of(text)})
		r := compare.Compare(wanted(t), []observe.Observation{{Subject: "a", Role: settings.ControlPlane, Layers: []observe.Layer{l}}})
		return about(r, settings.Flag(settings.Etcd, flag))
	}
	for _, c := range []struct {
		flag, text string
		want       compare.Direction
	}{
		{"initial-cluster", "a=https://192.0.2.10:2380,b.example=https://192.0.2.11:2380,c=https://[2001:db8::c]:2380", ""},
		{"initial-cluster", "a=http://192.0.2.10:2380", compare.Weaker},
		{"initial-cluster", "a=https://192.0.2.10:2380,nonsense", compare.Different},
		{"listen-client-urls", "https://[::1]:2379,https://[2001:db8::a]:2379", ""},
		{"listen-client-urls", "https://127.0.0.1:2379,https://0.0.0.0:2379", compare.Weaker},
		{"listen-client-urls", "https://192.0.2.10:2379", compare.Different},
		{"name", "any-node.example", ""},
	} {
		found := etcd(c.flag, c.text)
		switch {
		case c.want == "" && len(found) > 0, c.want != "" && (len(found) != 1 || found[0].Direction != c.want):
			t.Errorf("--%s=%s: %+v; want %q", c.flag, c.text, found, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	for version, want := range map[string]compare.Direction{"v1.37.0": "", "v1.36.5": compare.Weaker, "v1.37.1": compare.Stronger, "latest": compare.Different} {
		o := server("a", nil)
		o.Layers[0].Settings = append(o.Layers[0].Settings, settings.Setting{Key: settings.Key{Component: settings.APIServer, Path: "version"}, Value: settings.Of(version)})
		found := about(compare.Compare(wanted(t), []observe.Observation{o}), settings.Key{Component: settings.Kubeadm, Path: "kubernetesVersion"})
		switch {
		case want == "" && len(found) > 0, want != "" && (len(found) != 1 || found[0].Direction != want):
			t.Errorf("%s: %+v; want %q", version, found, want)
		}
	}
}

func TestCertificates(t *testing.T) {
	one := func(file string, is map[string]any) settings.Setting {
		v := map[string]any{"algorithm": "RSA-2048", "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z", "ca": true, "sha256": file, "others": []string{}}
		for k, x := range is {
			v[k] = x
		}
		return settings.Setting{Key: settings.Key{Component: settings.Kubeadm, Path: "certificate/" + file}, Value: settings.Of(v)}
	}
	const ca, etcd = "/etc/kubernetes/pki/ca.crt", "/etc/kubernetes/pki/etcd/ca.crt"
	for _, c := range []struct {
		name string
		said []settings.Setting
		want map[string]compare.Direction // by path
	}{
		{"as wanted", []settings.Setting{one(ca, nil), one(etcd, nil)}, nil},
		{"expired", []settings.Setting{one(ca, map[string]any{"notAfter": "2026-06-30T00:00:00Z"})}, map[string]compare.Direction{"certificate": compare.Different}},
		{"not yet", []settings.Setting{one(ca, map[string]any{"notBefore": "2026-08-01T00:00:00Z"})}, map[string]compare.Direction{"certificate": compare.Different}},
		{"a stronger key", []settings.Setting{one(ca, map[string]any{"algorithm": "ECDSA-P256"})}, map[string]compare.Direction{"encryptionAlgorithm": compare.Stronger}},
		{"one CA for both", []settings.Setting{one(ca, map[string]any{"sha256": "x"}), one(etcd, map[string]any{"sha256": "x"})}, map[string]compare.Direction{"--trusted-ca-file": compare.Weaker}},
		{"two authorities", []settings.Setting{one(ca, map[string]any{"others": []string{"y"}})}, map[string]compare.Direction{"certificate": compare.Different}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.Kubeadm, Account: "certificates"}, Rank: observe.ConfigFile, Place: "pki", Settings: c.said}
			r := compare.Compare(wanted(t), []observe.Observation{{Subject: "a", Role: settings.ControlPlane, Layers: []observe.Layer{l}}})
			if len(r.Findings) != len(c.want) {
				t.Fatalf("found %+v", r.Findings)
			}
			for _, f := range r.Findings {
				if c.want[f.Key.Path] != f.Direction {
					t.Errorf("%s is %s", f.Key, f.Direction)
				}
			}
		})
	}
}
