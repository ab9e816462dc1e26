package cluster

import (
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// served is a port that serves TLS, as it is reached from its node.
type served struct {
	on        *node.Node
	component string
	address   string
	client    string // certificate that it wants, a file on the node without .crt or .key; "" where none
}

const etcdPKI = "/etc/kubernetes/pki/etcd/"

func etcdClients(n *node.Node) served {
	return served{n, "etcd", n.Address + ":2379", etcdPKI + "healthcheck-client"}
}

func etcdPeers(n *node.Node) served { return served{n, "etcd", n.Address + ":2380", etcdPKI + "peer"} }

func kubelet(n *node.Node) served { return served{n, "kubelet", n.Address + ":10250", ""} }

// controlPlanes are the nodes that are one.
func (c *cluster) controlPlanes() []*node.Node {
	if c.second == nil {
		return []*node.Node{c.first}
	}
	return []*node.Node{c.first, c.second}
}

func tlsBehaviours() []behaviour {
	everywhere := func(c *cluster) []*node.Node { return c.nodes }
	servers := func(name string, nodes func(*cluster) []*node.Node, at func(*node.Node) served) behaviour {
		return behaviour{
			name: name + " takes the profile's TLS versions and suites and no others", plain: lacks, shows: "taken true",
			check: func(c *cluster) (string, error) {
				return c.each(nodes(c), func(n *node.Node) (string, error) { return handshakes(c, at(n)) })
			},
		}
	}
	refuses := func(name string, nodes func(*cluster) []*node.Node, check func(*cluster, *node.Node) (string, error)) behaviour {
		return behaviour{name: name, plain: same, check: func(c *cluster) (string, error) {
			return c.each(nodes(c), func(n *node.Node) (string, error) { return check(c, n) })
		}}
	}
	return []behaviour{
		refuses("etcd's client port refuses who has no certificate", (*cluster).controlPlanes, func(c *cluster, n *node.Node) (string, error) { return c.refusesStrangers(etcdClients(n)) }),
		refuses("etcd's peer port refuses who has no certificate", (*cluster).controlPlanes, func(c *cluster, n *node.Node) (string, error) { return c.refusesStrangers(etcdPeers(n)) }),
		refuses("kubelets refuse who has no certificate", everywhere, kubeletRefuses),
		refuses("the read-only port of kubelets is closed", everywhere, readOnlyPort),
		servers("kube-apiserver", (*cluster).controlPlanes, func(n *node.Node) served { return served{n, "kube-apiserver", n.Address + ":6443", ""} }),
		servers("a kubelet", everywhere, kubelet),
		servers("kube-controller-manager", (*cluster).controlPlanes, func(n *node.Node) served { return served{n, "kube-controller-manager", "127.0.0.1:10257", ""} }),
		servers("kube-scheduler", (*cluster).controlPlanes, func(n *node.Node) served { return served{n, "kube-scheduler", "127.0.0.1:10259", ""} }),
		servers("etcd's client port", (*cluster).controlPlanes, etcdClients),
		servers("etcd's peer port", (*cluster).controlPlanes, etcdPeers),
	}
}

// tlsWanted is what the profile says of a component, in the spelling that crypto/tls has.
func (c *cluster) tlsWanted(component string) (lowest uint16, suites []string) {
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
	pair, err := clientPair(e)
	if err != nil {
		return "", err
	}
	base := &tls.Config{InsecureSkipVerify: true, Certificates: pair} // whose certificate it is is not the question here
	whole := base.Clone()
	whole.MinVersion, whole.MaxVersion = tls.VersionTLS12, tls.VersionTLS13
	state, err := shake(e, whole)
	if err != nil {
		return "", fmt.Errorf("no handshake at all with %s on %s: %w", e.component, e.address, err)
	}
	_, rsaKey := state.PeerCertificates[0].PublicKey.(*rsa.PublicKey)
	var taken, wrong []string
	try := func(name string, version uint16, suite uint16, wanted bool) {
		config := base.Clone()
		config.MinVersion, config.MaxVersion = version, version
		if suite != 0 {
			config.CipherSuites = []uint16{suite}
		}
		_, err := shake(e, config)
		if err == nil {
			taken = append(taken, name)
		}
		// A refusal is an alert of either side; whatever else fails tells nothing.
		if err != nil && !strings.Contains(err.Error(), "tls: ") {
			wrong = append(wrong, fmt.Sprintf("%s: no refusal but %v", name, err))
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
func shake(e served, config *tls.Config) (tls.ConnectionState, error) {
	conn, err := e.on.Dial(e.address, 5*time.Second)
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
	moment := 100 * time.Millisecond
	if len(config.Certificates) == 0 && e.client != "" {
		moment = 5 * time.Second // there a complaint is what is waited for
	}
	if err := conn.SetDeadline(time.Now().Add(moment)); err != nil {
		return tls.ConnectionState{}, err
	}
	_, err = client.Read(make([]byte, 1))
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, io.EOF) {
		err = nil
	}
	return client.ConnectionState(), err
}

// clientPair reads the certificate that a server wants and its key from the node, into memory only.
func clientPair(e served) ([]tls.Certificate, error) {
	if e.client == "" {
		return nil, nil
	}
	certificate, err := e.on.Read(e.client + ".crt")
	if err != nil {
		return nil, err
	}
	key, err := e.on.Read(e.client + ".key")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used", e.client)
	}
	return []tls.Certificate{pair}, nil
}

func (c *cluster) refusesStrangers(e served) (string, error) {
	_, err := shake(e, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err == nil {
		return "", fmt.Errorf("%s on %s takes a client without a certificate", e.component, e.address)
	}
	if !strings.Contains(err.Error(), "certificate required") && !strings.Contains(err.Error(), "bad certificate") {
		return "", fmt.Errorf("%s on %s refuses, but for another reason: %w", e.component, e.address, err)
	}
	return err.Error(), nil
}

func kubeletRefuses(_ *cluster, n *node.Node) (string, error) {
	got, err := clientOn(n).Get("https://" + n.Address + ":10250/pods")
	if err != nil {
		return "", err
	}
	got.Body.Close()
	if got.StatusCode != http.StatusUnauthorized {
		return "", fmt.Errorf("/pods of %s answers %s", n.Name, got.Status)
	}
	return "/pods: " + got.Status, nil
}

func readOnlyPort(_ *cluster, n *node.Node) (string, error) {
	conn, err := n.Dial(n.Address+":10255", 2*time.Second)
	if err == nil {
		conn.Close()
		return "", fmt.Errorf("10255 of %s takes connections", n.Name)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return "", fmt.Errorf("10255 of %s: %w", n.Name, err)
	}
	return "10255: connection refused", nil
}

// each asks every node, and folds what they say where it is the same.
func (c *cluster) each(nodes []*node.Node, ask func(*node.Node) (string, error)) (string, error) {
	answers := map[string][]string{}
	var failed []error
	for _, n := range nodes {
		said, err := ask(n)
		if err != nil {
			failed = append(failed, err)
		}
		answers[said] = append(answers[said], n.Name)
	}
	if len(failed) > 0 {
		return "", errors.Join(failed...)
	}
	var saw []string
	for said, names := range answers {
		saw = append(saw, fmt.Sprintf("%s: %s", strings.Join(names, ", "), said))
	}
	slices.Sort(saw)
	return strings.Join(saw, "; "), nil
}
