package resolve

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// owned maps a flag to the section of the profile that sets it. Two places for one thing would
// make a reader of a profile guess which one holds; and what kubeadm is told of the cluster also
// goes into probes, kubeconfigs, certificates and other components, which a flag leaves behind.
func owned(component string) map[string]string {
	switch component {
	case settings.APIServer:
	case settings.ControllerManager:
		return map[string]string{
			"cluster-cidr":             "cluster.podSubnet",
			"cluster-name":             "cluster.name",
			"service-cluster-ip-range": "cluster.serviceSubnet",
		}
	case settings.Kubelet:
		// kubeadm's own --config stands before these on the command line, and the last one
		// holds: the whole of kubelet.config would be passed over.
		return map[string]string{
			"config":                     "kubelet.config",
			"config-dir":                 "kubelet.config",
			"container-runtime-endpoint": "cluster.criSocket",
		}
	default:
		return nil
	}
	return map[string]string{
		"advertise-address":                           "cluster.advertiseAddress",
		"secure-port":                                 "cluster.bindPort",
		"service-cluster-ip-range":                    "cluster.serviceSubnet",
		"anonymous-auth":                              "apiServer.anonymousAuth",
		"authentication-config":                       "apiServer.authentication",
		"authentication-token-webhook-config-file":    "apiServer.authentication.webhook",
		"authentication-token-webhook-version":        "apiServer.authentication.webhook.version",
		"authentication-token-webhook-cache-ttl":      "apiServer.authentication.webhook.cacheTTL",
		"authorization-mode":                          "apiServer.authorization",
		"authorization-config":                        "apiServer.authorizationWebhooks",
		"authorization-webhook-config-file":           "apiServer.authorizationWebhooks",
		"enable-admission-plugins":                    "apiServer.admission.enable",
		"disable-admission-plugins":                   "apiServer.admission.disable",
		"admission-control":                           "apiServer.admission.enable",
		"admission-control-config-file":               "apiServer.admission",
		"audit-policy-file":                           "apiServer.audit.policy or apiServer.audit.policyFile",
		"audit-log-path":                              "apiServer.audit.log.path",
		"audit-log-maxage":                            "apiServer.audit.log.maxAge",
		"audit-log-maxbackup":                         "apiServer.audit.log.maxBackup",
		"audit-log-maxsize":                           "apiServer.audit.log.maxSize",
		"audit-log-mode":                              "apiServer.audit.log.mode",
		"audit-log-format":                            "apiServer.audit.log.format",
		"audit-log-compress":                          "apiServer.audit.log.compress",
		"audit-webhook-config-file":                   "apiServer.audit.webhook",
		"audit-webhook-mode":                          "apiServer.audit.webhook.mode",
		"audit-webhook-initial-backoff":               "apiServer.audit.webhook.initialBackoff",
		"encryption-provider-config":                  "apiServer.encryption",
		"encryption-provider-config-automatic-reload": "apiServer.encryption.automaticReload",
	}
}

// expandControlPlaneFlags takes the flags that a profile names one by one.
func expandControlPlaneFlags(b *builder) {
	b.userFlags(settings.APIServer, "", b.profile.APIServer.Flags, at("apiServer", "flags"))
	b.userFlags(settings.ControllerManager, "", b.profile.ControllerManager.Flags, at("controllerManager", "flags"))
	b.userFlags(settings.Scheduler, "", b.profile.Scheduler.Flags, at("scheduler", "flags"))
}

// userFlags checks a flags section against the catalog and sets what is right in it.
func (b *builder) userFlags(component, role string, flags *settings.Value, p place) {
	if flags == nil {
		return
	}
	sections := owned(component)
	for _, e := range flags.Entries {
		where := p.in(e.Key)
		if section, ok := sections[e.Key]; ok {
			b.report(diag.Error, e.Origin, where.String(), "set "+section+" instead", "flag %q belongs to a section of the profile", e.Key)
			continue
		}
		flag, ok := b.minor.Flag(component, e.Key)
		if !ok {
			b.unknownFlag(component, e.Key, e.Origin, where)
			continue
		}
		if flag.Deprecated != "" {
			b.warn(where, "", "flag %q of %s is deprecated in %s: %s", e.Key, component, b.minor.Name, flag.Deprecated)
		}
		value, allowed := typedFlag(flag, e.Value)
		if value == nil {
			b.fault(where, allowed, "%s is not a value for --%s of %s, which takes %s", describe(e.Value), e.Key, component, typeWords(flag.Type))
			continue
		}
		k := settings.Key{Component: component, Role: role, Path: "--" + e.Key}
		b.set.Put(settings.Setting{Key: k, Shape: flagShape(flag), Value: value.At(e.Value.Origin)})
		if e.Key == "feature-gates" {
			b.featureGates(component, value, where)
		}
	}
}

// unknownFlag says why a flag cannot be rendered: removed (with today's equivalent), of
// another minor, or misspelt. o is where its name stands.
func (b *builder) unknownFlag(component, name string, o settings.Origin, p place) {
	if removed, ok := b.minor.Removed(component, name); ok {
		b.report(diag.Error, o, p.String(), removed.Instead, "%s has no flag %q since Kubernetes %s", component, name, removed.Since)
		return
	}
	hint := since(component, catalog.ThingFlag, name)
	if hint == "" {
		hint = nearest.Hint(strings.TrimLeft(name, "-"), b.minor.Flags(component))
	}
	b.report(diag.Error, o, p.String(), hint, "%s has no flag %q", b.release(component), name)
}

// featureGates checks gates by name and against locked defaults: both stop a component
// (k8s.io/component-base v0.37.0, featuregate/feature_gate.go).
func (b *builder) featureGates(component string, gates *settings.Value, p place) {
	for _, e := range gates.Entries {
		where := p.in(e.Key)
		if e.Value.Kind != settings.Bool {
			b.fault(where, "write true or false, without quotes", "%s is not a value for a feature gate", describe(e.Value))
			continue
		}
		if component == settings.Etcd {
			b.etcdGate(e, where)
			continue
		}
		gate, ok := b.minor.FeatureGate(e.Key)
		if !ok || !gate.Known(component) {
			b.unknownGate(component, e, where)
			continue
		}
		if want := strconv.FormatBool(gate.DefaultFor(component)); gate.Locked && e.Value.Text != want {
			b.fault(where, "remove it", "feature gate %q is locked to %s in %s: the component would not start", e.Key, want, b.minor.Name)
		}
	}
}

// unknownGate says why a gate cannot be rendered.
func (b *builder) unknownGate(component string, e settings.Entry, p place) {
	if removed, was := b.minor.Removed("feature-gates", e.Key); was {
		b.report(diag.Error, e.Origin, p.String(), removed.Instead, "feature gate %q is gone since %s: the component would not start", e.Key, removed.Since)
		return
	}
	hint := since(component, catalog.ThingGate, e.Key)
	if hint == "" {
		hint = nearest.Hint(e.Key, b.minor.FeatureGates())
	}
	b.report(diag.Error, e.Origin, p.String(), hint, "%s has no feature gate %q: it would not start", b.release(component), e.Key)
}

// release names what a flag was looked for in: etcd has versions of its own.
func (b *builder) release(component string) string {
	if component == settings.Etcd {
		return "etcd " + b.minor.Etcd.Name
	}
	return component + " " + b.minor.Name
}

// typeWords says a type of the catalog as a person would.
func typeWords(t string) string {
	switch {
	case isMap(t), strings.HasPrefix(t, "map["), t == "object":
		return "a map"
	case isList(t), strings.HasPrefix(t, "[]"):
		return "a list"
	case strings.HasPrefix(t, "int"), strings.HasPrefix(t, "uint"):
		return "a whole number"
	case strings.HasPrefix(t, "float"):
		return "a number"
	case t == "bool":
		return "true or false"
	case t == "ip":
		return "an IP address"
	}
	return "a " + t
}

// flagShape tells how a flag's values compare.
func flagShape(f catalog.Flag) settings.Shape { return settings.FlagShape(f.Type) }

// isList and isMap tell what a flag of a type holds.
func isList(t string) bool {
	shape := settings.FlagShape(t)
	return shape == settings.Ordered || shape == settings.Unordered
}

func isMap(t string) bool { return settings.FlagShape(t) == settings.Mapping }

// typedFlag gives a flag's value its canonical tree, or nil and what is allowed.
func typedFlag(f catalog.Flag, v *settings.Value) (*settings.Value, string) {
	switch {
	case isList(f.Type):
		return flagList(v)
	case isMap(f.Type):
		return flagMap(v)
	}
	return flagScalar(f.Type, v)
}

func flagScalar(kind string, v *settings.Value) (*settings.Value, string) {
	if !v.IsScalar() || v.Kind == settings.Null {
		return nil, "write one value"
	}
	switch kind {
	case "bool":
		if v.Kind != settings.Bool {
			return nil, "write true or false, without quotes"
		}
	case "int", "int32", "int64", "uint", "uint32", "uint64", "uint8", "uint16", "int16":
		if v.Kind != settings.Int {
			return nil, "write a whole number, without quotes"
		}
		if _, err := strconv.ParseInt(v.Text, 10, intBits(kind)); err != nil {
			return nil, "write a number within " + kind
		}
		if strings.HasPrefix(kind, "u") && strings.HasPrefix(v.Text, "-") {
			return nil, "write a number from 0 on"
		}
	case "float32", "float64":
		if v.Kind != settings.Int && v.Kind != settings.Float {
			return nil, "write a number, without quotes"
		}
	case "duration":
		d, err := time.ParseDuration(v.Text)
		if err != nil {
			return nil, "write a duration with its unit, such as 300s, 5m or 1h30m"
		}
		return &settings.Value{Kind: settings.String, Text: d.String(), Origin: v.Origin}, ""
	case "ip":
		if _, err := netip.ParseAddr(v.Text); err != nil {
			return nil, "write an IP address"
		}
	}
	if strings.ContainsAny(v.Text, "\x00\n\r") {
		return nil, "write it on one line"
	}
	return v.Clone(), ""
}

func intBits(kind string) int {
	if strings.HasSuffix(kind, "64") || kind == "int" || kind == "uint" {
		return 64
	}
	bits, _ := strconv.Atoi(strings.TrimLeft(kind, "uint"))
	if strings.HasPrefix(kind, "u") {
		bits++
	}
	return bits
}

func flagList(v *settings.Value) (*settings.Value, string) {
	out := &settings.Value{Kind: settings.List, Origin: v.Origin}
	items := v.Items
	if v.IsScalar() && v.Kind != settings.Null {
		items = []*settings.Value{v}
	}
	if v.Kind == settings.Map || v.Kind == settings.Null {
		return nil, "write a list"
	}
	for _, item := range items {
		if !item.IsScalar() || item.Kind == settings.Null || strings.ContainsAny(item.Text, ",\x00\n\r") {
			return nil, "write a list of single values, none with a comma or a line break"
		}
		out.Items = append(out.Items, item.Clone())
	}
	return out, ""
}

func flagMap(v *settings.Value) (*settings.Value, string) {
	if v.Kind != settings.Map {
		return nil, "write a map, such as {Name: true}"
	}
	out := v.Clone()
	for _, e := range out.Entries {
		if !e.Value.IsScalar() || strings.ContainsAny(e.Key+e.Value.Text, ",\x00\n\r") || strings.Contains(e.Key, "=") {
			return nil, "write single values, none with a comma or a line break"
		}
	}
	return out, ""
}

// describe quotes a value for a message, cut to a readable length.
func describe(v *settings.Value) string {
	switch {
	case v == nil || v.Kind == settings.Null:
		return "null"
	case !v.IsScalar():
		return "a " + v.Kind.String()
	}
	text := v.Text
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	return v.Kind.String() + " " + strconv.Quote(text)
}
