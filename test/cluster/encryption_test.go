package cluster

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
)

// canary is what the Secrets of these tests hold, in a form that is looked for wherever it must not be.
const canary = "canary-4711-of-no-worth"

func canaryInBase64() string { return base64.StdEncoding.EncodeToString([]byte(canary)) }

func encryptionBehaviours() []behaviour {
	return []behaviour{
		{name: "a Secret cannot be read in etcd", plain: lacks, shows: "in plain", check: encrypted},
		{name: "a ConfigMap cannot be read in etcd", plain: lacks, shows: "in plain", applies: encryptsConfigMaps, check: func(c *cluster) (string, error) {
			return c.stored("configmaps", c.fresh("encrypted"))
		}},
		{name: "a Secret that was written before encryption is still read", plain: same, check: readsPlain},
	}
}

const (
	secrets   = "/api/v1/namespaces/kube-public/secrets"
	etcdctl   = "etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key"
	inStorage = "/registry/secrets/kube-public/"
)

func secret(name string) object {
	return object{"metadata": object{"name": name}, "stringData": object{"value": canary}}
}

// encryptsConfigMaps says whether the profile has them encrypted too.
func encryptsConfigMaps(c *cluster) bool {
	documents, err := c.encryption()
	return err == nil && slices.Contains(list(within(list(within(documents, "resources"))[0], "resources")), any("configmaps"))
}

func encrypted(c *cluster) (string, error) { return c.stored("secrets", c.fresh("encrypted")) }

// stored makes an object of a resource, and looks at what stands in etcd for what the API gives back.
func (c *cluster) stored(resource, name string) (string, error) {
	collection := "/api/v1/namespaces/kube-public/" + resource
	if err := c.admin.create(collection, object{"metadata": object{"name": name, "labels": object{"canary": canary}}}); err != nil {
		return "", err
	}
	if _, err := c.admin.must(http.MethodGet, collection+"/"+name, nil); err != nil {
		return "", err
	}
	value, err := c.first.Run("%s get --print-value-only /registry/%s/kube-public/%s | base64 --wrap 0", etcdctl, resource, name)
	if err != nil {
		return "", err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil {
		return "", err
	}
	if strings.Contains(string(raw), canary) {
		return "", fmt.Errorf("etcd holds it in plain: %q…", raw[:4])
	}
	prefix, err := c.encryptionPrefix()
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(string(raw), prefix) {
		return "", fmt.Errorf("what etcd holds does not begin with %q", prefix)
	}
	return prefix, nil
}

// encryption reads the bundle's EncryptionConfiguration.
func (c *cluster) encryption() (map[string]any, error) {
	documents, err := readYAML(filepath.Join(c.bundles, c.bundle, "host/control-plane", encryptionFile))
	if err != nil {
		return nil, err
	}
	return documents[0], nil
}

// encryptionPrefix is what stands before every encrypted value: k8s:enc:PROVIDER:v1:KEY: (apiserver v0.37.0,
// pkg/server/options/encryptionconfig/config.go), after the first provider of the bundle and its first key's name.
func (c *cluster) encryptionPrefix() (string, error) {
	configuration, err := c.encryption()
	if err != nil {
		return "", err
	}
	first := list(within(list(within(configuration, "resources"))[0], "providers"))[0]
	for provider := range first.(map[string]any) {
		name := within(list(within(first, provider, "keys"))[0], "name")
		return fmt.Sprintf("k8s:enc:%s:v1:%s:", provider, name), nil
	}
	return "", errors.New("the bundle's encryption.yaml has no first provider")
}

// allEncrypted looks at every Secret in etcd.
func (c *cluster) allEncrypted() (string, error) {
	prefix, err := c.encryptionPrefix()
	if err != nil {
		return "", err
	}
	said, err := c.first.Run(`keys=$(%[1]s get /registry/secrets/ --prefix --keys-only)
for key in $keys; do
  %[1]s get --print-value-only "$key" | head -c %[2]d | grep -qaF '%[3]s' && echo "encrypted $key" || echo "plain $key"
done`, etcdctl, len(prefix), prefix)
	if err != nil {
		return "", err
	}
	if strings.Contains(said, "plain /") || !strings.Contains(said, "encrypted /registry/secrets/kube-public/") {
		return "", fmt.Errorf("not every Secret begins with %s: %s", prefix, said)
	}
	return fmt.Sprintf("all %d Secrets begin with %s", len(lines(said)), prefix), nil
}

// readsPlain puts a Secret into etcd in plain, in the form that an API server without encryption writes (what it calls
// protobuf on the wire too), and asks the API for it.
func readsPlain(c *cluster) (string, error) {
	if err := c.admin.create(secrets, secret("before")); err != nil {
		return "", err
	}
	wire := *c.admin
	wire.accept = "application/vnd.kubernetes.protobuf"
	got, err := wire.must(http.MethodGet, secrets+"/before", nil)
	if err != nil {
		return "", err
	}
	if _, err := c.admin.must(http.MethodDelete, secrets+"/before", nil); err != nil {
		return "", err
	}
	if _, err := c.first.Run("base64 --decode <<<%s | %s put %sbefore", base64.StdEncoding.EncodeToString(got.body), etcdctl, inStorage); err != nil {
		return "", errors.New("etcdctl cannot write the Secret") // its error would have the command, and so the Secret
	}
	got, err = c.admin.must(http.MethodGet, secrets+"/before", nil)
	if err != nil {
		return "", err
	}
	if within(got.object(), "data", "value") != canaryInBase64() {
		return "", errors.New("the API does not give the Secret back")
	}
	return "written in plain, read through the API", nil
}
