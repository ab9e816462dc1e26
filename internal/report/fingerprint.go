package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// fingerprint names a difference so that it is known again in a later report: by the setting,
// the direction, and what is wanted and found, but not by where, so that a line more in a file
// or one node more makes no other difference of it.
func fingerprint(f compare.Finding) string {
	parts := []string{f.Key.Component, f.Key.Role, f.Key.Path, f.Part, string(direction(f)), f.Message, inline(f.Wanted.Value)}
	for _, s := range f.Found {
		parts = append(parts, string(s.Source), found(s))
	}
	for i, p := range parts {
		parts[i] = quoted(p) // nothing in a part can look like the end of one
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:16])
}
