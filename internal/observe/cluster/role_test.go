package cluster

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

type rule struct {
	NonResourceURLs, APIGroups, Resources, ResourceNames, Verbs []string
}

func roles(t *testing.T) map[string][]rule {
	t.Helper()
	out := map[string][]rule{}
	decoder := yaml.NewDecoder(strings.NewReader(string(ClusterRole())))
	for {
		var doc struct {
			Kind  string
			Rules []struct {
				NonResourceURLs []string `yaml:"nonResourceURLs"`
				APIGroups       []string `yaml:"apiGroups"`
				Resources       []string
				ResourceNames   []string `yaml:"resourceNames"`
				Verbs           []string
			}
		}
		if decoder.Decode(&doc) != nil {
			return out
		}
		for _, r := range doc.Rules {
			out[doc.Kind] = append(out[doc.Kind], rule(r))
		}
	}
}

// requestRule is the rule that a request needs, as the API server reads the request (k8s.io/apiserver
// v0.37.0, pkg/endpoints/request/requestinfo.go).
func requestRule(r *http.Request) (kind string, need rule) {
	kind, need.Verbs = "ClusterRole", []string{"list"}
	if r.URL.Path == "/version" {
		return kind, rule{NonResourceURLs: []string{"/version"}, Verbs: []string{"get"}}
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	need.APIGroups = []string{""}
	if parts[0] == "apis" {
		need.APIGroups, parts = []string{parts[1]}, parts[1:]
	}
	if parts = parts[2:]; parts[0] == "namespaces" && len(parts) > 2 {
		kind, parts = "Role", parts[2:]
	}
	need.Resources = parts[:1]
	if len(parts) > 1 {
		need.Verbs, need.ResourceNames = []string{"get"}, parts[1:2]
	}
	if len(parts) > 2 {
		need.Resources, need.ResourceNames = []string{parts[0] + "/" + parts[2]}, nil
	}
	if name, ok := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name="); ok {
		need.ResourceNames = []string{name}
	}
	return kind, need
}

// TestRoleIsEnoughAndNoMore: every request but the one through nodes/proxy is allowed, and every word of
// the role is needed by a request, but for nodes/configz, which kubelets ask for.
func TestRoleIsEnoughAndNoMore(t *testing.T) {
	s := small(t)
	observed(t, s.kubeconfig(t))
	granted := roles(t)
	words := map[string]bool{}
	for _, r := range s.requests {
		kind, need := requestRule(r)
		if slices.Equal(need.Resources, []string{"nodes/proxy"}) {
			continue
		}
		if !slices.ContainsFunc(granted[kind], func(have rule) bool { return allows(have, need) }) {
			t.Errorf("no rule of the %s allows %s: %+v", kind, r.URL, need)
		}
		for _, word := range slices.Concat(need.NonResourceURLs, need.APIGroups, need.Resources, need.ResourceNames) {
			words[kind+" "+word] = true
		}
	}
	words["ClusterRole nodes/configz"] = true
	for kind, rules := range granted {
		for _, r := range rules {
			if len(r.Verbs) != 1 || r.Verbs[0] != "get" && r.Verbs[0] != "list" {
				t.Errorf("verbs of the %s: %v", kind, r.Verbs)
			}
			for _, word := range slices.Concat(r.NonResourceURLs, r.APIGroups, r.Resources, r.ResourceNames) {
				if !words[kind+" "+word] {
					t.Errorf("the %s has %q, which no request needs", kind, word)
				}
			}
		}
	}
}

func allows(have, need rule) bool {
	within := func(a, b []string) bool {
		return !slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
	}
	return within(have.NonResourceURLs, need.NonResourceURLs) && within(have.APIGroups, need.APIGroups) && within(have.Resources, need.Resources) &&
		within(have.Verbs, need.Verbs) && (len(have.ResourceNames) == 0 || len(need.ResourceNames) > 0 && within(have.ResourceNames, need.ResourceNames))
}

func TestRoleIsACopy(t *testing.T) {
	ClusterRole()[0] = 'x'
	if ClusterRole()[0] == 'x' {
		t.Error("a caller can change the role")
	}
}
