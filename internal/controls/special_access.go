package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// harmlessPaths are the paths that may answer requests without credentials: health, and the
// cluster's public part of joining by token. They are compared exactly
// (k8s.io/apiserver v0.37.0, pkg/authentication/request/anonymous/anonymous.go).
func harmlessPaths() []string {
	return []string{
		"/livez", "/readyz", "/healthz", "/api/v1/namespaces/kube-public/configmaps/cluster-info",
	}
}

// openAnonymous returns the nodes of an AuthenticationConfiguration that let anonymous requests
// through beyond the harmless paths.
func openAnonymous(doc *settings.Value) []*settings.Value {
	anonymous := doc.Get("anonymous")
	enabled := anonymous.Get("enabled")
	if enabled == nil || !isTrue(enabled.Text) {
		return nil
	}
	conditions := anonymous.Get("conditions")
	if conditions == nil || len(conditions.Items) == 0 {
		return []*settings.Value{anonymous}
	}
	var out []*settings.Value
	for _, condition := range conditions.Items {
		if p := condition.Get("path"); p == nil || !slices.Contains(harmlessPaths(), p.Text) {
			out = append(out, condition)
		}
	}
	return out
}

// anonymousPaths lists the paths of an AuthenticationConfiguration's conditions.
func anonymousPaths(doc *settings.Value) []string {
	var out []string
	for _, condition := range items(doc.Lookup("anonymous", "conditions")) {
		if p := condition.Get("path"); p != nil {
			out = append(out, p.Text)
		}
	}
	return out
}

// anonymousAccess: off by the flag is met to the letter; limited to harmless paths by
// AuthenticationConfiguration is met by alternative, since off altogether breaks kubeadm's
// probes and joining by token. The STIG's check and the wordings that ask for less than "off"
// are met by either.
func anonymousAccess(in Input, c Control) verdict {
	if flag := in.api("--anonymous-auth"); flag.written() {
		return either(isFalse(flag.text()), flag.describe())
	}
	doc := in.api("AuthenticationConfiguration")
	anonymous := doc.value.Get("anonymous")
	switch {
	case anonymous == nil:
		return verdict{NotMet, "nothing limits anonymous requests, which are on by default"}
	case len(openAnonymous(doc.value)) > 0:
		return verdict{NotMet, "AuthenticationConfiguration lets anonymous requests through to: " +
			strings.Join(append(anonymousPaths(doc.value), "every path without a condition"), ", ")}
	}
	paths := anonymousPaths(doc.value)
	if len(paths) == 0 {
		return verdict{Met, "AuthenticationConfiguration turns anonymous requests off"}
	}
	evidence := "AuthenticationConfiguration lets anonymous requests through only to " + strings.Join(paths, ", ")
	switch c.ID {
	case "V-242390", "K06.2", "APP.4.4.A3(1)":
		return verdict{Met, evidence}
	}
	return verdict{MetAlternative, evidence}
}

// authorizersOf returns the authorizers of an AuthorizationConfiguration that are of a type.
func authorizersOf(doc *settings.Value, kind string) []*settings.Value {
	var out []*settings.Value
	for _, a := range items(doc.Get("authorizers")) {
		if t := a.Get("type"); t != nil && t.Text == kind {
			out = append(out, a)
		}
	}
	return out
}

// authorizationMode: the flag, or the same by an AuthorizationConfiguration, which excludes the
// flag. With neither kube-apiserver falls back to AlwaysAllow
// (k8s.io/kubernetes v1.37.0, pkg/kubeapiserver/options/authorization.go).
func authorizationMode(in Input, c Control) verdict {
	doc := in.api("AuthorizationConfiguration")
	if doc.layer == nowhere {
		if flag := in.api("--authorization-mode"); !flag.written() || flag.text() == "" {
			return verdict{NotMet, "neither --authorization-mode nor AuthorizationConfiguration is set, which means AlwaysAllow"}
		}
		if c.ID == "K02.8" { // Node and RBAC only, unless justified
			c.Expect = "subset-of [Node, RBAC]"
		}
		return either(in.literal(c))
	}
	var types []string
	for _, a := range items(doc.value.Get("authorizers")) {
		if t := a.Get("type"); t != nil {
			types = append(types, t.Text)
		}
	}
	evidence := "AuthorizationConfiguration has the authorizers " + strings.Join(types, ", ")
	ok := len(types) > 0 && !slices.Contains(types, "AlwaysAllow")
	switch c.ID {
	case "1.2.7":
		ok = slices.Contains(types, "Node")
	case "1.2.8", "NSA-AUTH-03":
		ok = ok && slices.Contains(types, "RBAC")
	case "K02.8":
		ok = ok && !slices.ContainsFunc(types, func(t string) bool { return t != "Node" && t != "RBAC" })
	}
	if ok {
		return verdict{MetAlternative, evidence}
	}
	return verdict{NotMet, evidence}
}

// externalIdentity: people are known by an identity provider outside the cluster.
func externalIdentity(in Input, _ Control) verdict {
	if flag := in.api("--oidc-issuer-url"); flag.written() && flag.text() != "" {
		return verdict{Met, flag.describe() + "; a second factor is the provider's"}
	}
	var issuers []string
	for _, j := range items(in.api("AuthenticationConfiguration").value.Get("jwt")) {
		if url := j.Lookup("issuer", "url"); url != nil {
			issuers = append(issuers, url.Text)
		}
	}
	if len(issuers) > 0 {
		return verdict{Met, "jwt issuers: " + strings.Join(issuers, ", ") + "; a second factor is the provider's"}
	}
	return verdict{NotMet, "no jwt issuer is set"}
}

// alwaysPull: AlwaysPullImages, or the kubelet's check of credentials for images on the node,
// which protects the same without a registry for every start.
func alwaysPull(in Input, c Control) verdict {
	ok, evidence := in.literal(c)
	if ok {
		return verdict{Met, evidence}
	}
	ok, alternative := in.onBothKubelets("imagePullCredentialsVerificationPolicy", equals("AlwaysVerify"))
	if ok {
		return verdict{MetAlternative, alternative}
	}
	return verdict{NotMet, evidence}
}

// onByDefault: a plugin that is on in every supported minor
// (k8s.io/kubernetes v1.33.13 to v1.37.0, pkg/kubeapiserver/options/plugins.go).
func onByDefault(in Input, c Control) verdict {
	name := subjectOf(c.SettingKey).element
	named, disabled := in.plugin(name)
	switch {
	case disabled:
		return verdict{NotMet, in.api("--disable-admission-plugins").describe()}
	case named:
		return verdict{Met, in.api("--enable-admission-plugins").describe()}
	case c.Benchmark == "disa-stig": // looks for the name
		return verdict{MetAlternative, name + " is on by default and not disabled"}
	}
	return verdict{Met, name + " is on by default and not disabled"}
}

// admissionDefaults: the default plugins kept, NodeRestriction and DenyServiceExternalIPs added.
func admissionDefaults(in Input, _ Control) verdict {
	if off := in.elementsOf("--disable-admission-plugins"); len(off) > 0 {
		return verdict{NotMet, in.api("--disable-admission-plugins").describe()}
	}
	for _, name := range []string{"NodeRestriction", "DenyServiceExternalIPs"} {
		if named, _ := in.plugin(name); !named {
			return verdict{NotMet, name + " is not enabled: " + in.api("--enable-admission-plugins").describe()}
		}
	}
	return verdict{Met, in.api("--enable-admission-plugins").describe()}
}
