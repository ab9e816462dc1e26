package admissionpolicy

import (
	"slices"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Names and labels.
const (
	APIVersion   = "admissionregistration.k8s.io/v1"
	LabelPrefix  = "policies.hardstrap.dev/" // with a policy's name: the label that exempts a namespace
	Exempt       = "exempt"                  // the value of such a label
	StaticSuffix = ".static.k8s.io"          // of names that only files of the API server may have (k8s.io/apiserver v0.37.0, pkg/admission/plugin/manifest/validation.go)

	namespaceName = "kubernetes.io/metadata.name" // the label that every namespace has
)

// Parameters is what some policies need to know; each reads its own.
type Parameters struct {
	Registries []string // allowed-registries
	Namespaces []string // exec
	Variables  []string // cloud-credentials, besides the well-known names
	Groups     []string // namespace-labels, besides kubeadm's and Kubernetes' own
}

// policy is what one policy judges.
type policy struct {
	why         string // one sentence
	rules       []rule
	conditions  []condition
	variables   []variable
	validations []validation
}

// rule names requests.
type rule struct {
	group      string
	resources  []string
	operations []string
}

// variable is a name and an expression, which may use the ones before.
type variable struct{ name, expression string }

// validation refuses where its expression is false. The message also stands alone where an
// expression for it gives more than the API server takes: 5 KiB (k8s.io/apiserver v0.37.0,
// pkg/apis/cel/config.go).
type validation struct{ expression, message, messageExpression string }

// nobody refuses where a variable, a list of offenders, is not empty, and names them.
func nobody(offenders, message string) validation {
	return validation{
		expression:        "variables." + offenders + ".size() == 0",
		message:           message,
		messageExpression: literal(message+": ") + " + variables." + offenders + `.join(", ")`,
	}
}

// ObjectName returns the name of a policy's objects.
func ObjectName(name string) string { return "hardstrap-" + name }

// StaticName returns the name of the objects in the API server's files.
func StaticName(name string) string { return ObjectName(name) + StaticSuffix }

// Known reports whether there is a policy of that name.
func Known(name string) bool {
	_, ok := policyOf(name, Parameters{})
	return ok
}

// JudgesPods reports whether a policy judges pods and what makes them.
func JudgesPods(name string) bool {
	p, _ := policyOf(name, Parameters{})
	return slices.ContainsFunc(p.rules, func(r rule) bool { return slices.Contains(r.resources, "pods") })
}

// ExemptByLabel reports whether a namespace's label takes it out of a policy.
func ExemptByLabel(name string) bool { return name != namespaceLabels }

// Why returns a sentence that says what a policy refuses.
func Why(name string) string {
	p, _ := policyOf(name, Parameters{})
	return p.why
}

// Policy returns the spec of a ValidatingAdmissionPolicy. A request that it cannot judge is
// refused.
func Policy(name string, with Parameters) *settings.Value {
	p, _ := policyOf(name, with)
	var rules, conditions, variables, validations []any
	for _, r := range p.rules {
		rules = append(rules, map[string]any{
			"apiGroups": []string{r.group}, "apiVersions": []string{"v1"}, "operations": r.operations, "resources": r.resources,
		})
	}
	for _, c := range p.conditions {
		conditions = append(conditions, map[string]any{"name": c.name, "expression": c.expression})
	}
	for _, v := range p.variables {
		variables = append(variables, map[string]any{"name": v.name, "expression": v.expression})
	}
	for _, v := range p.validations {
		entry := map[string]any{"expression": v.expression, "message": v.message}
		if v.messageExpression != "" {
			entry["messageExpression"] = v.messageExpression
		}
		validations = append(validations, entry)
	}
	spec := map[string]any{
		"failurePolicy":    "Fail",
		"matchConstraints": map[string]any{"resourceRules": rules},
		"validations":      validations,
	}
	if len(conditions) > 0 {
		spec["matchConditions"] = conditions
	}
	if len(variables) > 0 {
		spec["variables"] = variables
	}
	return settings.Of(spec)
}

// Binding returns the spec of a ValidatingAdmissionPolicyBinding: object is the name of the policy
// object, actions what follows a violation, exempt the names of namespaces that are left out.
// Where a policy names its own namespaces, these count and not exempt.
func Binding(name, object string, with Parameters, actions, exempt []string) *settings.Value {
	spec := map[string]any{"policyName": object, "validationActions": actions}
	var selector []any
	requirement := func(key, operator string, values ...string) {
		selector = append(selector, map[string]any{"key": key, "operator": operator, "values": values})
	}
	switch {
	case name == exec:
		requirement(namespaceName, "In", with.Namespaces...)
	case len(exempt) > 0:
		requirement(namespaceName, "NotIn", exempt...)
	}
	requirement(LabelPrefix+name, "NotIn", Exempt)
	if ExemptByLabel(name) {
		spec["matchResources"] = map[string]any{"namespaceSelector": map[string]any{"matchExpressions": selector}}
	}
	return settings.Of(spec)
}
