package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// podFinding is what the mirror pods of the control plane showed.
type podFinding struct {
	pods   []mirrorPod
	failed *failure
}

// mirrorPod is one component of one node's control plane.
type mirrorPod struct {
	node      string
	component string
	layer     observe.Layer
	failed    *failure // instead of a layer
	place     string
}

// podObject has the fields of a Pod that are read (k8s.io/api v0.37.0, core/v1/types.go).
type podObject struct {
	Metadata struct {
		Name        string            `json:"name"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		NodeName   string `json:"nodeName"`
		Containers []struct {
			Name    string   `json:"name"`
			Command []string `json:"command"`
			Args    []string `json:"args"`
		} `json:"containers"`
	} `json:"spec"`
}

// mirrorAnnotation is on the pods that a kubelet shows for its static pods (k8s.io/kubernetes v1.37.0,
// pkg/kubelet/types/constants.go, ConfigMirrorAnnotationKey). A label alone anybody could have written.
const mirrorAnnotation = "kubernetes.io/config.mirror"

// podAccount names the views.
const podAccount = "mirror pod"

// staticComponents run in static pods that kubeadm labels with their names (k8s.io/kubernetes v1.37.0,
// cmd/kubeadm/app/util/staticpod/utils.go, ComponentPod).
func staticComponents() []string {
	return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd}
}

// mirrorPods lists the pods of the control plane.
func (c *client) mirrorPods(ctx context.Context) podFinding {
	query := url.Values{"labelSelector": {"component in (" + strings.Join(staticComponents(), ",") + ")"}}
	items, failed := c.list(ctx, "api/v1/namespaces/kube-system/pods", "Pod", query)
	out := podFinding{failed: failed}
	for _, item := range items {
		var o podObject
		if err := json.Unmarshal(item, &o); err != nil {
			out.failed = cmp.Or(out.failed, malformed("a pod of the list cannot be read: "+shape(err)))
			continue
		}
		_, mirror := o.Metadata.Annotations[mirrorAnnotation]
		if mirror && slices.Contains(staticComponents(), o.Metadata.Labels["component"]) && isName(o.Spec.NodeName) {
			out.pods = append(out.pods, mirrorPodOf(o))
		}
	}
	slices.SortFunc(out.pods, func(a, b mirrorPod) int {
		return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.component, b.component), cmp.Compare(a.place, b.place))
	})
	return out
}

func mirrorPodOf(o podObject) mirrorPod {
	pod := mirrorPod{node: o.Spec.NodeName, component: o.Metadata.Labels["component"], place: "Pod kube-system/" + o.Metadata.Name}
	for _, container := range o.Spec.Containers {
		argv := slices.Concat(container.Command, container.Args)
		if container.Name != pod.component && len(argv) > 0 && !strings.HasPrefix(argv[0], "-") && observe.RunsProgram(pod.component, argv) {
			pod.failed = malformed(fmt.Sprintf("the container %s starts %s, too", container.Name, pod.component))
			return pod
		}
	}
	for _, container := range o.Spec.Containers {
		if container.Name != pod.component {
			continue
		}
		argv := slices.Concat(container.Command, container.Args)
		if !observe.RunsProgram(pod.component, argv) {
			pod.failed = malformed(fmt.Sprintf("the container starts another program, so the flags of %s do not show", pod.component))
			return pod
		}
		pod.layer = observe.Layer{
			View:  observe.View{Source: settings.FromAPI, Component: pod.component, Account: podAccount},
			Rank:  observe.Flags,
			Place: pod.place,
			Settings: observe.Arguments(pod.component, "", argv,
				settings.Origin{Source: settings.FromAPI, File: pod.place}),
		}
		return pod
	}
	pod.failed = malformed(fmt.Sprintf("the pod has no container named %s", pod.component))
	return pod
}

// placePods gives the pods to the observations of their nodes, which it adds where the list of nodes did not have them, and
// says what should have been seen and was not. What it returns is unknown of the whole cluster.
func placePods(nodes map[string]*observe.Observation, found podFinding, externalEtcd bool) []observe.Unknown {
	seen := map[[2]string]bool{}
	for _, pod := range found.pods {
		of := nodes[pod.node]
		if of == nil {
			of = &observe.Observation{Subject: pod.node, Role: settings.ControlPlane}
			nodes[pod.node] = of
			of.Unknown = append(of.Unknown, unknown(settings.Kubelet, configzAccount, nil, "Node "+pod.node, malformed("the node was not in the list of nodes")))
		}
		seen[[2]string{pod.node, pod.component}] = true
		if pod.failed != nil {
			of.Unknown = append(of.Unknown, unknown(pod.component, podAccount, nil, pod.place, pod.failed))
			continue
		}
		of.Layers = append(of.Layers, pod.layer)
	}
	controlPlanes := 0
	for name, of := range nodes {
		if of.Role != settings.ControlPlane {
			continue
		}
		controlPlanes++
		for _, component := range staticComponents() {
			if seen[[2]string{name, component}] || component == settings.Etcd && externalEtcd && found.failed == nil {
				continue
			}
			why := cmp.Or(found.failed, malformed("the node shows no mirror pod of "+component+noPod(component)))
			of.Unknown = append(of.Unknown, unknown(component, podAccount, nil, "Pods of kube-system", why))
		}
	}
	if controlPlanes > 0 {
		return nil
	}
	var out []observe.Unknown
	for _, component := range staticComponents() {
		why := cmp.Or(found.failed, malformed("the API shows no node of the control plane, so nothing of "+component))
		out = append(out, unknown(component, podAccount, nil, "Pods of kube-system", why))
	}
	return out
}

func noPod(component string) string {
	if component == settings.Etcd {
		return ", and kubeadm-config tells of no external one"
	}
	return ""
}
