package wire

import (
	"crypto/tls"
	"slices"
	"strings"
)

// span is a range of numbers, both ends in it.
type span struct{ from, to uint16 }

func spans(list ...span) []uint16 {
	var out []uint16
	for _, s := range list {
		for n := s.from; n <= s.to; n++ {
			out = append(out, n)
		}
	}
	return out
}

// oldSuites are the numbers of suites up to TLS 1.2: the blocks of IANA's registry "TLS Cipher
// Suites", without NULL_WITH_NULL_NULL, which is never a choice, and the signalling values.
func oldSuites() []uint16 {
	return spans(span{0x0001, 0x00C7}, span{0xC001, 0xC0C7}, span{0xC100, 0xC107}, span{0xCC13, 0xCC15}, span{0xCCA8, 0xCCAE}, span{0xD001, 0xD005})
}

// newSuites are the numbers of suites of TLS 1.3 (same registry).
func newSuites() []uint16 {
	return spans(span{0x1301, 0x1307}, span{0x00C6, 0x00C7}, span{0xC0B4, 0xC0B5})
}

// allGroups are the numbers of key exchanges (IANA, "TLS Supported Groups"), drafts that were
// deployed among them.
func allGroups() []uint16 {
	return spans(span{1, 41}, span{256, 260}, span{512, 514}, span{4587, 4590}, span{0x6399, 0x639A})
}

// suiteNames returns names in the spelling of crypto/tls, sorted; a number where it has none.
func suiteNames(ids []uint16) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, tls.CipherSuiteName(id))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Testable returns the suites up to TLS 1.2 that crypto/tls has and that a server with such a
// certificate can take: which one is chosen depends on the key that signs (go1.26,
// crypto/tls/handshake_server.go, cipherSuiteOk). The algorithm is spelled as wire/certificate/key,
// as in RSA-2048 or ECDSA-P256; "" and any other have none.
func Testable(certAlgorithm string) []string {
	family, _, _ := strings.Cut(certAlgorithm, "-")
	out := []string{}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ecdsa := strings.Contains(suite.Name, "_ECDSA_")
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS12) &&
			(family == "RSA" && !ecdsa || (family == "ECDSA" || family == "Ed25519") && ecdsa) {
			out = append(out, suite.Name)
		}
	}
	slices.Sort(out)
	return out
}
