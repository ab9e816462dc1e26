package meaning

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// auditPolicies compares what is recorded of every request there can be.
func auditPolicies(c *comparer, want, have *settings.Value) {
	changes, err := auditpolicy.Differ(want, have, c.minor)
	if errors.Is(err, auditpolicy.ErrTooLarge) {
		c.add(Delta{Part: "rules", Relation: catalog.Different, At: origin(have), Opens: tooLarge})
		return
	}
	if err != nil { // a minor that is none: the words of the policies are all that is left
		c.structure("", want, have)
		return
	}
	for _, change := range changes {
		relation, opens := recorded(change)
		c.add(Delta{
			Part: "rules: " + requests(change.Requests), Relation: relation,
			Want: effect(change.Want), Have: effect(change.Have), At: change.At, Opens: opens,
		})
	}
}

// requests names some requests, the first of many.
func requests(list []string) string {
	if len(list) > maxListed {
		return fmt.Sprintf("%s; and %d more", strings.Join(list[:maxListed], "; "), len(list)-maxListed)
	}
	return strings.Join(list, "; ")
}

func auditLevels() []string {
	return []string{auditpolicy.None, auditpolicy.Metadata, auditpolicy.Request, auditpolicy.RequestResponse}
}

// recorded says what a change of records is. More is stronger, but for bodies that do not belong into a log.
func recorded(c auditpolicy.Change) (catalog.Relation, string) {
	want, have := slices.Index(auditLevels(), c.Want.Level), slices.Index(auditLevels(), c.Have.Level)
	missing, added := beyond(c.Want.Stages, c.Have.Stages), beyond(c.Have.Stages, c.Want.Stages)
	switch {
	case c.Leak != "":
		opens := c.Leak + " get into the log"
		if c.LeakID != "" {
			opens += " (" + c.LeakID + ")"
		}
		return catalog.Weaker, opens
	case have == 0:
		return catalog.Weaker, "these requests leave no trace"
	case want == 0:
		return catalog.Stronger, "these requests are recorded too"
	case have < want && len(added) == 0:
		return catalog.Weaker, "less of their bodies is recorded"
	case have > want && len(missing) == 0:
		return catalog.Stronger, "more of their bodies is recorded"
	case have == want && len(missing) > 0 && len(added) == 0:
		return catalog.Weaker, "nothing is recorded at " + strings.Join(missing, ", ")
	case have == want && len(added) > 0 && len(missing) == 0:
		return catalog.Stronger, "they are recorded at " + strings.Join(added, ", ") + " too"
	case have == want && len(added)+len(missing) == 0 && c.Have.OmitManagedFields:
		return catalog.Different, "who owns which field is left out"
	case have == want && len(added)+len(missing) == 0:
		return catalog.Different, "who owns which field is recorded too"
	}
	return catalog.Different, "their records differ in level and stages"
}

// effect says what is recorded of a request.
func effect(e auditpolicy.Effect) string {
	out := e.Level
	if e.Level == auditpolicy.None {
		return out
	}
	all := []string{auditpolicy.RequestReceived, auditpolicy.ResponseStarted, auditpolicy.ResponseComplete, auditpolicy.Panic}
	if omitted := beyond(all, e.Stages); len(omitted) > 0 {
		out += " but at " + strings.Join(omitted, ", ")
	}
	if e.OmitManagedFields {
		out += ", without managed fields"
	}
	return out
}
