// Command kubelet prints the part of the catalog that the kubelet's own code knows: its flags, feature gates and the
// fields, defaults and versions of its configuration.
package main

import (
	"github.com/spf13/pflag"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	_ "k8s.io/component-base/logs/json/register" // the real command has it, and with it a flag's choices
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	_ "k8s.io/kubernetes/cmd/kubelet/app" // registers feature gates
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	"k8s.io/kubernetes/pkg/kubelet/apis/config/scheme"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts/kube"
)

func main() { kube.Main(read) }

func read() (*facts.Part, error) {
	const component = "kubelet"
	flags, err := flags()
	if err != nil {
		return nil, err
	}
	kubeletScheme, _, err := scheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	config := &kubeletv1beta1.KubeletConfiguration{}
	kubeletScheme.Default(config)
	fields, err := kube.Fields(config)
	if err != nil {
		return nil, err
	}
	versions, err := kube.APIVersions([]string{"KubeletConfiguration", "CredentialProviderConfig"}, kubeletScheme)
	if err != nil {
		return nil, err
	}
	return &facts.Part{
		Flags:       map[string]map[string]facts.Flag{component: flags},
		Fields:      map[string]map[string]facts.Field{"KubeletConfiguration": fields},
		Gates:       map[string]map[string]facts.Gate{component: kube.Gates(utilfeature.DefaultMutableFeatureGate)},
		APIVersions: versions,
	}, nil
}

// flags builds the set that NewKubeletCommand (cmd/kubelet/app/server.go) builds and keeps to itself.
func flags() (map[string]facts.Flag, error) {
	fs := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	fs.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	config, err := options.NewKubeletConfiguration()
	if err != nil {
		return nil, err
	}
	options.NewKubeletFlags().AddFlags(fs)
	options.AddKubeletConfigFlags(fs, config)
	options.AddGlobalFlags(fs)
	return kube.Flags(fs), nil
}
