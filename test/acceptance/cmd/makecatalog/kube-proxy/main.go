// Command kube-proxy prints the part of the catalog that kube-proxy's own code knows: its flags, feature gates and the
// fields, defaults and versions of its configuration.
package main

import (
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	_ "k8s.io/component-base/logs/json/register" // the real command has it, and with it a flag's choices
	kubeproxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	"k8s.io/kubernetes/cmd/kube-proxy/app"
	"k8s.io/kubernetes/pkg/proxy/apis/config/scheme"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts/kube"
)

func main() { kube.Main(read) }

func read() (*facts.Part, error) {
	const component = "kube-proxy"
	flags := kube.CommandFlags(app.NewProxyCommand())
	config := &kubeproxyv1alpha1.KubeProxyConfiguration{}
	scheme.Scheme.Default(config)
	fields, err := kube.Fields(config)
	if err != nil {
		return nil, err
	}
	versions, err := kube.APIVersions([]string{"KubeProxyConfiguration"}, scheme.Scheme)
	if err != nil {
		return nil, err
	}
	return &facts.Part{
		Flags:       map[string]map[string]facts.Flag{component: flags},
		Fields:      map[string]map[string]facts.Field{"KubeProxyConfiguration": fields},
		Gates:       map[string]map[string]facts.Gate{component: kube.Gates(utilfeature.DefaultMutableFeatureGate)},
		APIVersions: versions,
	}, nil
}
