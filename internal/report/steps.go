package report

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// step is something to do, said once for all findings that it is for.
type step struct {
	text     string
	command  bool     // else it is prose
	once     bool     // for the cluster, and not on each node
	findings int      // how many it is for
	nodes    []string // where, sorted; none for what is the cluster's
	rank     int
}

// mends reports whether a finding's remedy is worth saying: a waived difference is meant, and what
// is stronger is no fault.
func mends(f compare.Finding) bool {
	return f.Waiver == nil && direction(f) != compare.Stronger
}

// kindOfStep tells by their beginning where steps stand in the order in which they must run.
type kindOfStep struct {
	prefix string
	once   bool
}

// kindsOfSteps is the order: files, what is made of them, what the cluster keeps, certificates, the
// components, the objects.
func kindsOfSteps() []kindOfStep {
	return []kindOfStep{
		{"hardstrap generate ", true},
		{"hardstrap install ", false},
		{"systemd-sysusers ", false},
		{"systemd-tmpfiles ", false},
		{"systemctl restart systemd-sysctl", false},
		{"kubeadm init phase upload-config ", true},
		{"kubeadm upgrade node ", false},
		{"kubeadm init phase addon ", true},
		{"kubeadm certs ", false},
		{"systemctl ", false},
		{"crictl ", false},
		{"kubectl --namespace kube-system rollout ", true},
		{"kubectl apply ", true},
		{"kubectl ", true},
	}
}

// stepsFor returns what to do about findings, in the order in which it must be done; what has no
// place in it stands last.
func stepsFor(findings []compare.Finding) []step {
	var out []step
	at := map[string]int{}
	for _, f := range findings {
		var seen []string
		for _, line := range f.Remedy {
			s := newStep(line)
			if slices.Contains(seen, s.text) {
				continue
			}
			seen = append(seen, s.text)
			i, known := at[s.text]
			if !known {
				i = len(out)
				at[s.text], out = i, append(out, s)
			}
			out[i].findings++
			out[i].nodes = append(out[i].nodes, f.Nodes...)
		}
	}
	for i := range out {
		slices.Sort(out[i].nodes)
		out[i].nodes = slices.Compact(out[i].nodes)
	}
	out = together(out)
	slices.SortStableFunc(out, func(a, b step) int { return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.text, b.text)) })
	return out
}

func newStep(line string) step {
	if what, command, ok := strings.Cut(line, ": hardstrap install "); ok && strings.HasPrefix(what, "lay ") {
		line = "hardstrap install " + command // it lays all files of the role
	}
	list := kindsOfSteps()
	for i, k := range list {
		if strings.HasPrefix(line, k.prefix) {
			return step{text: line, command: true, once: k.once, rank: i}
		}
	}
	return step{text: line, rank: len(list)}
}

// together makes one step of those that apply files of the same directory.
func together(list []step) []step {
	var out []step
	at := map[string]int{}
	for _, s := range list {
		command, file, ok := strings.Cut(s.text, " --filename ")
		if !ok || !strings.HasPrefix(command, "kubectl apply") {
			out = append(out, s)
			continue
		}
		dir := command + " --filename " + path.Dir(file) + "/"
		i, known := at[dir]
		if !known {
			at[dir], out = len(out), append(out, s)
			continue
		}
		out[i].text = dir
		out[i].findings += s.findings
	}
	return out
}

// toMend returns the findings that the profile's own values mend.
func toMend(r *compare.Report) []compare.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f compare.Finding) bool { return !mends(f) || direction(f) == compare.Unknown })
}

// toSee returns the findings of what could not be seen.
func toSee(r *compare.Report) []compare.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f compare.Finding) bool { return !mends(f) || direction(f) != compare.Unknown })
}

// on says on which nodes a step is to be done; "" where there is but one, or it is the cluster's.
func (s step) on(r *compare.Report, most int) string {
	if nodes(r) < 2 || len(s.nodes) == 0 {
		return ""
	}
	if s.once {
		return "once"
	}
	every := func(role string) bool {
		n := 0
		for _, subject := range r.Subjects {
			if subject.Name != "" && (role == "" || subject.Role == role) {
				if n++; !slices.Contains(s.nodes, subject.Name) {
					return false
				}
			}
		}
		return n == len(s.nodes)
	}
	switch {
	case every(""):
		return "on every node"
	case every(settings.ControlPlane):
		return "on every control plane"
	case every(settings.Worker):
		return "on every worker"
	}
	return "on " + some(s.nodes, most)
}
