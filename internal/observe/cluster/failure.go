package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// failure is why a request showed nothing. It quotes nothing of an answer, which may hold anything.
type failure struct {
	status     int    // of HTTP; 0 where the answer is not one of refusal
	answered   bool   // there was an answer, though not a usable one
	why        string // lower case, no full stop
	what       string // what to do, where it does not follow from the status
	login      bool   // the kubeconfig's credentials or its trust are the reason
	retryAfter time.Duration
}

// remedy says what to do about it.
func (f *failure) remedy() string {
	switch {
	case f.what != "":
		return f.what
	case f.status == http.StatusUnauthorized:
		return "renew the credentials of the kubeconfig"
	case f.status == http.StatusForbidden:
		return grant
	}
	return ""
}

// grant is what to do where a right is missing.
const grant = "grant it: hardstrap collect --print-cluster-role"

// refused is an answer with another status than 200.
func refused(response *http.Response, said []byte) *failure {
	f := &failure{status: response.StatusCode, answered: true, retryAfter: retryAfter(response)}
	switch f.status {
	case http.StatusUnauthorized:
		f.why = "the credentials are not accepted (401)"
	case http.StatusForbidden:
		f.why = "not allowed (403)"
	case http.StatusNotFound:
		f.why = "not found (404)"
	case http.StatusTooManyRequests:
		f.why = "too busy (429)"
	default:
		f.why = fmt.Sprintf("answered %d", f.status)
	}
	if bytes.Contains(said, []byte("x509: ")) { // the API server's text about a kubelet it asked
		f.why += ", because a certificate is not trusted"
	}
	return f
}

// noAnswer is a request that came to nothing.
func noAnswer(err error, timeout time.Duration) *failure {
	var (
		certificate *tls.CertificateVerificationError
		of          *url.Error
	)
	if errors.As(err, &of) {
		err = of.Err // the address is known
	}
	text := oneLine(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{why: fmt.Sprintf("no answer within %s", timeout)}
	case errors.Is(err, context.Canceled):
		return &failure{why: "the reading was stopped"}
	case errors.Is(err, errRedirect):
		return &failure{why: "redirected to another host, where the credentials are not sent", answered: true}
	case errors.As(err, &certificate):
		return &failure{why: "the server's certificate is not trusted: " + oneLine(certificate.Err), login: true,
			what: "see that certificate-authority of the kubeconfig is the cluster's"}
	case strings.HasPrefix(text, "getting credentials: "):
		// What follows is of client-go's exec plugin; it quotes the plugin's output when it cannot be decoded
		// (k8s.io/client-go v0.37.0, plugin/pkg/client/auth/exec/exec.go).
		text, _, _ = strings.Cut(strings.TrimPrefix(text, "getting credentials: "), ": decoding stdout")
		text, _, _ = strings.Cut(text, "decoding stdout")
		if text == "" {
			text = "what it printed is no ExecCredential"
		}
		return &failure{why: "the exec plugin gives no credentials: " + text, login: true, what: "see that kubectl works with the same kubeconfig"}
	}
	return &failure{why: "no answer: " + text}
}

// malformed is an answer that is not what was asked for.
func malformed(why string) *failure { return &failure{why: why, answered: true} }

// unusable says that nothing at all could be read.
func (c *client) unusable(f *failure) error {
	if f == nil {
		f = malformed("nothing could be read")
	}
	if f.login || f.status == http.StatusUnauthorized || f.status == http.StatusForbidden {
		return &ConfigError{File: c.file, Why: f.why, Remedy: f.remedy()}
	}
	return &UnreachableError{Server: c.base.Redacted(), Why: f.why}
}

// UnreachableError tells that the API server does not answer, or not as one.
type UnreachableError struct {
	Server string
	Why    string
}

// Error says both in one line.
func (e *UnreachableError) Error() string { return e.Server + ": " + e.Why }
