package cluster

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// kubelets asks kubelets themselves, at their own addresses. Each must show a certificate of the cluster's
// authority before it is sent anything: those that signed their own are not asked this way.
type kubelets struct {
	http      *http.Client // nil: they cannot be asked
	hindrance string       // why not
	timeout   time.Duration

	mu              sync.Mutex
	started, worked int
	failed          int
}

const (
	// kubeletTrials is how many nodes show whether kubelets can be asked.
	kubeletTrials = 3
	// kubeletDial is short: between a desk and a node there often is a firewall that says nothing.
	kubeletDial = 2 * time.Second
	kubeletPort = 10250
)

// newKubelets takes from a kubeconfig what may be shown to a node. A client certificate proves who asks and gives
// nothing away. A token does, so it is left out unless the options say otherwise.
func newKubelets(config *rest.Config, o Options) *kubelets {
	k := &kubelets{timeout: o.Timeout}
	certificate := len(config.CertData) > 0 || config.CertFile != ""
	authority := len(config.CAData) > 0 || config.CAFile != ""
	switch {
	case config.Insecure || !authority:
		k.hindrance = "the kubeconfig names no certificate authority to know a kubelet by"
		return k
	case config.Impersonate.UserName != "":
		k.hindrance = "kubelets know no impersonation"
		return k
	case !certificate && !o.TokenToKubelets:
		k.hindrance = "a token is not sent to nodes"
		return k
	}
	own := rest.AnonymousClientConfig(config)
	if o.TokenToKubelets {
		own = rest.CopyConfig(config)
		own.Username, own.Password = "", ""
	}
	own.CertData, own.CertFile = config.CertData, config.CertFile
	own.KeyData, own.KeyFile = config.KeyData, config.KeyFile
	own.ServerName = ""
	own.Dial = (&net.Dialer{Timeout: kubeletDial}).DialContext
	of, err := httpClient(own)
	if err != nil {
		k.hindrance = "the credentials of the kubeconfig do not fit"
		return k
	}
	k.http = of
	return k
}

// first reports whether a node should be asked itself before the API server is: when it has worked, or
// while it is not known and few have been tried.
func (k *kubelets) first() bool {
	if k.http == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.worked == 0 && k.started >= kubeletTrials {
		return false
	}
	k.started++
	return true
}

// worth reports whether asking a kubelet itself may still work.
func (k *kubelets) worth() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.http != nil && (k.worked > 0 || k.failed < kubeletTrials)
}

// get asks the kubelet of a node for its configz.
func (k *kubelets) get(ctx context.Context, n node) ([]byte, *failure) {
	body, failed := k.getFrom(ctx, n)
	k.mu.Lock()
	defer k.mu.Unlock()
	if failed != nil {
		k.failed++
	} else {
		k.worked++
	}
	return body, failed
}

func (k *kubelets) getFrom(ctx context.Context, n node) ([]byte, *failure) {
	for _, address := range n.addresses {
		if !isNodeAddress(address) {
			continue
		}
		at := &url.URL{Scheme: "https", Path: "/configz",
			Host: net.JoinHostPort(address, strconv.Itoa(cmp.Or(n.port, kubeletPort)))}
		return ask(ctx, k.http, at, k.timeout, objectBytes, true)
	}
	return nil, malformed("the node has no address that can be asked")
}

// isNodeAddress reports whether an address that a node gives of itself may be one, as the API server judges it
// (k8s.io/kubernetes v1.37.0, pkg/registry/core/node/strategy.go, isProxyableHostname).
func isNodeAddress(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Unmap().IsGlobalUnicast()
}
