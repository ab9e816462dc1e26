package controls

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestLiftsOneElement: a waiver over one admission plugin lifts that one, in both lists of plugins, and no other beside it.
func TestLiftsOneElement(t *testing.T) {
	const waived = "cis-1.12/1.2.11" // AlwaysPullImages
	for _, flag := range []string{"enable-admission-plugins", "disable-admission-plugins"} {
		k := settings.Flag(settings.APIServer, flag)
		if !Lifts(waived, k, []string{"AlwaysPullImages"}) {
			t.Errorf("--%s: its own element counts", flag)
		}
		if Lifts(waived, k, []string{"AlwaysPullImages", "ServiceAccount"}) {
			t.Errorf("--%s: another element is lifted too", flag)
		}
	}
}
