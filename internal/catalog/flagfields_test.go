package catalog

import (
	"reflect"
	"strings"
	"testing"
)

// TestFlagFieldsExist holds that every row of the table is whole and that each minor has its flag and its field.
func TestFlagFieldsExist(t *testing.T) {
	rows := 0
	for line := range strings.Lines(flagFieldsTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 7 {
			t.Fatalf("%q has %d cells", line, len(cells))
		}
		component, flag, field := cells[0], cells[1], cells[2]
		switch p := Precedence(cells[3]); p {
		case FlagWins, FileWins, Merged, EitherTrue:
		default:
			t.Errorf("%s --%s: no such precedence: %q", component, flag, p)
		}
		found := 0
		for _, name := range Minors() {
			m := minor(t, name)
			f, ok := m.FlagField(component, flag)
			if !ok {
				continue
			}
			found++
			if f.Field != field || f.Note != cells[6] {
				t.Errorf("%s: %s --%s twice: %s and %s", name, component, flag, field, f.Field)
			}
			if _, ok := m.Flag(component, flag); !ok {
				t.Errorf("%s: %s has no --%s", name, component, flag)
			}
			if back, ok := m.FlagOfField(component, field); !ok || back != flag {
				t.Errorf("%s: %s of %s is set by --%s and by --%s", name, field, component, flag, back)
			}
			kind, ok := configKinds[component]
			if !ok {
				continue // the catalog has no fields of KubeSchedulerConfiguration
			}
			if _, ok := m.Field(kind, field); !ok {
				t.Errorf("%s: %s has no %s", name, kind, field)
			}
		}
		if found == 0 {
			t.Errorf("%s --%s is in no minor", component, flag)
		}
	}
	if rows < 150 {
		t.Errorf("the table has %d rows", rows)
	}
}

// TestEveryDeprecatedKubeletFlagHasAField holds that the table lacks none of the flags that the kubelet says should be
// set by its configuration file.
func TestEveryDeprecatedKubeletFlagHasAField(t *testing.T) {
	for _, name := range Minors() {
		m := minor(t, name)
		for _, flag := range m.Flags("kubelet") {
			f, _ := m.Flag("kubelet", flag)
			if _, ok := m.FieldOfFlag("kubelet", flag); !ok && strings.Contains(f.Deprecated, "should be set via the config file") {
				t.Errorf("%s: --%s has no field", name, flag)
			}
		}
	}
}

// TestFlagAndFieldHaveOneDefault holds the table against what the running code says: a flag is bound to its field, so its
// default is the field's, but for the four that the kubelet weakens where it has no file (applyLegacyDefaults), and one more.
func TestFlagAndFieldHaveOneDefault(t *testing.T) {
	apart := map[string]string{
		"kubelet anonymous-auth":               "applyLegacyDefaults",
		"kubelet authentication-token-webhook": "applyLegacyDefaults",
		"kubelet authorization-mode":           "applyLegacyDefaults",
		"kubelet read-only-port":               "applyLegacyDefaults",
		"kube-proxy ipvs-min-sync-period":      "the internal field is that of all modes, and shows iptables' default",
	}
	for _, name := range Minors() {
		m, compared := minor(t, name), 0
		for component, kind := range configKinds {
			for _, flag := range m.Flags(component) {
				path, ok := m.FieldOfFlag(component, flag)
				if !ok {
					continue
				}
				f, _ := m.Flag(component, flag)
				byFlag, known := flagDefaultValue(f)
				field, _ := m.Field(kind, path)
				same := known && (reflect.DeepEqual(byFlag, orNil(field.Default)) || isZero(byFlag) && isZero(field.Default))
				if _, differs := apart[component+" "+flag]; same == differs {
					t.Errorf("%s: %s --%s is %#v by default, %s is %#v", name, component, flag, byFlag, path, field.Default)
				}
				compared++
			}
		}
		if compared < 150 {
			t.Errorf("%s: compared %d", name, compared)
		}
	}
}

func TestFlagField(t *testing.T) {
	for _, c := range []struct {
		component, flag, field string
		precedence             Precedence
	}{
		{"kubelet", "anonymous-auth", "authentication.anonymous.enabled", FlagWins},
		{"kubelet", "rotate-server-certificates", "serverTLSBootstrap", FlagWins},
		{"kubelet", "event-qps", "eventRecordQPS", FlagWins},
		{"kubelet", "pod-manifest-path", "staticPodPath", FlagWins},
		{"kubelet", "register-with-taints", "registerWithTaints", FlagWins},
		{"kubelet", "feature-gates", "featureGates", Merged},
		{"kubelet", "seccomp-default", "seccompDefault", EitherTrue},
		{"kubelet", "v", "logging.verbosity", FlagWins},
		{"kube-proxy", "profiling", "enableProfiling", FileWins},
		{"kube-proxy", "feature-gates", "featureGates", FileWins},
		{"kube-proxy", "hostname-override", "hostnameOverride", FlagWins},
		{"kube-proxy", "cluster-cidr", "clusterCIDR", FileWins},
		{"kube-proxy", "conntrack-min", "conntrack.min", FileWins},
		{"kube-scheduler", "profiling", "enableProfiling", FileWins},
		{"kube-scheduler", "leader-elect", "leaderElection.leaderElect", FlagWins},
	} {
		f, ok := minor(t, "1.37").FlagField(c.component, c.flag)
		if !ok || f.Field != c.field || f.Precedence != c.precedence {
			t.Errorf("%s --%s: %+v, %t", c.component, c.flag, f, ok)
		}
	}
	for _, c := range [][2]string{
		{"kubelet", "node-ip"}, {"kubelet", "hostname-override"}, {"kubelet", "no-such-flag"}, {"kubelet", "--anonymous-auth"},
		{"kube-proxy", "healthz-port"}, {"kube-scheduler", "feature-gates"}, {"kube-apiserver", "profiling"},
	} {
		if field, ok := minor(t, "1.37").FieldOfFlag(c[0], c[1]); ok {
			t.Errorf("%s --%s sets %s", c[0], c[1], field)
		}
	}
}
