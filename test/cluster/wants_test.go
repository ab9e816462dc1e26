package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// wants is what a bundle says about a cluster's behaviour, read from the very files that kubeadm reads.
type wants struct {
	flags     map[string]map[string]string // component: flag: value
	kubelet   map[string]any
	anonymous []string // paths that need no credentials; nil where there is no such file
}

// readWants reads init.yaml and the files beside it.
func readWants(bundle string) (wants, error) {
	w := wants{flags: map[string]map[string]string{}}
	base := filepath.Join(bundle, "host/control-plane/etc/kubernetes")
	documents, err := readYAML(filepath.Join(base, "kubeadm/init.yaml"))
	if err != nil {
		return w, err
	}
	for _, document := range documents {
		switch document["kind"] {
		case "ClusterConfiguration":
			for component, path := range map[string][]string{
				"kube-apiserver": {"apiServer"}, "kube-controller-manager": {"controllerManager"}, "kube-scheduler": {"scheduler"}, "etcd": {"etcd", "local"},
			} {
				w.flags[component] = extraArgs(document, path...)
			}
		case "KubeletConfiguration":
			w.kubelet = document
		}
	}
	if w.kubelet == nil {
		return w, errors.New("init.yaml has no KubeletConfiguration")
	}
	authentication, err := readYAML(filepath.Join(base, "hardstrap/authentication/authentication.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	w.anonymous = []string{}
	for _, condition := range list(within(authentication[0], "anonymous", "conditions")) {
		w.anonymous = append(w.anonymous, fmt.Sprint(within(condition, "path")))
	}
	return w, nil
}

func readYAML(path string) ([]map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var documents []map[string]any
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document map[string]any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		documents = append(documents, document)
	}
}

func extraArgs(document map[string]any, path ...string) map[string]string {
	flags := map[string]string{}
	for _, arg := range list(within(document, append(path, "extraArgs")...)) {
		flags[fmt.Sprint(within(arg, "name"))] = fmt.Sprint(within(arg, "value"))
	}
	return flags
}

// within returns what stands at a path of maps, or nil.
func within(value any, path ...string) any {
	for _, key := range path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}
