package observe

import (
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestAControlPlaneWithoutStaticPodsIsNoWorker: who moves the manifests away hides nothing.
func TestAControlPlaneWithoutStaticPodsIsNoWorker(t *testing.T) {
	for _, left := range []string{"/etc/kubernetes/admin.conf", "/etc/kubernetes/pki/ca.key", "/etc/kubernetes/pki/sa.key"} {
		o, err := Node(texts{left: "", kubeletConfig: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"}, NodeOptions{})
		if err != nil || o.Role != settings.ControlPlane {
			t.Errorf("%s: %q, %v", left, o.Role, err)
		}
		if !slices.ContainsFunc(o.Unknown, func(u Unknown) bool { return u.Component == settings.APIServer }) {
			t.Errorf("%s: nothing is said of the API server that is not there: %v", left, o.Unknown)
		}
	}
	o, err := Node(texts{kubeletConfig: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"}, NodeOptions{})
	if err != nil || o.Role != settings.Worker || strings.Contains(o.Subject, "\n") {
		t.Errorf("a worker is %q, %v", o.Role, err)
	}
}
