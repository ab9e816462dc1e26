package wire

import (
	"net/http"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Answers to a GET without credentials, weaker to the right: Denied (401) gives no identity, Forbidden
// (403) gives one that may not, Allowed (2xx) one that may. An answer of any other kind tells nothing.
const (
	Denied    = "denied"
	Forbidden = "forbidden"
	Allowed   = "allowed"
)

const (
	versionPath = "/version"
	infoPath    = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
	nodesPath   = "/api/v1/nodes"
	podsPath    = "/pods"
	// anonymousPath begins the path of a setting, as in "anonymous/GET /healthz".
	anonymousPath = "anonymous/GET "
)

func healthPaths() []string { return []string{"/healthz", "/livez", "/readyz"} }

// Paths returns the paths that a component is asked for without credentials.
func Paths(component string) []string {
	switch component {
	case settings.APIServer:
		return append(healthPaths(), versionPath, "/metrics", "/api", nodesPath, infoPath)
	case settings.ControllerManager: // it has no /livez: controller-manager v0.37.0, app/serve.go:58
		return []string{"/healthz", "/metrics", "/configz"}
	case settings.Scheduler:
		return append(healthPaths(), "/metrics", "/configz")
	case settings.Kubelet:
		return []string{"/healthz", podsPath, "/metrics"}
	}
	return nil
}

// answerWord classes a status; "" is one that tells nothing.
func answerWord(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return Denied
	case status == http.StatusForbidden:
		return Forbidden
	case status >= 200 && status < 300:
		return Allowed
	}
	return ""
}

// Expect says what the answer to a GET without credentials should be, by the settings that are wanted;
// ok is false where they do not tell. It takes the rights that Kubernetes itself gives to who has no
// credentials: the health paths and /version by system:public-info-viewer (kubernetes v1.37.0,
// plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go:383,723), cluster-info by kubeadm's role for
// joining (cmd/kubeadm/app/phases/bootstraptoken/clusterinfo/clusterinfo.go), the always-allowed paths
// of kube-controller-manager and kube-scheduler (apiserver v0.37.0, pkg/server/options/authorization.go:87).
// Settings that have their default may be in wanted or not.
func Expect(wanted *settings.Set, component, role, path string) (word string, ok bool) {
	if !slices.Contains(Paths(component), path) {
		return "", false
	}
	switch component {
	case settings.APIServer:
		return expectAPIServer(wanted, path), true
	case settings.ControllerManager, settings.Scheduler:
		open := healthPaths()
		if flag := wanted.Flag(component, "authorization-always-allow-paths"); flag != nil {
			open = flag.Strings()
		}
		return rightTo(matches(open, path)), true
	case settings.Kubelet:
		value := func(path string) string {
			if v := wanted.Value(settings.Key{Component: component, Role: role, Path: path}); v != nil {
				return v.Text
			}
			return ""
		}
		if value("authentication.anonymous.enabled") != "true" { // false in a configuration file that does not say
			return Denied, true
		}
		return rightTo(value("authorization.mode") == "AlwaysAllow"), true
	}
	return "", false
}

func expectAPIServer(wanted *settings.Set, path string) string {
	document := wanted.Value(settings.Key{Component: settings.APIServer, Path: "AuthenticationConfiguration"})
	switch anonymous := document.Get("anonymous"); {
	case anonymous != nil && !conditionsAllow(anonymous, path):
		return Denied
	case anonymous == nil && text(wanted.Flag(settings.APIServer, "anonymous-auth")) == "false":
		return Denied
	}
	open := append(healthPaths(), versionPath, infoPath)
	modes := wanted.Flag(settings.APIServer, "authorization-mode").Strings()
	return rightTo(slices.Contains(open, path) || slices.Contains(modes, "AlwaysAllow"))
}

// conditionsAllow reads the field anonymous of AuthenticationConfiguration: a path has to be named
// exactly, and without conditions every path has an identity (apiserver v0.37.0,
// pkg/authentication/request/anonymous/anonymous.go:33).
func conditionsAllow(anonymous *settings.Value, path string) bool {
	if text(anonymous.Get("enabled")) != "true" {
		return false
	}
	conditions := anonymous.Get("conditions")
	if conditions == nil || len(conditions.Items) == 0 {
		return true
	}
	return slices.ContainsFunc(conditions.Items, func(c *settings.Value) bool { return text(c.Get("path")) == path })
}

// matches knows the star at the end (apiserver v0.37.0, pkg/authorization/path/path.go).
func matches(open []string, path string) bool {
	return slices.ContainsFunc(open, func(o string) bool {
		prefix, star := strings.CutSuffix(strings.TrimPrefix(o, "/"), "*")
		asked := strings.TrimPrefix(path, "/")
		return star && strings.HasPrefix(asked, prefix) || !star && prefix == asked
	})
}

func rightTo(may bool) string {
	if may {
		return Allowed
	}
	return Forbidden
}

func text(v *settings.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}
