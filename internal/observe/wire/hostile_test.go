package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// heard reads what a client sends first.
func heard(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }

// helloOf is a ServerHello in a record.
func helloOf(version, suite uint16) []byte {
	body := append(numbers([]uint16{version}), make([]byte, 33)...)
	body = append(append(body, numbers([]uint16{suite})...), 0)
	return append16([]byte{22, 3, 1}, append([]byte{2, 0}, append16(nil, body)...))
}

func hostileServers() map[string]func(net.Conn) {
	endless := func(unit []byte) func(net.Conn) {
		return func(conn net.Conn) {
			heard(conn)
			for {
				if _, err := conn.Write(unit); err != nil {
					return
				}
			}
		}
	}
	return map[string]func(net.Conn){
		"closes at once":       func(net.Conn) {},
		"closes after a hello": heard,
		"resets": func(conn net.Conn) {
			heard(conn)
			_ = conn.(*net.TCPConn).SetLinger(0)
		},
		"is silent":                      func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) },
		"speaks HTTP":                    func(conn net.Conn) { heard(conn); _, _ = io.WriteString(conn, "HTTP/1.0 400 Bad Request\r\n\r\n") },
		"speaks SSH":                     func(conn net.Conn) { _, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n"); heard(conn) },
		"sends garbage":                  endless([]byte("\x1b[31mgarbage")),
		"sends a huge record":            endless(append([]byte{22, 3, 3, 0xff, 0xff}, make([]byte, 0xffff)...)),
		"sends empty records":            endless([]byte{22, 3, 3, 0, 0}),
		"sends the start of a hello":     endless([]byte{22, 3, 3, 0, 4, 2, 0, 0x40, 0}),
		"announces a huge hello":         endless(append([]byte{22, 3, 3, 0, 4}, 2, 0xff, 0xff, 0xff)),
		"sends warnings for ever":        endless([]byte{21, 3, 3, 0, 2, 1, 112}),
		"has an internal error":          endless([]byte{21, 3, 3, 0, 2, 2, 80}),
		"sends half an alert":            endless([]byte{21, 3, 3, 0, 1, 2}),
		"chooses what was not offered":   endless(helloOf(tls12, 0x5600)),
		"chooses a version not offered":  endless(helloOf(0x0399, 0x002f)),
		"says that it is TLS 1.3 itself": endless(helloOf(tls13, 0x1301)),
		"drips": func(conn net.Conn) {
			heard(conn)
			for _, b := range bytes.Repeat(helloOf(tls12, 0xC02F), 100) {
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		},
	}
}

func TestHostileServersAreUnknown(t *testing.T) {
	for name, f := range hostileServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := hostile(t, f)
			start := time.Now()
			got := Probe(t.Context(), []Endpoint{{Address: address, Component: settings.Etcd, Side: Client, Node: "n"}}, Options{Timeout: 500 * time.Millisecond})
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if len(got) != 1 || len(got[0].Layers) > 0 || len(got[0].Unknown) == 0 {
				t.Fatalf("%+v", got)
			}
			for _, u := range got[0].Unknown {
				if !strings.HasPrefix(u.Why, address+" ") || u.Remedy == "" || strings.ContainsAny(u.Why, "\x1b\n") || len(u.Paths) > 0 {
					t.Errorf("%+v", u)
				}
				t.Log(u.Why)
			}
		})
	}
}

func TestUnreachableIsUnknown(t *testing.T) {
	for address, why := range map[string]string{
		"127.0.0.1:1":            "refuses connections",
		"no-such-host.invalid:1": "its name cannot be resolved",
	} {
		for _, side := range []string{"", ReadOnly} {
			if side == ReadOnly && address == "127.0.0.1:1" {
				continue // closed: that is the answer
			}
			got := Probe(t.Context(), []Endpoint{{Address: address, Component: settings.Kubelet, Side: side, Role: settings.Worker}}, Options{Timeout: time.Second})
			if len(got[0].Layers) != 0 || len(got[0].Unknown) != 1 || !strings.HasSuffix(got[0].Unknown[0].Why, why) {
				t.Errorf("%+v", got)
			}
		}
	}
}

func TestReadOnlyPortThatIsNoKubelet(t *testing.T) {
	for name, f := range hostileServers() {
		if name == "speaks HTTP" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Probe(t.Context(), []Endpoint{{Address: hostile(t, f), Component: settings.Kubelet, Side: ReadOnly, Role: settings.Worker}}, Options{Timeout: 300 * time.Millisecond})
			if len(got[0].Layers) != 0 || len(got[0].Unknown) != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A server that shakes hands well and then misbehaves.
func TestHostileHTTP(t *testing.T) {
	pair := certificate(t, "ECDSA-P256")
	for name, after := range map[string]func(*tls.Conn){
		"closes":          func(*tls.Conn) {},
		"is silent":       func(conn *tls.Conn) { _, _ = io.Copy(io.Discard, conn) },
		"sends no HTTP":   func(conn *tls.Conn) { heard(conn); _, _ = io.WriteString(conn, "220 mail\r\n") },
		"endless headers": func(conn *tls.Conn) { forever(conn, "HTTP/1.1 200 OK\r\n", "X-A: b\r\n") },
		"endless header":  func(conn *tls.Conn) { forever(conn, "HTTP/1.1 200 OK\r\nX: ", "aaaaaaaaaaaaaaaa") },
		"goes on for ever": func(conn *tls.Conn) {
			forever(conn, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := hostile(t, func(conn net.Conn) {
				server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}})
				if server.Handshake() == nil {
					after(server)
				}
			})
			got, unknown, _ := one(t, Endpoint{Address: address, Component: settings.Kubelet, Role: settings.Worker})
			if got["kubelet[worker]:tlsMinVersion"] != "VersionTLS12" || got["kubelet[worker]:wire/certificate/key"] != "ECDSA-P256" {
				t.Error(got)
			}
			if _, ok := got["kubelet[worker]:authentication.anonymous.enabled"]; ok || len(unknown) < 3 {
				t.Error(got, unknown)
			}
		})
	}
}

func forever(conn *tls.Conn, first, next string) {
	heard(conn)
	_, err := io.WriteString(conn, first)
	for err == nil {
		_, err = io.WriteString(conn, next)
	}
}

// What endless bodies cost stays small.
func TestBodiesAreNotRead(t *testing.T) {
	pair := certificate(t, "ECDSA-P256")
	address := hostile(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}})
		if server.Handshake() == nil {
			forever(server, "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 1<<14))
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, _, observation := one(t, Endpoint{Address: address, Component: settings.APIServer})
	runtime.ReadMemStats(&after)
	if got["kube-apiserver:anonymous/GET /version"] != Allowed || observation.Version != "" {
		t.Error(got, observation.Version)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 256<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

// A server that takes everything is left in the end.
func TestHandshakesAreCounted(t *testing.T) {
	var taken atomic.Uint32
	p := &prober{
		endpoint: Endpoint{Address: hostile(t, func(conn net.Conn) {
			heard(conn)
			_, _ = conn.Write(helloOf(tls12, 0xC000+uint16(taken.Add(1))))
		})},
		timeout: 5 * time.Second, slots: make(chan struct{}, 1),
	}
	p.used.Store(maxHandshakes - 10)
	if _, err := p.askSuites(t.Context(), tls12); !errors.Is(err, errTooMany) {
		t.Error(err)
	}
}

func TestAnEndedRunIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := hostile(t, func(conn net.Conn) { cancel(); _, _ = io.Copy(io.Discard, conn) })
	start := time.Now()
	got := Probe(ctx, []Endpoint{{Address: address, Component: settings.Scheduler}}, Options{Timeout: time.Minute})
	if len(got[0].Layers) != 0 || len(got[0].Unknown) != 1 || !strings.Contains(got[0].Unknown[0].Why, "the run was ended") || time.Since(start) > 10*time.Second {
		t.Errorf("%+v", got)
	}
}

// etcd may serve gRPC alone on a port: that is an answer too, and who gives it wants no certificate.
func TestAnythingAfterTheHandshakeIsAnAnswer(t *testing.T) {
	pair := certificate(t, "ECDSA-P256")
	address := hostile(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}})
		if server.Handshake() == nil {
			heard(server)
			_, _ = server.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}) // SETTINGS
		}
	})
	got, unknown, _ := one(t, Endpoint{Address: address, Component: settings.Etcd, Side: Client})
	if got["etcd:--client-cert-auth"] != "false" || len(unknown) > 0 {
		t.Error(got, unknown)
	}
}

func TestNames(t *testing.T) {
	if got := withoutZone("[fe80::1%eth0]:6443"); got != "[fe80::1]:6443" {
		t.Error(got)
	}
	for address, want := range map[string]string{"api.example.org.:6443": "api.example.org", "10.0.0.1:6443": "", "[fe80::1%eth0]:6443": ""} {
		if got := (Endpoint{Address: address}).serverName(); got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
	if got := plain("a\x00\x1b[0m\n\u202e\xff" + strings.Repeat("x", 500)); strings.ContainsAny(got, "\x00\x1b\n\u202e\ufffd") || len(got) > maxText+10 {
		t.Errorf("%q", got)
	}
}

// A load balancer with a mind of its own answers old versions by closing: then the lowest is not known.
func TestAVersionThatIsNotAnsweredIsNoRefusal(t *testing.T) {
	pair := certificate(t, "ECDSA-P256")
	address := hostile(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{
			Certificates: []tls.Certificate{pair},
			GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				if !slices.ContainsFunc(hello.SupportedVersions, func(v uint16) bool { return v >= tls.VersionTLS12 }) {
					_ = conn.Close()
				}
				return nil, nil
			},
		})
		_ = server.Handshake()
	})
	got, unknown, _ := one(t, Endpoint{Address: address, Component: settings.Etcd, Side: Client})
	for _, path := range []string{"--tls-min-version", "--tls-max-version", "--cipher-suites", "wire/tls-versions"} {
		if v, ok := got["etcd:"+path]; ok {
			t.Errorf("%s is %q", path, v)
		}
		if !strings.Contains(strings.Join(unknown, "\n"), path) {
			t.Errorf("%s is not unknown: %q", path, unknown)
		}
	}
	if got["etcd:wire/groups"] == "" {
		t.Error(got, unknown)
	}
}
