// Package meaning owns what documents and objects do, compared: of a document that an API server reads, or an object of
// a cluster, it says in which ways the one found does something else than the one wanted, and whether that is weaker.
// Two that are written differently and do the same are equal: order without effect, rules split or merged, defaults
// that the API server fills in, and what controllers keep in an object.
//
// It never reads a file or a cluster, knows no profile and no node, and never prints a secret: keys and credentials are
// compared by their names, by whether they are there, and by digests. It bounds its work: what is too large to compare
// is said to be so.
//
// Start reading at Compare in meaning.go; then the file of a kind: audit.go, encryption.go, authentication.go,
// authorization.go, admission.go, podsecurity.go, kubeconfig.go, rbac.go, bindings.go, accounts.go, network.go, limits.go,
// policies.go. cover.go says which requests, or connections, rules allow.
package meaning
