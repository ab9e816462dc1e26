package compare

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// form is a document of the API server that flags can say too: only one of both can be given.
type form struct {
	document string
	names    string   // the flag that names the document
	flags    []string // those that stand for it; a prefix where it ends with a dash
	said     func(flag func(name string) *settings.Value) *settings.Value
}

// forms lists what is said with a document or with flags (k8s.io/kubernetes v1.37.0,
// pkg/kubeapiserver/options/authentication.go and authorization.go: each refuses the flags beside its document).
func forms() []form {
	return []form{
		{"AuthenticationConfiguration", "--authentication-config", []string{"--anonymous-auth", "--oidc-"}, authenticationOf},
		{"AuthorizationConfiguration", "--authorization-config", []string{"--authorization-mode", "--authorization-webhook-"}, authorizationOf},
	}
}

// stands reports whether a flag is one of a form's.
func (f form) stands(path string) bool {
	return path == f.names || slices.ContainsFunc(f.flags, func(name string) bool {
		return path == name || strings.HasSuffix(name, "-") && strings.HasPrefix(path, name)
	})
}

// otherForms compares by meaning what is wanted in one form and found in the other. It returns which settings of
// which accounts are compared then.
func (s *seen) otherForms(w *want, accounts []*effective.Account) map[*effective.Account][]form {
	done := map[*effective.Account][]form{}
	if w.component != settings.APIServer {
		return done
	}
	for _, f := range forms() {
		k := settings.Key{Component: w.component, Path: f.document}
		asDocument := !empty(w.account.Set.Value(settings.Key{Component: w.component, Path: f.names}))
		wanted := w.account.Set.Value(k)
		if !asDocument {
			wanted = f.said(func(name string) *settings.Value { return w.said(settings.Flag(w.component, name)).Value }).At(settings.Origin{Source: settings.FromDerived})
		}
		for _, a := range accounts {
			given := a.Set.Value(settings.Key{Component: w.component, Path: f.names})
			if a.Partial || a.Source == settings.FromWire || a.Account == "kubeadm-config" || !empty(given) == asDocument || wanted == nil {
				continue
			}
			have := a.Set.Value(k)
			if empty(given) {
				have = f.said(func(name string) *settings.Value { return sighting(w, a, settings.Flag(w.component, name)).Said.Value }).At(placeOf(a))
			}
			if have == nil { // a document that this account has not, or that nobody could read
				if s.list.hides(a, k) {
					done[a] = append(done[a], f)
				}
				continue
			}
			s.covered[k], s.covered[settings.Key{Component: w.component, Path: f.names}] = true, true
			for _, one := range w.Settings.Of(w.component, "") {
				if f.stands(one.Key.Path) {
					s.covered[one.Key] = true
				}
			}
			s.deltas(k, f.document, wanted, have, a.Source, placeOf(a))
			done[a] = append(done[a], f)
		}
	}
	return done
}

// elsewhere returns the accounts for which a setting is not compared in another form.
func elsewhere(done map[*effective.Account][]form, accounts []*effective.Account, k settings.Key) []*effective.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a *effective.Account) bool {
		return slices.ContainsFunc(done[a], func(f form) bool { return k.Path == f.document || f.stands(k.Path) })
	})
}

// authenticationOf says with a document what the flags for anonymous requests and for OIDC say
// (pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig; the username prefix: help of
// --oidc-username-prefix).
func authenticationOf(flag func(string) *settings.Value) *settings.Value {
	anonymous := flag("anonymous-auth")
	doc := settings.Of(map[string]any{"anonymous": map[string]any{"enabled": anonymous == nil || anonymous.Text != "false"}})
	text := func(name string) string {
		if v := flag(name); v != nil {
			return strings.Join(v.Strings(), ",")
		}
		return ""
	}
	url := text("oidc-issuer-url")
	if url == "" {
		return doc
	}
	claim, prefix := text("oidc-username-claim"), text("oidc-username-prefix")
	if claim == "" {
		claim = "sub"
	}
	switch {
	case prefix == "-":
		prefix = ""
	case prefix == "" && claim != "email":
		prefix = url + "#"
	}
	mappings := map[string]any{"username": map[string]any{"claim": claim, "prefix": prefix}}
	if groups := text("oidc-groups-claim"); groups != "" {
		mappings["groups"] = map[string]any{"claim": groups, "prefix": text("oidc-groups-prefix")}
	}
	issuer := map[string]any{"url": url, "audiences": []string{text("oidc-client-id")}}
	if file := text("oidc-ca-file"); file != "" {
		issuer["certificateAuthority"] = "of " + file
	}
	var rules []any
	if v := flag("oidc-required-claim"); v != nil {
		for _, e := range v.Sorted() {
			rules = append(rules, map[string]any{"claim": e.Key, "requiredValue": e.Value.Text})
		}
	}
	return doc.Put("jwt", settings.Of([]any{map[string]any{"issuer": issuer, "claimMappings": mappings, "claimValidationRules": rules}}))
}

// authorizationOf says with a document what the flags of authorization say: the modes in their order, and one webhook
// (pkg/kubeapiserver/options/authorization.go, buildAuthorizationConfiguration).
func authorizationOf(flag func(string) *settings.Value) *settings.Value {
	var authorizers []any
	for _, mode := range flag("authorization-mode").Strings() {
		one := map[string]any{"type": mode, "name": strings.ToLower(mode)}
		if mode == "Webhook" {
			one["name"] = "default"
			webhook := map[string]any{"failurePolicy": "NoOpinion", "timeout": "30s", "matchConditionSubjectAccessReviewVersion": "v1"}
			for field, name := range map[string]string{
				"authorizedTTL": "authorization-webhook-cache-authorized-ttl", "unauthorizedTTL": "authorization-webhook-cache-unauthorized-ttl",
				"subjectAccessReviewVersion": "authorization-webhook-version",
			} {
				if v := flag(name); v != nil {
					webhook[field] = v.Text
				}
			}
			if v := flag("authorization-webhook-config-file"); v != nil {
				webhook["connectionInfo"] = map[string]any{"type": "KubeConfigFile", "kubeConfigFile": v.Text}
			}
			one["webhook"] = webhook
		}
		authorizers = append(authorizers, one)
	}
	return settings.Of(map[string]any{"authorizers": authorizers})
}

// withoutPlaces returns an AdmissionConfiguration without the places of what is compared by itself: the configuration
// of a plugin can stand in a file or in place.
func withoutPlaces(v *settings.Value) *settings.Value {
	if v == nil {
		return nil
	}
	out := v.Clone()
	for _, plugin := range items(out.Get("plugins")) {
		if slices.Contains([]string{"PodSecurity", "ValidatingAdmissionPolicy", "EventRateLimit", "ImagePolicyWebhook"}, textOf(plugin, "name")) {
			plugin.Delete("path")
			plugin.Delete("configuration")
		}
	}
	return out
}
