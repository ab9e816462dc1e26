package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// policyPrefix stands before the names of hardstrap's admission policies.
const policyPrefix = "hardstrap-"

// admissionPolicy is how one of hardstrap's admission policies stands.
type admissionPolicy struct {
	name    string
	denies  bool     // its binding refuses, rather than only warn or audit
	exempts []string // namespaces that the bundle knows and it does not hold in
}

// admissionPolicies returns the rendered policies that have a binding.
func (in Input) admissionPolicies() []admissionPolicy {
	var out []admissionPolicy
	bindings := in.rendered("ValidatingAdmissionPolicyBinding")
	for _, s := range in.rendered("ValidatingAdmissionPolicy") {
		_, _, object, _ := s.Key.Object()
		name, ours := strings.CutPrefix(object, policyPrefix)
		ignored := s.Value.Lookup("spec", "failurePolicy")
		if !ours || ignored != nil && ignored.Text != "Fail" {
			continue
		}
		for _, b := range bindings {
			if of := b.Value.Lookup("spec", "policyName"); of != nil && of.Text == object {
				out = append(out, admissionPolicy{
					name:    name,
					denies:  slices.Contains(b.Value.Lookup("spec", "validationActions").Strings(), "Deny"),
					exempts: in.exempted(name, b.Value),
				})
				break
			}
		}
	}
	return out
}

// exempted returns the namespaces that a binding's selector passes over: those it names, and
// those with the policy's label.
func (in Input) exempted(name string, binding *settings.Value) []string {
	var out []string
	label := "policies.hardstrap.dev/" + name
	for _, e := range items(binding.Lookup("spec", "matchResources", "namespaceSelector", "matchExpressions")) {
		key, operator, listed := text(e, "key"), text(e, "operator"), e.Get("values").Strings()
		if key == metadataName && operator == "NotIn" {
			out = append(out, listed...) // known or not
			continue
		}
		for _, n := range in.allNamespaces() {
			value := n
			if key != metadataName {
				value = in.label(n, key)
			}
			if slices.Contains(listed, value) != (operator == "In") && (key == metadataName || key == label) {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// metadataName is the label with a namespace's name, which the API server sets.
const metadataName = "kubernetes.io/metadata.name"

// refuses returns whether a policy refuses everywhere but in kube-system, and what was seen.
func (in Input) refuses(name string) (bool, string) {
	for _, p := range in.admissionPolicies() {
		if p.name != name {
			continue
		}
		evidence := "policy " + policyPrefix + name
		beyond := slices.DeleteFunc(slices.Clone(p.exempts), func(n string) bool { return n == "kube-system" })
		switch {
		case !p.denies:
			return false, evidence + " does not deny"
		case len(beyond) > 0:
			return false, evidence + " does not hold in " + strings.Join(beyond, ", ")
		case len(p.exempts) > 0:
			return true, evidence + " denies, except in " + strings.Join(p.exempts, ", ")
		}
		return true, evidence + " denies"
	}
	return false, "no policy " + policyPrefix + name
}

// alternative returns met by alternative where policies refuse what the control is about;
// otherwise the verdict it stands in for, with what is known of the policies.
func (in Input) alternative(otherwise verdict, policies ...string) verdict {
	var seen []string
	all := len(policies) > 0
	for _, name := range policies {
		ok, evidence := in.refuses(name)
		all = all && ok
		if ok || in.hasPolicy(name) {
			seen = append(seen, evidence)
		}
	}
	if all {
		return verdict{MetAlternative, strings.Join(seen, "; ")}
	}
	if len(seen) > 0 {
		otherwise.evidence += "; " + strings.Join(seen, "; ")
	}
	return otherwise
}

func (in Input) hasPolicy(name string) bool {
	return slices.ContainsFunc(in.admissionPolicies(), func(p admissionPolicy) bool { return p.name == name })
}

// policiesPresent: at least one admission policy refuses; that which guards labels is none of its own.
func policiesPresent(in Input, _ Control) verdict {
	var deny []string
	for _, p := range in.admissionPolicies() {
		if p.denies && p.name != "namespace-labels" {
			deny = append(deny, p.name)
		}
	}
	if len(deny) == 0 {
		return verdict{NotMet, "no admission policy of the bundle denies anything"}
	}
	return verdict{Met, "admission policies that deny: " + strings.Join(deny, ", ")}
}

// labelsGuarded: only named groups may set the labels that admission goes by.
func labelsGuarded(in Input, _ Control) verdict {
	return either(in.refuses("namespace-labels"))
}

// imageProvenance: a webhook that judges images, or policies. Where images come from, a list of
// registries says; what they are, a digest. CIS and KC ask for both or a webhook's judgement, and
// of NSA's wording a list of trusted registries is one half that suffices.
func imageProvenance(in Input, c Control) verdict {
	named, _ := in.plugin("ImagePolicyWebhook")
	if named {
		return verdict{Met, in.api("--enable-admission-plugins").describe()}
	}
	webhook := verdict{NotMet, "ImagePolicyWebhook is not enabled"}
	switch c.ID {
	case "NSA-POD-04":
		return letter(in.alternative(webhook, "allowed-registries"))
	case "KC-IMG-3":
		return letter(in.alternative(webhook, "image-digests"))
	}
	return in.alternative(webhook, "allowed-registries", "image-digests")
}

// letter makes what an admission policy meets met to the letter, where the control names policies.
func letter(v verdict) verdict {
	if v.state == MetAlternative {
		v.state = Met
	}
	return v
}
