package generate

import (
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeletPatchView is the kubelet's configuration that only nodes of one role have.
type kubeletPatchView struct {
	Role   string
	Fields *settings.Value
}

// probesView is the port that the API server's probes connect to.
type probesView struct {
	Port string
}

func patchDrafts(in *Input) ([]draft, error) {
	var out []draft
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		s := &source{in: in}
		fields := s.nest(ownFields(in, role))
		if fields == nil {
			continue
		}
		drafts, err := s.draft(draft{
			path:     hostPath(role, layout.Patches+"/kubeletconfiguration0+merge.yaml"),
			template: "host/kubeadm/patches/kubeletconfiguration.yaml.tmpl",
			view:     kubeletPatchView{Role: role, Fields: fields},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
	}
	probes, err := probesDrafts(in)
	return append(out, probes...), err
}

// probesDrafts renders the patch that lets the kubelet probe an API server which answers
// nobody without credentials.
func probesDrafts(in *Input) ([]draft, error) {
	s := &source{in: in}
	probes, ok := in.Settings.Get(probesKey())
	if !ok {
		return nil, nil
	}
	if probes.Value.Text != "tcpSocket" {
		s.fail(probes, "%q is no kind of probe; allowed is tcpSocket", probes.Value.Text)
	}
	s.took(probes.Key)
	view := probesView{Port: defaultBindPort}
	if port := bindPort(in); port != defaultBindPort {
		view.Port = s.text(settings.Kubeadm, "", "localAPIEndpoint.bindPort")
	}
	if !integerPattern.MatchString(view.Port) {
		s.fail(probes, "%q is not a port", view.Port)
	}
	return s.draft(draft{
		path:     hostPath(settings.ControlPlane, layout.Patches+"/kube-apiserver0+strategic.yaml"),
		template: "host/control-plane/kubeadm/patches/kube-apiserver.yaml.tmpl",
		view:     view,
	})
}
