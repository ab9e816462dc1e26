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
