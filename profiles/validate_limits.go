package profiles

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// qualifiedSpelling is IsQualifiedName of k8s.io/apimachinery v0.37.0, pkg/util/validation,
// lengths aside.
var qualifiedSpelling = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func qualified(text string) bool {
	prefix, name, cut := strings.Cut(text, "/")
	if !cut {
		prefix, name = "", prefix
	}
	return qualifiedSpelling.MatchString(text) && len(prefix) <= 253 && len(name) <= 63
}

// amounts are quantities by resource, those that are right.
type amounts map[string]*big.Rat

// amounts judges a map from resources to quantities.
func (v *validator) amounts(m *settings.Value, resource format, steps ...string) amounts {
	if m == nil {
		return nil
	}
	if m.Kind != settings.Map || len(m.Entries) == 0 {
		what := describe(m)
		if m.Kind == settings.Map {
			what = "an empty map"
		}
		v.fault(diag.Problem{Message: "a map from resources to quantities is wanted, found " + what, Hint: "as {memory: 256Mi}"}, steps...)
		return nil
	}
	out := amounts{}
	for _, e := range m.Entries {
		at := under(steps, e.Key)
		if p := resource(e.Key); p != nil {
			v.fault(*p, at...)
			continue
		}
		amount, p := quantity(e.Value)
		if p != nil {
			v.fault(*p, at...)
			continue
		}
		out[e.Key] = amount
	}
	return out
}

// bytesWhole refuses fractions of a byte: memory: 128m, where 128M was meant.
func (v *validator) bytesWhole(m *settings.Value, a amounts, steps ...string) {
	for _, resource := range sortedResources(a) {
		if inBytes(resource) && !a[resource].IsInt() {
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q is a fraction of a byte", m.Get(resource).Text),
				Hint:    "m is a thousandth: write M or Mi",
			}, under(steps, resource)...)
		}
	}
}

func sortedResources(a amounts) []string {
	out := make([]string, 0, len(a))
	for resource := range a {
		out = append(out, resource)
	}
	slices.Sort(out)
	return out
}

// limitResource is what a LimitRange of a type may limit (kubernetes v1.37.0,
// pkg/apis/core/validation/validation.go, validateLimitRangeResourceName, and
// pkg/apis/core/helper/helpers.go; the same in 1.33). With requests. before it, as quotas count it, the
// name of an extended resource must be one still. Of a claim nothing but storage is counted
// (plugin/pkg/admission/limitranger/admission.go).
func limitResource(limitType string) format {
	words := []string{"cpu", "memory", "ephemeral-storage"}
	allowed := "cpu, memory, ephemeral-storage, hugepages-<size>, or an extended resource as example.org/gpu"
	if limitType == "PersistentVolumeClaim" {
		words, allowed = []string{"storage"}, "storage"
	}
	return func(text string) *diag.Problem {
		switch {
		case slices.Contains(words, text):
			return nil
		case limitType != "PersistentVolumeClaim" && qualified(text) &&
			(hugePages(text) || strings.Contains(text, "/") && !strings.HasPrefix(text, "requests.") && qualified("requests."+text)):
			return nil
		}
		p := refuse(text, "a resource that can be limited here", allowed)
		p.Hint = meant(text, words)
		return p
	}
}

// hugePages reports whether a resource is hugepages-<size>.
func hugePages(resource string) bool {
	size, ok := strings.CutPrefix(resource, "hugepages-")
	if !ok {
		return false
	}
	amount, p := quantity(settings.Of(size))
	return p == nil && amount.Sign() > 0 && amount.IsInt()
}

// limitRange follows ValidateLimitRange of the same file.
func (v *validator) limitRange(n Namespace, steps ...string) {
	v.empty(len(n.LimitRange), "write at least one limit, as {type: Container, default: {memory: 256Mi}}", steps...)
	v.ownPods(n, "LimitRange", len(n.LimitRange) > 0, steps...)
	for i, l := range n.LimitRange {
		at := under(steps, strconv.Itoa(i))
		right := oneOf("Container", "Pod", "PersistentVolumeClaim")
		if p := right(l.Type); p != nil {
			v.fault(*p, under(at, "type")...)
			continue
		}
		v.limit(l, at...)
	}
}

func (v *validator) limit(l Limit, steps ...string) {
	fields := []struct {
		name  string
		value *settings.Value
	}{{"max", l.Max}, {"min", l.Min}, {"default", l.Default}, {"defaultRequest", l.DefaultRequest}, {"maxLimitRequestRatio", l.MaxLimitRequestRatio}}
	got := map[string]amounts{}
	said := false
	for _, f := range fields {
		at := under(steps, f.name)
		said = said || f.value != nil
		if strings.HasPrefix(f.name, "default") && f.value != nil && l.Type != "Container" {
			v.fault(diag.Problem{Message: fmt.Sprintf("a limit of type %s has no defaults", l.Type), Hint: "say it of type Container"}, at...)
			continue
		}
		got[f.name] = v.amounts(f.value, limitResource(l.Type), at...)
		if f.name != "maxLimitRequestRatio" {
			v.bytesWhole(f.value, got[f.name], at...)
		}
	}
	if !said {
		v.missing("limit something, as max: {memory: 1Gi}", under(steps, "max")...)
		return
	}
	if l.Type == "PersistentVolumeClaim" && l.Min == nil && l.Max == nil {
		v.missing("a limit of claims needs max or min: {storage: 10Gi}", under(steps, "max")...)
	}
	v.ordered(got, steps...)
	v.ratio(got, steps...)
	for _, resource := range sortedResources(got["default"]) {
		limit, request := got["default"][resource], got["defaultRequest"][resource]
		overcommit := !hugePages(resource) && (!strings.Contains(resource, "/") || strings.Contains(resource, "kubernetes.io/"))
		if request != nil && !overcommit && limit.Cmp(request) != 0 {
			v.fault(diag.Problem{
				Message: fmt.Sprintf("differs from default: %s cannot be given out twice", resource),
				Hint:    "write the same value, or leave defaultRequest out",
			}, under(steps, "defaultRequest", resource)...)
		}
	}
}

// ordered refuses what is above its bound; the message stands at the smaller's place.
func (v *validator) ordered(got map[string]amounts, steps ...string) {
	for _, pair := range [][2]string{
		{"min", "max"}, {"min", "defaultRequest"}, {"defaultRequest", "max"}, {"defaultRequest", "default"}, {"min", "default"}, {"default", "max"},
	} {
		low, high := pair[0], pair[1]
		for _, resource := range sortedResources(got[low]) {
			if bound := got[high][resource]; bound != nil && got[low][resource].Cmp(bound) > 0 {
				v.fault(diag.Problem{
					Message: fmt.Sprintf("%q is more than %s allows: %q (%s)",
						v.at(under(steps, low, resource)...).Text, high, v.at(under(steps, high, resource)...).Text, v.Origin(under(steps, high, resource)...)),
					Hint: fmt.Sprintf("%s must not be above %s", low, high),
				}, under(steps, low, resource)...)
			}
		}
	}
}

// ratio refuses a ratio of limit to request below 1, or above the one that min and max leave.
func (v *validator) ratio(got map[string]amounts, steps ...string) {
	ratios := got["maxLimitRequestRatio"]
	for _, resource := range sortedResources(ratios) {
		at := under(steps, "maxLimitRequestRatio", resource)
		ratio, least, most := ratios[resource], got["min"][resource], got["max"][resource]
		switch {
		case ratio.Cmp(big.NewRat(1, 1)) < 0:
			v.fault(*refuse(v.at(at...).Text, "a ratio of limit to request", "1 or more"), at...)
		case least != nil && most != nil && least.Sign() > 0:
			if bound := new(big.Rat).Quo(most, least); bound.Sign() > 0 && ratio.Cmp(bound) > 0 {
				v.fault(diag.Problem{
					Message: fmt.Sprintf("%q is more than max by min, which is %s", v.at(at...).Text, strings.TrimRight(strings.TrimRight(bound.FloatString(3), "0"), ".")),
					Hint:    "lower it, or leave it out",
				}, at...)
			}
		}
	}
}

// ownPods says what limits in kube-system do to the cluster's own pods.
func (v *validator) ownPods(n Namespace, kind string, there bool, steps ...string) {
	if there && n.Name == "kube-system" {
		v.fault(diag.Problem{
			Severity: diag.Warning,
			Message:  fmt.Sprintf("a %s in kube-system holds for kube-proxy, CoreDNS and the network plugin too: one that it does not let in does not come back", kind),
			Hint:     "leave it out, or measure these pods first",
		}, steps...)
	}
}
