package pipeline_test

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Law 3: everything that is rendered exists in the target minor's catalog. What is looked at is
// what was observed in the files, not what resolve meant to set.
func TestLaw3NothingUnknown(t *testing.T) {
	clusters(t, func(t *testing.T, c *pipeline.Cluster) {
		got, err := observe.Bundle(files(t, c))
		if err != nil {
			t.Fatal(err)
		}
		ciphers := map[string]bool{}
		for _, s := range c.Minor.CipherSuites() {
			ciphers[s.Name] = true
		}
		seen := 0
		for _, s := range got.All() {
			name, isFlag := strings.CutPrefix(s.Key.Path, "--")
			switch {
			case isFlag:
				seen++
				if _, ok := c.Minor.Flag(s.Key.Component, name); !ok {
					t.Errorf("%s: no such flag in %s", s.Key, c.Minor.Name)
				}
			case s.Key.Component == settings.Kubelet:
				seen++
				if _, ok := c.Minor.Field("KubeletConfiguration", s.Key.Path); !ok {
					t.Errorf("%s: no such field in %s", s.Key, c.Minor.Name)
				}
			case s.Key.Component == settings.KubeProxy:
				seen++
				if _, ok := c.Minor.Field("KubeProxyConfiguration", s.Key.Path); !ok {
					t.Errorf("%s: no such field in %s", s.Key, c.Minor.Name)
				}
			}
			texts := s.Value.Strings()
			if isFlag {
				texts = strings.Split(strings.Join(texts, ","), ",")
			}
			switch {
			case strings.Contains(s.Key.Path, "ipher"):
				for _, suite := range texts {
					if !ciphers[suite] {
						t.Errorf("%s: unknown suite %q", s.Key, suite)
					}
				}
			case strings.HasSuffix(s.Key.Path, "admission-plugins"):
				for _, plugin := range texts {
					if !slices.Contains(c.Minor.AdmissionPlugins(), plugin) {
						t.Errorf("%s: unknown plugin %q", s.Key, plugin)
					}
				}
			case s.Key.Path == "--feature-gates" || s.Key.Path == "featureGates":
				gates := map[bool]func(string) bool{
					true:  func(name string) bool { _, ok := c.Minor.Etcd.FeatureGate(name); return ok },
					false: func(name string) bool { _, ok := c.Minor.FeatureGate(name); return ok },
				}[s.Key.Component == settings.Etcd]
				for _, e := range s.Value.Entries {
					texts = append(texts, e.Key)
				}
				for _, gate := range texts {
					gate, _, _ = strings.Cut(gate, "=")
					if !gates(gate) {
						t.Errorf("%s: unknown gate %q", s.Key, gate)
					}
				}
			}
		}
		if seen < 30 {
			t.Errorf("only %d flags and fields were looked at", seen)
		}
		knownVersions(t, c)
	})
}

// knownVersions looks for every document of a bundle in the minor's catalog, by group, version
// and kind; objects of the cluster also by their scope.
func knownVersions(t *testing.T, c *pipeline.Cluster) {
	t.Helper()
	own := map[string]string{"Configuration": "EventRateLimitConfiguration"} // as the catalog tells this one from others
	seen := 0
	for p, data := range files(t, c) {
		if path.Ext(p) != ".yaml" || strings.HasPrefix(p, "companions/") {
			continue // companions are for other software
		}
		decoder := yaml.NewDecoder(bytes.NewReader(data))
		for {
			var head struct {
				APIVersion string `yaml:"apiVersion"`
				Kind       string `yaml:"kind"`
				Metadata   struct {
					Namespace string `yaml:"namespace"`
				} `yaml:"metadata"`
			}
			err := decoder.Decode(&head)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			if head.Kind == "" {
				continue // a patch, etcd's file, ImagePolicyWebhook's: they have none
			}
			seen++
			if namespaced, ok := c.Minor.Object(head.APIVersion, head.Kind); ok {
				if namespaced != (head.Metadata.Namespace != "") {
					t.Errorf("%s: a %s has the namespace %q", p, head.Kind, head.Metadata.Namespace)
				}
				continue
			}
			kind := head.Kind
			if name, ok := own[kind]; ok {
				kind = name
			}
			if !slices.Contains(c.Minor.GroupVersions(kind), head.APIVersion) {
				t.Errorf("%s: %s has no %s %s", p, c.Minor.Name, head.APIVersion, head.Kind)
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d documents were looked at", seen)
	}
}
