package generate

import (
	"fmt"
	"math/rand"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// anySet is a set of settings as quick makes them: of everything that a bundle can carry,
// something, with any text.
type anySet struct{ set *settings.Set }

// Generate implements quick.Generator.
func (anySet) Generate(r *rand.Rand, size int) reflect.Value {
	s := &settings.Set{}
	texts := hostile()
	text := func() string {
		if r.Intn(3) > 0 {
			return texts[r.Intn(len(texts))]
		}
		b := make([]rune, r.Intn(size+1))
		for i := range b {
			b[i] = rune(r.Intn(0x3000))
		}
		return string(b)
	}
	some := func(n int) bool { return r.Intn(n) == 0 }
	for i := range r.Intn(20) {
		put(s, []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd}[r.Intn(4)], "", fmt.Sprintf("--flag-%d", i), text())
	}
	if some(2) {
		put(s, settings.APIServer, "", "--profiling", some(2))
		put(s, settings.APIServer, "", "--audit-log-maxage", r.Intn(1000))
		put(s, settings.APIServer, "", "--enable-admission-plugins", []string{"A" + fmt.Sprint(r.Intn(9)), "B, C", `D"`})
		put(s, settings.APIServer, "", "--service-account-issuer", []string{text(), text()})
		put(s, settings.APIServer, "", "--feature-gates", m{"A": some(2), "B": some(2)})
	}
	for _, path := range []string{"kubernetesVersion", "clusterName", "imageRepository", "networking.podSubnet", "nodeRegistration.name", "nodeRegistration.criSocket"} {
		if some(2) {
			put(s, settings.Kubeadm, "", path, text())
		}
	}
	for i := range r.Intn(10) {
		name := fmt.Sprintf("field%d", i)
		if some(3) {
			name = fmt.Sprintf("part.field%d", i)
		}
		v := []any{text(), r.Intn(1000), nil, true, 0.5, []string{text()}, []any{}}[r.Intn(7)]
		put(s, settings.Kubelet, settings.ControlPlane, name, v)
		if some(2) {
			v = text()
		}
		put(s, settings.Kubelet, settings.Worker, name, v)
		put(s, settings.KubeProxy, "", name, text())
	}
	if some(2) {
		rest := make([]byte, size*4)
		r.Read(rest)
		body, _ := grow([]byte(strings.ToValidUTF8(string(rest), "?")), 0)
		put(s, settings.APIServer, "", "Policy", m{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": body})
	}
	for i := range r.Intn(4) {
		role := []string{settings.ControlPlane, settings.Worker}[r.Intn(2)]
		put(s, settings.Host, role, fmt.Sprintf("sysctl/kernel.p%d", i), r.Intn(99)-9)
		put(s, settings.Host, role, fmt.Sprintf("tmpfile//var/lib/%d", i), m{"type": "z", "mode": "0600", "user": "root", "group": "root"})
		put(s, settings.Host, role, "firewall/sshPort", 1+r.Intn(65535))
		put(s, settings.Host, role, "firewall/ssh", []string{fmt.Sprintf("10.%d.0.0/16", i), "2001:db8::/32"}[:r.Intn(3)])
	}
	return reflect.ValueOf(anySet{s})
}

// TestRoundTripOfAnySettings is the law that observing a rendered bundle gives back what it was
// rendered from.
func TestRoundTripOfAnySettings(t *testing.T) {
	g := newGenerator(t)
	rendered := 0
	law := func(a anySet) bool {
		in := inputOf(a.set)
		files, err := g.Bundle(in)
		if err != nil {
			// A text that a format cannot hold is refused; that is another test's.
			return strings.Contains(err.Error(), "too long") || strings.Contains(err.Error(), "cannot be")
		}
		rendered++
		data := map[string][]byte{}
		for _, f := range files {
			data[f.Path] = f.Data
		}
		found, err := observe.Bundle(data)
		if err != nil {
			t.Log(err)
			return false
		}
		diff := cmp.Diff(texts(t, in, a.set), texts(t, in, found))
		if diff != "" {
			t.Log(diff)
		}
		return diff == ""
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 300, Rand: rand.New(rand.NewSource(1))}); err != nil {
		t.Error(err)
	}
	if rendered < 250 {
		t.Errorf("only %d of 300 sets were rendered", rendered)
	}
}

// TestSameInputSameBytes renders twice, from sets that were filled in another order, with a
// memo that is empty, full and of the smallest size.
func TestSameInputSameBytes(t *testing.T) {
	for name := range inputs() {
		t.Run(name, func(t *testing.T) {
			first := render(t, inputs()[name])
			g := newGenerator(t)
			g.memo = newMemo(1)
			for range 5 {
				files, err := g.Bundle(inputs()[name])
				if err != nil {
					t.Fatal(err)
				}
				if len(files) != len(first) {
					t.Fatalf("%d files, then %d", len(first), len(files))
				}
				for _, f := range files {
					if diff := cmp.Diff(string(first[f.Path].Data), string(f.Data)); diff != "" {
						t.Fatalf("%s differs:\n%s", f.Path, diff)
					}
				}
			}
		})
	}
}

func TestModes(t *testing.T) {
	for name, in := range inputs() {
		for path, f := range render(t, in) {
			open := !strings.Contains(path, "/etc/kubernetes/") && !strings.HasSuffix(path, layout.KubeletUnit)
			if want := map[bool]string{true: "-rw-r--r--", false: "-rw-------"}[open]; f.Mode.String() != want {
				t.Errorf("%s, %s: mode %v, want %s", name, path, f.Mode, want)
			}
			if f.Owner != "root:root" {
				t.Errorf("%s, %s: owner %q", name, path, f.Owner)
			}
		}
	}
}

func TestFilesOfAFullBundle(t *testing.T) {
	files := render(t, inputOf(fullSet()))
	for role, onNode := range map[string][]string{
		settings.ControlPlane: {
			layout.Kubeadm + "/init.yaml", layout.Kubeadm + "/join.yaml", layout.Kubeadm + "/upgrade.yaml",
			layout.Patches + "/kubeletconfiguration0+merge.yaml", layout.Patches + "/kube-apiserver0+strategic.yaml",
			layout.Sysctl, layout.Tmpfiles, layout.Sysusers, layout.Firewall, layout.FirewallUnit, layout.KubeletUnit,
			layout.KubeConfig("audit", "webhook"), layout.StaticPolicy("hardstrap-x.static.k8s.io"),
		},
		settings.Worker: {
			layout.Kubeadm + "/join.yaml", layout.Kubeadm + "/upgrade.yaml", layout.Patches + "/kubeletconfiguration0+merge.yaml",
			layout.Sysctl, layout.Tmpfiles, layout.Firewall, layout.FirewallUnit, layout.KubeletUnit,
		},
	} {
		if role == settings.ControlPlane {
			for _, d := range layout.Documents() {
				onNode = append(onNode, d.File)
			}
		}
		var got []string
		for p := range files {
			if rest, ok := strings.CutPrefix(p, "host/"+role); ok {
				got = append(got, rest)
			}
		}
		slices.Sort(onNode)
		slices.Sort(got)
		if diff := cmp.Diff(onNode, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
	}
}

// TestJoinIsRefusedUntilFilled shows the marks, and that what is known is filled in.
func TestJoinIsRefusedUntilFilled(t *testing.T) {
	all := inputs()
	for name, row := range map[string]struct {
		in        string
		has, lack []string
	}{
		"token":                      {"full", []string{"token: REPLACE-ME-", "api.prod.example.org:8443", "certificateKey: REPLACE-ME-", "advertiseAddress: REPLACE-ME-"}, []string{"discovery.conf"}},
		"endpoint not known":         {"small", []string{"apiServerEndpoint: REPLACE-ME-"}, []string{"discovery.conf"}},
		"anonymous access refused":   {"rotated", []string{"kubeConfigPath: /etc/kubernetes/kubeadm/discovery.conf"}, []string{"REPLACE-ME-bootstrap"}},
		"anonymous access by a flag": {"plain", []string{"kubeConfigPath: /etc/kubernetes/kubeadm/discovery.conf"}, []string{"REPLACE-ME-bootstrap"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := string(render(t, all[row.in])["host/control-plane"+path.Join(layout.Kubeadm, "join.yaml")].Data)
			for _, part := range row.has {
				if !strings.Contains(text, part) {
					t.Errorf("no %q in\n%s", part, text)
				}
			}
			for _, part := range row.lack {
				if strings.Contains(text, part) {
					t.Errorf("%q in\n%s", part, text)
				}
			}
		})
	}
}

// TestMemoKeepsNoSecrets shows what is remembered and that it is bounded.
func TestMemoKeepsNoSecrets(t *testing.T) {
	g := newGenerator(t)
	for range 2 {
		files, err := g.Bundle(inputOf(fullSet()))
		if err != nil {
			t.Fatal(err)
		}
		if len(g.memo.found) != len(files)-1 {
			t.Errorf("%d of %d files are remembered; all but the one with a key should be", len(g.memo.found), len(files))
		}
	}
	reads := 0
	small := newMemo(3)
	for i := range 10 {
		_, err := small.read(draft{path: "p"}, []byte{byte(i)}, func(string, []byte) ([]settings.Setting, error) { reads++; return nil, nil })
		if err != nil || len(small.found) > 3 {
			t.Fatalf("%d remembered, %v", len(small.found), err)
		}
	}
	if reads != 10 {
		t.Errorf("read %d times", reads)
	}
}
