package generate

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// member is one member of an etcd cluster that kubeadm does not run.
type member struct {
	Name string
	Host string // address as it stands in a URL
}

func membersKey() settings.Key { return settings.Key{Component: settings.Etcd, Path: "members"} }

// etcdMembers returns the members whose names can be directories; etcdDrafts says what is
// wrong with the others.
func etcdMembers(in *Input) []member {
	var out []member
	v := in.Settings.Value(membersKey())
	if v == nil {
		return nil
	}
	for _, item := range v.Items {
		name, err := fileName(textOf(item.Get("name")))
		if err != nil {
			continue
		}
		host := textOf(item.Get("address"))
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		out = append(out, member{name, host})
	}
	return out
}

func textOf(v *settings.Value) string {
	if v == nil || !v.IsScalar() {
		return ""
	}
	return v.Text
}

// etcdView is etcd.conf.yaml of one member.
type etcdView struct {
	Member         member
	InitialCluster string
	Client, Peer   *settings.Value // transport security
	Rest           *settings.Value
}

// etcdUnitView is the unit that runs a member.
type etcdUnitView struct {
	User   string
	Config string
}

func etcdDrafts(in *Input) ([]draft, error) {
	setting, ok := in.Settings.Get(membersKey())
	if !ok {
		return nil, nil
	}
	s := &source{in: in}
	s.took(setting.Key)
	members := etcdMembers(in)
	s.checkMembers(setting)
	view := etcdView{Client: &settings.Value{Kind: settings.Map}, Peer: &settings.Value{Kind: settings.Map}, Rest: &settings.Value{Kind: settings.Map}}
	var cluster []string
	for _, m := range members {
		cluster = append(cluster, m.Name+"=https://"+m.Host+":2380")
	}
	view.InitialCluster = strings.Join(cluster, ",")
	for _, flag := range in.Settings.Of(settings.Etcd, "") {
		if name, ok := strings.CutPrefix(flag.Key.Path, "--"); ok {
			s.etcdFlag(&view, name, flag)
		}
	}
	user := "etcd"
	if v := in.Settings.Value(settings.Key{Component: settings.Host, Role: settings.Etcd, Path: "user/etcd"}); v != nil {
		user = v.Text
	}
	var out []draft
	for _, m := range members {
		view.Member = m
		drafts, err := s.draft(draft{path: "host/etcd/" + m.Name + layout.EtcdConfig, template: "host/etcd/etcd.conf.yaml.tmpl", view: view, mode: 0o644})
		if err != nil {
			return nil, err
		}
		out = append(out, drafts...)
		out = append(out, draft{path: "host/etcd/" + m.Name + layout.EtcdUnit, template: "host/etcd/etcd.service.tmpl",
			view: etcdUnitView{User: user, Config: layout.EtcdConfig}, mode: 0o644})
	}
	return out, s.problems.Err()
}

func (s *source) checkMembers(of settings.Setting) {
	names := map[string]bool{}
	for _, item := range of.Value.Items {
		name, err := fileName(textOf(item.Get("name")))
		if err != nil {
			s.fail(of, "the member's name %v", err)
		}
		if names[name] {
			s.fail(of, "the member %q stands here a second time", name)
		}
		names[name] = true
		if a, err := netip.ParseAddr(textOf(item.Get("address"))); err != nil || a.Zone() != "" {
			s.fail(of, "the address %q of the member %q is not an IP", textOf(item.Get("address")), name)
		}
		if len(item.Entries) != 2 {
			s.fail(of, "a member has a name and an address and nothing else")
		}
	}
	if len(of.Value.Items) == 0 {
		s.fail(of, "a cluster without members cannot be rendered")
	}
}

// securityKeys maps flags to the keys of client-transport-security and peer-transport-security
// (go.etcd.io/etcd/server/v3 v3.5.24, v3.6.8 and v3.7.3, embed/config.go, type securityConfig).
func securityKeys() (client, peer map[string]string) {
	client = map[string]string{"cert-file": "cert-file", "key-file": "key-file", "client-cert-file": "client-cert-file",
		"client-key-file": "client-key-file", "client-cert-auth": "client-cert-auth", "trusted-ca-file": "trusted-ca-file",
		"auto-tls": "auto-tls", "client-cert-allowed-hostname": "allowed-hostname"}
	peer = map[string]string{"peer-cert-file": "cert-file", "peer-key-file": "key-file", "peer-client-cert-file": "client-cert-file",
		"peer-client-key-file": "client-key-file", "peer-client-cert-auth": "client-cert-auth", "peer-trusted-ca-file": "trusted-ca-file",
		"peer-auto-tls": "auto-tls", "peer-cert-allowed-cn": "allowed-cn", "peer-cert-allowed-hostname": "allowed-hostname",
		"peer-skip-client-san-verification": "skip-client-san-verification"}
	return client, peer
}

// topKind is how a key of etcd.conf.yaml is decoded.
type topKind uint8

const (
	asText topKind = iota
	asNumber
	asBool
	asList
	asDuration
)

// topKeys are the keys of etcd.conf.yaml that are named like their flag and are the same on
// every member (the same files, type configYAML and Config).
func topKeys() map[string]topKind {
	out := map[string]topKind{}
	for kind, names := range map[topKind][]string{
		asText: {"data-dir", "wal-dir", "backend-bbolt-freelist-type", "tls-min-version", "tls-max-version", "initial-cluster-state",
			"initial-cluster-token", "auto-compaction-mode", "auto-compaction-retention", "auth-token", "metrics", "listen-metrics-urls",
			"logger", "log-level", "log-format", "log-rotation-config-json", "cors", "host-whitelist", "feature-gates",
			"distributed-tracing-address", "distributed-tracing-service-name", "distributed-tracing-instance-id", "discovery-srv",
			"discovery-srv-name", "listen-client-http-urls", "v2-deprecation"},
		asNumber: {"snapshot-count", "snapshot-catchup-entries", "max-snapshots", "max-wals", "heartbeat-interval", "election-timeout",
			"backend-batch-limit", "quota-backend-bytes", "max-txn-ops", "max-request-bytes", "max-concurrent-streams",
			"self-signed-cert-validity", "bcrypt-cost", "auth-token-ttl", "compaction-batch-limit", "bootstrap-defrag-threshold-megabytes",
			"max-learners", "distributed-tracing-sampling-rate"},
		asBool: {"initial-election-tick-advance", "strict-reconfig-check", "pre-vote", "force-new-cluster", "enable-pprof",
			"enable-distributed-tracing", "enable-log-rotation", "enable-grpc-gateway", "unsafe-no-fsync", "memory-mlock",
			"initial-corrupt-check", "compact-hash-check-enabled", "enable-lease-checkpoint", "enable-lease-checkpoint-persist"},
		asList: {"cipher-suites", "log-outputs"},
		asDuration: {"backend-batch-interval", "grpc-keepalive-min-time", "grpc-keepalive-interval", "grpc-keepalive-timeout",
			"corrupt-check-time", "compact-hash-check-time", "compaction-sleep-interval", "watch-progress-notify-interval",
			"warning-apply-duration", "warning-unary-request-duration", "downgrade-check-time"},
	} {
		for _, name := range names {
			out[name] = kind
		}
	}
	return out
}

// etcdFlag puts a flag where etcd.conf.yaml has it.
func (s *source) etcdFlag(view *etcdView, name string, flag settings.Setting) {
	client, peer := securityKeys()
	into, key := view.Rest, name
	kind, known := topKeys()[strings.TrimPrefix(name, "experimental-")]
	known = known && name != "experimental-snapshot-catchup-entries" // its key has another name
	for _, side := range []struct {
		keys map[string]string
		into *settings.Value
	}{{client, view.Client}, {peer, view.Peer}} {
		if k, ok := side.keys[name]; ok {
			into, key, known = side.into, k, true
			kind = securityKind(k)
		}
	}
	switch {
	case slices.Contains([]string{"name", "initial-cluster", "listen-peer-urls", "listen-client-urls",
		"initial-advertise-peer-urls", "advertise-client-urls"}, name):
		s.fail(flag, "this follows from the members")
		return
	case !known:
		s.fail(flag, "etcd.conf.yaml has no key for this flag")
		return
	}
	v, err := etcdValue(kind, flag.Value)
	if err != nil {
		s.fail(flag, "%v", err)
		return
	}
	s.took(flag.Key)
	into.Put(key, v)
}

func securityKind(key string) topKind {
	switch key {
	case "allowed-cn", "allowed-hostname":
		return asList
	case "client-cert-auth", "auto-tls", "skip-client-san-verification":
		return asBool
	}
	return asText
}

// etcdValue turns a flag's value into what the file is decoded as.
func etcdValue(kind topKind, v *settings.Value) (*settings.Value, error) {
	flagType := map[topKind]string{asText: "", asNumber: "int64", asBool: "bool", asList: "", asDuration: "duration"}[kind]
	v, err := settings.NormalizeFlag(flagType, v)
	if err != nil {
		return nil, err
	}
	switch kind {
	case asList:
		if v.Text == "" {
			return settings.Of([]string{}), nil
		}
		return settings.Of(strings.Split(v.Text, ",")), nil
	case asDuration:
		d, err := time.ParseDuration(v.Text)
		return &settings.Value{Kind: settings.Int, Text: strconv.FormatInt(int64(d), 10)}, err
	}
	return v, nil
}
