// Package cluster boots real clusters from rendered bundles and asserts that they behave as their profile says:
// nodes are namespaces with a systemd of their own (package node), and everything on them is the released code, run
// by the commands of the bundle's README.
//
// It never edits a rendered file: what the sandbox needs stands in testdata/sandbox.yaml and cgroup-v1.yaml, as
// profiles on top. run.sh builds all parts and starts the tests. Start reading in TestCluster.
package cluster
