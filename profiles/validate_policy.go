package profiles

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
)

func (v *validator) admission() {
	a := v.Profile.APIServer.Admission
	root := place("apiServer", "admission")
	v.each(a.Enable, plugin, under(root, "enable")...)
	v.each(a.Disable, plugin, under(root, "disable")...)
	for i, name := range a.Disable {
		if j := slices.Index(a.Enable, name); j >= 0 {
			v.fault(diag.Problem{
				Message: fmt.Sprintf("%q is enabled too (%s)", name, v.Origin(under(root, "enable", strconv.Itoa(j))...)),
				Hint:    "keep one",
			}, under(root, "disable", strconv.Itoa(i))...)
		}
		for _, section := range []struct{ plugin, field string }{
			{"PodSecurity", "podSecurity"}, {"EventRateLimit", "eventRateLimit"}, {"ImagePolicyWebhook", "imagePolicyWebhook"},
		} {
			if name == section.plugin {
				v.exclusive(under(root, "disable", strconv.Itoa(i)), under(root, section.field), "the plugin is configured there")
			}
		}
	}
	v.podSecurity()
	v.eventRateLimit()
	if w := a.ImagePolicyWebhook; w != nil {
		at := under(root, "imagePolicyWebhook")
		v.kubeConfig(w.KubeConfig, under(at, "kubeConfig")...)
		// plugin/pkg/admission/imagepolicy/config.go of k8s.io/kubernetes v1.37.0: -1 turns the
		// cache off, 0 takes the default, at most 30 minutes, for the backoff 5.
		v.within(w.AllowTTL, -1, 30*60, under(at, "allowTTL")...)
		v.within(w.DenyTTL, -1, 30*60, under(at, "denyTTL")...)
		v.within(w.RetryBackoff, -1, 5*60*1000, under(at, "retryBackoff")...)
	}
}

func (v *validator) podSecurity() {
	p := v.Profile.APIServer.Admission.PodSecurity
	if p == nil {
		return
	}
	root := place("apiServer", "admission", "podSecurity")
	v.podSecurityLevels([]podSecurityMode{
		{"enforce", p.Enforce, p.EnforceVersion}, {"audit", p.Audit, p.AuditVersion}, {"warn", p.Warn, p.WarnVersion},
	}, root...)
	v.each(p.Exemptions.Namespaces, label, under(root, "exemptions", "namespaces")...)
	v.each(p.Exemptions.RuntimeClasses, subdomain, under(root, "exemptions", "runtimeClasses")...)
}

// podSecurityMode is one of the three things that Pod Security does, with its level.
type podSecurityMode struct {
	field   string
	level   PodSecurityLevel
	version string
}

func (v *validator) podSecurityLevels(modes []podSecurityMode, steps ...string) {
	for _, mode := range modes {
		v.is(mode.version, pssVersion, under(steps, mode.field+"Version")...)
		if mode.version != "" && mode.level == "" {
			v.missing(fmt.Sprintf("%sVersion needs it: name a level", mode.field), under(steps, mode.field)...)
		}
	}
}

// eventRateLimit follows plugin/pkg/admission/eventratelimit/apis/eventratelimit/validation of
// k8s.io/kubernetes v1.37.0, which upstream runs on a file it decodes leniently.
func (v *validator) eventRateLimit() {
	e := v.Profile.APIServer.Admission.EventRateLimit
	if e == nil {
		return
	}
	root := place("apiServer", "admission", "eventRateLimit", "limits")
	if len(e.Limits) == 0 {
		v.missing("write at least one limit, as {type: Server, qps: 5000, burst: 20000}", root...)
	}
	for i, l := range e.Limits {
		at := under(root, strconv.Itoa(i))
		v.is(l.Type, oneOf("Server", "Namespace", "User", "SourceAndObject"), under(at, "type")...)
		for _, n := range []struct {
			field string
			value *int
		}{{"qps", l.QPS}, {"burst", l.Burst}} {
			if n.value == nil {
				v.missing("write a number above zero", under(at, n.field)...)
			}
			v.within(n.value, 1, math.MaxInt32, under(at, n.field)...)
		}
		v.within(l.CacheSize, 0, math.MaxInt32, under(at, "cacheSize")...)
		if l.CacheSize != nil && l.Type == "Server" {
			v.fault(diag.Problem{Message: "a limit of type Server has no cache", Hint: "remove the line"}, under(at, "cacheSize")...)
		}
	}
}

func (v *validator) audit() {
	a := v.Profile.APIServer.Audit
	root := place("apiServer", "audit")
	v.exclusive(under(root, "policyFile"), under(root, "policy"), "a policy is one of hardstrap's or a file")
	v.is(a.PolicyFile, localFile, under(root, "policyFile")...)
	if a.Policy == "none" {
		for _, field := range []string{"log", "webhook"} {
			v.exclusive(under(root, field), under(root, "policy"), "policy none writes nothing")
		}
	}
	modes := oneOf("batch", "blocking", "blocking-strict") // k8s.io/apiserver v0.37.0, pkg/server/options/audit.go
	log := under(root, "log")
	v.is(a.Log.Path, logPath, under(log, "path")...)
	v.within(a.Log.MaxAge, 0, math.MaxInt32, under(log, "maxAge")...)
	v.within(a.Log.MaxBackup, 0, math.MaxInt32, under(log, "maxBackup")...)
	v.within(a.Log.MaxSize, 0, math.MaxInt32, under(log, "maxSize")...)
	v.is(a.Log.Mode, modes, under(log, "mode")...)
	v.is(a.Log.Format, oneOf("json", "legacy"), under(log, "format")...)
	if w := a.Webhook; w != nil {
		hook := under(root, "webhook")
		v.kubeConfig(w.KubeConfig, under(hook, "kubeConfig")...)
		v.is(w.Mode, modes, under(hook, "mode")...)
		v.is(w.InitialBackoff, duration, under(hook, "initialBackoff")...)
	}
}

func (v *validator) encryption() {
	e := v.Profile.APIServer.Encryption
	root := place("apiServer", "encryption")
	provider := under(root, "provider")
	if v.set(root...) && e.Provider == "" {
		v.missing("name a provider: "+strings.Join(EncryptionProvider("").Allowed(), ", "), provider...)
	}
	v.is(e.KeyFile, localFile, under(root, "keyFile")...)
	v.resources(e.Resources, under(root, "resources")...)
	switch e.Provider {
	case "kms":
		if e.KMS == nil {
			v.missing("provider kms needs kms: {name: ..., endpoint: unix:///...}", under(root, "kms")...)
		}
	case "none":
		for _, field := range []string{"keyFile", "kms", "resources", "identity", "automaticReload"} {
			v.exclusive(under(root, field), provider, "provider none encrypts nothing")
		}
	case "identity":
		v.exclusive(under(root, "identity"), provider, "provider identity encrypts nothing")
	}
	if k := e.KMS; k != nil {
		at := under(root, "kms")
		v.needed(k.Name, "name the plugin", under(at, "name")...)
		if strings.Contains(k.Name, ":") { // k8s.io/apiserver v0.37.0, validation_encryption.go
			v.fault(diag.Problem{Message: fmt.Sprintf("%q has a colon", k.Name), Hint: "KMS v2 takes no colon in a name"}, under(at, "name")...)
		}
		v.needed(k.Endpoint, "write the plugin's socket, unix:///...", under(at, "endpoint")...)
		v.is(k.Endpoint, kmsSocket, under(at, "endpoint")...)
		v.is(k.Timeout, duration, under(at, "timeout")...)
	}
}

// resources follows k8s.io/apiserver v0.37.0, pkg/apis/apiserver/validation/validation_encryption.go.
func (v *validator) resources(resources []string, steps ...string) {
	v.empty(len(resources), "name at least one resource, as [secrets]", steps...)
	var wildcards []int
	for i, r := range resources {
		if strings.HasPrefix(r, "*.") {
			wildcards = append(wildcards, i)
		}
	}
	for i, r := range resources {
		at := under(steps, strconv.Itoa(i))
		name, group, _ := strings.Cut(r, ".")
		p := refuse(r, "a resource that can be encrypted", "resource, resource.group, *.group, *. (the core group), *.*")
		switch {
		case !resourceSpelling.MatchString(r):
		case r == "*":
			p.Hint = `write "*.*" for everything, or "*." for the core group`
		case group == "*" && name != "*":
			p.Hint = "a resource of every group cannot be named; name the group"
		case group == "events.k8s.io":
			p.Hint = "events are stored in the core group: write events"
		case group == "extensions":
			p.Hint = "the group has no resources any more"
		case slices.Contains([]string{"apiserveripinfo", "serviceipallocations", "servicenodeportallocations"}, r):
			p.Hint = "it is no resource of the API"
		default:
			p = nil
		}
		if p != nil {
			v.fault(*p, at...)
			continue
		}
		for _, w := range wildcards {
			_, covered, _ := strings.Cut(resources[w], ".")
			if w != i && (resources[w] == "*.*" || covered == group) {
				v.fault(diag.Problem{Message: fmt.Sprintf("%q is covered by %q already", r, resources[w]), Hint: "keep one"}, at...)
				break
			}
		}
	}
}
