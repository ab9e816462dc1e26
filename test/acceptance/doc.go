// Package acceptance gives what hardstrap renders to the code of the real components.
//
// It is a Go module of its own, so that hardstrap itself never depends on Kubernetes. One source serves every minor:
// mods/<minor>.mod names the release to build with (go build -modfile=mods/1.37.mod -tags k137), and what differs
// between minors lies in files with build tags. mods/make.sh makes those files; cmd/makecatalog reads the facts
// of the catalog from the same modules. Nothing outside imports this module.
//
// run.sh renders the bundles and runs the tests. kube holds every Kubernetes component of a minor in one program, and
// etcd one etcd. The tests lay a bundle over an empty root, have kubeadm make the rest of a node there, and start the
// components with the command lines that kubeadm wrote: etcd, kube-apiserver against it, kube-controller-manager and
// kube-scheduler against that, and the kubelet up to where it would touch the machine. Handshakes then ask each
// listener whether it does what the settings say. TestSeededFaults puts faults into a bundle that is accepted, and
// expects each to be refused. TestPolicies asks kube-apiserver for a verdict on every row of testdata/policies.
// TestNodes compares what kubeadm writes with the nodes that internal/testnode lays down for hardstrap's own tests.
// Start reading at TestBundles in acceptance_test.go and stages in components_test.go.
//
// What is not the node's own: addresses and ports, which are loopback's; the folder that / is; the files that a bundle
// names and only a site has (certificates, kubeconfig files of webhooks, a KMS plugin), for which something stands in
// and is listed by a verbose run. What it cannot show: a kubelet at work, the add-ons, and an upgrade.
package acceptance
