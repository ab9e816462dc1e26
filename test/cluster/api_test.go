package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

// api is a client of an API server with the certificate of a kubeconfig, which stays in memory, or without any.
type api struct {
	server string
	client *http.Client
	as     *identity
	accept string
}

// identity is who to impersonate.
type identity struct {
	user   string
	groups []string
}

// answer is what an API server said.
type answer struct {
	status   int
	body     []byte
	warnings []string
}

// object decodes the body.
func (a answer) object() map[string]any {
	var object map[string]any
	_ = json.Unmarshal(a.body, &object) // what is no object has none of the fields that are asked for
	return object
}

// message is the API server's reason for a refusal.
func (a answer) message() string { return fmt.Sprint(within(a.object(), "message")) }

// connect reads a kubeconfig of a node.
func connect(n *node.Node, kubeconfig string) (*api, error) {
	text, err := n.Read(kubeconfig)
	if err != nil {
		return nil, err
	}
	var config struct {
		Clusters []struct {
			Cluster struct {
				Authority string `yaml:"certificate-authority-data"`
			} `yaml:"cluster"`
		} `yaml:"clusters"`
		Users []struct {
			User struct {
				Certificate string `yaml:"client-certificate-data"`
				Key         string `yaml:"client-key-data"`
			} `yaml:"user"`
		} `yaml:"users"`
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil || len(config.Clusters) != 1 || len(config.Users) != 1 {
		return nil, fmt.Errorf("%s cannot be used: %w", kubeconfig, err)
	}
	authority, err := base64.StdEncoding.DecodeString(config.Clusters[0].Cluster.Authority)
	if err != nil {
		return nil, err
	}
	certificate, err := base64.StdEncoding.DecodeString(config.Users[0].User.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(config.Users[0].User.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("%s: its certificate and key cannot be used", kubeconfig)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return newAPI(n.Address, &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}), nil
}

// stranger is a client without credentials.
func stranger(n *node.Node) *api {
	return newAPI(n.Address, &tls.Config{InsecureSkipVerify: true}) // who has no CA cannot verify anything
}

func newAPI(address string, config *tls.Config) *api {
	return &api{server: "https://" + address + ":6443", accept: "application/json", client: &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 32},
	}}
}

// clientOn returns a client that connects as a program on the node would, and trusts whom it meets.
func clientOn(n *node.Node) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			return n.Dial(address, 5*time.Second)
		},
	}}
}

// impersonating returns the same client as somebody else.
func (a *api) impersonating(user string, groups ...string) *api {
	other := *a
	other.as = &identity{user: user, groups: groups}
	return &other
}

// call sends a request; body may be nil, bytes, or what becomes JSON.
func (a *api) call(method, path string, body any) (answer, error) {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequest(method, a.server+path, content)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", a.accept)
	request.Header.Set("User-Agent", "hardstrap-test")
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	if a.as != nil {
		request.Header.Set("Impersonate-User", a.as.user)
		for _, group := range a.as.groups {
			request.Header.Add("Impersonate-Group", group)
		}
	}
	response, err := a.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return answer{}, err
	}
	return answer{status: response.StatusCode, body: data, warnings: response.Header.Values("Warning")}, nil
}

// must is call for what has to succeed.
func (a *api) must(method, path string, body any) (answer, error) {
	got, err := a.call(method, path, body)
	if err == nil && got.status >= 300 {
		err = fmt.Errorf("%s %s: %d: %s", method, path, got.status, got.message())
	}
	return got, err
}

// create makes an object, or leaves the one of its name that is there.
func (a *api) create(collection string, object any) error {
	got, err := a.call(http.MethodPost, collection, object)
	if err == nil && got.status >= 300 && got.status != http.StatusConflict {
		err = fmt.Errorf("POST %s: %d: %s", collection, got.status, got.message())
	}
	return err
}

// object is JSON written down.
type object = map[string]any

// namespace makes one with labels, and waits for its service account, without which it takes no pods.
func (a *api) namespace(name string, labels map[string]string) error {
	if err := a.create("/api/v1/namespaces", object{"metadata": object{"name": name, "labels": labels}}); err != nil {
		return err
	}
	return eventually(time.Minute, func() error {
		_, err := a.must(http.MethodGet, "/api/v1/namespaces/"+name+"/serviceaccounts/default", nil)
		return err
	})
}
