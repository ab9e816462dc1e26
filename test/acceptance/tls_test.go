package acceptance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// listenerPolicy is what rendered settings say a TLS listener does.
type listenerPolicy struct {
	minVersion uint16   // the lowest version it accepts
	suites     []uint16 // the TLS 1.2 suites it accepts; nil for Go's own choice
	http2      bool
	client     *tls.Certificate // shown to a server that asks for one
}

var versionNames = map[string]uint16{
	"": tls.VersionTLS12,
	// As kube-apiserver, the kubelet and the others spell them, and as etcd does.
	"VersionTLS10": tls.VersionTLS10, "VersionTLS11": tls.VersionTLS11,
	"VersionTLS12": tls.VersionTLS12, "VersionTLS13": tls.VersionTLS13,
	"TLS1.2": tls.VersionTLS12, "TLS1.3": tls.VersionTLS13,
}

// policyOf reads a listener's settings from their rendered spelling.
func policyOf(minVersion string, suites []string) (listenerPolicy, error) {
	version, ok := versionNames[minVersion]
	if !ok {
		return listenerPolicy{}, fmt.Errorf("unknown TLS version %q", minVersion)
	}
	ids := map[string]uint16{}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids[suite.Name] = suite.ID
	}
	ids["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"] = tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
	ids["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"] = tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
	policy := listenerPolicy{minVersion: version, http2: true}
	for _, name := range suites {
		id, ok := ids[name]
		if !ok {
			return listenerPolicy{}, fmt.Errorf("unknown cipher suite %q", name)
		}
		policy.suites = append(policy.suites, id)
	}
	return policy, nil
}

// refusals that only a server gives: anything else means that the question was not answered.
var refusals = []string{"handshake failure", "protocol version", "remote error", "EOF", "connection reset", "insufficient security"}

// shake connects once and returns what was agreed on.
func (p listenerPolicy) shake(address string, version uint16, suites []uint16) (tls.ConnectionState, error) {
	config := &tls.Config{
		MinVersion: version, MaxVersion: version, CipherSuites: suites,
		NextProtos:         []string{"h2", "http/1.1"},
		InsecureSkipVerify: true, // whose certificate it is does not matter to what is asked here
	}
	if p.client != nil {
		config.Certificates = []tls.Certificate{*p.client}
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", address, config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

// holds checks by handshakes that the listener at address does what the settings say.
func (p listenerPolicy) holds(address string) error {
	var problems []error
	must := func(what string, version uint16, suites []uint16) {
		state, err := p.shake(address, version, suites)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("%s is refused: %w", what, err))
		case p.http2 && state.NegotiatedProtocol != "h2":
			problems = append(problems, fmt.Errorf("%s agrees on %q instead of HTTP/2", what, state.NegotiatedProtocol))
		case version == tls.VersionTLS12 && p.suites != nil && !slices.Contains(p.suites, state.CipherSuite):
			problems = append(problems, fmt.Errorf("%s agrees on %s, which the settings do not list", what, tls.CipherSuiteName(state.CipherSuite)))
		}
	}
	mustNot := func(what string, version uint16, suites []uint16) {
		_, err := p.shake(address, version, suites)
		switch {
		case err == nil:
			problems = append(problems, fmt.Errorf("%s is accepted", what))
		case !slices.ContainsFunc(refusals, func(refusal string) bool { return strings.Contains(err.Error(), refusal) }):
			problems = append(problems, fmt.Errorf("%s: the server did not answer: %w", what, err))
		}
	}

	must("TLS 1.3", tls.VersionTLS13, nil)
	var known []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			known = append(known, suite.ID)
		}
	}
	switch {
	case p.minVersion > tls.VersionTLS12:
		mustNot("TLS 1.2", tls.VersionTLS12, known)
	case p.suites == nil:
		must("TLS 1.2", tls.VersionTLS12, nil)
	default:
		must("TLS 1.2 with every suite there is", tls.VersionTLS12, known)
		unlisted := slices.DeleteFunc(slices.Clone(known), func(id uint16) bool { return slices.Contains(p.suites, id) })
		if len(unlisted) > 0 {
			mustNot("TLS 1.2 with only suites that are not listed", tls.VersionTLS12, unlisted)
		}
	}
	if p.minVersion > tls.VersionTLS11 {
		mustNot("TLS 1.1", tls.VersionTLS11, known)
	}
	return errors.Join(problems...)
}
