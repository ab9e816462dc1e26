package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
)

// Bounds of answers.
const (
	pageBytes    = 64 << 20 // a page of a list
	objectBytes  = 4 << 20  // one object: etcd takes no request of more than 1.5 MiB
	failureBytes = 64 << 10 // what is looked at of an answer that is none
)

// client asks the API server.
type client struct {
	http    *http.Client
	base    *url.URL
	timeout time.Duration
	file    string // the kubeconfig, for messages
	answers atomic.Int64
}

func newClient(config *rest.Config, o Options) (*client, error) {
	file := configFile(o.Kubeconfig, []string{"the kubeconfig"})
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, &ConfigError{file, "the cluster's server is no address", "correct the kubeconfig"}
	}
	of, err := httpClient(config)
	if err != nil {
		return nil, &ConfigError{file, oneLine(err), "correct the kubeconfig"}
	}
	return &client{http: of, base: base, timeout: o.Timeout, file: file}, nil
}

// httpClient has the credentials, the proxy and the trust of the kubeconfig.
func httpClient(config *rest.Config) (*http.Client, error) {
	shared, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	of := *shared // which may be http.DefaultClient
	of.CheckRedirect = sameHost
	return &of, nil
}

// errRedirect is a redirect that is not followed: the transport would send the credentials along.
var errRedirect = errors.New("redirected to another host")

func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	if next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return errRedirect
	}
	if len(before) >= 3 {
		return errors.New("redirected again and again")
	}
	return nil
}

// get asks for one path of the API and returns the body of the answer, of at most limit bytes.
func (c *client) get(ctx context.Context, path string, query url.Values, limit int64) ([]byte, *failure) {
	at := c.base.JoinPath(path)
	at.RawQuery = query.Encode()
	body, failed := ask(ctx, c.http, at, c.timeout, limit, false)
	for try := 0; failed != nil && failed.status == http.StatusTooManyRequests && try < busyTries; try++ {
		select { // the API server's way to share itself out: Retry-After is a second or so
		case <-ctx.Done():
			return nil, failed
		case <-time.After(failed.retryAfter):
		}
		body, failed = ask(ctx, c.http, at, c.timeout, limit, false)
	}
	if failed == nil {
		c.answers.Add(1)
	}
	return body, failed
}

const (
	busyTries = 3
	busyWait  = 5 * time.Second // at most
)

// ask makes one request and reads its answer; once tells that the connection will not be wanted again.
func ask(ctx context.Context, by *http.Client, at *url.URL, timeout time.Duration, limit int64, once bool) ([]byte, *failure) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, &failure{why: "the request has no valid address"}
	}
	request.Header.Set("Accept", "application/json")
	request.Close = once
	response, err := by.Do(request)
	if err != nil {
		return nil, noAnswer(err, timeout)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, failureBytes))
		return nil, refused(response, said)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case ctx.Err() != nil: // even without an error: a server that sees the end of the request may end its answer in good order
		return nil, &failure{why: fmt.Sprintf("the answer did not end within %s", timeout), answered: true}
	case err != nil:
		return nil, &failure{why: "the answer breaks off in the middle", answered: true}
	case int64(len(body)) > limit:
		return nil, &failure{why: fmt.Sprintf("the answer is larger than %d MiB", limit>>20), answered: true}
	case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("<")):
		return nil, &failure{why: "the answer is HTML, not JSON: something else answers in place of the API server", answered: true}
	}
	return body, nil
}

func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		seconds = 1
	}
	return min(time.Duration(seconds)*time.Second, busyWait)
}
