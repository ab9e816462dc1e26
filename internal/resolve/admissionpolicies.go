package resolve

import (
	"strconv"

	"github.com/hardstrap/hardstrap/internal/admissionpolicy"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandAdmissionPolicies sets each policy with its binding.
func expandAdmissionPolicies(b *builder) {
	for i, p := range b.profile.AdmissionPolicies.Policies {
		where := at("admissionPolicies", "policies", strconv.Itoa(i))
		for _, o := range b.policyObjects(p, admissionpolicy.ObjectName(string(p.Name))) {
			b.object(o, where)
		}
	}
}

// policyObjects makes a policy and its binding, both of one name.
func (b *builder) policyObjects(p profiles.AdmissionPolicy, name string) []object {
	a := b.profile.AdmissionPolicies
	with := admissionpolicy.Parameters{
		Registries: p.Registries, Namespaces: p.Namespaces, Variables: p.Variables, Groups: a.ExemptionGroups,
	}
	why := admissionpolicy.Why(string(p.Name))
	spec := func(v *settings.Value) map[string]any { return map[string]any{"spec": v} }
	return []object{
		{
			apiVersion: admissionpolicy.APIVersion, kind: "ValidatingAdmissionPolicy", name: name, why: why,
			body: spec(admissionpolicy.Policy(string(p.Name), with)),
		},
		{
			apiVersion: admissionpolicy.APIVersion, kind: "ValidatingAdmissionPolicyBinding", name: name, why: why,
			body: spec(admissionpolicy.Binding(string(p.Name), name, with, b.policyActions(p), b.exemptNamespaces())),
		},
	}
}

// policyActions returns what follows a violation of a policy.
func (b *builder) policyActions(p profiles.AdmissionPolicy) []string {
	var out []string
	for _, list := range [][]profiles.PolicyAction{p.Actions, b.profile.AdmissionPolicies.Actions, {"Deny"}} {
		for _, action := range list {
			out = append(out, string(action))
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// exemptNamespaces returns the namespaces that no policy holds in, by name.
func (b *builder) exemptNamespaces() []string {
	if named := b.profile.AdmissionPolicies.ExemptNamespaces; named != nil {
		return named
	}
	return []string{"kube-system"}
}
