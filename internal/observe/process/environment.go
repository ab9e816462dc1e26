package process

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// environment keeps what configures a component, and drops everything else with its value:
//
//   - of etcd ETCD_..., which stand for its flags;
//   - GODEBUG, GOFIPS140 and GOLANG_FIPS, which change what Go's TLS does;
//   - KUBE_FEATURE_..., which switch gates of client-go (k8s.io/client-go v0.37.0, features/envvar.go);
//   - HTTP_PROXY and its kin, in capitals or not, without the password.
//
// Kubernetes' components read no flags from their environment.
func environment(component string, words []string) map[string]string {
	out := make(map[string]string)
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok && Configures(component, name) {
			out[name] = HideVariable(name, value)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Configures reports whether a variable is one of those that configure a component.
func Configures(component, name string) bool {
	switch strings.ToUpper(name) {
	case "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY":
		return true
	}
	return component == settings.Etcd && strings.HasPrefix(name, "ETCD_") || name == "GODEBUG" || name == "GOFIPS140" ||
		name == "GOLANG_FIPS" || strings.HasPrefix(name, "KUBE_FEATURE_")
}

// HideVariable replaces what is secret in the value of a variable that configures a component.
func HideVariable(name, value string) string {
	if strings.HasPrefix(name, "ETCD_") && IsPassword(flagOf(name)) {
		return settings.Redacted
	}
	if at := strings.LastIndex(value, "@"); at >= 0 && strings.HasSuffix(strings.ToUpper(name), "_PROXY") && !strings.Contains(value, "://") {
		return settings.Redacted + value[at:] // the scheme may be left out
	}
	return HideURL(value)
}

// flagOf is the flag that a variable of etcd stands for (go.etcd.io/etcd/pkg/v3 v3.7.3, flags/flag.go,
// FlagToEnv): none of etcd's flags has a _ in its name.
func flagOf(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "ETCD_"), "_", "-"))
}

// IsPassword names the flags whose values are secret: etcd's --discovery-password, and --discovery-user,
// which may say name:password (go.etcd.io/etcd/server/v3 v3.7.3, embed/config.go), and --token of
// client tools in scripts. The flags of Kubernetes' components name files where something is secret.
func IsPassword(flag string) bool {
	return strings.HasSuffix(flag, "password") || flag == "discovery-user" || flag == "token"
}

// Hide replaces what is secret on a command line.
func Hide(args []string) []string {
	out := make([]string, 0, len(args))
	password := false
	for _, word := range args {
		flag, _, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case password:
			word = settings.Redacted
		case strings.HasPrefix(word, "-") && given && IsPassword(flag):
			word = word[:strings.Index(word, "=")+1] + settings.Redacted
		default:
			word = HideURL(word)
		}
		password = !password && strings.HasPrefix(word, "-") && !given && IsPassword(flag)
		out = append(out, word)
	}
	return out
}

// HideURL replaces the user, the password and the query of every URL in a text, which may be a list or follow a
// flag's name.
func HideURL(text string) string {
	parts := strings.SplitAfter(text, "://")
	for i := 1; i < len(parts); i++ {
		end := strings.IndexAny(parts[i], "/?#, \"'")
		if end < 0 {
			end = len(parts[i])
		}
		rest := parts[i][end:]
		if query := strings.Index(rest, "?"); query >= 0 {
			over := strings.IndexAny(rest[query:], ", \"'")
			if over < 0 {
				over = len(rest) - query
			}
			rest = rest[:query+1] + settings.Redacted + rest[query+over:]
		}
		host := parts[i][:end]
		if at := strings.LastIndex(host, "@"); at >= 0 {
			host = settings.Redacted + host[at:]
		}
		parts[i] = host + rest
	}
	return strings.Join(parts, "")
}
