//go:build etcd35

package main

import (
	"flag"
	"fmt"
	_ "unsafe" // go:linkname

	"go.etcd.io/etcd/server/v3/embed"
	_ "go.etcd.io/etcd/server/v3/etcdmain"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

// mainConfig begins as etcdmain's config does (etcdmain/config.go of 3.5); newConfig makes one of those.
type mainConfig struct {
	ec embed.Config
	cp struct {
		_ [5]uint
		_ [4]string
	}
	flagSet *flag.FlagSet
}

//go:linkname newConfig go.etcd.io/etcd/server/v3/etcdmain.newConfig
func newConfig() *mainConfig

//go:linkname mainDeprecated go.etcd.io/etcd/server/v3/etcdmain.deprecatedFlags
var mainDeprecated map[string]struct{}

func flagSet() *flag.FlagSet { return newConfig().flagSet }

func deprecatedFlags() map[string]string {
	out := map[string]string{}
	for name := range mainDeprecated {
		// deprecatedWarningMessage of etcdmain/config.go.
		out[name] = fmt.Sprintf("--%s is deprecated in 3.5 and will be decommissioned in 3.6.", name)
	}
	return out
}

// gates is empty: feature gates came with 3.6.
func gates() map[string]facts.Gate { return nil }
