package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// maxHandshakes bounds the connections to one endpoint. A component of Kubernetes needs some forty.
const maxHandshakes = 300

// prober looks at one endpoint.
type prober struct {
	endpoint Endpoint
	timeout  time.Duration // of one connection, from dialling to the answer
	slots    chan struct{} // connections at a time
	used     atomic.Int32  // connections so far
}

// connect runs f with a connection that ends in time. One that ended without an answer is tried once
// more: a server that restarts is not one that refuses.
func (p *prober) connect(ctx context.Context, f func(context.Context, net.Conn) error) error {
	err := p.connectOnce(ctx, f)
	if errors.Is(err, errClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return p.connectOnce(ctx, f)
	}
	return err
}

func (p *prober) connectOnce(ctx context.Context, f func(context.Context, net.Conn) error) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.used.Add(1) > maxHandshakes {
		return errTooMany
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.endpoint.Address)
	if err == nil {
		stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
		defer stop()
		defer func() { _ = conn.Close() }()
		err = f(ctx, conn)
	}
	if err != nil && whole.Err() != nil {
		return whole.Err() // not the server's doing
	}
	return err
}

// ask offers a hello and returns what the server chose of it. That it chose another version than the
// one offered is a refusal; that it chose something else that was not offered is a fault.
func (p *prober) ask(ctx context.Context, h hello) (answer, error) {
	var out answer
	err := p.connect(ctx, func(_ context.Context, conn net.Conn) error {
		h.name = p.endpoint.serverName()
		if _, err := conn.Write(h.record()); err != nil {
			return err
		}
		var err error
		out, err = readAnswer(conn)
		return err
	})
	switch {
	case err != nil:
		return answer{}, err
	case out.version < h.version && out.version >= ssl30:
		return answer{}, refusal(alertProtocolVersion)
	case out.version != h.version || !contains(h.suites, out.suite) || h.version == tls13 && !contains(h.groups, out.group):
		return answer{}, errUnoffered
	}
	return out, nil
}

func contains(list []uint16, n uint16) bool {
	for _, other := range list {
		if other == n {
			return true
		}
	}
	return false
}

// refused reports whether err is a server's refusal, and not a fault.
func refused(err error) bool {
	var r refusal
	return errors.As(err, &r)
}

// explain says what went wrong and what to do about it, in words for a report.
func explain(err error) (why, remedy string) {
	const reach = "see that the address can be reached from here, or run hardstrap on the node itself"
	var dns *net.DNSError
	var timeout net.Error
	var alert remoteAlert
	switch {
	case errors.Is(err, context.Canceled):
		return "was not waited for: the run was ended", ""
	case errors.As(err, &dns):
		return "its name cannot be resolved", "see the name and the resolver, or give an address"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "does not answer in time", reach
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections", "see that the component runs and listens on this address; " +
			"what listens on 127.0.0.1 only can be looked at on the node itself"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "cannot be reached", reach
	case errors.Is(err, errNotTLS), errors.Is(err, errMalformed):
		return err.Error(), "see which program listens there, and whether the port is the right one"
	case errors.Is(err, errClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errClosed.Error(), "see the component's log, and what stands between here and there"
	case errors.As(err, &alert):
		return plain(alert.Error()), "see the component's log"
	}
	return plain(err.Error()), "see the component's log, and what stands between here and there"
}
