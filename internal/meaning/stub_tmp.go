// Package meaning is to come. Start reading at Compare.
package meaning

import (
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

type Delta struct {
	Part     string
	Relation catalog.Relation
	Want     string
	Have     string
	At       settings.Origin
	Opens    string
}

func Known(kind string) bool { return true }

func Compare(kind string, want, have *settings.Value, minor string) []Delta {
	if settings.Equal(want, have) {
		return nil
	}
	return []Delta{{Relation: catalog.Different}}
}
