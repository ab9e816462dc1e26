package cluster

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func execUser(t *testing.T, variable, value string) string {
	t.Helper()
	script, err := filepath.Abs("testdata/credentials.sh")
	if err != nil {
		t.Fatal(err)
	}
	return "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: " + script +
		", env: [{name: " + variable + ", value: '" + value + "'}]}}"
}

func TestExecPlugin(t *testing.T) {
	s := small(t)
	got := observed(t, s.config(t, execUser(t, "TOKEN", token), ""))
	if len(got) != 3 || len(got["w-1"].Layers) != 1 {
		t.Errorf("observations: %v", got)
	}
}

func TestKubeconfigFromTheEnvironment(t *testing.T) {
	s := small(t)
	o := s.kubeconfig(t)
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "missing")+string(filepath.ListSeparator)+o.Kubeconfig)
	if got := observed(t, Options{}); len(got) != 3 {
		t.Errorf("observations: %v", got)
	}
}

func TestFaultsOfTheKubeconfig(t *testing.T) {
	s := small(t)
	impostor := newStub(t)
	impostor.URL = s.URL
	with := func(change func(o *Options)) Options {
		o := s.kubeconfig(t)
		change(&o)
		return o
	}
	for name, row := range map[string]struct {
		options     Options
		why, remedy string
	}{
		"no file":                    {with(func(o *Options) { o.Kubeconfig += ".no" }), "there is no such file", "--kubeconfig"},
		"no YAML":                    {Options{Kubeconfig: write(t, "users:\n- {token: hunter2\n- :")}, "is no kubeconfig", "kubectl config view"},
		"other types":                {Options{Kubeconfig: write(t, "apiVersion: v1\nkind: Config\nusers: hunter2\n")}, "is no kubeconfig", "kubectl config view"},
		"nothing in it":              {Options{Kubeconfig: write(t, "")}, "names no cluster", "--kubeconfig"},
		"no such context":            {with(func(o *Options) { o.Context = "mian" }), `there is no context "mian"`, "name one with --context: main, other"},
		"no current context":         {Options{Kubeconfig: write(t, "apiVersion: v1\nkind: Config\ncontexts: [{name: a, context: {cluster: c}}]\n")}, "there is no current context", "--context: a"},
		"a gone context":             {Options{Kubeconfig: write(t, "apiVersion: v1\nkind: Config\ncurrent-context: b\ncontexts: [{name: a, context: {cluster: c}}]\n")}, `there is no context "b"`, "--context: a"},
		"wrong token":                {with(func(o *Options) { o.Context = "other" }), "the credentials are not accepted (401)", "renew"},
		"a certificate that is none": {s.config(t, "{client-certificate-data: aHVudGVyMg==, client-key-data: aHVudGVyMg==}", ""), "tls: failed to find any PEM data", "correct"},
		"no plugin":                  {s.config(t, "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: no-such-plugin}}", ""), "the exec plugin gives no credentials", "kubectl"},
		"a plugin that prints else":  {s.config(t, execUser(t, "PRINT", "hunter2"), ""), "the exec plugin gives no credentials", "kubectl"},
		"a plugin of another kind":   {s.config(t, execUser(t, "PRINT", `{"kind":"hunter2","apiVersion":"v1"}`), ""), "the exec plugin gives no credentials", "kubectl"},
		"a gone auth provider":       {s.config(t, "{auth-provider: {name: oidc, config: {id-token: hunter2}}}", ""), "auth-provider", "exec plugin"},
		"another authority":          {impostor.kubeconfig(t), "the server's certificate is not trusted", "certificate-authority"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Observe(t.Context(), row.options)
			var config *ConfigError
			if !errors.As(err, &config) {
				t.Fatalf("error: %v", err)
			}
			if !strings.Contains(config.Why, row.why) || !strings.Contains(config.Remedy, row.remedy) || strings.Contains(config.File, "\n") {
				t.Errorf("error: %#v", config)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "aHVudGVyMg") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the message holds a secret, or more than a line: %v", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	s := newStub(t)
	o := s.kubeconfig(t)
	s.Close()
	_, err := Observe(t.Context(), o)
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error: %v", err)
	}
}

func TestRelease(t *testing.T) {
	for in, want := range map[string]string{"v1.37.0": "1.37.0", "v1.36.3-gke.12+a1": "1.36.3", "v1.35.0+k3s1": "1.35.0", "": ""} {
		if got := release(in); got != want {
			t.Errorf("release(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{"a-1.b": true, "": false, "..": false, "a/b": false, "https:a:1": false, "A": false, "-a": false} {
		if isName(name) != want {
			t.Errorf("isName(%q) = %v", name, !want)
		}
	}
}
