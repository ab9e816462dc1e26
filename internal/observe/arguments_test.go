package observe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestArguments(t *testing.T) {
	for line, want := range map[string]map[string]any{
		"kube-apiserver --a=b --c --d=":                {"--a": "b", "--c": "true", "--d": ""},
		"--a=b=c --x y --z":                            {"--a": "b=c", "--x": "y", "--z": "true"},
		"kube-apiserver --a --b":                       {"--a": "true", "--b": "true"},
		"kubelet -v=4 --a_b=c":                         {"--v": "4", "--a-b": "c"},
		"kubelet -v4":                                  {"--v": "4"},
		"kubelet -v 4":                                 {"--v": "4"},
		"kubelet --oom-score-adj -999 --a":             {"--oom-score-adj": "-999", "--a": "true"},
		"kube-apiserver --a=1 word --a=2 --a=3 -- --b": {"--a": []any{"1", "2", "3"}},
		"etcd -a=b --c d -e":                           {"--a": "b", "--c": "d", "--e": "true"},
		"etcd --a_b=c word --d":                        {"--a_b": "c"},
		"etcd --a=b - --c":                             {"--a": "b"},
		"":                                             {},
		"kube-apiserver":                               {},
	} {
		component, _, _ := strings.Cut(line, " ")
		if component == "" || strings.HasPrefix(component, "-") {
			component = settings.APIServer
		}
		got := map[string]any{}
		at := settings.Origin{Source: settings.FromProcess}
		for _, s := range Arguments(component, "r", strings.Fields(line), at) {
			got[s.Key.Path] = s.Value.Plain()
			if s.Key.Component != component || s.Key.Role != "r" || s.Value.Origin != at {
				t.Errorf("%s: %+v", line, s)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}
