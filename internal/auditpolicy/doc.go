// Package auditpolicy owns kube-apiserver's audit policy: the tiers hardstrap brings (policies/*.yaml,
// meant to be read), the strict reading of a user's own policy, what a policy records for a request,
// and the lint that says, rule by rule, what is never reached, what is lost and what leaks.
//
// It never renders a file and knows nothing of flags, mounts or log rotation. Nothing of a request is
// ever sent anywhere: requests are thought up to find out which rule they would meet.
//
// Start reading at Tier, Parse and Lint; then match.go (what the API server does with a policy, after
// k8s.io/apiserver v0.33.13 to v0.37.0, pkg/audit/policy/checker.go) and reach.go (which requests a
// rule is left with once the rules above it have taken theirs); differ.go compares two policies.
package auditpolicy
