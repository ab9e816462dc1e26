package resolve

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandAdmission sets the plugins and makes AdmissionConfiguration with the configuration of
// each plugin that has one.
func expandAdmission(b *builder) {
	a := b.profile.APIServer.Admission
	p := at("apiServer", "admission")
	var plugins []any
	add := func(name, kind string, doc *settings.Value, from place) {
		d, _ := layout.DocumentFor(kind)
		b.document(kind, doc, from)
		plugins = append(plugins, map[string]any{"name": name, "path": path.Base(d.File)})
	}
	if a.EventRateLimit != nil {
		add("EventRateLimit", "EventRateLimit", eventRateLimit(a.EventRateLimit), p.in("eventRateLimit"))
	}
	if a.ImagePolicyWebhook != nil {
		from := p.in("imagePolicyWebhook")
		add("ImagePolicyWebhook", "ImagePolicyWebhook", b.imagePolicyWebhook(a.ImagePolicyWebhook, from), from)
	}
	if a.PodSecurity != nil {
		add("PodSecurity", "PodSecurityConfiguration", b.podSecurity(a.PodSecurity), p.in("podSecurity"))
	}
	if b.staticPolicies() {
		add("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyConfiguration", settings.Of(map[string]any{
			"apiVersion":         "apiserver.config.k8s.io/v1",
			"kind":               "ValidatingAdmissionPolicyConfiguration",
			"staticManifestsDir": layout.StaticPolicies,
		}), at("admissionPolicies", "staticManifests"))
	}
	b.admissionPlugins(a, p)
	if len(plugins) > 0 {
		b.document("AdmissionConfiguration", settings.Of(map[string]any{
			"apiVersion": "apiserver.config.k8s.io/v1",
			"kind":       "AdmissionConfiguration",
			"plugins":    plugins,
		}), p)
	}
}

// admissionPlugins sets the two flags. A value for the first replaces kubeadm's, so it always
// names NodeRestriction (kubernetes v1.37.0, cmd/kubeadm/app/phases/controlplane/manifests.go).
func (b *builder) admissionPlugins(a profiles.Admission, p place) {
	enable, disable := []string{"NodeRestriction"}, []string{}
	known := b.minor.AdmissionPlugins()
	check := func(name string, where place) bool {
		if slices.Contains(known, name) {
			return true
		}
		if removed, ok := b.minor.Removed("admission-plugins", name); ok {
			b.fault(where, removed.Instead, "admission plugin %q is gone since %s: the API server would not start", name, removed.Since)
			return false
		}
		hint := since("", catalog.ThingPlugin, name)
		if hint == "" {
			hint = nearest.Hint(name, known)
		}
		b.fault(where, hint, "Kubernetes %s has no admission plugin %q: the API server would not start", b.minor.Name, name)
		return false
	}
	for i, name := range a.Enable {
		if check(name, p.in("enable", strconv.Itoa(i))) && !slices.Contains(enable, name) {
			enable = append(enable, name)
		}
	}
	for i, name := range a.Disable {
		if check(name, p.in("disable", strconv.Itoa(i))) {
			disable = append(disable, name)
		}
	}
	for _, need := range []struct {
		name    string
		there   bool
		section string
	}{
		{"EventRateLimit", a.EventRateLimit != nil, "eventRateLimit"},
		{"ImagePolicyWebhook", a.ImagePolicyWebhook != nil, "imagePolicyWebhook"},
	} {
		switch named := slices.Contains(enable, need.name); {
		case named && !need.there:
			b.fault(p.in("enable"), "describe it in apiServer.admission."+need.section, "admission plugin %q does nothing without its configuration", need.name)
		case need.there && !named:
			enable = append(enable, need.name)
		}
	}
	if len(a.Enable) > 0 || len(enable) > 1 {
		b.flag(settings.APIServer, "enable-admission-plugins", enable, p.in("enable"))
	}
	if len(disable) > 0 {
		b.flag(settings.APIServer, "disable-admission-plugins", disable, p.in("disable"))
	}
}

func eventRateLimit(e *profiles.EventRateLimit) *settings.Value {
	limits := &settings.Value{Kind: settings.List}
	for _, l := range e.Limits {
		limit := settings.Of(map[string]any{"type": l.Type})
		putInt(limit, "qps", l.QPS)
		putInt(limit, "burst", l.Burst)
		putInt(limit, "cacheSize", l.CacheSize)
		limits.Items = append(limits.Items, limit)
	}
	return settings.Of(map[string]any{
		"apiVersion": "eventratelimit.admission.k8s.io/v1alpha1",
		"kind":       "Configuration",
		"limits":     limits,
	})
}

func (b *builder) imagePolicyWebhook(w *profiles.ImagePolicyWebhook, p place) *settings.Value {
	policy := settings.Of(map[string]any{
		"kubeConfigFile": b.kubeConfig("admission", "image-policy", w.KubeConfig, p.in("kubeConfig")),
		"defaultAllow":   w.DefaultAllow != nil && *w.DefaultAllow,
	})
	// Zero would mean upstream's default too; written out, the file says what holds
	// (kubernetes v1.37.0, plugin/pkg/admission/imagepolicy/config.go: 300 s, 30 s, 500 ms).
	for _, f := range []struct {
		name     string
		value    *int
		fallback int
	}{{"allowTTL", w.AllowTTL, 300}, {"denyTTL", w.DenyTTL, 30}, {"retryBackoff", w.RetryBackoff, 500}} {
		value := f.fallback
		if f.value != nil {
			value = *f.value
		}
		policy.Put(f.name, settings.Of(value))
	}
	return (&settings.Value{Kind: settings.Map}).Put("imagePolicy", policy)
}

// podSecurity makes PodSecurityConfiguration. Unset versions are pinned to the target minor:
// "latest" would change what is admitted with the next upgrade, without a word.
func (b *builder) podSecurity(ps *profiles.PodSecurity) *settings.Value {
	level := func(l profiles.PodSecurityLevel) string {
		if l == "" {
			return "privileged"
		}
		return string(l)
	}
	pinned := func(version, field string) string {
		return b.pinned(version, at("apiServer", "admission", "podSecurity", field))
	}
	list := func(items []string) []string {
		if items == nil {
			return []string{}
		}
		return items
	}
	return settings.Of(map[string]any{
		"apiVersion": "pod-security.admission.config.k8s.io/v1",
		"kind":       "PodSecurityConfiguration",
		"defaults": map[string]any{
			"enforce": level(ps.Enforce), "enforce-version": pinned(ps.EnforceVersion, "enforceVersion"),
			"audit": level(ps.Audit), "audit-version": pinned(ps.AuditVersion, "auditVersion"),
			"warn": level(ps.Warn), "warn-version": pinned(ps.WarnVersion, "warnVersion"),
		},
		"exemptions": map[string]any{
			"usernames":      list(ps.Exemptions.Usernames),
			"namespaces":     list(ps.Exemptions.Namespaces),
			"runtimeClasses": list(ps.Exemptions.RuntimeClasses),
		},
	})
}

// pinned returns a version of the Pod Security Standards, the target minor's where none is said.
func (b *builder) pinned(version string, p place) string {
	if version == "" {
		return "v" + b.minor.Name
	}
	if version != "latest" && newer(version, b.minor.Name) {
		b.fault(p, "use v"+b.minor.Name+" or an older one", "version %q is newer than Kubernetes %s", version, b.minor.Name)
	}
	return version
}

// newer reports whether a minor, v1.N or 1.N, is above another.
func newer(version, minor string) bool {
	number := func(s string) int {
		_, after, _ := strings.Cut(s, ".")
		n, _ := strconv.Atoi(after)
		return n
	}
	return number(version) > number(minor)
}

func putInt(v *settings.Value, key string, n *int) {
	if n != nil {
		v.Put(key, settings.Of(*n))
	}
}
