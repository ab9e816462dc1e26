package resolve

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hardstrap/hardstrap/internal/admissionpolicy"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// staticManifestsGate lets the API server read policies from files (k8s.io/apiserver v0.37.0,
// pkg/admission/plugin/manifest/validation.go).
const staticManifestsGate = "ManifestBasedAdmissionControlConfig"

// expandAdmissionPolicies sets each policy with its binding, and both as a file of the API server
// where that is asked for.
func expandAdmissionPolicies(b *builder) {
	static := b.staticPolicies()
	for i, p := range b.profile.AdmissionPolicies.Policies {
		where := at("admissionPolicies", "policies", strconv.Itoa(i))
		for _, o := range b.policyObjects(p, admissionpolicy.ObjectName(string(p.Name))) {
			b.checkExpressions(o.tree(), string(p.Name), where)
			b.object(o, where)
		}
		if static {
			name := admissionpolicy.StaticName(string(p.Name))
			var trees []*settings.Value
			for _, o := range b.policyObjects(p, name) {
				trees = append(trees, o.tree())
			}
			b.derive(settings.Key{Component: settings.APIServer, Path: "static/" + name}, settings.Document, settings.Of(trees), where)
		}
	}
	b.checkStaticPolicies()
	b.checkExemptNamespaces()
	b.checkExemptions()
}

// longestExpression is what CEL parses, in characters (github.com/google/cel-go v0.29.2, parser/parser.go; the same in
// v0.23.2, which Kubernetes 1.33 has).
const longestExpression = 100_000

// checkExpressions refuses lists of the profile that make an expression longer than CEL parses: the API server would
// refuse the policy and, where it is a file, not start.
func (b *builder) checkExpressions(policy *settings.Value, name string, p place) {
	for _, part := range []struct{ list, field string }{{"variables", "expression"}, {"validations", "messageExpression"}} {
		list := policy.Lookup("spec", part.list)
		if list == nil {
			continue
		}
		for _, item := range list.Items {
			if v := item.Get(part.field); v != nil && utf8.RuneCountInString(v.Text) > longestExpression {
				b.fault(p, "shorten the policy's list", "policy %q has an expression of %d characters; CEL parses at most %d",
					name, utf8.RuneCountInString(v.Text), longestExpression)
				return
			}
		}
	}
}

// staticPolicies reports whether policies are also written to files of the API server.
func (b *builder) staticPolicies() bool {
	wanted := b.profile.AdmissionPolicies.StaticManifests
	return wanted != nil && *wanted
}

// checkStaticPolicies refuses files that the API server would not read: it would not start.
func (b *builder) checkStaticPolicies() {
	if !b.staticPolicies() {
		return
	}
	p := at("admissionPolicies", "staticManifests")
	gate, ok := b.minor.FeatureGate(staticManifestsGate)
	if !ok || !gate.Default {
		b.fault(p, "leave it out: the objects in manifests/ hold the same rules",
			"Kubernetes %s does not read admission policies from files: it does since 1.37", b.minor.Name)
		return
	}
	gates := b.set.Flag(settings.APIServer, "feature-gates")
	for _, name := range []string{staticManifestsGate, "AllBeta"} {
		switch value := gates.Get(name); {
		case value == nil:
			continue
		case value.Text == "false":
			b.fault(p, "drop the gate, or staticManifests", "feature gate %s=false (apiServer.flags.feature-gates) keeps the API server from reading the files: it would not start", name)
		}
		return // the gate's own value outranks AllBeta
	}
}

// checkExemptNamespaces looks after kubeadm's own pods. Files hold from the first request on, so
// that a cluster would not come up; objects come later, and hold when the pods are made again.
func (b *builder) checkExemptNamespaces() {
	const system = "kube-system"
	if slices.Contains(b.exemptNamespaces(), system) {
		return
	}
	var refuse []string
	for _, p := range b.profile.AdmissionPolicies.Policies {
		if admissionpolicy.JudgesPods(string(p.Name)) && slices.Contains(b.policyActions(p), "Deny") && !b.exempts(system, p.Name) {
			refuse = append(refuse, string(p.Name))
		}
	}
	where, text := at("admissionPolicies", "exemptNamespaces"), strings.Join(refuse, ", ")
	switch {
	case b.staticPolicies() && len(refuse) > 0:
		b.fault(where, "add kube-system",
			"kube-system is not exempt from %s: static manifests hold from the first request, and would refuse kube-proxy, CoreDNS or the network plugin while the cluster is made", text)
	case len(refuse) > 0:
		b.warn(where, "add kube-system, or see to it that every pod there complies",
			"kube-system is not exempt from %s: kube-proxy, CoreDNS or the network plugin may be refused when their pods are made again", text)
	}
}

// exempts reports whether a namespace's label takes it out of a policy. The label comes with
// manifests/, so it helps nothing against static manifests while a cluster is made.
func (b *builder) exempts(namespace string, policy profiles.PolicyName) bool {
	if b.staticPolicies() {
		return false
	}
	for _, n := range b.profile.Namespaces {
		if n.Name == namespace && slices.Contains(n.Exemptions, policy) {
			return true
		}
	}
	return false
}

// checkExemptions warns of exemptions that do nothing, and of labels that are not guarded.
func (b *builder) checkExemptions() {
	byName, rendered := b.exemptNamespaces(), map[profiles.PolicyName]bool{}
	for _, p := range b.profile.AdmissionPolicies.Policies {
		rendered[p.Name] = true
	}
	for i, n := range b.profile.Namespaces {
		for j, name := range n.Exemptions {
			// Of a policy that is not there the profile's own validation has told.
			if rendered[name] && slices.Contains(byName, n.Name) && name != "exec" {
				b.warn(at("namespaces", strconv.Itoa(i), "exemptions", strconv.Itoa(j)), "remove it",
					"namespace %q is exempt from every policy already, by its name (admissionPolicies.exemptNamespaces)", n.Name)
			}
		}
	}
	if rendered["namespace-labels"] {
		b.checkLabellers()
		return
	}
	if len(b.profile.AdmissionPolicies.ExemptionGroups) > 0 {
		b.warn(at("admissionPolicies", "exemptionGroups"), "add {name: namespace-labels}",
			"the groups do nothing: without the policy namespace-labels everybody may set the labels")
	}
	denies := func(p profiles.AdmissionPolicy) bool { return slices.Contains(b.policyActions(p), "Deny") }
	if slices.ContainsFunc(b.profile.AdmissionPolicies.Policies, denies) {
		b.warn(at("admissionPolicies", "policies"), "add {name: namespace-labels}",
			"anyone who may change a namespace can exempt it from these policies by a label: no policy guards the labels")
	}
}

// checkLabellers says which administrators cannot label namespaces, whatever their role says.
func (b *builder) checkLabellers() {
	for i, group := range b.profile.RBAC.Administrators {
		if !slices.Contains(b.profile.AdmissionPolicies.ExemptionGroups, group) {
			b.warn(at("rbac", "administrators", strconv.Itoa(i)), "add it to admissionPolicies.exemptionGroups where that is meant",
				"%q cannot set labels of Pod Security or of exemption: the policy namespace-labels does not name it", group)
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
