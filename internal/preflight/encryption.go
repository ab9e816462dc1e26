package preflight

import (
	"encoding/base64"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
)

// encryptionKeys finds keys with which kube-apiserver does not start: what is not base64, or of a length that the
// provider does not take (k8s.io/apiserver v0.37.0, pkg/server/options/encryptionconfig/config.go: 32 bytes for
// secretbox, what crypto/aes takes for the others). The record tells nothing of a key's own text. No message has it.
func encryptionKeys(n *Node) (diag.List, error) {
	var out diag.List
	for _, name := range slices.Sorted(maps.Keys(n.Files)) {
		if path.Base(path.Dir(name)) != "encryption" || path.Ext(name) != ".yaml" {
			continue
		}
		file := filepath.Join(n.Root, name)
		var config struct {
			Resources []struct {
				Providers []map[string]struct {
					Keys []struct{ Name, Secret string }
				}
			}
		}
		if yaml.Unmarshal(n.Files[name], &config) != nil {
			out.Add(inFile(fault("render the bundle again", "is not an EncryptionConfiguration, and kube-apiserver does not start with it"), file, 0))
			continue
		}
		for _, resource := range config.Resources {
			for _, provider := range resource.Providers {
				for _, kind := range slices.Sorted(maps.Keys(provider)) {
					for _, key := range provider[kind].Keys {
						if strings.Contains(key.Secret, keys.PlaceholderSecret) || usable(kind, key.Secret) {
							continue
						}
						out.Add(inFile(fault("compare it with the key file that the bundle was rendered from, and render the bundle again",
							"the key %q is no key of %s: it is not base64, or of another length; kube-apiserver does not start with it", key.Name, kind), file, 0))
					}
				}
			}
		}
	}
	return out, nil
}

func usable(provider, secret string) bool {
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return false
	}
	if provider == "secretbox" {
		return len(key) == keys.Size
	}
	return slices.Contains([]int{16, 24, 32}, len(key))
}
