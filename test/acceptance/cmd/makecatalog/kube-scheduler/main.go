// Command kube-scheduler prints the part of the catalog that kube-scheduler's own code knows: its flags, feature gates
// and the versions of its configuration.
package main

import (
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	_ "k8s.io/component-base/logs/json/register" // the real command has it, and with it a flag's choices
	"k8s.io/kubernetes/cmd/kube-scheduler/app"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts/kube"
)

func main() { kube.Main(read) }

func read() (*facts.Part, error) {
	const component = "kube-scheduler"
	flags := kube.CommandFlags(app.NewSchedulerCommand())
	versions, err := kube.APIVersions([]string{"KubeSchedulerConfiguration"}, scheme.Scheme)
	if err != nil {
		return nil, err
	}
	return &facts.Part{
		Flags:       map[string]map[string]facts.Flag{component: flags},
		Gates:       map[string]map[string]facts.Gate{component: kube.Gates(utilfeature.DefaultMutableFeatureGate)},
		APIVersions: versions,
	}, nil
}
