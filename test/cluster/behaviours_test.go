package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// behaviour is one thing that a cluster of the profile does, or refuses to do.
type behaviour struct {
	name string
	// plain tells what the control shows, a cluster without a profile that is judged as if it had judge's: whether it
	// does the same. Where it does not, the assertion is known to see the difference.
	plain verdict
	// shows is what the control says where it lacks the behaviour, as a regular expression, so that another failure is
	// not taken for it.
	shows string
	// applies says whether the profile asks for it; always, where nil.
	applies func(*cluster) bool
	// check returns what was seen, and an error where it is not what the profile says.
	check func(*cluster) (saw string, err error)
}

type verdict string

const (
	same   verdict = "same"   // a plain cluster does it too
	lacks  verdict = "lacks"  // a plain cluster does not
	absent verdict = "absent" // what is asked about is not there, so nothing can be asked
)

// result is one row of what was seen, for docs/evidence.md.
type result struct {
	Behaviour string `json:"behaviour"`
	Holds     bool   `json:"holds"`
	Saw       string `json:"saw"`
}

// behave asserts a list of behaviours, all of them, and keeps what was seen.
func (c *cluster) behave(t *testing.T, list []behaviour) {
	t.Helper()
	for _, b := range list {
		if c.profile == plain && b.plain == absent || c.profile != plain && b.applies != nil && !b.applies(c) {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			saw, err := b.check(c)
			if err != nil {
				saw = firstLine(err.Error())
			}
			c.say("  %s: %s", b.name, saw)
			c.seen = append(c.seen, result{Behaviour: b.name, Holds: err == nil, Saw: saw})
			switch {
			case c.profile != plain && err != nil:
				t.Error(err)
			case c.profile == plain && b.plain == lacks && err != nil && !regexp.MustCompile(b.shows).MatchString(err.Error()):
				t.Errorf("a cluster without a profile fails for another reason than %q: %v", b.shows, err)
			case c.profile == plain && err == nil && b.plain == lacks:
				t.Errorf("a cluster without a profile does the same, so this assertion cannot see what the profile does: %s", saw)
			case c.profile == plain && err != nil && b.plain == same:
				t.Errorf("a cluster without a profile should do this too: %v", err)
			}
		})
	}
}

// save writes what was seen to the directory of results.
func (c *cluster) save(name string) error {
	data, err := json.MarshalIndent(struct {
		Profile string   `json:"profile"`
		Version string   `json:"version"`
		Seen    []result `json:"seen"`
	}{c.profile, c.target, c.seen}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.results, fmt.Sprintf("%s-%s-%s.json", c.started, c.target, name)), append(data, '\n'), 0o644)
}
