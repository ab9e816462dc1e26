package profiles

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
)

// madeByKubernetes are the namespaces that every cluster has (kubernetes v1.37.0,
// pkg/controlplane/controller/systemnamespaces and legacy default).
func madeByKubernetes() []string {
	return []string{"default", "kube-node-lease", "kube-public", "kube-system"}
}

func (v *validator) namespaces() {
	for i, n := range v.Profile.Namespaces {
		at := place("namespaces", strconv.Itoa(i))
		v.is(n.Name, label, under(at, "name")...)
		if made := madeByKubernetes(); !slices.Contains(made, n.Name) {
			if near := nearest.Name(n.Name, made); near != "" {
				v.fault(diag.Problem{
					Severity: diag.Warning,
					Message:  fmt.Sprintf("a namespace %q would be made", n.Name),
					Hint:     fmt.Sprintf("did you mean %q?", near),
				}, under(at, "name")...)
			}
		}
		if t := n.AutomountServiceAccountToken; t != nil && *t {
			v.fault(diag.Problem{
				Severity: diag.Warning,
				Message:  fmt.Sprintf("every pod of %q that says nothing else gets a token of the service account \"default\"", n.Name),
				Hint:     "write false, and true in the pods that talk to the API server",
			}, under(at, "automountServiceAccountToken")...)
		}
		v.namespacePodSecurity(n, under(at, "podSecurity")...)
		v.limitRange(n, under(at, "limitRange")...)
		v.resourceQuota(n, under(at, "resourceQuota")...)
		v.exemptions(n.Exemptions, under(at, "exemptions")...)
	}
	v.rollout()
}

// namespacePodSecurity judges the labels of Pod Security.
func (v *validator) namespacePodSecurity(n Namespace, steps ...string) {
	p := n.PodSecurity
	if p == nil {
		return
	}
	if p.Enforce == "" && p.Audit == "" && p.Warn == "" {
		v.missing("name a level: "+strings.Join(PodSecurityLevel("").Allowed(), ", "), under(steps, "enforce")...)
		return
	}
	v.podSecurityLevels([]podSecurityMode{
		{"enforce", p.Enforce, p.EnforceVersion}, {"audit", p.Audit, p.AuditVersion}, {"warn", p.Warn, p.WarnVersion},
	}, steps...)
	if p.Stage != "" && p.Enforce == "" {
		v.missing("stage needs it: name the level to roll out", under(steps, "enforce")...)
	}
}

// rollout says when a stage has nothing to stage.
func (v *validator) rollout() {
	stage := v.Profile.PodSecurity.Stage
	staged := slices.ContainsFunc(v.Profile.Namespaces, func(n Namespace) bool {
		return n.PodSecurity != nil && n.PodSecurity.Enforce != "" && n.PodSecurity.Stage == ""
	})
	if stage != "" && stage != StageEnforce && !staged {
		v.fault(diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("stage %q holds for no namespace", stage),
			Hint:     "it stages namespaces[].podSecurity.enforce, not the cluster's default in apiServer.admission.podSecurity",
		}, "podSecurity", "stage")
	}
}

// exemptions says which labels of exemption exempt from nothing.
func (v *validator) exemptions(names []PolicyName, steps ...string) {
	for i, name := range names {
		at := under(steps, strconv.Itoa(i))
		on := slices.ContainsFunc(v.Profile.AdmissionPolicies.Policies, func(p AdmissionPolicy) bool { return p.Name == name })
		switch {
		case name == "namespace-labels":
			v.fault(diag.Problem{
				Message: "the policy \"namespace-labels\" has no exemptions: a namespace could free itself by its own label",
				Hint:    "name the groups that may set labels in admissionPolicies.exemptionGroups",
			}, at...)
		case !on:
			v.fault(diag.Problem{
				Severity: diag.Warning,
				Message:  fmt.Sprintf("the policy %q is not switched on: there is nothing to be exempt from", name),
				Hint:     "add it to admissionPolicies.policies, or remove it here",
			}, at...)
		}
	}
}
