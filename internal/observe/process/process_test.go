package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const booted = 1_700_000_000

// one is a process of the fake /proc.
type one struct {
	pid, parent int
	exe, args   string // args separated by blanks
	env         string
	network     string
	state       string
	start       int // seconds after booting
}

func proc(t *testing.T, processes ...one) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, target string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	zero := func(words string) string {
		if words == "" {
			return ""
		}
		return strings.ReplaceAll(words, " ", "\x00") + "\x00"
	}
	write("stat", fmt.Sprintf("cpu  1 2 3\nbtime %d\nprocesses 7\n", booted))
	write("sys/kernel/x", "")
	for _, p := range append(processes, one{pid: 1, exe: "/usr/lib/systemd/systemd", args: "/sbin/init"}) {
		dir := fmt.Sprint(p.pid)
		state, network := p.state, p.network
		if state == "" {
			state = "S"
		}
		if network == "" {
			network = "net:[1]"
		}
		write(dir+"/stat", fmt.Sprintf("%d (a) b (c)) %s %d%s %d 0 0\n", p.pid, state, p.parent, strings.Repeat(" 0", 17), p.start*100+50))
		write(dir+"/cmdline", zero(p.args))
		write(dir+"/environ", zero(p.env))
		if p.exe != "" {
			link(dir+"/exe", p.exe)
		}
		if network != "none" {
			link(dir+"/ns/net", network)
		}
	}
	return root
}

func started(seconds int) time.Time {
	return time.Unix(booted+int64(seconds), 500_000_000).UTC()
}

func TestFind(t *testing.T) {
	root := proc(t,
		one{pid: 100, exe: "/usr/bin/kubelet", args: "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml", start: 5,
			env: "PATH=/bin SECRET=hunter2 HTTPS_PROXY=http://me:hunter2@proxy:3128/ GODEBUG=tlsrsakex=1 ETCD_NAME=x no_proxy=10.0.0.0/8 KUBE_FEATURE_WatchListClient=true"},
		one{pid: 101, parent: 100, exe: "/usr/bin/kubelet", args: "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml"}, // about to execute another
		one{pid: 102, exe: "/usr/bin/vim.basic", args: "vim kube-apiserver kube-apiserver.yaml"},
		one{pid: 103, exe: "/usr/bin/bash", args: "kube-apiserver --profiling=false"},
		one{pid: 104, exe: "/usr/local/bin/kube-apiserver (deleted)", args: "kube-apiserver --profiling=false", start: 7},
		one{pid: 105, exe: "/usr/local/bin/kube-apiserver", args: "kube-apiserver", network: "net:[2]"}, // of kind, or of somebody's pod
		one{pid: 106, exe: "", args: "kube-scheduler --profiling=false", network: "none"},               // another user's
		one{pid: 107, exe: "/usr/local/bin/kube-scheduler", state: "Z"},
		one{pid: 108, exe: "", args: ""}, // the kernel's
		one{pid: 109, exe: "/usr/local/bin/etcd", args: "etcd --discovery-password hunter2 --discovery-user=me:hunter2 --x=https://me:hunter2@y,https://z",
			env: "ETCD_DISCOVERY_PASSWORD=hunter2 ETCD_DATA_DIR=/var/lib/etcd HTTP_PROXY=me:hunter2@proxy"},
		one{pid: 110, exe: "/opt/hyperkube", args: "kube-proxy"},
		one{pid: 104104, exe: "/usr/local/bin/kube-apiserver", args: "kube-apiserver --profiling", start: 9},
	)
	got, missing := Find(root)
	want := []Process{
		{PID: 100, Component: "kubelet", Exe: "/usr/bin/kubelet", Args: []string{"/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml"}, Started: started(5),
			Env: map[string]string{"HTTPS_PROXY": "http://<redacted>@proxy:3128/", "GODEBUG": "tlsrsakex=1", "no_proxy": "10.0.0.0/8", "KUBE_FEATURE_WatchListClient": "true"}},
		{PID: 104, Component: "kube-apiserver", Exe: "/usr/local/bin/kube-apiserver", Replaced: true, Args: []string{"kube-apiserver", "--profiling=false"}, Started: started(7)},
		{PID: 106, Component: "kube-scheduler", Exe: "kube-scheduler", Args: []string{"kube-scheduler", "--profiling=false"}, Started: started(0)},
		{PID: 109, Component: "etcd", Exe: "/usr/local/bin/etcd", Started: started(0),
			Args: []string{"etcd", "--discovery-password", "<redacted>", "--discovery-user=<redacted>", "--x=https://<redacted>@y,https://z"},
			Env:  map[string]string{"ETCD_DISCOVERY_PASSWORD": "<redacted>", "ETCD_DATA_DIR": "/var/lib/etcd", "HTTP_PROXY": "<redacted>@proxy"}},
		{PID: 104104, Component: "kube-apiserver", Exe: "/usr/local/bin/kube-apiserver", Args: []string{"kube-apiserver", "--profiling"}, Started: started(9)},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(missing) > 0 {
		t.Errorf("%v (-want +got):\n%s", missing, diff)
	}
}

func TestFindTellsWhatItCannotRead(t *testing.T) {
	root := proc(t, one{pid: 7, exe: "/usr/bin/kubelet", args: "kubelet --v=2"}, one{pid: 8, exe: "/usr/bin/etcd"}, one{pid: 9, exe: "/usr/bin/kube-proxy", args: "kube-proxy"})
	for _, name := range []string{"7/environ", "9/cmdline"} {
		os.Remove(filepath.Join(root, name))
		if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil { // closed even to root
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "stat"), []byte("cpu\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, missing := Find(root)
	var got []string
	for _, u := range missing {
		if u.Source != settings.FromProcess || u.Remedy == "" || !strings.HasPrefix(u.Origin.File, root) {
			t.Errorf("%+v", u)
		}
		got = append(got, u.Component+": "+u.Why)
	}
	want := []string{
		"kubelet: process 7: when it started cannot be read: the time of booting is not told",
		"kubelet: process 7: its environment cannot be read: not a regular file",
		"etcd: process 8: its command line is empty",
		"kube-proxy: process 9: its command line cannot be read: not a regular file",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(found) != 1 || !found[0].Started.IsZero() {
		t.Errorf("%+v (-want +got):\n%s", found, diff)
	}
	root = proc(t, one{pid: 7, exe: "/usr/bin/etcd", args: "etcd", network: "net:[2]"}, one{pid: 8, exe: "/usr/bin/etcd", args: "etcd", network: "net:[3]"})
	if err := os.Remove(filepath.Join(root, "1/ns/net")); err != nil {
		t.Fatal(err)
	}
	if found, missing := Find(root); len(found) != 2 || len(missing) != 1 || !strings.HasPrefix(missing[0].Why, "it runs 2 times, and which one is the node's cannot be told") {
		t.Errorf("%+v %+v", found, missing)
	}
	if found, missing := Find(root + "/none"); len(found) != 0 || len(missing) != 6 || missing[0].Why != "processes cannot be read: no such file or directory" {
		t.Errorf("%v %v", found, missing)
	}
}

// TestFindOnThisMachine: whatever runs here, reading the real /proc ends well.
func TestFindOnThisMachine(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc")
	}
	found, _ := Find("/proc")
	for _, p := range found {
		if p.Started.After(time.Now()) {
			t.Errorf("%d started in the future: %v", p.PID, p.Started)
		}
	}
	s := search{proc: "/proc"}
	var err error
	if s.tree, err = observe.Dir("/proc"); err != nil {
		t.Fatal(err)
	}
	boot, err := s.booted()
	if err != nil {
		t.Fatal(err)
	}
	self, err := s.stat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(boot.Add(self.start)); age < -2*time.Second || age > time.Hour {
		t.Errorf("this test started %v ago", age)
	}
}

func TestLayers(t *testing.T) {
	flat := func(processes ...Process) map[string]map[string]any {
		out := map[string]map[string]any{}
		for _, l := range Layers(processes, settings.Worker) {
			key := fmt.Sprintf("%s/%s", l.Component, l.Account)
			if l.Partial {
				key += " in part"
			}
			if l.Source != settings.FromProcess || l.Rank != observe.Flags || !strings.HasPrefix(l.Place, "process ") {
				t.Errorf("%+v", l)
			}
			out[key] = map[string]any{}
			for _, s := range l.Settings {
				out[key][s.Key.String()+" "+s.Value.Origin.Note] = s.Value.Plain()
			}
		}
		return out
	}
	got := flat(
		Process{PID: 1, Component: settings.Kubelet, Args: []string{"kubelet", "--config=/x"}},
		Process{PID: 2, Component: settings.APIServer, Args: []string{"kube-apiserver", "--profiling=false"}},
		Process{PID: 3, Component: settings.APIServer, Args: []string{"kube-apiserver"}},
		Process{PID: 4, Component: settings.Etcd, Args: []string{"etcd", "-name=a"},
			Env: map[string]string{"ETCD_NAME": "b", "ETCD_CLIENT_CERT_AUTH": "true", "ETCD_VERSION": "3", "ETCD_DEBUG": "", "GODEBUG": "x"}})
	want := map[string]map[string]any{
		"kubelet/process in part":  {"kubelet[worker]:--config process 1": "/x"},
		"kube-apiserver/process 2": {"kube-apiserver:--profiling process 2": "false"},
		"kube-apiserver/process 3": {},
		"etcd/process":             {"etcd:--name process 4": "a", "etcd:--client-cert-auth process 4, ETCD_CLIENT_CERT_AUTH": "true", "etcd:environment/GODEBUG process 4": "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, p := range []Process{
		{PID: 5, Component: settings.Etcd, Args: []string{"etcd", "--config-file=/x", "--name=a"}, Env: map[string]string{"ETCD_NAME": "b"}},
		{PID: 5, Component: settings.Etcd, Args: []string{"etcd", "--name=a"}, Env: map[string]string{"ETCD_CONFIG_FILE": "/x"}},
	} {
		got := flat(p)["etcd/process in part"]
		if len(got) != 1 {
			t.Errorf("with a file etcd ignores everything else: %v", got)
		}
	}
}

func TestMissing(t *testing.T) {
	got := Missing([]Process{{Component: settings.Kubelet}, {Component: settings.Scheduler}}, settings.ControlPlane)
	if len(got) != 2 || got[0].Component != settings.APIServer || got[1].Component != settings.ControllerManager {
		t.Errorf("%+v", got)
	}
	if got := Missing([]Process{{Component: settings.Kubelet}}, settings.Worker); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if got := Missing(nil, settings.Etcd); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
