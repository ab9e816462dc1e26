package cluster

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeletStub serves configz under an address of documentation (RFC 5737), to which the test's proxy leads.
type kubeletStub struct {
	*httptest.Server
	mu     sync.Mutex
	tokens []string
	asked  int
}

const kubeletAddress = "192.0.2.10"

func newKubeletStub(t *testing.T, certificate tls.Certificate, clients *authority, status int) *kubeletStub {
	t.Helper()
	k := &kubeletStub{}
	k.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.asked++
		k.tokens = append(k.tokens, r.Header.Get("Authorization"))
		if len(r.TLS.PeerCertificates) == 0 && r.Header.Get("Authorization") == "" || r.URL.Path != "/configz" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
		io.WriteString(w, configzJSON)
	}))
	k.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: clients.pool(), ClientAuth: tls.VerifyClientCertIfGiven}
	k.Config.ErrorLog = quiet()
	k.StartTLS()
	t.Cleanup(k.Close)
	return k
}

// proxy is an HTTP proxy that leads the kubelets' address to the stub.
func proxy(t *testing.T, k *kubeletStub) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := r.Host
		if strings.HasPrefix(to, kubeletAddress) {
			to = k.Listener.Addr().String()
		}
		there, err := net.Dial("tcp", to)
		if r.Method != http.MethodConnect || err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(there, here); there.Close() }()
		go func() { io.Copy(here, there); here.Close() }()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestKubeletsThemselves(t *testing.T) {
	const address = `,"addresses":[{"type":"Hostname","address":"evil.example"},{"type":"InternalIP","address":"` + kubeletAddress + `"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}`
	for name, row := range map[string]struct {
		user      func(s *stub) string
		more      string // of the cluster, beside the proxy
		tokens    bool
		foreign   bool // the kubelet's certificate is of another authority
		status    int  // the kubelet's answer
		forbidden bool // nodes/proxy
		kubelet   bool // the kubelet is asked
		proxied   bool // the API server is asked
		reason    string
	}{
		"a client certificate is enough":                  {kubelet: true, forbidden: true},
		"a kubelet that does not know who asks":           {status: 403, kubelet: true, proxied: true},
		"neither way":                                     {status: 403, kubelet: true, proxied: true, forbidden: true, reason: "through nodes/configz: not allowed (403); through nodes/proxy: not allowed (403)"},
		"a kubelet that signed its own certificate":       {foreign: true, proxied: true},
		"a token stays here":                              {user: func(*stub) string { return "token: " + token }, proxied: true},
		"a token stays here even if nothing else is left": {user: func(*stub) string { return "token: " + token }, proxied: true, forbidden: true, reason: "through nodes/configz: a token is not sent to nodes; through nodes/proxy: not allowed (403)"},
		"a token goes when it may":                        {user: func(*stub) string { return "token: " + token }, tokens: true, kubelet: true},
		"a token goes only to those who are known":        {user: func(*stub) string { return "token: " + token }, tokens: true, foreign: true, proxied: true},
		"kubelets know no impersonation": {user: func(s *stub) string {
			return strings.TrimSuffix(s.authority.certificateUser(t), "}") + ", as: somebody}"
		}, proxied: true},
		"a server name is the API server's alone": {more: "tls-server-name: 127.0.0.1", kubelet: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			s.list("/api/v1/nodes", "Node", nodeJSON("a", settings.Worker, address+`,"conditions":[{"type":"Ready","status":"True"}]`))
			s.text(configzPath("a"), configzJSON)
			if row.forbidden {
				s.status(configzPath("a"), 403)
			}
			signer := s.authority
			if row.foreign {
				signer = newAuthority(t)
			}
			if row.status == 0 {
				row.status = 200
			}
			k := newKubeletStub(t, signer.certificate(t, "kubelet", kubeletAddress), s.authority, row.status)
			user := s.authority.certificateUser(t)
			if row.user != nil {
				user = row.user(s)
			}
			o := s.config(t, user, "    proxy-url: "+proxy(t, k)+"\n    "+row.more)
			o.TokenToKubelets = row.tokens
			got := observed(t, o)
			if (k.asked > 0) != row.kubelet || slices.Contains(s.asked(), configzPath("a")) != row.proxied {
				t.Errorf("the kubelet was asked %d times, the API server %v", k.asked, s.asked())
			}
			for _, sent := range k.tokens {
				if sent != "" && !row.tokens {
					t.Errorf("the kubelet was sent %q", sent)
				}
			}
			reasons := strings.Join(why(got["a"], settings.Kubelet), "\n")
			if reasons != row.reason || (len(got["a"].Layers) == 1) != (row.reason == "") {
				t.Errorf("%d layers, unknown because of %q", len(got["a"].Layers), reasons)
			}
		})
	}
}

func TestKubeletsAreTriedAFewTimes(t *testing.T) {
	k := &kubelets{http: http.DefaultClient}
	for i := range kubeletTrials {
		if !k.first() || !k.worth() {
			t.Errorf("trial %d was not made", i)
		}
		k.failed++
	}
	if k.first() || k.worth() {
		t.Error("kubelets that cannot be asked are asked again and again")
	}
	k.worked++
	if !k.first() || !k.worth() {
		t.Error("kubelets that can be asked are not")
	}
}

func TestIsNodeAddress(t *testing.T) {
	for text, want := range map[string]bool{"10.0.0.1": true, "fd00::1": true, "127.0.0.1": false, "::1": false, "169.254.169.254": false,
		"::ffff:127.0.0.1": false, "0.0.0.0": false, "node.example": false, "": false} {
		if isNodeAddress(text) != want {
			t.Errorf("isNodeAddress(%q) = %v", text, !want)
		}
	}
}
