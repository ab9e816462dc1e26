//go:build etcd36 || etcd37

package main

import (
	"flag"
	"maps"
	_ "unsafe" // go:linkname

	"go.etcd.io/etcd/server/v3/embed"
	_ "go.etcd.io/etcd/server/v3/etcdmain"
	"go.etcd.io/etcd/server/v3/features"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

// mainConfig begins as etcdmain's config does (etcdmain/config.go); newConfig makes one of those.
type mainConfig struct {
	ec      embed.Config
	flagSet *flag.FlagSet
}

//go:linkname newConfig go.etcd.io/etcd/server/v3/etcdmain.newConfig
func newConfig() *mainConfig

//go:linkname mainDeprecated go.etcd.io/etcd/server/v3/etcdmain.deprecatedFlags
var mainDeprecated map[string]string

func flagSet() *flag.FlagSet { return newConfig().flagSet }

func deprecatedFlags() map[string]string { return maps.Clone(mainDeprecated) }

func gates() map[string]facts.Gate {
	out := map[string]facts.Gate{}
	for name, spec := range features.DefaultEtcdServerFeatureGates {
		stage := string(spec.PreRelease)
		if stage == "" {
			stage = "GA"
		}
		out[string(name)] = facts.Gate{Stage: stage, Default: spec.Default, Locked: spec.LockToDefault}
	}
	return out
}
