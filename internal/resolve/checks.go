package resolve

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// faultAt reports about a setting, where its value came from.
func (b *builder) faultAt(v *settings.Value, k settings.Key, hint, format string, args ...any) {
	b.report(diag.Error, v.Origin, k.String(), hint, format, args...)
}

// checkNodeRestriction refuses to lose the plugin that keeps a node from touching others.
func checkNodeRestriction(b *builder) {
	k := settings.Flag(settings.APIServer, "disable-admission-plugins")
	if v := b.set.Value(k); v != nil && slices.Contains(v.Strings(), "NodeRestriction") {
		b.faultAt(v, k, "remove it from apiServer.admission.disable", "without NodeRestriction a kubelet may change other nodes and their pods")
	}
	k = settings.Flag(settings.APIServer, "enable-admission-plugins")
	if v := b.set.Value(k); v != nil && !slices.Contains(v.Strings(), "NodeRestriction") {
		b.faultAt(v, k, "", "the list replaces kubeadm's and lacks NodeRestriction")
	}
}

// checkExclusiveFlags refuses flags that a component does not take together.
func checkExclusiveFlags(b *builder) {
	for _, pair := range []struct{ component, one, other, hint string }{
		// kubernetes v1.37.0, pkg/kubeapiserver/options/authentication.go
		{settings.APIServer, "authentication-config", "oidc-*", "describe the issuer in apiServer.authentication.jwt"},
		// pkg/kubeapiserver/options/authorization.go
		{settings.APIServer, "authorization-config", "authorization-mode", "use apiServer.authorization alone"},
		{settings.APIServer, "authorization-config", "authorization-webhook-*", "use apiServer.authorizationWebhooks alone"},
		// pkg/controlplane/apiserver/options/validation.go
		{settings.APIServer, "service-account-signing-endpoint", "service-account-key-file", "use one of the two"},
		{settings.APIServer, "service-account-signing-endpoint", "service-account-signing-key-file", "use one of the two"},
		// etcd: go.etcd.io/etcd/server/v3, embed/config.go
		{settings.Etcd, "auto-compaction-mode", "experimental-compaction-*", "use one of the two"},
	} {
		if b.set.Flag(pair.component, pair.one) == nil {
			continue
		}
		prefix, isPrefix := strings.CutSuffix(pair.other, "*")
		for _, s := range b.set.Of(pair.component, "") {
			name, ok := strings.CutPrefix(s.Key.Path, "--")
			if ok && (name == pair.other || isPrefix && strings.HasPrefix(name, prefix)) {
				b.faultAt(s.Value, s.Key, pair.hint, "--%s and --%s exclude each other: the component would not start", pair.one, name)
			}
		}
	}
}

// checkKubeadmLists refuses a list that replaces one of kubeadm's without what it needs.
func checkKubeadmLists(b *builder) {
	k := settings.Flag(settings.ControllerManager, "controllers")
	if v := b.set.Value(k); v != nil {
		for _, need := range []string{"bootstrapsigner", "tokencleaner"} {
			if !slices.Contains(v.Strings(), need) {
				b.faultAt(v, k, "write it out: [\"*\", bootstrapsigner, tokencleaner, ...]", "the list replaces kubeadm's and lacks %q: joining by token would fail", need)
			}
		}
	}
	k = settings.Flag(settings.APIServer, "requestheader-allowed-names")
	if v := b.set.Value(k); v != nil && !slices.Contains(v.Strings(), "front-proxy-client") {
		b.faultAt(v, k, "add front-proxy-client", "the list replaces kubeadm's and lacks the name in kubeadm's front-proxy certificate")
	}
	k = settings.Flag(settings.APIServer, "authorization-mode")
	if v := b.set.Value(k); v != nil {
		for _, need := range []string{"Node", "RBAC"} {
			if !slices.Contains(v.Strings(), need) {
				b.report(diag.Warning, v.Origin, k.String(), "add "+need, "kubeadm's cluster needs mode %q: without it nodes cannot join or work", need)
			}
		}
	}
	k = settings.Flag(settings.APIServer, "allow-privileged")
	if v := b.set.Value(k); v != nil && v.Text == "false" {
		b.faultAt(v, k, "remove it; Pod Security admission decides who may run privileged pods", "kube-proxy and network plugins are privileged: the cluster would have no network")
	}
	for _, component := range []string{settings.ControllerManager, settings.Scheduler} {
		k = settings.Flag(component, "authorization-always-allow-paths")
		if v := b.set.Value(k); v != nil && !slices.Contains(v.Strings(), "/healthz") {
			b.faultAt(v, k, "keep /healthz, /readyz and /livez", "the probes ask these paths without credentials: the pod would be restarted for ever")
		}
	}
	for _, role := range roles() {
		k = settings.Key{Component: settings.Kubelet, Role: role, Path: "rotateCertificates"}
		if v := b.set.Value(k); v != nil && v.Text == "false" {
			b.faultAt(v, k, "remove it", "kubeadm silently sets it back to true")
		}
	}
}

// checkKubeadmNeeds refuses what keeps kubeadm's cluster from coming up or growing, and says what
// of a profile a configuration file of the scheduler passes over (kubernetes v1.37.0,
// cmd/kube-scheduler/app/options/deprecated.go and options.go).
func checkKubeadmNeeds(b *builder) {
	k := settings.Flag(settings.APIServer, "bind-address")
	if v := b.set.Value(k); v != nil {
		if address, err := netip.ParseAddr(v.Text); err == nil && address.IsLoopback() {
			b.faultAt(v, k, "remove it, or write an address of the node", "the kubelet's probes and every node reach the API server at its advertised address, not at %q", v.Text)
		}
	}
	k = settings.Flag(settings.APIServer, "enable-admission-plugins")
	if v := b.set.Value(k); v != nil && slices.Contains(v.Strings(), "AlwaysDeny") { // plugin/pkg/admission/deny
		b.faultAt(v, k, "remove it from apiServer.admission.enable", "AlwaysDeny refuses every change: kubeadm could not bring the cluster up")
	}
	k = settings.Flag(settings.APIServer, "enable-bootstrap-token-auth")
	if v := b.set.Value(k); v != nil && v.Text == "false" {
		b.report(diag.Warning, v.Origin, k.String(), "remove it, and delete tokens after the joins", "nodes cannot join with a token, neither by cluster-info nor by discovery file")
	}
	k = settings.Flag(settings.Scheduler, "config")
	if v := b.set.Value(k); v != nil {
		b.report(diag.Warning, v.Origin, k.String(), "write clientConnection.kubeconfig: /etc/kubernetes/scheduler.conf and enableProfiling: false into the file",
			"with a configuration file kube-scheduler takes no notice of --kubeconfig and --profiling")
	}
}

// checkServiceAccountFlags refuses values out of upstream's range
// (kubernetes v1.37.0, pkg/kubeapiserver/options/authentication.go and
// pkg/controlplane/apiserver/options/options.go).
func checkServiceAccountFlags(b *builder) {
	k := settings.Flag(settings.APIServer, "service-account-max-token-expiration")
	if v := b.set.Value(k); v != nil && !durationWithin(v.Text, "1h", "1193046h") && v.Text != "0s" {
		b.faultAt(v, k, "write a duration from 1h on", "%q is out of range", v.Text)
	}
	k = settings.Flag(settings.APIServer, "service-account-jwks-uri")
	if v := b.set.Value(k); v != nil && !strings.HasPrefix(v.Text, "https://") {
		b.faultAt(v, k, "write an https URL", "%q is not an https URL", v.Text)
	}
	k = settings.Flag(settings.APIServer, "goaway-chance")
	if v := b.set.Value(k); v != nil && !numberWithin(v.Text, 0, 0.02) {
		b.faultAt(v, k, "write a number from 0 to 0.02", "%q is out of range", v.Text)
	}
}

// checkEtcdServers refuses to reach etcd in plain: everything that the cluster stores, Secrets
// and all, would pass the network readable and unverified.
func checkEtcdServers(b *builder) {
	for _, flag := range []string{"etcd-servers", "etcd-servers-overrides"} {
		k := settings.Flag(settings.APIServer, flag)
		if v := b.set.Value(k); v != nil && strings.Contains(strings.Join(v.Strings(), ","), "http://") {
			b.faultAt(v, k, "write https", "the API server would talk to etcd without TLS")
		}
	}
}

// checkReplacedArguments says when a flag of a profile takes the place of kubeadm's own value: a
// cluster may need that, and a slip of the hand looks the same.
func checkReplacedArguments(b *builder) {
	for _, component := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd} {
		if component == settings.Etcd && b.profile.Etcd.External != nil {
			continue
		}
		for _, arg := range b.minor.KubeadmArgs(component) {
			k := settings.Flag(component, arg.Name)
			v := b.set.Value(k)
			if v == nil || v.Origin.Source == settings.FromDerived || !b.kubeadmSays(arg) {
				continue
			}
			flag, _ := b.minor.Flag(component, arg.Name)
			if !settings.Equal(parseArg(flag, arg.Value), v) && strings.Join(v.Strings(), ",") != arg.Value && v.Kind != settings.Map {
				b.report(diag.Warning, v.Origin, k.String(), "", "this takes the place of kubeadm's %q", arg.Value)
			}
		}
	}
}

// checkProbes refuses what leaves kubeadm's probes without an answer: with AlwaysAllow the API
// server silently turns the anonymous requests off that only the flag allows (kubernetes v1.37.0,
// pkg/kubeapiserver/options/authentication.go, ApplyAuthorization).
func checkProbes(b *builder) {
	modes, anonymous := b.set.Flag(settings.APIServer, "authorization-mode"), b.set.Flag(settings.APIServer, "anonymous-auth")
	if modes == nil || !slices.Contains(modes.Strings(), "AlwaysAllow") || anonymous != nil && anonymous.Text == "false" {
		return
	}
	if b.set.Value(documentKey("AuthenticationConfiguration")).Get("anonymous") == nil {
		b.faultAt(modes, settings.Flag(settings.APIServer, "authorization-mode"), "set apiServer.anonymousAuth to health-only or disabled",
			"with AlwaysAllow the API server refuses anonymous requests, and would be restarted for ever because its probes get no answer")
	}
}
