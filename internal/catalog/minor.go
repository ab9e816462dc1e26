package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Minor is what is known of one Kubernetes minor.
type Minor struct {
	// Name is the minor, as in 1.37.
	Name string
	// Version is the release the facts were made from, as in 1.37.0.
	Version string
	// OutOfSupport is empty for a minor that upstream supports, and otherwise says since when it is not.
	OutOfSupport string
	// Etcd is the etcd that this minor's kubeadm deploys.
	Etcd *Etcd

	facts *minorFile
}

// Etcd is what is known of one etcd minor.
type Etcd struct {
	// Name is the minor, as in 3.7.
	Name string
	// Version is the release the facts were made from, as in 3.7.3.
	Version string
	// Image is the tag of the image that kubeadm deploys, as in 3.7.0-0.
	Image string

	facts *etcdFile
}

// minorFile is data/kubernetes-<minor>.json.
type minorFile struct {
	Modules     map[string]string                     `json:"modules"`
	Flags       map[string]*lazy[map[string]Flag]     `json:"flags"`
	Fields      map[string]*lazy[map[string]rawField] `json:"fields"`
	Gates       lazy[map[string]Gate]                 `json:"gates"`
	APIVersions map[string][]string                   `json:"apiVersions"`
	Admission   lazy[admissionFacts]                  `json:"admission"`
	TLS         lazy[tlsFacts]                        `json:"tls"`
	Kubeadm     kubeadmFacts                          `json:"kubeadm"`
}

// etcdFile is data/etcd-<minor>.json.
type etcdFile struct {
	Modules map[string]string                     `json:"modules"`
	Flags   map[string]*lazy[map[string]Flag]     `json:"flags"`
	Fields  map[string]*lazy[map[string]rawField] `json:"fields"`
	Gates   lazy[map[string]Gate]                 `json:"gates"`
	TLS     lazy[tlsFacts]                        `json:"tls"`
}

type admissionFacts struct {
	Plugins   []string `json:"plugins"`
	DefaultOn []string `json:"defaultOn"`
}

type rawField struct {
	Type    string          `json:"type"`
	Default json.RawMessage `json:"default"`
}

type tlsFacts struct {
	CipherSuites []CipherSuite `json:"cipherSuites"`
	Versions     []string      `json:"versions"`
	Curves       []Curve       `json:"curves"`
}

const etcdComponent = "etcd"

func load(minor string) (*Minor, error) {
	m := &Minor{Name: minor, facts: &minorFile{}}
	if err := decode("kubernetes-"+minor, m.facts); err != nil {
		return nil, err
	}
	m.Version = strings.TrimPrefix(m.facts.Modules["k8s.io/kubernetes"], "v")
	out, err := outOfSupport(minor)
	if err != nil {
		return nil, err
	}
	m.OutOfSupport = out
	image := m.facts.Kubeadm.EtcdVersion
	m.Etcd, err = loadEtcd(image)
	return m, err
}

// loadEtcd finds the facts for the image kubeadm deploys: those of the same etcd minor.
func loadEtcd(image string) (*Etcd, error) {
	major, rest, _ := strings.Cut(image, ".")
	minor, _, ok := strings.Cut(rest, ".")
	if !ok {
		return nil, fmt.Errorf("the catalog's etcd version %q is not one", image)
	}
	e := &Etcd{Name: major + "." + minor, Image: image, facts: &etcdFile{}}
	if err := decode("etcd-"+e.Name, e.facts); err != nil {
		return nil, err
	}
	e.Version = strings.TrimPrefix(e.facts.Modules["go.etcd.io/etcd/server/v3"], "v")
	return e, nil
}

// Modules returns the modules the minor's facts were made from, module path to version.
func (m *Minor) Modules() map[string]string { return maps.Clone(m.facts.Modules) }

// Components returns the names of the components that have flags, etcd among them, sorted.
func (m *Minor) Components() []string {
	names := append(sortedKeys(m.facts.Flags), etcdComponent)
	slices.Sort(names)
	return names
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
