package generate

import (
	"strings"
	"testing"
)

// TestFirewallUnitIsOfTheEarlyBoot: a unit that is ordered before the network and after
// sysinit.target makes a circle with cloud-init, which waits for the network before
// sysinit.target, and systemd then leaves one of the two out of the boot.
func TestFirewallUnitIsOfTheEarlyBoot(t *testing.T) {
	files := render(t, inputOf(fullSet()))
	unit := string(files["host/control-plane/etc/systemd/system/hardstrap-firewall.service"].Data)
	for _, want := range []string{
		"\nDefaultDependencies=no\n", "\nConflicts=shutdown.target\n",
		"\nBefore=network-pre.target shutdown.target\n", "\nWantedBy=sysinit.target\n",
	} {
		if !strings.Contains(unit, want) {
			t.Errorf("%q is not in:\n%s", want, unit)
		}
	}
}

// TestUpgradeSaysWhatIsThere: upgrade.yaml speaks of patches and modes only where there are some.
func TestUpgradeSaysWhatIsThere(t *testing.T) {
	const patches, modes = "forgets the patches", "the kubelet's unit tightens"
	for name, tc := range map[string]struct {
		in             Input
		patches, modes bool
	}{"all": {inputOf(fullSet()), true, true}, "little": {inputOf(smallSet()), false, false}} {
		files := render(t, tc.in)
		for _, role := range []string{"control-plane", "worker"} {
			text := string(files["host/"+role+"/etc/kubernetes/kubeadm/upgrade.yaml"].Data)
			if strings.Contains(text, patches) != tc.patches || strings.Contains(text, modes) != tc.modes {
				t.Errorf("%s, %s: want patches %v and modes %v in:\n%s", name, role, tc.patches, tc.modes, text)
			}
		}
	}
}
