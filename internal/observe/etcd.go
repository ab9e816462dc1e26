package observe

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// etcd reads etcd.conf.yaml of one member (go.etcd.io/etcd/server/v3 v3.7.3,
// embed/config.go) into the flags it stands for and the members of the cluster. What differs
// by member follows from its name and address and is checked against them.
func (r *reader) etcd(data []byte) []settings.Setting {
	doc := r.document(data)
	if doc == nil {
		return nil
	}
	var out []settings.Setting
	flag := func(name string, v *settings.Value) {
		out = append(out, settings.Setting{Key: settings.Flag(settings.Etcd, name), Value: r.etcdValue(name, v)})
	}
	cluster := take(doc, "initial-cluster")
	members := r.etcdMembers(cluster, doc.Origin)
	r.etcdMember(doc, members)
	if members != nil {
		out = append(out, setting(settings.Etcd, "", "members", members))
	}
	for _, side := range []string{"client", "peer"} {
		security := take(doc, side+"-transport-security")
		if security == nil {
			continue
		}
		for _, e := range security.Entries {
			flag(securityFlag(side, e.Key), e.Value)
		}
	}
	for _, e := range doc.Entries {
		flag(e.Key, e.Value)
	}
	return out
}

// etcdValue gives the text a flag would have: what is a duration in a flag is nanoseconds in
// the file, because the file is decoded as JSON.
func (r *reader) etcdValue(name string, v *settings.Value) *settings.Value {
	switch {
	case v.Kind == settings.Int && slices.Contains(etcdDurations(), strings.TrimPrefix(name, "experimental-")):
		ns, err := strconv.ParseInt(v.Text, 10, 64)
		if err != nil {
			r.failAt(v.Origin, "%q is not a number of nanoseconds", v.Text)
		}
		return &settings.Value{Kind: settings.String, Text: time.Duration(ns).String(), Origin: v.Origin}
	case v.Kind == settings.Map:
		r.failAt(v.Origin, "a map stands where the value of %q is wanted", name)
	}
	return v
}

// etcdDurations names the fields of type time.Duration.
func etcdDurations() []string {
	return []string{"backend-batch-interval", "grpc-keepalive-min-time", "grpc-keepalive-interval", "grpc-keepalive-timeout",
		"corrupt-check-time", "compact-hash-check-time", "compaction-sleep-interval", "watch-progress-notify-interval",
		"warning-apply-duration", "warning-unary-request-duration", "downgrade-check-time"}
}

// securityFlag is the flag of a key of the two nested maps.
func securityFlag(side, key string) string {
	switch {
	case key == "allowed-cn":
		return side + "-cert-allowed-cn"
	case key == "allowed-hostname":
		return side + "-cert-allowed-hostname"
	case side == "peer":
		return "peer-" + key
	}
	return key
}

// etcdMembers reads name=https://address:2380,... into a list of name and address.
func (r *reader) etcdMembers(cluster *settings.Value, at settings.Origin) *settings.Value {
	if cluster == nil {
		r.failAt(at, "initial-cluster is missing")
		return nil
	}
	out := &settings.Value{Kind: settings.List, Origin: cluster.Origin}
	for _, member := range strings.Split(cluster.Text, ",") {
		name, peer, ok := strings.Cut(member, "=")
		u, err := url.Parse(peer)
		if !ok || err != nil || u.Scheme != "https" || u.Port() != "2380" {
			r.failAt(cluster.Origin, "%q is not name=https://address:2380", member)
			return nil
		}
		out.Items = append(out.Items, settings.Of(map[string]string{"name": name, "address": u.Hostname()}).At(cluster.Origin))
	}
	return out
}

// etcdMember checks what is said of the member itself.
func (r *reader) etcdMember(doc, members *settings.Value) {
	name := takeText(doc, "name")
	var address string
	if members != nil {
		for _, m := range members.Items {
			if m.Get("name").Text == name {
				address = m.Get("address").Text
			}
		}
	}
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	for _, want := range [][2]string{
		{"listen-peer-urls", "https://" + address + ":2380"},
		{"initial-advertise-peer-urls", "https://" + address + ":2380"},
		{"listen-client-urls", "https://" + address + ":2379,https://127.0.0.1:2379"},
		{"advertise-client-urls", "https://" + address + ":2379"},
	} {
		if got := takeText(doc, want[0]); got != want[1] {
			r.failAt(doc.Origin, "%s is %q, but for the member %q it is %q", want[0], got, name, want[1])
		}
	}
}
