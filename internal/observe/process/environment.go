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
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			continue
		}
		switch upper := strings.ToUpper(name); {
		case component == settings.Etcd && strings.HasPrefix(name, "ETCD_"):
			flag := flagOf(name)
			if isPassword(flag) {
				value = settings.Redacted
			}
		case name == "GODEBUG", name == "GOFIPS140", name == "GOLANG_FIPS", strings.HasPrefix(name, "KUBE_FEATURE_"):
		case upper == "HTTP_PROXY", upper == "HTTPS_PROXY", upper == "NO_PROXY", upper == "ALL_PROXY":
			if at := strings.LastIndex(value, "@"); at >= 0 && !strings.Contains(value, "://") {
				value = settings.Redacted + value[at:] // the scheme may be left out
			}
		default:
			continue
		}
		out[name] = hideUser(value)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// flagOf is the flag that a variable of etcd stands for (go.etcd.io/etcd/pkg/v3 v3.7.3, flags/flag.go,
// FlagToEnv): none of etcd's flags has a _ in its name.
func flagOf(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "ETCD_"), "_", "-"))
}

// isPassword names the flags whose values are secret: etcd's --discovery-password, and --discovery-user,
// which may say name:password (go.etcd.io/etcd/server/v3 v3.7.3, embed/config.go). Kubernetes' own
// flags name files where something is secret.
func isPassword(flag string) bool {
	return strings.HasSuffix(flag, "password") || flag == "discovery-user"
}

// hide replaces what is secret on a command line.
func hide(args []string) []string {
	out := make([]string, 0, len(args))
	password := false
	for _, word := range args {
		flag, _, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case password:
			word = settings.Redacted
		case strings.HasPrefix(word, "-") && given && isPassword(flag):
			word = word[:strings.Index(word, "=")+1] + settings.Redacted
		default:
			word = hideUser(word)
		}
		password = !password && strings.HasPrefix(word, "-") && !given && isPassword(flag)
		out = append(out, word)
	}
	return out
}

// hideUser replaces the user and password of every URL in a text, which may be a list or follow a flag's name.
func hideUser(text string) string {
	parts := strings.SplitAfter(text, "://")
	for i := 1; i < len(parts); i++ {
		end := strings.IndexAny(parts[i], "/?#, \"'")
		if end < 0 {
			end = len(parts[i])
		}
		if at := strings.LastIndex(parts[i][:end], "@"); at >= 0 {
			parts[i] = settings.Redacted + parts[i][at:]
		}
	}
	return strings.Join(parts, "")
}
