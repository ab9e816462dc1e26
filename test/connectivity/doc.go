// Package connectivity shows who may talk to whom once the rendered NetworkPolicies are applied.
//
// It is a Go module of its own, so that hardstrap itself never depends on Kubernetes. The tests render the profiles of
// testdata with the hardstrap binary and ask an evaluator that shares no code with it: github.com/mattfenwick/cyclonus,
// pkg/matcher, which SIG Network's conformance work grew from. (Looked at instead: np-guard's netpol-analyzer and
// sigs.k8s.io/kube-network-policies, which the Go module proxy does not serve; sigs.k8s.io/network-policy-api v0.1.1, whose
// module has types and conformance tests but no evaluator; k8s.io/kubernetes' test/e2e/network/netpol needs a cluster.)
//
// Each testdata/NAME.yaml has a testdata/NAME.txt: a table of connections before and after. A connection is only there
// where both sides allow it. "go test . -update" writes the tables; what must hold whatever they say is in must.go.
//
// What the evaluator cannot show: what a network plugin does with addresses that it rewrites, traffic of a pod's own node,
// which is always allowed, and pods in the host's network, for which addresses stand in here. How plugins differ in one
// matter is played: some match pods and nodes by a range of addresses, Cilium matches neither (see outsideOnly).
// Start reading at TestTables.
package connectivity
