package observe

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestArguments(t *testing.T) {
	api := func(path string) string { return "kube-apiserver:--" + path }
	for name, row := range map[string]struct {
		component string
		argv      []string
		want      map[string]any
	}{
		"nothing":                            {settings.APIServer, nil, map[string]any{}},
		"the program alone":                  {settings.APIServer, []string{"kube-apiserver"}, map[string]any{}},
		"both spellings":                     {settings.APIServer, []string{"kube-apiserver", "--a=b", "--c", "d"}, map[string]any{api("a"): "b", api("c"): "d"}},
		"a flag without a value":             {settings.APIServer, []string{"kube-apiserver", "--a", "--b"}, map[string]any{api("a"): "true", api("b"): "true"}},
		"an empty value":                     {settings.APIServer, []string{"kube-apiserver", "--a=", "--b", ""}, map[string]any{api("a"): "", api("b"): ""}},
		"a value with an equals sign":        {settings.APIServer, []string{"kube-apiserver", "--a=b=c", "--d", "e=f"}, map[string]any{api("a"): "b=c", api("d"): "e=f"}},
		"a negative number":                  {settings.APIServer, []string{"kube-apiserver", "--a", "-5", "--b", "-"}, map[string]any{api("a"): "-5", api("b"): "-"}},
		"a value with a dash before it":      {settings.APIServer, []string{"kube-apiserver", "--a=--b"}, map[string]any{api("a"): "--b"}},
		"repeated":                           {settings.APIServer, []string{"kube-apiserver", "--a=1", "--b=x", "--a", "2", "--a=3"}, map[string]any{api("a"): []any{"1", "2", "3"}, api("b"): "x"}},
		"underscores":                        {settings.APIServer, []string{"kube-apiserver", "--feature_gates=A_B=true"}, map[string]any{api("feature-gates"): "A_B=true"}},
		"a short flag":                       {settings.APIServer, []string{"kube-apiserver", "-v=2", "-v3", "-v", "4"}, map[string]any{api("v"): []any{"2", "3", "4"}}},
		"the end of flags":                   {settings.APIServer, []string{"kube-apiserver", "--a", "--", "--b"}, map[string]any{api("a"): "true"}},
		"words in between":                   {settings.APIServer, []string{"kube-apiserver", "x", "--a=1", "y", "--b=2"}, map[string]any{api("a"): "1", api("b"): "2"}},
		"what is refused":                    {settings.APIServer, []string{"kube-apiserver", "---a", "--=b", "-=c", "--d=1"}, map[string]any{api("d"): "1"}},
		"a path":                             {settings.APIServer, []string{"/usr/local/bin/kube-apiserver", "--a=1"}, map[string]any{api("a"): "1"}},
		"a wrapper with flags of its own":    {settings.APIServer, []string{"/go-runner", "--log-file=x", "/usr/bin/kube-apiserver", "--a=1"}, map[string]any{api("a"): "1"}},
		"a wrapper without":                  {settings.APIServer, []string{"hyperkube", "kube-apiserver", "--a=1"}, map[string]any{api("a"): "1"}},
		"another name for the program":       {settings.APIServer, []string{"apiserver", "--a=1"}, map[string]any{api("a"): "1"}},
		"no program":                         {settings.Etcd, []string{"--name", "etcd", "--a=1"}, map[string]any{"etcd:--name": "etcd", "etcd:--a": "1"}},
		"a value that is the program's name": {settings.Etcd, []string{"etcd", "--name", "etcd", "--a=1"}, map[string]any{"etcd:--name": "etcd", "etcd:--a": "1"}},
		"etcd: one dash or two":              {settings.Etcd, []string{"etcd", "-name=a", "--debug", "-listen-client-urls", "b"}, map[string]any{"etcd:--name": "a", "etcd:--debug": "true", "etcd:--listen-client-urls": "b"}},
		"etcd: nothing after a word":         {settings.Etcd, []string{"etcd", "-a=1", "word", "-b=2"}, map[string]any{"etcd:--a": "1"}},
		"etcd: underscores are kept":         {settings.Etcd, []string{"etcd", "--a_b=1"}, map[string]any{"etcd:--a_b": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Arguments(row.component, "", row.argv, settings.Origin{Source: settings.FromProcess, File: "process 1"})
			if diff := cmp.Diff(row.want, plainly(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, s := range got {
				if s.Value.Origin.File != "process 1" {
					t.Errorf("%s has the origin %+v", s.Key, s.Value.Origin)
				}
			}
		})
	}
	if got := Arguments(settings.Kubelet, settings.Worker, []string{"kubelet", "--a=1"}, settings.Origin{}); got[0].Key.Role != settings.Worker {
		t.Errorf("key: %s", got[0].Key)
	}
}

func TestRunsProgram(t *testing.T) {
	for _, row := range []struct {
		argv []string
		want bool
	}{
		{nil, true},
		{[]string{"--a"}, true},
		{[]string{"/x/etcd", "--a"}, true},
		{[]string{"/go-runner", "--x", "/x/etcd"}, true},
		{[]string{"sh", "-c", "etcd --a"}, false},
	} {
		if RunsProgram(settings.Etcd, row.argv) != row.want {
			t.Errorf("RunsProgram(%q) = %v", row.argv, !row.want)
		}
	}
}
