package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// configKinds are the kinds that components read their settings from.
var configKinds = map[string]string{"kubelet": "KubeletConfiguration", "kube-proxy": "KubeProxyConfiguration"}

// settable tells whether some minor knows a setting key, as a flag or as a field.
func settable(key string) bool {
	component, path, _ := strings.Cut(key, ":")
	if flag, ok := strings.CutPrefix(path, "--"); ok {
		_, _, known := Since(component, ThingFlag, flag)
		return known
	}
	_, _, known := Since(configKinds[component], ThingField, path)
	return known
}

func minor(t *testing.T, name string) *Minor {
	t.Helper()
	m, err := For(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFor(t *testing.T) {
	for _, c := range []struct{ version, minor string }{
		{"1.37", "1.37"}, {"1.37.0", "1.37"}, {"v1.37.0", "1.37"}, {"v1.33", "1.33"}, {"1.35.99", "1.35"},
		{"1.37.0-rc.1", "1.37"}, {"v1.36.3+build.5", "1.36"},
	} {
		t.Run(c.version, func(t *testing.T) {
			if m := minor(t, c.version); m.Name != c.minor || !strings.HasPrefix(m.Version, c.minor+".") {
				t.Errorf("got %s, made from %s", m.Name, m.Version)
			}
		})
	}
	for _, version := range []string{
		"", "1", "1.", ".37", "1.32", "1.38", "2.37", "37", "latest", "v", "vv1.37", "1.37.", "1.37.x", "1.37.0-", "1.037",
		"01.37", "1.37.0.0", "1.37 ", " 1.37", "1.37.00", "1.37.0-a b", "1.37\n", "1.99999999999999999999",
	} {
		t.Run("not "+version, func(t *testing.T) {
			_, err := For(version)
			var unknown *UnknownVersionError
			if !errors.As(err, &unknown) || unknown.Version != version || !slices.Equal(unknown.Allowed, Minors()) {
				t.Errorf("For(%q): %v", version, err)
			}
		})
	}
}

func TestUnknownVersionSaysWhatIsAllowed(t *testing.T) {
	_, err := For("1.21")
	const want = `unknown Kubernetes version "1.21"; allowed: 1.33, 1.34, 1.35, 1.36, 1.37, or a release of one of them, such as 1.37.0`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestForKeeps holds that a minor is decoded once.
func TestForKeeps(t *testing.T) {
	if minor(t, "1.37") != minor(t, "v1.37.0") {
		t.Error("the same minor was decoded twice")
	}
}

func TestCompareMinors(t *testing.T) {
	sorted := []string{"1.9", "1.10", "1.37", "2.0"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := compareMinors(a, b); got != min(1, max(-1, i-j)) {
				t.Errorf("compareMinors(%s, %s) = %d", a, b, got)
			}
		}
	}
}

// TestEverySetIsThere holds that no part of a minor's facts came out empty.
func TestEverySetIsThere(t *testing.T) {
	for _, name := range Minors() {
		t.Run(name, func(t *testing.T) {
			m := minor(t, name)
			for _, component := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "etcd"} {
				if n := len(m.Flags(component)); n < 50 {
					t.Errorf("%s has %d flags", component, n)
				}
				if component != "kube-proxy" && len(m.KubeadmArgs(component)) == 0 {
					t.Errorf("kubeadm sets nothing on %s", component)
				}
			}
			for _, kind := range configKinds {
				if n := len(m.Fields(kind)); n < 70 {
					t.Errorf("%s has %d fields", kind, n)
				}
				if len(m.KubeadmFields(kind)) == 0 {
					t.Errorf("kubeadm fills nothing in %s", kind)
				}
			}
			for what, n := range map[string]int{
				"gates": len(m.FeatureGates()), "plugins": len(m.AdmissionPlugins()), "suites": len(m.CipherSuites()),
				"TLS versions": len(m.TLSVersions()), "modules": len(m.Modules()), "etcd keys": len(m.Etcd.ConfigKeys()),
				"etcd suites": len(m.Etcd.CipherSuites()), "etcd TLS versions": len(m.Etcd.TLSVersions()), "samples": len(m.KubeadmSample()),
				"components": len(m.Components()), "default plugins": len(m.DefaultAdmissionPlugins()), "algorithms": len(m.EncryptionAlgorithms()),
			} {
				if n == 0 {
					t.Errorf("no %s", what)
				}
			}
			for _, plugin := range m.DefaultAdmissionPlugins() {
				if !slices.Contains(m.AdmissionPlugins(), plugin) {
					t.Errorf("the default plugin %s is no plugin", plugin)
				}
			}
			if text, err := m.Usage("kube-apiserver", "profiling"); err != nil || text == "" {
				t.Errorf("no help of profiling: %q, %v", text, err)
			}
			if text, err := m.Usage("etcd", "cert-file"); err != nil || text == "" {
				t.Errorf("no help of etcd's cert-file: %q, %v", text, err)
			}
		})
	}
}

// TestKubeadmSetsWhatExists holds that kubeadm's own arguments and fields are in the same minor's facts.
func TestKubeadmSetsWhatExists(t *testing.T) {
	for _, name := range Minors() {
		m := minor(t, name)
		for _, component := range m.Components() {
			for _, arg := range m.KubeadmArgs(component) {
				if _, ok := m.Flag(component, arg.Name); !ok {
					t.Errorf("%s: kubeadm sets %s on %s, which has no such flag", name, arg.Name, component)
				}
			}
		}
		for component, kind := range configKinds {
			for path := range m.KubeadmFields(kind) {
				if _, ok := m.Field(kind, path); !ok {
					t.Errorf("%s: kubeadm fills %s for %s, which has no such field", name, path, component)
				}
			}
		}
	}
}

// TestRemovedNamesAreGone holds that no minor has what removed.yaml says it lost, and that the minor before still had
// it where the catalog reaches back so far.
func TestRemovedNamesAreGone(t *testing.T) {
	rows, err := RemovedNames()
	if err != nil {
		t.Fatal(err)
	}
	things := map[string]string{"admission-plugins": ThingPlugin, "feature-gates": ThingGate, "kubeadm": ThingGate}
	for _, row := range rows {
		if row.Instead == "" || row.Source == "" {
			t.Errorf("%s %s: a row needs instead and source", row.Component, row.Name)
		}
		thing := ThingFlag
		if known, ok := things[row.Component]; ok {
			thing = known
		}
		_, last, known := Since(row.Component, thing, row.Name)
		if known && (row.Since == "" || compareMinors(last, row.Since) >= 0) {
			t.Errorf("%s %s is said to be gone since %q, and %s has it", row.Component, row.Name, row.Since, last)
		}
		oldest := Minors()[0]
		if !known && row.Since != "" && compareMinors(row.Since, oldest) > 0 {
			t.Errorf("%s %s is said to be gone since %s, and no minor from %s on ever had it", row.Component, row.Name, row.Since, oldest)
		}
		if _, ok := minor(t, "1.37").Removed(row.Component, row.Name); !ok {
			t.Errorf("1.37 does not know that %s %s is gone", row.Component, row.Name)
		}
	}
}

func TestRemoved(t *testing.T) {
	for _, c := range []struct {
		name, minor, component, flag string
		gone                         bool
	}{
		{"long gone", "1.33", "kube-apiserver", "kubelet-https", true},
		{"not yet gone", "1.36", "etcd", "experimental-initial-corrupt-check", false},
		{"just gone", "1.37", "etcd", "experimental-initial-corrupt-check", true},
		{"another component's", "1.37", "kubelet", "kubelet-https", false},
		{"never was", "1.37", "kube-apiserver", "no-such-flag", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r, ok := minor(t, c.minor).Removed(c.component, c.flag); ok != c.gone || ok && r.Name != c.flag {
				t.Errorf("got %v, %v", r, ok)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := load("1.37"); err != nil {
			b.Fatal(err)
		}
	}
}
