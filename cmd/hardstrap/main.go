// Command hardstrap turns a profile into everything a hardened Kubernetes control plane needs
// before kubeadm init. This package owns the command line: commands, tool settings, streams and
// exit codes. It decides nothing about Kubernetes. Start reading at run, then at the list of
// commands in newRoot.
package main

import "os"

// version is hardstrap's own; a release sets it when it is linked.
var version string

func main() {
	os.Exit(run(os.Args[1:], system(version)))
}
