package profiles

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// Resources of quotas and what scopes take (kubernetes v1.37.0, pkg/apis/core/helper/helpers.go;
// the same in 1.33).
func objectQuotas() []string {
	return []string{"pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
		"persistentvolumeclaims", "services.nodeports", "services.loadbalancers"}
}

func computeQuotas() []string {
	return []string{"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}
}

func storageQuotas() []string {
	return []string{"ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage"}
}

// quotaResource is what a ResourceQuota may name, as upstream takes it.
func quotaResource(text string) *diag.Problem {
	words := slices.Concat(objectQuotas(), computeQuotas(), storageQuotas())
	switch {
	case slices.Contains(words, text):
		return nil
	case qualified(text) && (hugePages(strings.TrimPrefix(text, "requests.")) || strings.Contains(text, "/")):
		return nil
	}
	p := refuse(text, "a resource that can be counted", strings.Join(words, ", ")+", requests.hugepages-<size>, count/<resource>.<group>, requests.<extended resource>")
	p.Hint = meant(text, words)
	if !strings.Contains(text, "/") && strings.Contains(text, ".") && p.Hint == "" {
		p.Hint = "write count/" + text + " to count objects"
	}
	return p
}

// resourceQuota follows ValidateResourceQuotaSpec of kubernetes v1.37.0,
// pkg/apis/core/validation/validation.go.
func (v *validator) resourceQuota(n Namespace, steps ...string) {
	q := n.ResourceQuota
	if q == nil {
		return
	}
	v.ownPods(n, "ResourceQuota", true, steps...)
	hard := under(steps, "hard")
	if q.Hard == nil {
		v.missing("name what is counted, as hard: {pods: 50}", hard...)
	}
	got := v.amounts(q.Hard, quotaResource, hard...)
	v.bytesWhole(q.Hard, got, hard...)
	for _, resource := range sortedResources(got) {
		at := under(hard, resource)
		extended := strings.Contains(resource, "/") && !strings.Contains(resource, "kubernetes.io/") && !strings.HasPrefix(resource, "requests.")
		if (slices.Contains(objectQuotas(), resource) || extended) && !got[resource].IsInt() {
			v.fault(*refuse(q.Hard.Get(resource).Text, "a whole number", "a count of objects"), at...)
		}
		if strings.Contains(resource, "/") && !isCounted(resource) {
			v.fault(diag.Problem{
				Severity: diag.Warning,
				Message:  fmt.Sprintf("Kubernetes counts nothing as %q: the quota does not limit it", resource),
				Hint:     "write requests.<resource> for an extended resource, count/<resource>.<group> for objects",
			}, at...)
		}
	}
	v.scopes(q, got, under(steps, "scopes")...)
	v.unsaidResources(n, got, hard...)
}

// isCounted reports whether something counts a resource with a slash in its name (kubernetes
// v1.37.0, pkg/quota/v1/evaluator/core, and apiserver v0.37.0's generic object counts).
func isCounted(resource string) bool {
	return strings.HasPrefix(resource, "count/") || strings.HasPrefix(resource, "requests.") ||
		strings.Contains(resource, ".storageclass.storage.k8s.io/") || strings.HasSuffix(resource, ".deviceclass.resource.k8s.io/devices")
}

// scopes follows validateResourceQuotaScopes and IsResourceQuotaScopeValidForResource.
func (v *validator) scopes(q *ResourceQuota, hard amounts, steps ...string) {
	ofPods := append([]string{"pods"}, computeQuotas()...)
	fits := map[string][]string{
		"Terminating": ofPods, "NotTerminating": ofPods, "NotBestEffort": ofPods, "PriorityClass": ofPods, "CrossNamespacePodAffinity": ofPods,
		"BestEffort":            {"pods"},
		"VolumeAttributesClass": {"persistentvolumeclaims", "requests.storage"},
	}
	words := []string{"Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"}
	for i, scope := range q.Scopes {
		at := under(steps, strconv.Itoa(i))
		if p := oneOf(words...)(scope); p != nil {
			v.fault(*p, at...)
			continue
		}
		for _, resource := range sortedResources(hard) {
			standard := !strings.Contains(resource, "/")
			if standard && !slices.Contains(fits[scope], resource) {
				v.fault(diag.Problem{
					Message: fmt.Sprintf("%q does not go with %q", scope, resource),
					Allowed: strings.Join(fits[scope], ", "),
				}, at...)
			}
		}
		for _, pair := range [][2]string{{"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"}} {
			if scope == pair[1] && slices.Contains(q.Scopes, pair[0]) {
				v.fault(diag.Problem{Message: fmt.Sprintf("%q and %q exclude each other", pair[0], pair[1]), Hint: "keep one"}, at...)
			}
		}
	}
}

// unsaidResources says that a quota of cpu or memory refuses pods that do not say theirs, where no
// LimitRange fills them in (kubernetes v1.37.0, pkg/quota/v1/evaluator/core/pods.go, Constraints,
// and pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem).
func (v *validator) unsaidResources(n Namespace, hard amounts, steps ...string) {
	filled := map[string]bool{}
	for _, l := range n.LimitRange {
		if l.Type != "Container" {
			continue
		}
		for _, resource := range []string{"cpu", "memory"} {
			limit := l.Default.Get(resource) != nil || l.Max.Get(resource) != nil
			request := limit || l.DefaultRequest.Get(resource) != nil || l.Min.Get(resource) != nil
			filled["limits."+resource] = limit
			filled["requests."+resource] = request
			filled[resource] = request
		}
	}
	var unsaid []string
	for _, resource := range computeQuotas() {
		if hard[resource] != nil && !filled[resource] {
			unsaid = append(unsaid, resource)
		}
	}
	if len(unsaid) > 0 {
		v.fault(diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("a pod in %q whose containers do not say %s is refused", n.Name, strings.Join(unsaid, ", ")),
			Hint:     "give them a default by limitRange: [{type: Container, default: ..., defaultRequest: ...}]",
		}, steps...)
	}
}
