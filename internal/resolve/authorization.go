package resolve

import (
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandAuthorization sets the modes by flag, or, when a webhook authorizer is asked for, by
// AuthorizationConfiguration: the two exclude each other, and checkers only see the flag.
func expandAuthorization(b *builder) {
	a := b.profile.APIServer
	p := at("apiServer", "authorization")
	modes := make([]string, len(a.Authorization))
	for i, m := range a.Authorization {
		modes[i] = string(m)
		if slices.Index(modes, modes[i]) < i {
			b.fault(p.in(strconv.Itoa(i)), "remove one", "mode %q stands twice", m)
		}
	}
	if len(a.AuthorizationWebhooks) == 0 {
		if len(modes) > 0 {
			b.flag(settings.APIServer, "authorization-mode", modes, p)
		}
		return
	}
	if len(modes) == 0 {
		modes = []string{"Node", "RBAC"} // kubeadm's own
	}
	if !slices.Contains(modes, "Webhook") {
		modes = append(modes, "Webhook")
	}
	b.authorizers(modes, p)
}

// authorizers makes AuthorizationConfiguration. Authorizers that are not webhooks must be
// named after their type (kubernetes v1.37.0, pkg/kubeapiserver/authorizer/config.go).
func (b *builder) authorizers(modes []string, p place) {
	names := map[string]string{"Node": "node", "RBAC": "rbac", "AlwaysAllow": "alwaysallow", "AlwaysDeny": "alwaysdeny", "ABAC": "abac"}
	webhooks := at("apiServer", "authorizationWebhooks")
	list := &settings.Value{Kind: settings.List}
	for i, mode := range modes {
		if mode != "Webhook" {
			if mode != "Node" && mode != "RBAC" {
				b.fault(p.in(strconv.Itoa(i)), "use Node, RBAC and Webhook", "mode %q cannot stand beside a webhook authorizer", mode)
			}
			list.Items = append(list.Items, settings.Of(map[string]any{"type": mode, "name": names[mode]}).At(b.origin(p)))
			continue
		}
		if rbac := slices.Index(modes, "RBAC"); rbac < 0 || rbac > i {
			b.warn(p, "put RBAC before Webhook", "a webhook that is asked before RBAC keeps the cluster from starting when it cannot be reached")
		}
		for j, w := range b.profile.APIServer.AuthorizationWebhooks {
			list.Items = append(list.Items, b.authorizationWebhook(w, webhooks.in(strconv.Itoa(j))))
		}
	}
	doc := &settings.Value{Kind: settings.Map}
	doc.Put("apiVersion", settings.Of("apiserver.config.k8s.io/"+b.minor.PreferredAPIVersion("AuthorizationConfiguration")))
	doc.Put("kind", settings.Of("AuthorizationConfiguration"))
	doc.Put("authorizers", list)
	b.document("AuthorizationConfiguration", doc, webhooks)
}

// authorizationWebhook is one entry; what upstream requires and a person may leave out gets
// the cautious value (k8s.io/apiserver v0.37.0, pkg/apis/apiserver/types.go).
func (b *builder) authorizationWebhook(w profiles.AuthorizationWebhook, p place) *settings.Value {
	or := func(text, fallback string) string {
		if text == "" {
			return fallback
		}
		return text
	}
	hook := settings.Of(map[string]any{
		"timeout":                    or(w.Timeout, "3s"),
		"authorizedTTL":              or(w.AuthorizedTTL, "5m"),
		"unauthorizedTTL":            or(w.UnauthorizedTTL, "30s"),
		"subjectAccessReviewVersion": or(w.SubjectAccessReviewVersion, "v1"),
		"failurePolicy":              or(w.FailurePolicy, "Deny"),
		"connectionInfo": map[string]any{
			"type":           "KubeConfigFile",
			"kubeConfigFile": b.kubeConfig("authorization", w.Name, w.KubeConfig, p.in("kubeConfig")),
		},
	})
	for _, f := range []struct {
		name  string
		value *bool
	}{{"cacheAuthorizedRequests", w.CacheAuthorizedRequests}, {"cacheUnauthorizedRequests", w.CacheUnauthorizedRequests}} {
		if f.value == nil {
			continue
		}
		// Decoded strictly, and known only from 1.34 (diff of k8s.io/apiserver v0.33.13 and
		// v0.34.4, pkg/apis/apiserver/types.go).
		if b.minor.Name == "1.33" {
			b.fault(p.in(f.name), "remove it; it exists since 1.34", "Kubernetes %s does not know %s", b.minor.Name, f.name)
			continue
		}
		hook.Put(f.name, settings.Of(*f.value))
	}
	if len(w.MatchConditions) > 0 {
		var conditions []any
		for _, expression := range w.MatchConditions {
			conditions = append(conditions, map[string]any{"expression": expression})
		}
		hook.Put("matchConditions", settings.Of(conditions))
		hook.Put("matchConditionSubjectAccessReviewVersion", settings.Of("v1"))
	}
	return settings.Of(map[string]any{"type": "Webhook", "name": w.Name, "webhook": hook}).At(b.origin(p))
}
