package main

import (
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubeproxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	"k8s.io/kubernetes/cmd/kubeadm/app/componentconfigs"
	kubeadmutil "k8s.io/kubernetes/cmd/kubeadm/app/util"
	"sigs.k8s.io/yaml"
)

// componentConfigs are the fields that kubeadm fills in the documents it stores for the kubelet and kube-proxy, by kind
// and dotted path: what differs from the same document of a type left empty. What the kubelet's Mutate adds by looking
// at the node (resolvConf, where systemd-resolved runs) is not in it.
func componentConfigs() (map[string]map[string]any, error) {
	cfg, err := load("")
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]any{}
	for _, c := range []struct {
		kind, group string
		empty       runtime.Object
		version     schema.GroupVersion
	}{
		{"KubeletConfiguration", componentconfigs.KubeletGroup, &kubeletv1beta1.KubeletConfiguration{}, kubeletv1beta1.SchemeGroupVersion},
		{"KubeProxyConfiguration", componentconfigs.KubeProxyGroup, &kubeproxyv1alpha1.KubeProxyConfiguration{}, kubeproxyv1alpha1.SchemeGroupVersion},
	} {
		written, err := cfg.ComponentConfigs[c.group].Marshal()
		if err != nil {
			return nil, err
		}
		empty, err := kubeadmutil.MarshalToYamlForCodecs(c.empty, c.version, componentconfigs.Codecs)
		if err != nil {
			return nil, err
		}
		filled, err := leaves(written)
		if err != nil {
			return nil, err
		}
		unset, err := leaves(empty)
		if err != nil {
			return nil, err
		}
		for path, value := range unset {
			if reflect.DeepEqual(filled[path], value) {
				delete(filled, path)
			}
		}
		out[c.kind] = filled
	}
	return out, nil
}

// leaves flattens a document to its values by dotted path.
func leaves(document []byte) (map[string]any, error) {
	tree := map[string]any{}
	if err := yaml.Unmarshal(document, &tree); err != nil {
		return nil, err
	}
	out := map[string]any{}
	flatten(out, "", tree)
	return out, nil
}

func flatten(out map[string]any, prefix string, tree map[string]any) {
	for key, value := range tree {
		if sub, ok := value.(map[string]any); ok {
			flatten(out, prefix+key+".", sub)
			continue
		}
		out[prefix+key] = value
	}
}
