package observe

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// EnvironmentPath is before the names of variables in settings' paths.
const EnvironmentPath = "environment/"

// Environment returns the setting that a variable of a component's environment is; ok is false for one that changes
// nothing of what is compared. GODEBUG, GOFIPS140 and GOLANG_FIPS change what Go's TLS does (https://go.dev/doc/godebug),
// KUBE_FEATURE_... switch gates of client-go (k8s.io/client-go v0.37.0, features/envvar.go), SSL_CERT_FILE and
// SSL_CERT_DIR name the authorities that are believed (crypto/x509, root_unix.go), and LD_... load other code.
func Environment(component, role, name, text string, at settings.Origin) (s settings.Setting, ok bool) {
	named := slices.Contains([]string{"GODEBUG", "GOFIPS140", "GOLANG_FIPS", "SSL_CERT_FILE", "SSL_CERT_DIR"}, name)
	if !named && !strings.HasPrefix(name, "KUBE_FEATURE_") && !strings.HasPrefix(name, "LD_") {
		return s, false
	}
	return settings.Setting{
		Key:   settings.Key{Component: component, Role: role, Path: EnvironmentPath + name},
		Value: &settings.Value{Kind: settings.String, Text: text, Origin: at},
	}, true
}
