package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// keep is a ConfigMap in which the cluster keeps a configuration.
type keep struct {
	name       string
	key        string
	account    string
	components []string // whose settings it shows
}

const kubeadmConfig = "kubeadm-config"

// keeps are those that kubeadm writes (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/constants/constants.go and
// phases/addons/proxy).
func keeps() []keep {
	return []keep{
		{kubeadmConfig, "ClusterConfiguration", kubeadmConfig,
			[]string{settings.Kubeadm, settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd}},
		{"kubelet-config", "kubelet", "kubelet-config", []string{settings.Kubelet}},
		{"kube-proxy", "config.conf", "kube-proxy ConfigMap", []string{settings.KubeProxy}},
	}
}

// keepFinding is what such a ConfigMap showed.
type keepFinding struct {
	layers       []observe.Layer
	unknown      []observe.Unknown
	externalEtcd bool
}

// kept reads a ConfigMap. What stands there about a component's flags is only what kubeadm was told beyond its own,
// and what stands there of the kubelet is what kubeadm starts from on each node: both views are partial.
func (c *client) kept(ctx context.Context, k keep) keepFinding {
	place := "ConfigMap kube-system/" + k.name
	found, failed := c.keptSettings(ctx, k, place)
	if failed != nil {
		var out keepFinding
		for _, component := range k.components {
			out.unknown = append(out.unknown, unknown(component, k.account, nil, place, failed))
		}
		return out
	}
	var out keepFinding
	for _, component := range k.components {
		layer := observe.Layer{
			View: observe.View{Source: settings.FromAPI, Component: component, Account: k.account,
				Partial: component != settings.Kubeadm && component != settings.KubeProxy},
			Rank:  observe.ConfigFile,
			Place: place,
		}
		if k.name == kubeadmConfig && component != settings.Kubeadm {
			layer.Rank = observe.Flags
		}
		for _, s := range found {
			if s.Key.Component == component {
				layer.Settings = append(layer.Settings, s)
			}
		}
		out.layers = append(out.layers, layer)
	}
	out.externalEtcd = slices.ContainsFunc(found, func(s settings.Setting) bool {
		return s.Key.Component == settings.Kubeadm && s.Key.Path == "etcd.external"
	})
	return out
}

func (c *client) keptSettings(ctx context.Context, k keep, place string) ([]settings.Setting, *failure) {
	body, failed := c.get(ctx, "api/v1/namespaces/kube-system/configmaps/"+k.name, nil, objectBytes)
	if failed != nil {
		return nil, failed
	}
	var o struct {
		Kind string            `json:"kind"`
		Data map[string]string `json:"data"`
	}
	if err := json.Unmarshal(body, &o); err != nil || o.Kind != "ConfigMap" {
		return nil, malformed("the answer is no ConfigMap")
	}
	text, ok := o.Data[k.key]
	if !ok {
		return nil, malformed("it has no key " + k.key)
	}
	found, err := observe.Kubeadm(place, settings.FromAPI, []byte(text))
	if err != nil {
		first := diag.As(err)[0]
		return nil, malformed(fmt.Sprintf("line %d of %s: %s", first.Position.Line, k.key, first.Message))
	}
	return found, nil
}
