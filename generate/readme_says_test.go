package generate

import (
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestReadmeSays has a row for what a reader of a bundle must be told, and when.
func TestReadmeSays(t *testing.T) {
	plain := &settings.Set{}
	put(plain, settings.Kubeadm, "", "kubernetesVersion", "v1.37.0")
	const (
		bring    = "/var/lib/kubelet/pki/kubelet-serving.key"
		endpoint = "names no `cluster.controlPlaneEndpoint`"
		compare  = "get configmap kubeadm-config"
		skip     = "of these lines those whose file it got"
		renew    = "`kubeadm certs renew all` and a restart of the static pods"
		order    = "lay the files over this one node"
	)
	for _, tc := range []struct {
		name      string
		set       *settings.Set
		says, not []string
	}{
		{"with everything", fullSet(), []string{compare, skip, order, renew}, []string{bring, endpoint}},
		{"with little", smallSet(), []string{compare, skip, endpoint, order}, []string{bring}},
		{"with serving certificates of the user's", externalSet(), []string{bring, skip}, nil},
		{"with nothing of the host's", plain, []string{compare}, []string{skip}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Join(strings.Fields(string(render(t, inputOf(tc.set))["README.md"].Data)), " ")
			for _, want := range tc.says {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not said", want)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(text, not) {
					t.Errorf("%q is said", not)
				}
			}
		})
	}
}
