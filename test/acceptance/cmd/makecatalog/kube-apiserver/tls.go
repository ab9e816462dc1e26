package main

import (
	"crypto/tls"
	"math"
	"slices"
	"strings"

	cliflag "k8s.io/component-base/cli/flag"
)

type cipherSuite struct {
	Name      string `json:"name"`
	ID        uint16 `json:"id"`
	Insecure  bool   `json:"insecure,omitempty"`
	TLS13Only bool   `json:"tls13Only,omitempty"`
}

type curve struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type tlsSection struct {
	CipherSuites []cipherSuite `json:"cipherSuites"`
	Versions     []string      `json:"versions"`
	Curves       []curve       `json:"curves"`
}

// tlsNames lists the names that the flags of every Kubernetes component accept (k8s.io/component-base/cli/flag), and the
// curves where the release has a flag for them: those that this Go has a name for (curves_flag.go).
func tlsNames(hasCurves bool) tlsSection {
	s := tlsSection{Versions: cliflag.TLSPossibleVersions()}
	insecure := cliflag.InsecureTLSCiphers()
	for _, name := range cliflag.TLSCipherPossibleValues() {
		ids, err := cliflag.TLSCipherSuites([]string{name})
		if err != nil {
			panic(err) // a name the library lists and then refuses
		}
		_, bad := insecure[name]
		s.CipherSuites = append(s.CipherSuites, cipherSuite{Name: name, ID: ids[0], Insecure: bad, TLS13Only: tls13Only(ids[0])})
	}
	slices.SortFunc(s.CipherSuites, func(a, b cipherSuite) int { return strings.Compare(a.Name, b.Name) })
	for id := 1; hasCurves && id <= math.MaxUint16; id++ {
		if name := tls.CurveID(id).String(); !strings.HasPrefix(name, "CurveID(") {
			s.Curves = append(s.Curves, curve{ID: id, Name: name})
		}
	}
	return s
}

func tls13Only(id uint16) bool {
	for _, c := range tls.CipherSuites() {
		if c.ID == id {
			return len(c.SupportedVersions) == 1 && c.SupportedVersions[0] == tls.VersionTLS13
		}
	}
	return false
}
