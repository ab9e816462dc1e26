package compare

import (
	"cmp"
	"slices"
	"time"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Comparison compares one subject after the other with what is wanted, and keeps of each only what is to be said.
type Comparison struct {
	wanted   *Wanted
	fleet    *fleet
	covered  map[settings.Key]bool
	subjects []Subject
}

// New begins a comparison.
func New(w *Wanted) *Comparison {
	return &Comparison{wanted: w, fleet: newFleet(), covered: map[settings.Key]bool{}}
}

// Add compares one subject, of which nothing else is added later. It never fails: what cannot be compared is unknown.
func (c *Comparison) Add(o observe.Observation) {
	s := &seen{w: c.wanted, node: o.Subject, covered: c.covered}
	s.subject(o)
	c.fleet.add(o, s)
	c.subjects = append(c.subjects, subjectOf(o))
}

// Report says what all of them came to.
func (c *Comparison) Report() *Report {
	w := c.wanted
	r := &Report{Profile: w.Profile, Version: w.Version, At: w.At.Format(time.DateOnly), Subjects: c.subjects}
	slices.SortStableFunc(r.Subjects, func(a, b Subject) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Role, b.Role)) })
	r.Findings, r.Matches = c.fleet.fold(w.Minor.Name)
	for _, s := range w.Settings.All() {
		if !c.covered[s.Key] {
			r.NotLookedAt = append(r.NotLookedAt, s.Key)
		}
	}
	w.explain(r)
	r.Unused = w.waive(r)
	return r
}

// Compare compares what is observed with what is wanted: what several sources show of one subject together.
func Compare(w *Wanted, observations []observe.Observation) *Report {
	c := New(w)
	for _, o := range observe.Merge(observations) {
		c.Add(o)
	}
	return c.Report()
}

func subjectOf(o observe.Observation) Subject {
	out := Subject{Name: o.Subject, Role: o.Role, Version: o.Version}
	for _, l := range o.Layers {
		if !slices.Contains(out.Sources, l.Source) {
			out.Sources = append(out.Sources, l.Source)
		}
	}
	slices.Sort(out.Sources)
	return out
}

// subject compares all that is seen of one subject.
func (s *seen) subject(o observe.Observation) {
	accounts, more := effective.Merge(o, s.w.Minor)
	list := append(unknowns(slices.Clone(o.Unknown)), more...)
	accounts = list.withhold(accounts)
	for _, a := range accounts {
		for _, one := range a.Set.All() {
			if list.hides(a, one.Key) {
				a.Set.Delete(one.Key)
			}
		}
	}
	s.list = list
	byComponent := map[string][]*effective.Account{}
	for _, a := range accounts {
		byComponent[a.Component] = append(byComponent[a.Component], a)
	}
	for _, component := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd, settings.Kubelet, settings.KubeProxy} {
		of := byComponent[component]
		if len(of) == 0 {
			continue
		}
		for _, role := range rolesOf(component, o.Role) {
			s.component(component, role, of)
		}
	}
	if of := byComponent[settings.Host]; len(of) > 0 {
		s.host(o.Role, of)
	}
	s.versions(accounts)
	s.images(accounts)
	s.kubeadm(byComponent[settings.Kubeadm])
	for _, a := range byComponent[settings.Cluster] {
		s.objects(a, list.kind)
	}
	s.newer(o.Newer)
	s.unknown(list, o.Role)
}

// rolesOf returns the roles that a component's settings have: a kubelet's are those of its node, and of the
// whole cluster both.
func rolesOf(component, role string) []string {
	switch {
	case component != settings.Kubelet:
		return []string{""}
	case role != "":
		return []string{role}
	}
	return []string{settings.ControlPlane, settings.Worker}
}
