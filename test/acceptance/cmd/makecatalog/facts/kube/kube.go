// Package kube reads facts out of what every Kubernetes component has: a pflag set, a feature gate set and schemes.
// It knows no component. Start reading at Flags.
package kube

import (
	"fmt"
	"os"
	"sort"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/featuregate"
	"k8s.io/component-base/logs"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

// CommandFlags reads every flag a command accepts once component-base/cli.Run has made its additions: its own, the log
// flags, and what cobra takes over from the process-wide set.
func CommandFlags(cmd *cobra.Command) map[string]facts.Flag {
	cmd.SetGlobalNormalizationFunc(cliflag.WordSepNormalizeFunc)
	logs.AddFlags(cmd.PersistentFlags())
	cmd.LocalFlags() // merges them all into Flags
	return Flags(cmd.Flags())
}

// Flags reads every flag of a set, hidden and deprecated ones too. cobra's own --help is left out: it sets nothing.
func Flags(fs *pflag.FlagSet) map[string]facts.Flag {
	out := map[string]facts.Flag{}
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		out[f.Name] = facts.Flag{
			Type:       f.Value.Type(),
			Default:    f.DefValue,
			Deprecated: f.Deprecated,
			Hidden:     f.Hidden,
			Usage:      facts.FirstSentence(f.Usage),
		}
	})
	return out
}

// Gates reads every gate known at the version the component emulates, which is its own.
func Gates(gates featuregate.MutableFeatureGate) map[string]facts.Gate {
	out := map[string]facts.Gate{}
	for name, spec := range gates.GetAll() {
		stage := string(spec.PreRelease)
		if stage == "" {
			stage = "GA"
		}
		out[string(name)] = facts.Gate{Stage: stage, Default: spec.Default, Locked: spec.LockToDefault}
	}
	return out
}

// APIVersions returns, for each of the kinds, every group/version of it that one of the schemes can read: stable before
// beta before alpha. It fails when no scheme knows a kind, so that a renamed kind is noticed.
func APIVersions(kinds []string, schemes ...*runtime.Scheme) (map[string][]string, error) {
	out := map[string][]string{}
	for _, kind := range kinds {
		seen := map[string]bool{}
		for _, scheme := range schemes {
			for gvk := range scheme.AllKnownTypes() {
				if gvk.Kind == kind && gvk.Version != runtime.APIVersionInternal {
					seen[gvk.GroupVersion().String()] = true
				}
			}
		}
		if len(seen) == 0 {
			return nil, fmt.Errorf("no scheme knows the kind %s", kind)
		}
		versions := make([]string, 0, len(seen))
		for v := range seen {
			versions = append(versions, v)
		}
		sort.Slice(versions, func(i, j int) bool { return newer(versions[i], versions[j]) })
		out[kind] = versions
	}
	return out, nil
}

// newer orders group/versions: by version as kube-apiserver does, then by group.
func newer(a, b string) bool {
	ga, va := split(a)
	gb, vb := split(b)
	if c := version.CompareKubeAwareVersionStrings(va, vb); c != 0 {
		return c > 0
	}
	return ga < gb
}

func split(groupVersion string) (group, version string) {
	for i := len(groupVersion) - 1; i >= 0; i-- {
		if groupVersion[i] == '/' {
			return groupVersion[:i], groupVersion[i+1:]
		}
	}
	return "", groupVersion
}

// Main prints the part that read returns, or says on stderr why it could not and ends with 1.
func Main(read func() (*facts.Part, error)) {
	part, err := read()
	if err == nil {
		err = part.Print(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
