package live

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/snapshot"
)

// Lacks reads a snapshot back as Look does. It returns what the snapshot cannot show of its node, joined; err is
// of one that shows no node at all.
func Lacks(packed io.Reader) (lacks, err error) {
	taken, err := snapshot.Open(packed)
	if err != nil {
		return nil, err
	}
	seen, err := observe.Node(taken, observe.NodeOptions{})
	if err != nil {
		return nil, err
	}
	var out []error
	for _, u := range slices.Concat(seen.Unknown, taken.Unknown) {
		text := u.Why
		if u.Remedy != "" {
			text += "; " + u.Remedy
		}
		out = append(out, fmt.Errorf("%s is not known: %s", u.Component, text))
	}
	return errors.Join(out...), nil
}
