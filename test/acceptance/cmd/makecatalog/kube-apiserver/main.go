// Command kube-apiserver prints the part of the catalog that kube-apiserver's own code knows: its flags, feature gates,
// admission plugins, TLS names and the versions of the files it reads.
package main

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	apiserverinstall "k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/audit"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	_ "k8s.io/component-base/logs/json/register" // the real command has it, and with it a flag's choices
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/pkg/kubeapiserver/options"
	eventratelimitinstall "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit/install"
	podsecurityscheme "k8s.io/pod-security-admission/admission/api/scheme"

	webhookadmissionv1 "k8s.io/apiserver/pkg/admission/plugin/webhook/config/apis/webhookadmission/v1"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts/kube"
)

func main() { kube.Main(read) }

func read() (*facts.Part, error) {
	const component = "kube-apiserver"
	flags := kube.CommandFlags(app.NewAPIServerCommand())
	versions, err := apiVersions()
	if err != nil {
		return nil, err
	}
	_, hasCurves := flags["tls-curve-preferences"]
	return &facts.Part{
		Flags:       map[string]map[string]facts.Flag{component: flags},
		Gates:       map[string]map[string]facts.Gate{component: kube.Gates(utilfeature.DefaultMutableFeatureGate)},
		APIVersions: versions,
		Sections: map[string]any{
			"admission": admission(),
			"tls":       tlsNames(hasCurves),
		},
	}, nil
}

// admission lists every plugin in the order kube-apiserver runs them, and those on by default in the same order.
func admission() map[string][]string {
	off := options.DefaultOffAdmissionPlugins()
	on := slices.DeleteFunc(slices.Clone(options.AllOrderedPlugins), off.Has)
	return map[string][]string{"plugins": options.AllOrderedPlugins, "defaultOn": on}
}

func apiVersions() (map[string][]string, error) {
	scheme := runtime.NewScheme()
	apiserverinstall.Install(scheme)
	eventratelimitinstall.Install(scheme)
	for _, add := range []func(*runtime.Scheme) error{webhookadmissionv1.AddToScheme, addOfMinor} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	kinds := append([]string{
		"AdmissionConfiguration", "AuthenticationConfiguration", "AuthorizationConfiguration", "EncryptionConfiguration",
		"TracingConfiguration", "EgressSelectorConfiguration", "Policy", "PodSecurityConfiguration", "Configuration",
		"WebhookAdmissionConfiguration",
	}, kindsOfMinor...)
	versions, err := kube.APIVersions(kinds, scheme, audit.Scheme, podsecurityscheme.Scheme)
	if err != nil {
		return nil, err
	}
	// The plugin's kind is plain Configuration; the catalog names it for what it is.
	versions["EventRateLimitConfiguration"] = versions["Configuration"]
	delete(versions, "Configuration")
	return versions, nil
}
