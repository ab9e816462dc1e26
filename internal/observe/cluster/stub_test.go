package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const token = "hunter2-is-the-token"

// stub is an API server that answers by path.
type stub struct {
	*httptest.Server
	authority *authority
	answers   map[string]http.HandlerFunc

	mu       sync.Mutex
	requests []*http.Request
}

// newStub answers every list with an empty one and has no nodes.
func newStub(t testing.TB) *stub {
	t.Helper()
	s := &stub{authority: newAuthority(t), answers: map[string]http.HandlerFunc{}}
	for _, k := range kinds() {
		s.list("/"+k.path, k.name)
	}
	s.list("/api/v1/nodes", "Node")
	s.list("/api/v1/namespaces/kube-system/pods", "Pod")
	s.text("/version", `{"major":"1","minor":"37","gitVersion":"v1.37.0"}`)
	for _, k := range keeps() {
		s.status("/api/v1/namespaces/kube-system/configmaps/"+k.name, http.StatusNotFound)
	}
	s.Server = httptest.NewUnstartedServer(s)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{s.authority.certificate(t, "api", "127.0.0.1")},
		ClientCAs: s.authority.pool(), ClientAuth: tls.VerifyClientCertIfGiven}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	answer := s.answers[r.URL.Path]
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusTeapot) // TestOnlyReads looks at the methods
	case r.Header.Get("Authorization") != "Bearer "+token && (r.TLS == nil || len(r.TLS.PeerCertificates) == 0):
		w.WriteHeader(http.StatusUnauthorized)
	case answer == nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		answer(w, r)
	}
}

// asked returns the paths that were asked for.
func (s *stub) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.requests {
		out = append(out, r.URL.Path)
	}
	return out
}

func (s *stub) text(path, body string) {
	s.answers[path] = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

func (s *stub) status(path string, code int) {
	s.answers[path] = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, `{"kind":"Status","message":"`+token+`"}`) // a message is never to quote an answer
	}
}

func (s *stub) list(path, kind string, items ...string) {
	s.text(path, list(kind, "", items...))
}

func list(kind, next string, items ...string) string {
	return fmt.Sprintf(`{"kind":"%sList","apiVersion":"x/v1","metadata":{"continue":%q},"items":[%s]}`, kind, next, strings.Join(items, ","))
}

// nodeJSON is a node that is ready; more is put among the fields of its status.
func nodeJSON(name, role, more string) string {
	label := ""
	if role == settings.ControlPlane {
		label = `"node-role.kubernetes.io/control-plane":""`
	}
	if !strings.Contains(more, "conditions") {
		more += `,"conditions":[{"type":"Ready","status":"True"}]`
	}
	return fmt.Sprintf(`{"metadata":{"name":%q,"labels":{%s}},"status":{"nodeInfo":{"kubeletVersion":"v1.37.1"}%s}}`, name, label, more)
}

func configzPath(name string) string { return "/api/v1/nodes/" + name + "/proxy/configz" }

const configzJSON = `{"kubeletconfig":{"kind":"KubeletConfiguration","apiVersion":"kubelet.config.k8s.io/v1beta1","staticPodURLHeader":{"Authorization":["hunter2"]},` +
	`"authentication":{"anonymous":{"enabled":false},"webhook":{"cacheTTL":"2m0s"}},"podPidsLimit":4096,"evictionHard":{"memory.available":"100Mi"}}}`

// kubeconfig writes one with a token, and returns options that name it.
func (s *stub) kubeconfig(t testing.TB) Options {
	t.Helper()
	return s.config(t, "token: "+token, "")
}

// config writes a kubeconfig with the given user, and with more fields of the cluster.
func (s *stub) config(t testing.TB, user, more string) Options {
	t.Helper()
	return Options{Timeout: time.Minute, Kubeconfig: write(t, fmt.Sprintf(`
apiVersion: v1
kind: Config
current-context: main
contexts:
- {name: main, context: {cluster: c, user: u}}
- {name: other, context: {cluster: c, user: nobody}}
clusters:
- name: c
  cluster:
    server: %s
    certificate-authority-data: %s
%s
users:
- name: u
  user:
    %s
- name: nobody
  user: {token: wrong}
`, s.URL, base64.StdEncoding.EncodeToString(s.authority.pem), more, user))}
}

func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// observed reads the cluster and fails the test on an error.
func observed(t testing.TB, o Options) map[string]observe.Observation {
	t.Helper()
	got, err := Observe(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]observe.Observation{}
	for _, each := range got {
		out[each.Subject] = each
		for _, u := range each.Unknown {
			if strings.Contains(fmt.Sprintf("%+v", u), "hunter2") {
				t.Errorf("a message holds what an answer said: %+v", u)
			}
		}
	}
	return out
}

// plainly gives the settings of one view of an observation as Go values by key.
func plainly(o observe.Observation, component, account string) map[string]any {
	var out map[string]any
	for _, layer := range o.Layers {
		if layer.Component != component || layer.Account != account {
			continue
		}
		if out == nil {
			out = map[string]any{}
		}
		for _, s := range layer.Settings {
			out[s.Key.String()] = s.Value.Plain()
		}
	}
	return out
}

// why gives the reasons for what is unknown of a component.
func why(o observe.Observation, component string) []string {
	var out []string
	for _, u := range o.Unknown {
		if u.Component == component {
			out = append(out, strings.Join(slices.Concat(u.Paths, []string{u.Why}), " "))
		}
	}
	return out
}

// authority signs certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{key: key, cert: cert, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) certificate(t testing.TB, name string, addresses ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, address := range addresses {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(address))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// certificateUser is a kubeconfig's user with a client certificate.
func (a *authority) certificateUser(t testing.TB) string {
	t.Helper()
	c := a.certificate(t, "reader")
	key, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return fmt.Sprintf("{client-certificate-data: %s, client-key-data: %s}", encode("CERTIFICATE", c.Certificate[0]), encode("EC PRIVATE KEY", key))
}
