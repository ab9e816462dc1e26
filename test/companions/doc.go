// Package companions gives the files that a bundle has for other software to that software's own
// code: Prometheus' parser and the operator's type, Istio's type, sigstore's type and validation,
// mtree and sha256sum on an installed tree. For Falco there is no code in Go: falco_test.go reads
// the rules by a grammar written from Falco's sources, which finds a rule that cannot be parsed or
// names what does not exist, but no rule that fails to fire. It is a module of its own, so that the
// root module depends on none of this. Start reading at bundles in bundle_test.go.
package companions
