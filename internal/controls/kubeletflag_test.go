package controls

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestKubeletFlagAgreesWithTheCatalog holds that each field of the kubelet that a control asks about is found by the flag
// that sets it, and by no other, on every minor.
func TestKubeletFlagAgreesWithTheCatalog(t *testing.T) {
	for _, name := range catalog.Minors() {
		m, err := catalog.For(name)
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, field := range m.Fields("KubeletConfiguration") {
			flag, ok := kubeletFlag(field)
			if !ok {
				continue
			}
			known++
			if want, ok := m.FlagOfField(settings.Kubelet, field); !ok || flag != want {
				t.Errorf("%s: %s is said to be set by --%s, and is by --%s", name, field, flag, want)
			}
		}
		if known != 15 {
			t.Errorf("%s: kubeletFlag knows %d fields of the minor", name, known)
		}
	}
}
