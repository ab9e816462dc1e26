// Command hardstrap turns a profile into everything a hardened Kubernetes control plane needs
// before kubeadm init. This package owns the command line: commands, tool settings, streams and
// exit codes. It decides nothing about Kubernetes. Start reading at run, then at the list of
// commands in newRoot.
package main

import (
	"os"
	"runtime/debug"
)

// version is hardstrap's own; a release sets it when it is linked.
var version string

// gcPercent lets the heap grow to 16 MiB before it is collected the first time. The run of one
// cluster allocates less than that in all, so collecting would only take time; the environment's
// GOGC wins.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:], system(version)))
}
