package resolve

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// expandEtcd takes the flags that a profile names and, for an etcd that stands apart, sets
// what kubeadm would have set.
func expandEtcd(b *builder) {
	p := at("etcd", "flags")
	b.userFlags(settings.Etcd, "", b.profile.Etcd.Flags, p)
	b.keepKubeadmGates(p)
	if b.profile.Etcd.External != nil {
		b.externalEtcd(b.profile.Etcd.External, at("etcd", "external"))
	}
}

// keepKubeadmGates completes a value for etcd's feature-gates with kubeadm's own: an override
// replaces the whole flag, and would silently drop InitialCorruptCheck.
func (b *builder) keepKubeadmGates(p place) {
	setting, ok := b.set.Get(settings.Flag(settings.Etcd, "feature-gates"))
	if !ok {
		return
	}
	for _, arg := range b.minor.KubeadmArgs(settings.Etcd) {
		if arg.Name != "feature-gates" {
			continue
		}
		for _, pair := range strings.Split(arg.Value, ",") {
			name, value, _ := strings.Cut(pair, "=")
			if setting.Value.Get(name) == nil {
				setting.Value.Put(name, settings.Of(value == "true").At(b.origin(p.in("feature-gates"))))
			}
		}
	}
	b.set.Put(setting)
}

// etcdGate checks a gate of etcd by name.
func (b *builder) etcdGate(e settings.Entry, p place) {
	known := b.minor.Etcd.FeatureGates()
	if !slices.Contains(known, e.Key) {
		b.report(diag.Error, e.Origin, p.String(), join("allowed: "+strings.Join(known, ", "), nearest.Hint(e.Key, known)), "%s has no feature gate %q: it would not start", b.release(settings.Etcd), e.Key)
	}
}

// Where an external member keeps its certificates.
const etcdPKI = "/etc/etcd/pki"

// externalEtcd tells kubeadm of the endpoints, and sets what all members share; what differs by
// member follows from its name and address.
func (b *builder) externalEtcd(e *profiles.ExternalEtcd, p place) {
	or := func(text, fallback string) string {
		if text == "" {
			return fallback
		}
		return text
	}
	var endpoints []string
	var members []any
	for _, m := range e.Members {
		endpoints = append(endpoints, "https://"+hostPort(m.Address, 2379))
		members = append(members, map[string]any{"name": m.Name, "address": m.Address})
	}
	b.derive(kubeadmKey("etcd.external"), settings.Mapping, map[string]any{
		"endpoints": endpoints,
		"caFile":    or(e.CAFile, layout.PKI+"/etcd/ca.crt"),
		"certFile":  or(e.CertFile, layout.PKI+"/apiserver-etcd-client.crt"),
		"keyFile":   or(e.KeyFile, layout.PKI+"/apiserver-etcd-client.key"),
	}, p)
	b.put(settings.Key{Component: settings.Etcd, Path: "members"}, settings.Ordered, members, p.in("members"))
	for flag, field := range map[string]string{"data-dir": e.DataDir, "initial-cluster-token": e.Token} {
		if set := b.set.Flag(settings.Etcd, flag); set != nil && field != "" && set.Text != field {
			b.faultAt(set, settings.Flag(settings.Etcd, flag), "set it in etcd.external alone", "etcd.external says %q", field)
		}
	}
	for _, f := range []struct {
		name  string
		value any
	}{
		{"data-dir", or(e.DataDir, "/var/lib/etcd")},
		{"initial-cluster-token", or(e.Token, "etcd-cluster")},
		{"initial-cluster-state", "new"},
		{"cert-file", etcdPKI + "/server.crt"},
		{"key-file", etcdPKI + "/server.key"},
		{"trusted-ca-file", etcdPKI + "/ca.crt"},
		{"client-cert-auth", true},
		{"peer-cert-file", etcdPKI + "/peer.crt"},
		{"peer-key-file", etcdPKI + "/peer.key"},
		{"peer-trusted-ca-file", etcdPKI + "/ca.crt"},
		{"peer-client-cert-auth", true},
		{"listen-metrics-urls", "http://127.0.0.1:2381"},
	} {
		b.flag(settings.Etcd, f.name, f.value, p)
	}
}

func hostPort(address string, port int) string {
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	return address + ":" + strconv.Itoa(port)
}
