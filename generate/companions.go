package generate

import (
	"github.com/hardstrap/hardstrap/internal/settings"
)

// companionPlaces lists the files of objects for software besides Kubernetes. The head of each says
// what must be installed first, since which version, and where it reads the file from.
func companionPlaces() []place {
	return []place{
		// istio.io/api: the module has security/v1/peer_authentication.proto since v1.22.0.
		{"companions/mesh", "peer-authentication.yaml", []string{"PeerAuthentication"},
			`Strict mTLS between pods. Install Istio 1.22 or newer first, and give the pods its sidecar or
ambient mode; then kubectl apply -f this file, which istiod reads from the cluster.

What stops working: plain connections of clients outside of the mesh to pods within it. Those are
jobs and namespaces without a sidecar, the API server when it calls a webhook that runs in the mesh,
and Prometheus when it scrapes from outside. Set the mode PERMISSIVE and watch for such clients
first, or let their ports out by portLevelMtls. HTTP and gRPC probes of the kubelet go on: the injector of
the sidecar rewrites them, unless rewriteAppHTTPProbers was turned off.`},
		// github.com/prometheus-operator/prometheus-operator, pkg/apis/monitoring/v1.
		{"companions/alerts", "prometheus-rule.yaml", []string{"PrometheusRule"},
			`Alerts for Prometheus. Install the Prometheus operator first (its API monitoring.coreos.com/v1); then
kubectl apply -f this file. A Prometheus object reads it where its ruleNamespaceSelector takes the
namespace and its ruleSelector the labels. Prometheus has to scrape the API servers and the kubelets.

Thresholds suit a cluster of some dozens of nodes; look at a week of your own before you wake
anybody up. Most of these metrics are ALPHA in Kubernetes and may change with a minor; each was
found in the sources of 1.33 to 1.37. No metric tells of the serving certificates of API servers
and etcd: kubeadm certs check-expiration does.`},
		{"companions/image-signatures", "cluster-image-policy.yaml", []string{"ClusterImagePolicy"},
			`Which images must be signed, and by whom. Install the policy-controller of sigstore first (0.13 or
newer was read; its API policy.sigstore.dev/v1beta1), which reads this from the cluster: kubectl apply -f
this file. It looks only at pods of namespaces that carry the label
policy.sigstore.dev/include with the value true. What it does with an image that no policy names is
its own setting, no-match-policy, which denies it where unset.`},
	}
}

// falcoDir is the folder of the rules for Falco within a bundle.
const falcoDir = "companions/falco"

// falcoView is a file of Falco's rules.
type falcoView struct {
	Files     bool // it has rules for files
	Processes bool // it has rules for processes, which need a plugin
	Rules     *settings.Value
}

// companionDrafts makes a file for every companion that was asked for.
func companionDrafts(in *Input) ([]draft, error) {
	out, err := objectDrafts(in, settings.Companion, companionPlaces())
	if err != nil {
		return nil, err
	}
	s := &source{in: in}
	rules := s.value(settings.Companion, "", "falco/rules")
	if rules == nil {
		return out, nil
	}
	view := falcoView{Rules: rules}
	for _, item := range rules.Items {
		view.Files = view.Files || item.Get("list") != nil
		view.Processes = view.Processes || item.Get("required_plugin_versions") != nil
	}
	drafts, err := s.draft(draft{
		path: falcoDir + "/hardstrap_rules.yaml", template: "companions/falco.yaml.tmpl", view: view, mode: 0o644,
	})
	return append(out, drafts...), err
}
