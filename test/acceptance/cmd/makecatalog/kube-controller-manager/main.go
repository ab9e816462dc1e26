// Command kube-controller-manager prints the part of the catalog that kube-controller-manager's own code knows: its flags and feature gates.
package main

import (
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	_ "k8s.io/component-base/logs/json/register" // the real command has it, and with it a flag's choices
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts/kube"
)

func main() { kube.Main(read) }

func read() (*facts.Part, error) {
	const component = "kube-controller-manager"
	flags := kube.CommandFlags(app.NewControllerManagerCommand())
	return &facts.Part{
		Flags: map[string]map[string]facts.Flag{component: flags},
		Gates: map[string]map[string]facts.Gate{component: kube.Gates(utilfeature.DefaultMutableFeatureGate)},
	}, nil
}
