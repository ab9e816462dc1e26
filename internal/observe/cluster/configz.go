package cluster

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeletFinding is what one kubelet showed.
type kubeletFinding struct {
	layers  []observe.Layer
	unknown []observe.Unknown
}

// configz reads what a kubelet runs with: its file, drop-ins and flags merged, as it serves them under /configz
// (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/server.go, initConfigz).
//
// A kubelet that is asked itself lets in who may get nodes/configz, or nodes/proxy (pkg/kubelet/server/auth.go; the gate
// KubeletFineGrainedAuthz is on since 1.33 and locked since 1.36). Asked through the API server the path is
// nodes/NAME/proxy/configz, and the API server takes the words after the name for the subresource whatever follows
// them (k8s.io/apiserver v0.37.0, pkg/endpoints/request/requestinfo.go): there nothing less than nodes/proxy is enough, which
// is also enough to run commands in every pod. So kubelets are asked themselves where that is possible.
func (r *run) configz(ctx context.Context, n node) kubeletFinding {
	place := "configz of " + n.name
	none := func(f *failure) kubeletFinding {
		return kubeletFinding{unknown: []observe.Unknown{unknown(settings.Kubelet, configzAccount, nil, place, f)}}
	}
	if n.silent {
		return none(&failure{why: fmt.Sprintf("the kubelet of %s does not answer: it has stopped reporting", n.name), what: restart})
	}
	body, failed := r.askKubelet(ctx, n)
	if failed != nil {
		return none(failed)
	}
	origin := settings.Origin{Source: settings.FromAPI, File: place}
	doc, err := observe.JSON(body, origin)
	if err != nil {
		return none(malformed("what the kubelet answers is " + err.Error()))
	}
	config := doc.Get("kubeletconfig")
	if config == nil || config.Kind != settings.Map || len(config.Entries) == 0 {
		return none(malformed("the kubelet's answer holds no kubeletconfig"))
	}
	return kubeletFinding{layers: []observe.Layer{{
		View:     observe.View{Source: settings.FromAPI, Component: settings.Kubelet, Account: configzAccount},
		Rank:     observe.ConfigFile,
		Place:    place,
		Settings: observe.KubeletFields(n.role, config),
	}}}
}

// configzAccount names the view.
const configzAccount = "configz"

const restart = "see why: systemctl status kubelet on the node"

// askKubelet asks the kubelet itself, then through the API server. Where it cannot be asked itself, which the first
// nodes show, the others are not tried that way.
func (r *run) askKubelet(ctx context.Context, n node) ([]byte, *failure) {
	tried := r.kubelets.first()
	var direct *failure
	if tried {
		var body []byte
		if body, direct = r.kubelets.get(ctx, n); direct == nil {
			r.api.answers.Add(1)
			return body, nil
		}
	}
	body, proxied := r.api.get(ctx, "api/v1/nodes/"+n.name+"/proxy/configz", nil, objectBytes)
	if proxied == nil {
		return body, nil
	}
	if !tried && r.kubelets.worth() {
		if body, direct = r.kubelets.get(ctx, n); direct == nil {
			r.api.answers.Add(1)
			return body, nil
		}
	}
	return nil, kubeletFailure(n, direct, proxied, r.kubelets.hindrance)
}

// kubeletFailure says why neither way led to the kubelet.
func kubeletFailure(n node, direct, proxied *failure, hindrance string) *failure {
	f := *proxied
	switch {
	case proxied.status == http.StatusForbidden || proxied.status == http.StatusUnauthorized:
		f.why = "through nodes/proxy: " + proxied.why
		if direct != nil {
			f.why = "through nodes/configz: " + direct.why + "; " + f.why
		} else if hindrance != "" {
			f.why = "through nodes/configz: " + hindrance + "; " + f.why
		}
		if proxied.status == http.StatusForbidden {
			f.what = grant
		}
	case proxied.status == http.StatusNotFound || proxied.status == http.StatusMethodNotAllowed:
		f.why = fmt.Sprintf("the kubelet of %s serves no configz (%d)", n.name, proxied.status)
		f.what = "configz needs enableDebuggingHandlers; read the node's files instead: hardstrap collect"
	case proxied.status >= 500 || proxied.status == 0 && !proxied.answered:
		f.why = fmt.Sprintf("the kubelet of %s does not answer: %s", n.name, proxied.why)
		if n.notReady {
			f.why = fmt.Sprintf("the kubelet of %s does not answer, and the node is not ready: %s", n.name, proxied.why)
		}
		f.what = restart
	default:
		f.why = fmt.Sprintf("the kubelet of %s: %s", n.name, proxied.why)
	}
	return &f
}
