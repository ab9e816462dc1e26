// Package wire owns the source that needs no access: what a component shows to anybody who opens a
// connection to it. It never sends a credential, never verifies whom it talks with (an expired or
// self-signed certificate is something to see, not a reason to stop), never reads a body but that of
// /version, knows no profile and merges nothing. It opens connections and sends handshakes and plain
// GETs; the log of a server will have one line for each handshake that was left.
//
// # Two ways of shaking hands
//
// Versions, suites and groups are asked with a ClientHello of its own (hello.go, answer.go) that is
// left after the server's first message, because crypto/tls cannot ask for everything: it has no SSL
// 3.0, no DHE, NULL or export suites, and under GODEBUG=fips140=on the one that looks would silently
// not offer what it should look for. Every suite number that IANA has given is offered. TLS 1.3 is
// asked with no key share at all, which RFC 8446, 4.2.8 allows: the server then names suite and group
// in a HelloRetryRequest, and nothing has to be computed. What must be a whole handshake (the
// certificate, whether the client needs one, GETs) is done by crypto/tls.
//
// What is offered is everything; what the server takes is noted and left out of the next offer, until
// it refuses with an alert. Only such an alert is a refusal. A timeout, a reset, a closed
// connection or garbage is observe.Unknown, as are the settings that depend on it.
//
// # What is shown
//
// In the key space of the profile, of kube-apiserver, kube-controller-manager and kube-scheduler:
// --tls-min-version, --tls-cipher-suites, --tls-curve-preferences; of the API server --anonymous-auth;
// of a kubelet with its role: tlsMinVersion, tlsCipherSuites, tlsCurvePreferences,
// authentication.anonymous.enabled, readOnlyPort; of etcd: --tls-min-version, --tls-max-version,
// --cipher-suites, and by the side asked --client-cert-auth or --peer-client-cert-auth. Beside them
// stands what no setting says, of each component:
//
//	wire/tls-versions            the versions taken, spelled as the component spells them
//	wire/tls13-suites            suites of TLS 1.3, which cannot be configured in Go
//	wire/groups                  of etcd, which has no setting for them
//	wire/testable-suites         suites up to TLS 1.2 that could have been seen; see Testable
//	wire/client-certificate      none, asked or required
//	wire/certificate/key         as in RSA-2048, ECDSA-P256, Ed25519: kubeadm's encryptionAlgorithm
//	wire/certificate/signature   as in SHA256-RSA
//	wire/certificate/issuer      the distinguished name
//	wire/certificate/not-before  RFC 3339, UTC
//	wire/certificate/not-after   RFC 3339, UTC
//	anonymous/GET /path          denied, forbidden or allowed; see Expect
//
// # What has to be known to compare
//
// The wire shows what holds, not what is written. A version that is configured but has no suite (TLS
// 1.0 with GCM suites only) is not taken and not shown. A server with an RSA certificate cannot show
// its suites for ECDSA, nor the other way round: a wanted list is to be reduced to
// wire/testable-suites first. Where only TLS 1.3 is taken, both lists are empty. A suite without a
// name in crypto/tls is shown by its number, as in 0x009E; the two older names of the CHACHA20 suites,
// without _SHA256, are never shown. Groups are asked in TLS 1.3, where all of
// them can be used, the hybrids only there; a server without it leaves them unknown.
//
// --anonymous-auth is shown only where the answers leave no doubt: false when every path is denied,
// true when paths that are no health path have an identity. Between the two stands an
// AuthenticationConfiguration with conditions, which cannot be read off answers: then the paths speak
// alone, and Expect says what the wanted settings imply for each.
//
// A kubelet has authentication.anonymous.enabled true when GET /pods is answered 200 or 403: it
// authenticates first and answers 401 to who has no identity (kubernetes v1.37.0,
// pkg/kubelet/server/server.go:381). etcd wants a client's certificate when --client-cert-auth is set
// or --trusted-ca-file is given (etcd client/pkg v3.7.3, transport/listener.go:540): the wire cannot
// tell the two apart, and they do the same.
//
// readOnlyPort is 0 only where a connection is refused, and says nothing of other ports than the one
// asked. A firewall may refuse in the kubelet's place.
//
// Start reading at Probe, then tlsSettings.
package wire
