package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

// maxResponse bounds what is read of an answer to a GET, headers and body.
const maxResponse = 64 << 10

// visit is a whole handshake without a client's certificate, and a GET.
type visit struct {
	shaken      bool   // the handshake came to its end on this side
	version     uint16 // of TLS
	certificate *x509.Certificate
	asked       bool // the server asked for a client's certificate
	answered    bool // something came after the handshake
	status      int
	body        []byte // of an answer 200, its beginning
	err         error
}

// remoteAlert is an alert that crypto/tls received, in its words.
type remoteAlert string

// Error implements error.
func (a remoteAlert) Error() string { return "refuses with the TLS alert " + string(a) }

// get shakes hands with all that crypto/tls has and asks for a path. Nothing is verified: who it is is
// not the question here.
func (p *prober) get(ctx context.Context, path string) visit {
	var out visit
	out.err = p.connect(ctx, func(ctx context.Context, conn net.Conn) error {
		out = visit{}
		client := tls.Client(conn, p.config(&out))
		err := client.HandshakeContext(ctx)
		if err != nil {
			return told(err)
		}
		out.shaken, out.version = true, client.ConnectionState().Version
		return told(out.request(client, p.endpoint.Address, path))
	})
	return out
}

// getPlain asks for a path without TLS.
func (p *prober) getPlain(ctx context.Context, path string) visit {
	var out visit
	out.err = p.connect(ctx, func(_ context.Context, conn net.Conn) error {
		out = visit{shaken: true}
		return out.request(conn, p.endpoint.Address, path)
	})
	return out
}

func (p *prober) config(out *visit) *tls.Config {
	config := &tls.Config{
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         tls.VersionTLS13,
		NextProtos:         []string{"http/1.1"},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			out.asked = true
			return &tls.Certificate{}, nil // none
		},
		VerifyConnection: func(state tls.ConnectionState) error {
			out.version = state.Version
			if len(state.PeerCertificates) > 0 {
				out.certificate = state.PeerCertificates[0]
			}
			return nil
		},
	}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	config.ServerName = p.endpoint.serverName()
	return config
}

// request sends a GET without credentials. That it cannot be written is no fault yet: a server that
// wants a certificate may have said so and gone.
func (v *visit) request(conn net.Conn, address, path string) error {
	_, writeErr := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+withoutZone(address)+"\r\nUser-Agent: hardstrap\r\nAccept: */*\r\nConnection: close\r\n\r\n")
	limited := &io.LimitedReader{R: conn, N: maxResponse}
	response, err := http.ReadResponse(bufio.NewReader(limited), nil)
	v.answered = limited.N < maxResponse
	if err != nil {
		return cmpErr(err, writeErr, limited.N == 0)
	}
	defer func() { _ = response.Body.Close() }()
	v.status = response.StatusCode
	if v.status == http.StatusOK && path == versionPath {
		v.body, _ = io.ReadAll(response.Body) // what is cut off is no JSON and says so later
	}
	return nil
}

// withoutZone leaves out what is of this machine only, as in [fe80::1%eth0]:6443 (RFC 6874, 1).
func withoutZone(address string) string {
	before, zone, ok := strings.Cut(address, "%")
	if !ok {
		return address
	}
	return before + zone[strings.Index(zone, "]"):]
}

// cmpErr chooses the error that tells most.
func cmpErr(read, write error, full bool) error {
	var fault *net.OpError
	switch {
	case full:
		return errTooLong
	case errors.As(read, &fault), errors.Is(read, context.DeadlineExceeded):
		return read
	case errors.Is(read, io.EOF), errors.Is(read, io.ErrUnexpectedEOF):
		if write != nil {
			return write
		}
		return errClosed
	}
	return errors.New("answers with what is no HTTP")
}

// told makes an alert of the server's recognizable. crypto/tls keeps its type to itself and gives
// *net.OpError with the operation "remote error" (go1.26, crypto/tls/conn.go:733).
func told(err error) error {
	var fault *net.OpError
	if errors.As(err, &fault) && fault.Op == "remote error" {
		return remoteAlert(fault.Err.Error())
	}
	if errors.Is(err, io.EOF) {
		return errClosed
	}
	var header tls.RecordHeaderError
	if errors.As(err, &header) {
		return errNotTLS
	}
	return err
}

// clientCertificate says whether a client's certificate is wanted: none, asked or required. ok is false
// where the visit does not tell. A server that requires one ends the handshake with an alert after it
// has asked; in TLS 1.3 the alert comes when the client believes itself done (RFC 8446, 4.4.2.4; RFC
// 5246, 7.4.6; go1.26, crypto/tls/handshake_server.go:964).
func (v visit) clientCertificate() (word string, ok bool) {
	var alert remoteAlert
	switch {
	case v.err != nil && v.asked && errors.As(v.err, &alert):
		return "required", slices.Contains([]remoteAlert{"tls: certificate required", "tls: bad certificate", "tls: handshake failure"}, alert)
	case !v.answered && (!v.shaken || v.version >= tls.VersionTLS13):
		return "", false
	case v.asked:
		return "asked", true
	}
	return "none", true
}
