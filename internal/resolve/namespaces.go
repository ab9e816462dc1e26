package resolve

import (
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// exemptionPrefix and exempt are the label by which a namespace is exempt from an admission
// policy.
const (
	exemptionPrefix = "policies.hardstrap.dev/"
	exempt          = "exempt"
)

// expandNamespaces makes the Namespace objects, with their labels, and what stands in them
// beside RBAC and NetworkPolicies. Namespaces and service accounts named default are made by
// Kubernetes or by others too: they bear no mark of hardstrap.
func expandNamespaces(b *builder) {
	for i, n := range b.profile.Namespaces {
		p := at("namespaces", strconv.Itoa(i))
		labels := b.podSecurityLabels(n, p.in("podSecurity"))
		for _, policy := range n.Exemptions {
			labels[exemptionPrefix+string(policy)] = exempt
		}
		b.object(object{apiVersion: "v1", kind: "Namespace", name: n.Name, labels: labels}, p)
		if t := n.AutomountServiceAccountToken; t != nil {
			b.object(object{
				apiVersion: "v1", kind: "ServiceAccount", namespace: n.Name, name: "default",
				body: map[string]any{"automountServiceAccountToken": *t},
			}, p.in("automountServiceAccountToken"))
		}
		if len(n.LimitRange) > 0 {
			b.object(limitRange(n), p.in("limitRange"))
		}
		if n.ResourceQuota != nil {
			b.object(resourceQuota(n), p.in("resourceQuota"))
		}
	}
}

func limitRange(n profiles.Namespace) object {
	limits := &settings.Value{Kind: settings.List}
	for _, l := range n.LimitRange {
		limit := settings.Of(map[string]any{"type": l.Type})
		for _, f := range []struct {
			name  string
			value *settings.Value
		}{{"max", l.Max}, {"min", l.Min}, {"default", l.Default}, {"defaultRequest", l.DefaultRequest}, {"maxLimitRequestRatio", l.MaxLimitRequestRatio}} {
			if f.value != nil {
				limit.Put(f.name, quantities(f.value))
			}
		}
		limits.Items = append(limits.Items, limit)
	}
	return object{
		apiVersion: "v1", kind: "LimitRange", namespace: n.Name, name: managedBy,
		why:  "What a container here may take, and what it gets where it says nothing: one pod must not starve the others of its node.",
		body: map[string]any{"spec": map[string]any{"limits": limits}},
	}
}

func resourceQuota(n profiles.Namespace) object {
	spec := map[string]any{}
	if n.ResourceQuota.Hard != nil {
		spec["hard"] = quantities(n.ResourceQuota.Hard)
	}
	if len(n.ResourceQuota.Scopes) > 0 {
		spec["scopes"] = n.ResourceQuota.Scopes
	}
	return object{
		apiVersion: "v1", kind: "ResourceQuota", namespace: n.Name, name: managedBy,
		why:  "What this namespace may take in all: it must not starve the others of the cluster.",
		body: map[string]any{"spec": spec},
	}
}

// quantities returns a map of quantities as text, which is what the API server writes too: a number
// of a file may pass through readers that round it.
func quantities(m *settings.Value) *settings.Value {
	out := m.Clone()
	for i := range out.Entries {
		v := out.Entries[i].Value
		if v.Kind == settings.Float {
			if f, err := strconv.ParseFloat(v.Text, 64); err == nil {
				v.Text = strconv.FormatFloat(f, 'f', -1, 64)
			}
		}
		v.Kind = settings.String
	}
	return out
}

// podSecurityLabels returns a namespace's labels of Pod Security. Every level comes with its
// version: without one the cluster's default version would hold
// (k8s.io/pod-security-admission v0.37.0, api/helpers.go, PolicyToEvaluate).
func (b *builder) podSecurityLabels(n profiles.Namespace, p place) map[string]string {
	labels := map[string]string{}
	ps := n.PodSecurity
	if ps == nil {
		return labels
	}
	defaults, exempted := profiles.PodSecurity{}, false
	if d := b.profile.APIServer.Admission.PodSecurity; d != nil {
		defaults, exempted = *d, slices.Contains(d.Exemptions.Namespaces, n.Name)
	}
	set := func(mode string, level profiles.PodSecurityLevel, version string) {
		labels["pod-security.kubernetes.io/"+mode] = string(level)
		labels["pod-security.kubernetes.io/"+mode+"-version"] = version
	}
	stage := b.stage(ps)
	enforceVersion := b.pinned(ps.EnforceVersion, p.in("enforceVersion"))
	switch {
	case ps.Enforce == "":
	case stage == profiles.StageEnforce:
		set("enforce", ps.Enforce, enforceVersion)
		b.checkSystemLevel(n.Name, ps.Enforce, exempted, p.in("enforce"))
	default:
		set("enforce", "privileged", enforceVersion)
		if strictness(ps.Enforce) > 0 && strictness(defaults.Enforce) > 0 && !exempted {
			b.warn(p.in("enforce"), "set the stage to enforce once no pod is warned of",
				"at stage %q nothing is enforced in %q, not even the cluster's default %q", stage, n.Name, defaults.Enforce)
		}
	}
	// A level that is unset follows enforce where its stage has come and the cluster's default
	// is not stricter: staging must not hide what the cluster already tells.
	for _, mode := range []struct {
		name            string
		level, clusters profiles.PodSecurityLevel
		version         string
		staged          bool
	}{
		{"audit", ps.Audit, defaults.Audit, ps.AuditVersion, stage != profiles.StageWarn},
		{"warn", ps.Warn, defaults.Warn, ps.WarnVersion, true},
	} {
		switch {
		case mode.level != "":
			set(mode.name, mode.level, b.pinned(mode.version, p.in(mode.name+"Version")))
		case mode.staged && strictness(ps.Enforce) > 0 && strictness(ps.Enforce) >= strictness(mode.clusters):
			set(mode.name, ps.Enforce, enforceVersion)
		}
	}
	if exempted && max(strictness(ps.Enforce), strictness(ps.Audit), strictness(ps.Warn)) > 0 {
		b.warn(p, "remove the namespace from apiServer.admission.podSecurity.exemptions.namespaces, or its levels here",
			"%q is exempt from Pod Security: its labels do nothing", n.Name)
	}
	return labels
}

// stage returns how far a namespace's level is rolled out.
func (b *builder) stage(ps *profiles.NamespacePodSecurity) profiles.RolloutStage {
	for _, stage := range []profiles.RolloutStage{ps.Stage, b.profile.PodSecurity.Stage} {
		if stage != "" {
			return stage
		}
	}
	return profiles.StageEnforce
}

// checkSystemLevel refuses to enforce in kube-system what its own pods break: kube-proxy is
// privileged, and it, the control plane's mirror pods and network plugins use the host's network
// and files (kubernetes v1.37.0, cmd/kubeadm/app/phases/addons/proxy/manifests.go).
func (b *builder) checkSystemLevel(namespace string, level profiles.PodSecurityLevel, exempted bool, p place) {
	if namespace == "kube-system" && strictness(level) > 0 && !exempted {
		b.fault(p, "write enforce: privileged, with audit and warn as you like, and keep others from making pods there by RBAC",
			"kube-system cannot enforce %q: kube-proxy, the network plugin and the control plane's mirror pods would be refused when they are made anew", level)
	}
}

// strictness returns a level's rank; unset means privileged, as upstream's default.
func strictness(l profiles.PodSecurityLevel) int {
	return max(0, slices.Index(l.Allowed(), string(l)))
}
