//go:build etcd35 || etcd36 || etcd37

// Command etcd prints the part of the catalog that etcd's own code knows: the server's flags, the keys of its
// configuration file, its feature gates and TLS names. Build it with mods/etcd-<minor>.mod.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.etcd.io/etcd/client/pkg/v3/tlsutil"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	flags, err := flags()
	if err != nil {
		return err
	}
	keys, err := configKeys()
	if err != nil {
		return err
	}
	part := facts.Part{
		Flags:  map[string]map[string]facts.Flag{"etcd": flags},
		Gates:  map[string]map[string]facts.Gate{"etcd": gates()},
		Fields: map[string]map[string]facts.Field{"EtcdConfig": keys},
		Sections: map[string]any{"tls": map[string]any{
			"cipherSuites": cipherSuites(),
			"versions":     tlsVersions(),
		}},
	}
	return part.Print(os.Stdout)
}

// flags reads the set that etcdmain builds. Flags that etcd accepts only to ignore them are left out: they set nothing.
func flags() (map[string]facts.Flag, error) {
	fs := flagSet()
	if fs == nil || fs.Name() != "etcd" {
		return nil, fmt.Errorf("etcdmain's config is not laid out as reach.go says")
	}
	deprecated := deprecatedFlags()
	out := map[string]facts.Flag{}
	fs.VisitAll(func(f *flag.Flag) {
		kind := flagType(f.Value)
		if kind == "IgnoredFlag" {
			return
		}
		message := deprecated[f.Name]
		if message == "" && strings.Contains(strings.ToLower(f.Usage), "deprecated") {
			message = facts.FirstSentence(f.Usage)
		}
		out[f.Name] = facts.Flag{Type: kind, Default: f.DefValue, Deprecated: message, Usage: facts.FirstSentence(f.Usage)}
	})
	return out, nil
}

// flagType names the type of a value: the standard library's are *flag.boolValue and so on, etcd's own *flags.StringsValue.
func flagType(v flag.Value) string {
	name := reflect.TypeOf(v).Elem().Name()
	return strings.TrimSuffix(name, "Value")
}

type cipherSuite struct {
	Name      string `json:"name"`
	ID        uint16 `json:"id"`
	Insecure  bool   `json:"insecure,omitempty"`
	TLS13Only bool   `json:"tls13Only,omitempty"`
}

// cipherSuites lists the names etcd's own lookup takes: Go's, and the two older names for ChaCha20.
func cipherSuites() []cipherSuite {
	var out []cipherSuite
	add := func(name string, insecure, tls13Only bool) {
		if id, ok := tlsutil.GetCipherSuite(name); ok {
			out = append(out, cipherSuite{Name: name, ID: id, Insecure: insecure, TLS13Only: tls13Only})
		}
	}
	for _, c := range tls.CipherSuites() {
		add(c.Name, false, len(c.SupportedVersions) == 1 && c.SupportedVersions[0] == tls.VersionTLS13)
		add(strings.TrimSuffix(c.Name, "_SHA256")+aliasMark(c.Name), false, false)
	}
	for _, c := range tls.InsecureCipherSuites() {
		add(c.Name, true, false)
	}
	slices.SortFunc(out, func(a, b cipherSuite) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// aliasMark makes the shortened name of a suite that has no older name one that no lookup knows.
func aliasMark(name string) string {
	if strings.HasPrefix(name, "TLS_ECDHE_") && strings.HasSuffix(name, "_CHACHA20_POLY1305_SHA256") {
		return ""
	}
	return " has no older name"
}

// tlsVersions lists what --tls-min-version and --tls-max-version take, found by asking etcd's own parser.
func tlsVersions() []string {
	var out []string
	for _, v := range []string{"TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3", "TLS1.4"} {
		if _, err := tlsutil.GetTLSVersion(v); err == nil {
			out = append(out, v)
		}
	}
	return out
}
