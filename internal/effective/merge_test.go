package effective_test

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

func newest(t *testing.T) *catalog.Minor {
	t.Helper()
	m, err := catalog.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// layer is what one place says of the kubelet of a worker.
func layer(rank observe.Rank, place string, said ...any) observe.Layer {
	out := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.Kubelet, Account: "files"}, Rank: rank, Place: place}
	for i := 0; i < len(said); i += 2 {
		out.Settings = append(out.Settings, settings.Setting{
			Key: settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: said[i].(string)}, Value: settings.Of(said[i+1]),
		})
	}
	return out
}

func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		name   string
		layers []observe.Layer
		path   string
		want   any // nil: nothing
	}{
		{"the file alone", []observe.Layer{layer(observe.ConfigFile, "file", "podPidsLimit", 10)}, "podPidsLimit", 10},
		{"a drop-in over the file", []observe.Layer{layer(observe.DropIn, "drop-in", "podPidsLimit", 20), layer(observe.ConfigFile, "file", "podPidsLimit", 10)}, "podPidsLimit", 20},
		{"the later drop-in", []observe.Layer{layer(observe.DropIn+1, "b", "podPidsLimit", 30), layer(observe.DropIn, "a", "podPidsLimit", 20)}, "podPidsLimit", 30},
		{"a flag over a drop-in", []observe.Layer{layer(observe.Flags, "flags", "--pod-max-pids", "40"), layer(observe.DropIn, "a", "podPidsLimit", 20)}, "podPidsLimit", 40},
		{"a flag given twice", []observe.Layer{layer(observe.Flags, "flags", "--pod-max-pids", []string{"40", "50"})}, "podPidsLimit", 50},
		{"a field that nobody says", []observe.Layer{layer(observe.ConfigFile, "file", "maxPods", 5)}, "podPidsLimit", nil},
		{"a negative limit means the default", []observe.Layer{layer(observe.ConfigFile, "file", "podPidsLimit", -7)}, "podPidsLimit", -1},
		{"a duration of nothing means the default", []observe.Layer{layer(observe.ConfigFile, "file", "syncFrequency", "0s")}, "syncFrequency", "1m0s"},
		{"null is not set", []observe.Layer{layer(observe.ConfigFile, "file", "syncFrequency", nil)}, "syncFrequency", "1m0s"},
		{"gates of flag and file", []observe.Layer{
			layer(observe.Flags, "flags", "--feature-gates", "B=false,C=true"), layer(observe.ConfigFile, "file", "featureGates", map[string]any{"A": true, "B": true}),
		}, "featureGates", map[string]any{"A": true, "B": false, "C": true}},
		{"gates of two drop-ins are one map each", []observe.Layer{
			layer(observe.DropIn, "a", "featureGates", map[string]any{"A": true}), layer(observe.DropIn+1, "b", "featureGates", map[string]any{"A": false}),
		}, "featureGates", map[string]any{"A": false}},
		{"true in one of both is true", []observe.Layer{
			layer(observe.Flags, "flags", "--seccomp-default", "false"), layer(observe.ConfigFile, "file", "seccompDefault", true),
		}, "seccompDefault", true},
		{"the flag alone", []observe.Layer{layer(observe.Flags, "flags", "--seccomp-default", "false"), layer(observe.ConfigFile, "file", "seccompDefault", false)}, "seccompDefault", false},
		{"a list without order", []observe.Layer{layer(observe.Flags, "flags", "--tls-cipher-suites", "B,A,B")}, "tlsCipherSuites", []string{"A", "B"}},
		{"log levels of files", []observe.Layer{layer(observe.Flags, "flags", "--vmodule", "a=1,b=2"), layer(observe.ConfigFile, "file", "eventBurst", 1)},
			"logging.vmodule", []any{map[string]any{"filePattern": "a", "verbosity": 1}, map[string]any{"filePattern": "b", "verbosity": 2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			accounts, unknown := effective.Merge(observe.Observation{Layers: c.layers}, newest(t))
			if len(accounts) != 1 || len(unknown) != 0 {
				t.Fatalf("%d accounts, unknown %v", len(accounts), unknown)
			}
			got := accounts[0].Set.Value(settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: c.path})
			if c.want == nil {
				if got != nil {
					t.Errorf("%s is %v", c.path, got.Plain())
				}
				return
			}
			if !settings.Equal(got, settings.Of(c.want)) {
				t.Errorf("%s is %v; want %v", c.path, got.Plain(), c.want)
			}
		})
	}
}

func TestFlagsOfAStaticPod(t *testing.T) {
	pod := func(said ...any) observe.Observation {
		l := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.APIServer, Account: "manifest"}, Rank: observe.Flags, Place: "pod"}
		for i := 0; i < len(said); i += 2 {
			l.Settings = append(l.Settings, settings.Setting{Key: settings.Flag(settings.APIServer, said[i].(string)), Value: settings.Of(said[i+1])})
		}
		return observe.Observation{Layers: []observe.Layer{l}}
	}
	for _, c := range []struct {
		name, flag string
		said, want any
	}{
		{"the last of a text", "audit-log-path", []string{"/a", "/b"}, "/b"},
		{"a list adds up", "enable-admission-plugins", []string{"B", "A,B"}, []string{"A", "B"}},
		{"a repeated flag keeps its order", "service-account-issuer", []string{"b", "a"}, []string{"b", "a"}},
		{"maps add up, the later winning", "feature-gates", []string{"A=true,kube:B=True", "A=false"}, map[string]string{"A": "false", "B": "true"}},
		{"a duration", "event-ttl", "60m", "1h0m0s"},
		{"a boolean", "profiling", "T", true},
		{"an empty TLS version is 1.2", "tls-min-version", "", "VersionTLS12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			accounts, unknown := effective.Merge(pod(c.flag, c.said), newest(t))
			if len(unknown) > 0 {
				t.Fatal(unknown)
			}
			if got := accounts[0].Set.Flag(settings.APIServer, c.flag); !settings.Equal(got, settings.Of(c.want)) {
				t.Errorf("--%s is %v; want %v", c.flag, got.Plain(), c.want)
			}
		})
	}
	accounts, unknown := effective.Merge(pod("profiling", "maybe", "event-ttl", "1h"), newest(t))
	if len(unknown) != 1 || unknown[0].Paths[0] != "--profiling" || unknown[0].Source != settings.FromFile {
		t.Errorf("unknown: %+v", unknown)
	}
	if accounts[0].Set.Flag(settings.APIServer, "profiling") != nil || accounts[0].Set.Flag(settings.APIServer, "event-ttl") == nil {
		t.Error("one value that is no boolean takes more with it, or is taken for one")
	}
}

// TestViews holds that one view never speaks for another, and that the nearest to what runs comes first.
func TestViews(t *testing.T) {
	file := layer(observe.ConfigFile, "file", "podPidsLimit", 10)
	process := layer(observe.Flags, "process 1", "--pod-max-pids", "20", "--seccomp-default", "false")
	process.View = observe.View{Source: settings.FromProcess, Component: settings.Kubelet, Account: "process", Partial: true}
	accounts, _ := effective.Merge(observe.Observation{Layers: []observe.Layer{file, process}}, newest(t))
	if len(accounts) != 2 || accounts[0].Source != settings.FromProcess {
		t.Fatalf("accounts: %v", accounts)
	}
	of := func(a *effective.Account, path string) *settings.Value {
		return a.Set.Value(settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: path})
	}
	if of(accounts[0], "podPidsLimit").Text != "20" || of(accounts[1], "podPidsLimit").Text != "10" {
		t.Error("the views are not apart")
	}
	if of(accounts[0], "seccompDefault") != nil {
		t.Error("false in a flag says nothing where the file is not known")
	}
}

// TestSchedulerWithAFile holds that flags which give way to a file are unknown.
func TestSchedulerWithAFile(t *testing.T) {
	l := observe.Layer{View: observe.View{Source: settings.FromFile, Component: settings.Scheduler, Account: "manifest"}, Rank: observe.Flags}
	for flag, text := range map[string]string{"config": "/etc/kubernetes/scheduler.yaml", "profiling": "false", "bind-address": "127.0.0.1"} {
		l.Settings = append(l.Settings, settings.Setting{Key: settings.Flag(settings.Scheduler, flag), Value: settings.Of(text)})
	}
	_, unknown := effective.Merge(observe.Observation{Layers: []observe.Layer{l}}, newest(t))
	if len(unknown) != 1 {
		t.Fatalf("unknown: %+v", unknown)
	}
	has := map[string]bool{}
	for _, p := range unknown[0].Paths {
		has[p] = true
	}
	if !has["--profiling"] || has["--bind-address"] {
		t.Errorf("unknown are %v", unknown[0].Paths)
	}
}

func TestDefault(t *testing.T) {
	m := newest(t)
	v, ok := effective.Default(m, settings.Flag(settings.APIServer, "profiling"))
	if !ok || v.Text != "true" || v.Origin.Source != settings.FromDefault {
		t.Errorf("profiling: %v %t", v, ok)
	}
	if v, ok := effective.Default(m, settings.Flag(settings.APIServer, "token-auth-file")); !ok || v.Text != "" {
		t.Errorf("token-auth-file: %v %t", v, ok)
	}
	if _, ok := effective.Default(m, settings.Flag(settings.APIServer, "no-such-flag")); ok {
		t.Error("a flag that there is not has a default")
	}
}
