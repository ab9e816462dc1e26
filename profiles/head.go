package profiles

import (
	"fmt"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// head looks at apiVersion and kind before anything else is believed. Where they say that the
// file is something else, that is all that is reported of it.
func (c *checker) head(tree *settings.Value) bool {
	if tree.Kind != settings.Map {
		c.wrong(tree, "", "a map", diag.Problem{Hint: "a profile starts with apiVersion: " + APIVersion + " and kind: " + Kind})
		return false
	}
	for _, want := range []struct{ key, value, hint string }{
		{"kind", Kind, "this file is something else"},
		{"apiVersion", APIVersion, "this release of hardstrap reads no other"},
	} {
		got := tree.Get(want.key)
		switch {
		case got == nil:
			c.faults.Add(diag.Problem{
				Position: position(tree.Origin), Path: want.key,
				Message: "is missing",
				Hint:    fmt.Sprintf("write %s: %s", want.key, want.value),
			})
		case got.Kind == settings.String && got.Text != want.value:
			c.faults.Add(diag.Problem{
				Position: position(got.Origin), Path: want.key,
				Message: fmt.Sprintf("%q is not the %s of a profile", shorten(got.Text), want.key),
				Allowed: want.value, Hint: want.hint,
			})
			return false
		}
	}
	return true
}
