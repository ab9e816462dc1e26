package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// endpoint is a port that serves TLS, as it is reached from its node.
type served struct {
	component string
	address   string // as seen on the node
	client    string // certificate that it wants, a file on the node without .crt or .key; "" where none
	probe     string // what a client sends after the handshake to hear whether it is let in
}

func (c *cluster) endpoints() []served {
	const etcd = "/etc/kubernetes/pki/etcd/"
	return []served{
		{component: "kube-apiserver", address: c.first.Address + ":6443"},
		{component: "kubelet", address: c.first.Address + ":10250"},
		{component: "kube-controller-manager", address: "127.0.0.1:10257"},
		{component: "kube-scheduler", address: "127.0.0.1:10259"},
		{component: "etcd, client port", address: c.first.Address + ":2379", client: etcd + "healthcheck-client"},
		{component: "etcd, peer port", address: c.first.Address + ":2380", client: etcd + "peer"},
	}
}

func tlsBehaviours() []behaviour {
	list := []behaviour{
		{name: "etcd's client port refuses who has no certificate", plain: same, check: func(c *cluster) (string, error) { return refusesStrangers(c, 4) }},
		{name: "etcd's peer port refuses who has no certificate", plain: same, check: func(c *cluster) (string, error) { return refusesStrangers(c, 5) }},
		{name: "the kubelet refuses who has no certificate", plain: same, check: kubeletRefuses},
		{name: "the kubelet's read-only port is closed", plain: same, check: readOnlyPort},
	}
	// The kubelet of a plain cluster differs as the others do.
	for i, name := range []string{"kube-apiserver", "the kubelet", "kube-controller-manager", "kube-scheduler", "etcd's client port", "etcd's peer port"} {
		list = append(list, behaviour{
			name: name + " takes the profile's TLS versions and suites and no others", plain: lacks,
			check: func(c *cluster) (string, error) { return handshakes(c, c.endpoints()[i]) },
		})
	}
	return list
}

// tlsWanted is what the profile says of a component, in the spelling that crypto/tls has.
func (c *cluster) tlsWanted(component string) (lowest uint16, suites []string) {
	component, _, _ = strings.Cut(component, ",")
	var version, list_ string
	if component == "kubelet" {
		version = fmt.Sprint(c.wants.kubelet["tlsMinVersion"])
		for _, suite := range list(c.wants.kubelet["tlsCipherSuites"]) {
			suites = append(suites, fmt.Sprint(suite))
		}
	} else {
		flags := c.wants.flags[component]
		version, list_ = flags["tls-min-version"], flags["tls-cipher-suites"]
		if component == "etcd" {
			list_ = flags["cipher-suites"]
		}
		if list_ != "" {
			suites = strings.Split(list_, ",")
		}
	}
	lowest = tls.VersionTLS12 // of every component, where nothing is said
	if strings.HasSuffix(version, "13") || strings.HasSuffix(version, "1.3") {
		lowest = tls.VersionTLS13
	}
	return lowest, suites
}

// handshakes offers each version, and each suite of TLS 1.2 and older alone, and compares what is taken with what the
// profile says. Suites for keys that the server's certificate has not cannot be taken.
func handshakes(c *cluster, e served) (string, error) {
	lowest, suites := c.tlsWanted(e.component)
	pair, err := c.clientPair(e.client)
	if err != nil {
		return "", err
	}
	base := &tls.Config{InsecureSkipVerify: true, Certificates: pair} // whose certificate it is is not the question here
	whole := base.Clone()
	whole.MinVersion, whole.MaxVersion = tls.VersionTLS12, tls.VersionTLS13
	state, err := c.shake(e.address, whole)
	if err != nil {
		return "", fmt.Errorf("no handshake at all with %s on %s: %w", e.component, e.address, err)
	}
	rsaKey := false
	switch state.PeerCertificates[0].PublicKey.(type) {
	case *rsa.PublicKey:
		rsaKey = true
	case *ecdsa.PublicKey:
	}
	var taken, wrong []string
	try := func(name string, version uint16, suite uint16, wanted bool) {
		config := base.Clone()
		config.MinVersion, config.MaxVersion = version, version
		if suite != 0 {
			config.CipherSuites = []uint16{suite}
		}
		_, err := c.shake(e.address, config)
		if err == nil {
			taken = append(taken, name)
		}
		if (err == nil) != wanted {
			wrong = append(wrong, fmt.Sprintf("%s: taken %t, and the profile says %t (%v)", name, err == nil, wanted, err))
		}
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if !slices.Contains(suite.SupportedVersions, version) {
				continue
			}
			fits := strings.Contains(suite.Name, "_ECDSA_") != rsaKey
			wanted := version >= lowest && fits && slices.ContainsFunc(suites, func(name string) bool {
				return name == suite.Name || name+"_SHA256" == suite.Name // the older name of the CHACHA20 suites
			})
			try(tls.VersionName(version)+" "+suite.Name, version, suite.ID, wanted)
		}
	}
	try("TLS 1.3", tls.VersionTLS13, 0, true)
	if len(wrong) > 0 {
		return "", fmt.Errorf("%s differs in %d of its handshakes: %s", e.component, len(wrong), strings.Join(wrong, "\n"))
	}
	return strings.Join(taken, ", "), nil
}

// shake connects from the node, shakes hands, and waits a moment: of a client's certificate TLS 1.3 complains only
// afterwards.
func (c *cluster) shake(address string, config *tls.Config) (tls.ConnectionState, error) {
	conn, err := c.first.Dial(address, 5*time.Second)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return tls.ConnectionState{}, err
	}
	client := tls.Client(conn, config)
	if err := client.Handshake(); err != nil {
		return tls.ConnectionState{}, err
	}
	if err := conn.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		return tls.ConnectionState{}, err
	}
	_, err = client.Read(make([]byte, 1))
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, io.EOF) {
		err = nil
	}
	return client.ConnectionState(), err
}

// clientPair reads a certificate and its key from the node, into memory only.
func (c *cluster) clientPair(name string) ([]tls.Certificate, error) {
	if name == "" {
		return nil, nil
	}
	certificate, err := c.first.Read(name + ".crt")
	if err != nil {
		return nil, err
	}
	key, err := c.first.Read(name + ".key")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used", name)
	}
	return []tls.Certificate{pair}, nil
}

func refusesStrangers(c *cluster, which int) (string, error) {
	e := c.endpoints()[which]
	_, err := c.shake(e.address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err == nil {
		return "", fmt.Errorf("%s takes a client without a certificate", e.component)
	}
	if !strings.Contains(err.Error(), "certificate required") && !strings.Contains(err.Error(), "bad certificate") {
		return "", fmt.Errorf("%s refuses, but for another reason: %w", e.component, err)
	}
	return err.Error(), nil
}

func kubeletRefuses(c *cluster) (string, error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			return c.first.Dial(address, 5*time.Second)
		},
	}}
	got, err := client.Get("https://" + c.first.Address + ":10250/pods")
	if err != nil {
		return "", err
	}
	got.Body.Close()
	if got.StatusCode != http.StatusUnauthorized {
		return "", fmt.Errorf("/pods answers %s", got.Status)
	}
	return "/pods: " + got.Status, nil
}

func readOnlyPort(c *cluster) (string, error) {
	conn, err := c.first.Dial(c.first.Address+":10255", 2*time.Second)
	if err == nil {
		conn.Close()
		return "", errors.New("10255 takes connections")
	}
	return "10255: connection refused", nil
}
