package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// ConfigError tells why a kubeconfig, or the credentials in it, cannot be used.
type ConfigError struct {
	File   string // the kubeconfig, or the list of those that KUBECONFIG names
	Why    string // lower case, no full stop, never a credential
	Remedy string // what to do
}

// Error says all of it in one line.
func (e *ConfigError) Error() string {
	text := e.File + ": " + e.Why
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// load finds the API server as kubectl does (k8s.io/client-go v0.37.0, tools/clientcmd). It differs in one
// thing: an old kubeconfig is not copied to where newer versions have it, because nothing is written here.
func load(o Options) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.MigrationRules = nil
	rules.ExplicitPath = o.Kubeconfig
	rules.Warner = func(error) {} // a missing file of several is no matter
	file := configFile(o.Kubeconfig, rules.Precedence)
	raw, err := rules.Load()
	if err != nil {
		return nil, unreadable(file, err)
	}
	if fault := contextFault(file, slices.Sorted(maps.Keys(raw.Contexts)), raw.CurrentContext, o.Context); fault != nil {
		return nil, fault
	}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.Context}
	config, err := clientcmd.NewNonInteractiveClientConfig(*raw, o.Context, overrides, rules).ClientConfig()
	if clientcmd.IsEmptyConfig(err) && o.Kubeconfig == "" && o.Context == "" {
		config, err = rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			return nil, &ConfigError{file, "names no cluster", "name a kubeconfig with --kubeconfig, or set KUBECONFIG"}
		}
	}
	switch {
	case clientcmd.IsEmptyConfig(err):
		return nil, &ConfigError{file, "names no cluster", "name another kubeconfig with --kubeconfig"}
	case err != nil:
		// These name fields and files of the kubeconfig (tools/clientcmd/validation.go), no contents.
		return nil, &ConfigError{file, oneLine(err), "correct the kubeconfig"}
	}
	if config.AuthProvider != nil {
		return nil, &ConfigError{file, "its user has an auth-provider, which is not known here", "use an exec plugin, as newer versions of the provider's tool write it"}
	}
	config.UserAgent = "hardstrap"
	return config, nil
}

// contextFault says what is wrong with the context that is wanted, or with the current one.
func contextFault(file string, names []string, current, wanted string) *ConfigError {
	those := "name one with --context: " + strings.Join(names, ", ")
	name := cmp.Or(wanted, current)
	switch {
	case name != "" && !slices.Contains(names, name) && (wanted != "" || len(names) > 0):
		return &ConfigError{file, fmt.Sprintf("there is no context %q", name), those}
	case name == "" && len(names) > 0:
		return &ConfigError{file, "there is no current context", those}
	}
	return nil
}

// configFile names what is read, for messages.
func configFile(explicit string, precedence []string) string {
	if explicit != "" {
		return explicit
	}
	return strings.Join(precedence, string(filepath.ListSeparator))
}

var yamlLine = regexp.MustCompile(`line \d+`)

// unreadable says why a kubeconfig was not read. What a parser says may quote the file, so only the line
// is taken from it.
func unreadable(file string, err error) *ConfigError {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ConfigError{file, "there is no such file", "name a kubeconfig with --kubeconfig, or set KUBECONFIG"}
	case os.IsPermission(err) || strings.Contains(err.Error(), fs.ErrPermission.Error()):
		return &ConfigError{file, "permission denied", "run as who may read it"}
	}
	why := "is no kubeconfig"
	if line := yamlLine.FindString(err.Error()); line != "" {
		why += " from " + line + " on"
	}
	return &ConfigError{file, why, "see that it is what kubectl config view reads"}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
