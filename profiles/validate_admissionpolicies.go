package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
)

// admissionPolicies judges spelling, and which of the fields belongs to which policy.
func (v *validator) admissionPolicies() {
	a, root := v.Profile.AdmissionPolicies, place("admissionPolicies")
	v.policyActions(a.Actions, under(root, "actions")...)
	v.each(a.ExemptNamespaces, label, under(root, "exemptNamespaces")...)
	v.misspeltNamespaces(a.ExemptNamespaces, under(root, "exemptNamespaces")...)
	v.each(a.ExemptionGroups, exemptionGroup, under(root, "exemptionGroups")...)
	v.empty(len(a.ExemptionGroups), "name a group, or leave the list out: kubeadm:cluster-admins and system:masters always may", under(root, "exemptionGroups")...)

	policies := under(root, "policies")
	for i, p := range a.Policies {
		v.admissionPolicy(p, under(policies, strconv.Itoa(i))...)
	}
	v.empty(len(a.Policies), "name a policy, as {name: host-path}, or leave the list out", policies...)
	if len(a.Policies) == 0 && v.set(root...) && !v.set(policies...) {
		v.missing("name the policies to render, as {name: host-path}: nothing else here says that one holds", policies...)
	}
	for i, plugin := range v.Profile.APIServer.Admission.Disable {
		if plugin == "ValidatingAdmissionPolicy" {
			v.exclusive(place("apiServer", "admission", "disable", strconv.Itoa(i)), policies, "without the plugin no policy holds")
		}
	}
}

// policyActions follows validateValidationActions of k8s.io/kubernetes v1.37.0,
// pkg/apis/admissionregistration/validation/validation.go.
func (v *validator) policyActions(actions []PolicyAction, steps ...string) {
	v.empty(len(actions), "name an action, as [Deny]; to switch a policy off take it out of the list", steps...)
	deny, warn := slices.Index(actions, "Deny"), slices.Index(actions, "Warn")
	if deny >= 0 && warn >= 0 {
		v.fault(diag.Problem{
			Message: `"Deny" and "Warn" stand together, which the API server refuses: who is refused needs no warning of it`,
			Hint:    "keep one of them; Audit can stand beside either",
		}, under(steps, strconv.Itoa(max(deny, warn)))...)
	}
}

// admissionPolicy judges one policy and the field that only some have.
func (v *validator) admissionPolicy(p AdmissionPolicy, at ...string) {
	v.policyActions(p.Actions, under(at, "actions")...)
	for _, own := range []struct {
		policy, field string
		values        []string
		needed        bool
		right         format
		hint          string
	}{
		{"allowed-registries", "registries", p.Registries, true, registry, "say which, as registries: [registry.example.org/team]"},
		{"exec", "namespaces", p.Namespaces, true, label, "say where nobody may exec or attach, as namespaces: [payments]"},
		{"cloud-credentials", "variables", p.Variables, false, variableName, "leave it out for the well-known names alone"},
	} {
		field := under(at, own.field)
		switch {
		case p.Name != "" && string(p.Name) != own.policy && v.set(field...):
			v.fault(diag.Problem{
				Message: fmt.Sprintf("policy %q reads no %s", p.Name, own.field),
				Hint:    fmt.Sprintf("remove the line; only %s has it", own.policy),
			}, field...)
			continue
		case string(p.Name) == own.policy && own.needed && !v.set(field...):
			v.missing(own.hint, field...)
		}
		v.empty(len(own.values), own.hint, field...)
		v.each(own.values, own.right, field...)
		if own.field == "namespaces" {
			v.misspeltNamespaces(own.values, field...)
		}
	}
}

// misspeltNamespaces warns of a namespace that the profile does not list, but one like it: a policy
// would hold in a namespace that is not there, or not hold in one that is. Others are nobody's
// business: network plugins and drivers bring their namespaces themselves.
func (v *validator) misspeltNamespaces(names []string, at ...string) {
	known := madeByKubernetes()
	for _, ns := range v.Profile.Namespaces {
		known = append(known, ns.Name)
	}
	for i, name := range names {
		near := nearest.Name(name, known)
		if near == "" || slices.Contains(known, name) || label(name) != nil {
			continue
		}
		v.fault(diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("namespace %q is not one of the profile's namespaces", name),
			Hint:     fmt.Sprintf("did you mean %q?", near),
		}, under(at, strconv.Itoa(i))...)
	}
}

var (
	registrySpelling = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	variableSpelling = regexp.MustCompile(`^[A-Za-z_.-][A-Za-z0-9_.-]*$`)
)

// registry is the start of images' full names. What has no dot and no port is no registry to a
// container runtime, but a part of Docker Hub.
func registry(text string) *diag.Problem {
	const allowed = "host[:port][/path] in lower case, as registry.example.org, registry.example.org:5000/team"
	host, path, nested := strings.Cut(text, "/")
	p := refuse(text, "a registry", allowed)
	switch {
	case strings.Contains(text, "://"):
		p.Hint = "leave out the scheme"
	case strings.ContainsAny(text, "*?"):
		p.Hint = "there are no wildcards: every image below a path is allowed"
	case strings.HasSuffix(text, "/"):
		p.Hint = "leave out the slash at the end"
	case strings.Contains(text, "@"), nested && strings.Contains(path, ":"):
		p.Hint = "leave out tag and digest"
	case !registrySpelling.MatchString(text) && strings.Contains(host, ":"):
		p.Hint = "after the host stands a port, a number, and no tag"
	case !registrySpelling.MatchString(text):
	case host == "index.docker.io":
		p.Hint = "images of Docker Hub have the name docker.io" + strings.TrimPrefix(text, host)
	case host != "localhost" && !strings.ContainsAny(host, ".:"):
		p.Hint = fmt.Sprintf("%q has no dot and no port, so no image names it as its registry; of Docker Hub write docker.io/%s", host, text)
	default:
		return nil
	}
	return p
}

// variableName is as k8s.io/apimachinery v0.37.0, pkg/util/validation, IsEnvVarName.
func variableName(text string) *diag.Problem {
	if variableSpelling.MatchString(text) && text != "." && !strings.HasPrefix(text, "..") {
		return nil
	}
	return refuse(text, "an environment variable's name", "letters, digits, _, - and ., no digit first")
}

// exemptionGroup is a group that is not everybody.
func exemptionGroup(text string) *diag.Problem {
	switch {
	case strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }):
		return refuse(text, "a group", "printable text without blanks at its ends")
	case slices.Contains([]string{"kubeadm:cluster-admins", "system:masters"}, text):
		return &diag.Problem{Message: fmt.Sprintf("%q may set these labels anyway", text), Hint: "remove it"}
	case slices.Contains([]string{"system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:nodes"}, text):
		p := refuse(text, "a group of administrators", "")
		p.Hint = "whoever is in it could switch protections off; name a group of the identity provider, or system:serviceaccounts:<namespace>"
		return p
	}
	return nil
}
