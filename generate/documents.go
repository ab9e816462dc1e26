package generate

import (
	"path"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// documentView is a file that kube-apiserver reads, whole.
type documentView struct {
	Kind        string
	Flag        string // the flag that names the file, without dashes, or ""
	Dir         string // mounted into the API server
	Reloads     string // when the API server reads the file again, or "" for never
	Placeholder bool   // there is no real key in it
	Tree        *settings.Value
}

// reloads says which files a running API server reads again (k8s.io/apiserver v0.37.0 and
// k8s.io/kubernetes v1.37.0: pkg/kubeapiserver/options/authentication.go,
// pkg/kubeapiserver/authorizer/reload.go, pkg/server/options/encryptionconfig/controller).
func reloads(in *Input, document string) string {
	switch document {
	case "AuthenticationConfiguration":
		return "within a minute of a change, unless its anonymous part changed: then it takes a restart for all of it"
	case "AuthorizationConfiguration":
		return "within a minute of a change"
	case "EncryptionConfiguration":
		flag := in.Settings.Flag(settings.APIServer, "encryption-provider-config-automatic-reload")
		if flag != nil && flag.Text == "true" {
			return "within a minute of a change"
		}
	}
	return ""
}

func documentDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, d := range layout.Documents() {
		s := &source{in: in}
		tree := s.value(settings.APIServer, "", d.Path)
		if tree == nil {
			continue
		}
		view := documentView{
			Kind: d.Path, Flag: d.Flag, Dir: path.Dir(d.File), Reloads: reloads(in, d.Path), Tree: tree,
		}
		var secrets bundle.Secrets
		if d.Path == "EncryptionConfiguration" {
			view.Tree, secrets = s.withSecrets(settings.Setting{Key: s.keys[0], Value: tree})
			view.Placeholder = in.Keys != nil && in.Keys.Placeholder()
		}
		drafts, err := s.draft(draft{
			path:     hostPath(settings.ControlPlane, d.File),
			template: "host/control-plane/document.yaml.tmpl",
			view:     view,
			secrets:  secrets,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}

// withSecrets returns a copy of EncryptionConfiguration with every redacted secret replaced by
// the key of that name, and the keys used. No message names a secret.
func (s *source) withSecrets(of settings.Setting) (*settings.Value, bundle.Secrets) {
	var used bundle.Secrets
	out := of.Value.Clone()
	var walk func(v *settings.Value)
	walk = func(v *settings.Value) {
		for _, item := range v.Items {
			walk(item)
		}
		secret := v.Get("secret")
		for _, e := range v.Entries {
			if e.Key != "secret" {
				walk(e.Value)
			}
		}
		if secret == nil {
			return
		}
		var name string
		if n := v.Get("name"); n != nil {
			name = n.Text
		}
		if secret.Text != settings.Redacted {
			s.fail(of, "the settings hold the secret of the key %q, which only a key file may", name)
			return
		}
		if s.in.Keys == nil {
			s.fail(of, "no keys were given, but the key %q is wanted", name)
			return
		}
		key, ok := s.in.Keys.Secret(name)
		if !ok {
			s.fail(of, "there is no key %q; there are %s", name, strings.Join(s.in.Keys.Names(), ", "))
			return
		}
		if used == nil {
			used = bundle.Secrets{} // the file is a secret one, also with placeholders
		}
		if !s.in.Keys.Placeholder() {
			used = append(used, key) // a placeholder is public, and gives way to a key
		}
		v.Put("secret", &settings.Value{Kind: settings.String, Text: key})
	}
	walk(out)
	return out, used
}

// kubeconfigView is how kube-apiserver reaches a webhook.
type kubeconfigView struct {
	Unit string
	Dir  string
	Tree *settings.Value
}

func kubeconfigDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, setting := range in.Settings.Of(settings.APIServer, "") {
		rest, ok := strings.CutPrefix(setting.Key.Path, "kubeconfig/")
		if !ok {
			continue
		}
		s := &source{in: in}
		unit, name, found := strings.Cut(rest, "/")
		if _, err := fileName(unit + name); err != nil || !found {
			s.fail(setting, "%q is no unit and name that a file can have", rest)
		}
		view := kubeconfigView{
			Unit: unit,
			Dir:  path.Dir(layout.KubeConfig(unit, name)),
			Tree: s.value(settings.APIServer, "", setting.Key.Path),
		}
		drafts, err := s.draft(draft{
			path:     hostPath(settings.ControlPlane, layout.KubeConfig(unit, name)),
			template: "host/control-plane/kubeconfig.tmpl",
			view:     view,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}

// staticPolicyView is a policy of admission with its binding.
type staticPolicyView struct {
	Dir     string
	Objects []*settings.Value
}

// staticPolicyDrafts makes a file for every policy that the API server reads by itself.
func staticPolicyDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, setting := range in.Settings.Of(settings.APIServer, "") {
		name, ok := strings.CutPrefix(setting.Key.Path, "static/")
		if !ok {
			continue
		}
		s := &source{in: in}
		if _, err := fileName(name); err != nil {
			s.fail(setting, "%v", err)
		}
		if setting.Value.Kind != settings.List {
			s.fail(setting, "a list of objects is wanted")
		}
		drafts, err := s.draft(draft{
			path:     hostPath(settings.ControlPlane, layout.StaticPolicy(name)),
			template: "host/control-plane/static-policy.yaml.tmpl",
			view:     staticPolicyView{layout.StaticPolicies, s.value(settings.APIServer, "", setting.Key.Path).Items},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	return out, nil
}
