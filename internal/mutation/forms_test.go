package mutation

import (
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// formMutations say with flags what the profile says with a document, and the other way round.
func (s *subject) formMutations(*score) []mutation {
	if s.Role != settings.ControlPlane {
		return nil
	}
	var out []mutation
	add := func(kind, document string, is compare.Direction, change func(m memory)) {
		var want []expected
		if is != same {
			want = found(settings.APIServer, "", document, is)
		}
		out = append(out, mutation{place: "form", kind: kind, what: document, want: want, change: func(s *state) { change(s.files) }})
	}
	const file = "/etc/kubernetes/pki/authorization.yaml" // in a directory that is mounted
	for _, one := range []struct {
		kind  string
		is    compare.Direction
		types []string
	}{
		{"as a document", same, []string{"Node", "RBAC"}},
		{"as a document, without Node", weaker, []string{"RBAC"}},
		{"as a document, without RBAC", weaker, []string{"Node"}},
		{"as a document, everything allowed", weaker, []string{"Node", "RBAC", "AlwaysAllow"}},
		{"as a document, everything refused at last", stronger, []string{"Node", "RBAC", "AlwaysDeny"}},
	} {
		doc := tree{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration"}
		for _, t := range one.types {
			doc.more("authorizers", false, tree{"type": t, "name": "site-" + t})
		}
		text := asYAML(doc)
		add(one.kind, "AuthorizationConfiguration", one.is, func(m memory) {
			m.setWords(settings.APIServer, "authorization-mode")
			m.setWords(settings.APIServer, "authorization-config", "--authorization-config="+file)
			m.write(file, text)
		})
	}
	add("as a document that is not there", "AuthorizationConfiguration", unknown, func(m memory) {
		m.setWords(settings.APIServer, "authorization-mode")
		m.setWords(settings.APIServer, "authorization-config", "--authorization-config="+file)
	})
	authentication := s.wanted.Settings.Value(settings.Key{Component: settings.APIServer, Path: "AuthenticationConfiguration"})
	if authentication == nil {
		return out
	}
	byFlag := func(words ...string) func(m memory) {
		return func(m memory) {
			m.setWords(settings.APIServer, "authentication-config")
			m.setWords(settings.APIServer, "anonymous-auth", words...)
		}
	}
	open := authentication.Lookup("anonymous", "enabled").Text == "true"
	nobody := same
	if open {
		nobody = stronger
	}
	add("nobody anonymous, by the flag", "AuthenticationConfiguration", nobody, byFlag("--anonymous-auth=false"))
	add("everybody anonymous, by the flag", "AuthenticationConfiguration", weaker, byFlag("--anonymous-auth=true"))
	add("everybody anonymous, by the flag's default", "AuthenticationConfiguration", weaker, byFlag())
	issuer := byFlag("--anonymous-auth=false", "--oidc-issuer-url=https://evil.example", "--oidc-client-id=a")
	out = append(out, mutation{place: "form", kind: "an issuer by flags, and nobody anonymous", what: "AuthenticationConfiguration", change: func(s *state) { issuer(s.files) },
		want: append(found(settings.APIServer, "", "AuthenticationConfiguration", weaker), found(settings.APIServer, "", "AuthenticationConfiguration", stronger)[:map[bool]int{true: 1}[open]]...)})
	return out
}
