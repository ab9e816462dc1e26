package controls

import (
	"slices"
	"strings"
)

// podSecurityLevels are the levels, weakest first.
func podSecurityLevels() []string { return []string{"privileged", "baseline", "restricted"} }

const enforceLabel = "pod-security.kubernetes.io/enforce"

// enforces reports whether pods in every namespace without a label of its own must keep at
// least a level.
func (in Input) enforces(level string) (bool, string) {
	if _, disabled := in.plugin("PodSecurity"); disabled {
		return false, "the PodSecurity admission plugin is disabled"
	}
	doc := in.api("PodSecurityConfiguration")
	got := "privileged" // k8s.io/pod-security-admission v0.37.0, admission/api/v1/defaults.go
	evidence := "no PodSecurityConfiguration: the default is privileged"
	if enforce := doc.value.Lookup("defaults", "enforce"); enforce != nil {
		got = enforce.Text
		evidence = "PodSecurityConfiguration enforces " + got
		if at := enforce.Origin.String(); at != "" {
			evidence += " (" + at + ")"
		}
		if exempt := doc.value.Lookup("exemptions", "namespaces").Strings(); len(exempt) > 0 {
			evidence += ", except in " + strings.Join(exempt, ", ")
		}
	}
	return strict(got) >= strict(level), evidence
}

// strict returns a level's rank; what is no level has none. Where a label is none, the API server
// takes the strictest, but will not let it be set (k8s.io/pod-security-admission v0.37.0).
func strict(level string) int { return slices.Index(podSecurityLevels(), level) }

// enforcesEverywhere judges a level with the namespaces' own labels: they may lower the cluster's
// default, and where all that are known have one, they make up for it. kube-system, whose pods
// share the host, may be lower.
func (in Input) enforcesEverywhere(level string) verdict {
	ok, evidence := in.enforces(level)
	if _, disabled := in.plugin("PodSecurity"); disabled {
		return verdict{NotMet, evidence}
	}
	exempt := in.api("PodSecurityConfiguration").value.Lookup("exemptions", "namespaces").Strings()
	var lower, unsaid, held []string
	for _, n := range in.allNamespaces() {
		label := in.label(n, enforceLabel)
		switch {
		case n == "kube-system":
		case label == "", slices.Contains(exempt, n):
			unsaid = append(unsaid, n)
		case strict(label) < strict(level):
			lower = append(lower, n+" ("+label+")")
		default:
			held = append(held, n)
		}
	}
	switch {
	case len(lower) > 0:
		return verdict{NotMet, evidence + "; lower by label in " + strings.Join(lower, ", ")}
	case ok:
		return verdict{Met, evidence}
	case len(held) > 0 && len(unsaid) == 0:
		return verdict{MetAlternative, evidence + "; labels enforce " + level + " or more in " + strings.Join(held, ", ") + "; " + laterNamespaces}
	case len(held) > 0:
		return verdict{NotMet, evidence + "; no label in " + strings.Join(unsaid, ", ")}
	}
	return verdict{NotMet, evidence}
}

// podSecurityLevel: the level that forbids what the control is about, or admission policies that
// refuse the same.
func podSecurityLevel(in Input, c Control) verdict {
	level := "baseline"
	if strings.Contains(c.Expect, "enforce >= restricted") {
		level = "restricted"
	}
	v := in.enforcesEverywhere(level)
	if v.state != NotMet {
		return v
	}
	return in.alternative(v, policiesInstead(c.SettingKey)...)
}

// policiesInstead returns the admission policies that refuse what a control over Pod Security is
// about; none where no policy does.
func policiesInstead(settingKey string) []string {
	switch settingKey {
	case "podsecurity:privileged", "podsecurity:hostProcess":
		return []string{"privileged"}
	case "podsecurity:hostPID", "podsecurity:hostIPC", "podsecurity:hostNetwork":
		return []string{"host-namespaces"}
	case "podsecurity:allowPrivilegeEscalation":
		return []string{"privilege-escalation"}
	case "podsecurity:hostPath":
		return []string{"host-path"}
	case "podsecurity:hostPorts":
		return []string{"host-ports"}
	}
	return nil
}

// podSecurityDefaults: at least baseline for the whole cluster; the STIG also wants nobody
// exempt who is not the system.
func podSecurityDefaults(in Input, c Control) verdict {
	v := in.enforcesEverywhere("baseline")
	if v.state != NotMet && c.ID == "V-254800" {
		doc := in.api("PodSecurityConfiguration").value
		if users := doc.Lookup("exemptions", "usernames").Strings(); len(users) > 0 {
			return verdict{NotMet, "PodSecurityConfiguration exempts the users " + strings.Join(users, ", ")}
		}
		if v.state == MetAlternative { // it asks for the cluster as a whole
			v.state = NotMet
		}
	}
	if v.state != NotMet {
		return v
	}
	switch c.ID {
	case "5.2.1": // "or equivalent"
		return in.alternative(v, "privileged", "host-namespaces", "host-path", "host-ports")
	case "APP.4.4.A4":
		return in.alternative(v, "host-namespaces")
	}
	return v
}

// seccomp: restricted demands a profile of every pod; the kubelet's default gives one to those
// that name none, which is the same for all but pods that ask for Unconfined.
func seccomp(in Input, _ Control) verdict {
	v := in.enforcesEverywhere("restricted")
	if v.state != NotMet {
		return v
	}
	ok, byKubelet := in.onBothKubelets("seccompDefault", equals("true"))
	if !ok {
		return v
	}
	// Baseline forbids Unconfined, and so does the policy.
	if forbidden := in.alternative(in.enforcesEverywhere("baseline"), "seccomp"); forbidden.state != NotMet {
		return verdict{MetAlternative, byKubelet + "; " + forbidden.evidence}
	}
	return v
}
