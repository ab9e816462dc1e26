package auditpolicy

import (
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

//go:embed policies/*.yaml
var policies embed.FS

// Tiers returns the names of the policies hardstrap brings, from the least that is recorded to the most.
func Tiers() []string { return []string{"metadata", "standard", "cis", "stig-literal"} }

// Tier returns one of hardstrap's policies as it stands for a minor such as "1.36"; its nodes come from
// "built-in:audit-policy/<name>" with the line of the embedded file. The error is a name or a minor
// that does not exist.
func Tier(name, minor string) (*settings.Value, error) {
	data, ok := Source(name)
	if !ok {
		message := fmt.Sprintf("%s is not an audit policy; allowed: %s, or the path of a file", quote(name), strings.Join(Tiers(), ", "))
		if hint := nearest.Hint(name, Tiers()); hint != "" {
			message += "; " + hint
		}
		return nil, errors.New(message)
	}
	tree, faults := parse("built-in:audit-policy/"+name, settings.FromBuiltin, data, minor)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return tree, nil
}

// Source returns the text of one of hardstrap's policies, comments and all.
func Source(name string) ([]byte, bool) {
	data, err := policies.ReadFile("policies/" + name + ".yaml")
	return data, err == nil
}

// Accepts returns the findings of Lint that come with choosing a tier by name, to be passed to Lint:
// who asks for stig-literal has asked for the bodies.
func Accepts(tier string) []string {
	if tier == "stig-literal" {
		return []string{SecretBodies, TokenBodies}
	}
	return nil
}
