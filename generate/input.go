package generate

import (
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Keys gives the encryption keys of a bundle by name.
type Keys interface {
	Names() []string // the key that writes first
	Secret(name string) (base64 string, ok bool)
	Placeholder() bool // no real key is in there
}

// Input is everything a bundle is rendered from.
type Input struct {
	Name     string        // the profile's name
	Version  string        // Kubernetes' version, 1.37.0
	Etcd     string        // the etcd that this version of kubeadm deploys, 3.7
	Settings *settings.Set // all values, decided
	Keys     Keys          // nil where nothing is encrypted with a local key

	// FlagType names the type of a component's flag as pflag does, or returns "".
	FlagType func(component, flag string) string

	FileIntegrity bool // a list of the files is wanted

	Waivers []Waiver // what the profile gives up on purpose, for the README
}

// Waiver is a control given up on purpose.
type Waiver struct {
	Control string
	Reason  string
}
