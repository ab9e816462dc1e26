package catalog

import "slices"

// CipherSuite is one name that a tls-cipher-suites setting accepts.
type CipherSuite struct {
	Name string `json:"name"`
	ID   uint16 `json:"id"`
	// Insecure tells that the component accepts the suite and warns.
	Insecure bool `json:"insecure"`
	// TLS13Only tells that naming the suite has no effect: TLS 1.3 suites are not configurable.
	TLS13Only bool `json:"tls13Only"`
}

// Curve is one key exchange that a tls-curve-preferences setting accepts.
type Curve struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// CipherSuites returns the cipher suite names that every Kubernetes component of the minor accepts, sorted by name.
func (m *Minor) CipherSuites() []CipherSuite { return slices.Clone(m.facts.TLS.get().CipherSuites) }

// TLSVersions returns the values of tls-min-version, oldest first.
func (m *Minor) TLSVersions() []string { return slices.Clone(m.facts.TLS.get().Versions) }

// Curves returns the values of tls-curve-preferences, by ID; none for a minor without that flag.
func (m *Minor) Curves() []Curve { return slices.Clone(m.facts.TLS.get().Curves) }

// CipherSuites returns the cipher suite names that etcd accepts, sorted by name.
func (e *Etcd) CipherSuites() []CipherSuite { return slices.Clone(e.facts.TLS.get().CipherSuites) }

// TLSVersions returns the values of etcd's tls-min-version and tls-max-version, oldest first.
func (e *Etcd) TLSVersions() []string { return slices.Clone(e.facts.TLS.get().Versions) }
