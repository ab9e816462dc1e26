// Command kube is every component of one Kubernetes minor in one program: its first argument is the component's
// name, and the rest is that component's own command line, run by that component's own code.
//
// It owns nothing but the choice, and a few checks beside the components: what a component reads leniently is read
// strictly (strict.go), the kubelet's server is started without a node under it (kubelet.go), and a KMS plugin
// stands in for a site's (kms.go). One program instead of six, because linking takes longer than compiling what they do not share. What it cannot tell apart:
// the feature gates that one component registers are known to all of them.
//
// Build it with the release's own dependencies and version, as run.sh does; start reading in main.
package main

import (
	"fmt"
	"os"
	_ "time/tzdata" // as the release's kube-apiserver and kube-controller-manager have it

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: kube COMPONENT ARGS...")
		os.Exit(2)
	}
	name := os.Args[1]
	// A component reads os.Args itself, and its first element is the program's name there.
	os.Args = append([]string{name}, os.Args[2:]...)
	os.Exit(run(name, os.Args[1:]))
}

// run runs one component, or one of the checks beside them, and returns its exit code.
func run(name string, args []string) int {
	var err error
	switch name {
	case "kubeadm":
		err = kubeadm.Run()
	case "kube-apiserver":
		return cli.Run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		return cli.Run(controllermanager.NewControllerManagerCommand())
	case "kube-scheduler":
		return cli.Run(scheduler.NewSchedulerCommand())
	case "kube-proxy":
		return cli.Run(proxy.NewProxyCommand())
	case "kubelet":
		return cli.Run(newKubeletCommand())
	case "kubelet-server":
		err = kubeletServer(args)
	case "kms-plugin":
		err = kmsPlugin(args)
	case "strict":
		err = strict(args)
	default:
		err = fmt.Errorf("unknown component %q", name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}
