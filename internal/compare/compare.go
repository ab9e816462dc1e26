package compare

import (
	"cmp"
	"slices"
	"time"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Compare compares what is observed with what is wanted. It never fails: what cannot be compared is unknown.
func Compare(w *Wanted, observations []observe.Observation) *Report {
	r := &Report{Profile: w.Profile, Version: w.Version, At: w.At.Format(time.DateOnly)}
	f := newFleet()
	covered := map[settings.Key]bool{}
	for _, o := range bySubject(observations) {
		s := &seen{w: w, node: o.Subject, covered: covered}
		s.subject(o)
		f.add(o, s)
		r.Subjects = append(r.Subjects, subjectOf(o))
	}
	r.Findings, r.Matches = f.fold()
	for _, s := range w.Settings.All() {
		if !covered[s.Key] {
			r.NotLookedAt = append(r.NotLookedAt, s.Key)
		}
	}
	w.explain(r)
	r.Unused = w.waive(r)
	return r
}

// bySubject puts what several sources show of one node together, ordered by name.
func bySubject(observations []observe.Observation) []observe.Observation {
	var out []observe.Observation
	for _, o := range observations {
		i := slices.IndexFunc(out, func(other observe.Observation) bool {
			return other.Subject == o.Subject && (o.Subject == "" || other.Role == o.Role)
		})
		if i < 0 {
			o.Layers, o.Unknown = slices.Clone(o.Layers), slices.Clone(o.Unknown)
			out = append(out, o)
			continue
		}
		out[i].Layers = append(out[i].Layers, o.Layers...)
		out[i].Unknown = append(out[i].Unknown, o.Unknown...)
		out[i].Newer = append(out[i].Newer, o.Newer...)
		out[i].Version = cmp.Or(out[i].Version, o.Version)
	}
	slices.SortStableFunc(out, func(a, b observe.Observation) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
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
