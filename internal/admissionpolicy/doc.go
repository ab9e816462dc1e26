// Package admissionpolicy owns the ValidatingAdmissionPolicies that hardstrap can render: what
// each judges, in CEL, and its binding, as trees of admissionregistration.k8s.io/v1 that
// Kubernetes 1.33 to 1.37 take alike. It knows no profile and renders nothing. It is a leaf but
// for the settings' trees; start reading at Policy and at the list in policies.
package admissionpolicy
