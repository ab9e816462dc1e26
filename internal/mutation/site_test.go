package mutation

import (
	"slices"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// siteValues are values that another node's kubeadm would have written, and some that none would.
func siteValues() []struct {
	component, name, value string
	is                     compare.Direction // what it is found as
} {
	return []struct {
		component, name, value string
		is                     compare.Direction
	}{
		{settings.APIServer, "advertise-address", "198.51.100.7", same},
		{settings.APIServer, "advertise-address", "2001:db8::7", same},
		{settings.APIServer, "advertise-address", "", different},
		{settings.APIServer, "advertise-address", "host.example.org", different},
		{settings.APIServer, "etcd-servers", "https://[::1]:2379", same},
		{settings.APIServer, "etcd-servers", "http://127.0.0.1:2379", weaker},
		{settings.APIServer, "etcd-servers", "https://127.0.0.1:2379,https://192.0.2.66:2379", different},
		{settings.APIServer, "etcd-servers", "https://192.0.2.66:2379", different},
		{settings.Etcd, "advertise-client-urls", "https://[2001:db8::7]:2379", same},
		{settings.Etcd, "advertise-client-urls", "https://198.51.100.7:2379", same},
		{settings.Etcd, "advertise-client-urls", "http://198.51.100.7:2379", weaker},
		{settings.Etcd, "initial-advertise-peer-urls", "https://[2001:db8::7]:2380", same},
		{settings.Etcd, "initial-advertise-peer-urls", "http://198.51.100.7:2380", weaker},
		{settings.Etcd, "listen-client-urls", "https://127.0.0.1:2379,https://198.51.100.7:2379", same},
		{settings.Etcd, "listen-client-urls", "https://198.51.100.7:2379,https://127.0.0.1:2379", same},
		{settings.Etcd, "listen-client-urls", "https://[::1]:2379,https://[2001:db8::7]:2379", same},
		{settings.Etcd, "listen-client-urls", "https://127.0.0.1:2379,http://198.51.100.7:2379", weaker},
		{settings.Etcd, "listen-client-urls", "http://127.0.0.1:2379,https://198.51.100.7:2379", weaker},
		{settings.Etcd, "listen-client-urls", "https://127.0.0.1:2379,https://0.0.0.0:2379", weaker},
		{settings.Etcd, "listen-client-urls", "https://0.0.0.0:2379", weaker},
		{settings.Etcd, "listen-client-urls", "https://127.0.0.1:2379,https://198.51.100.7:2379,http://0.0.0.0:12379", weaker},
		{settings.Etcd, "listen-peer-urls", "https://198.51.100.7:2380", same},
		{settings.Etcd, "listen-peer-urls", "https://[2001:db8::7]:2380", same},
		{settings.Etcd, "listen-peer-urls", "http://198.51.100.7:2380", weaker},
		{settings.Etcd, "listen-peer-urls", "https://0.0.0.0:2380", weaker},
		{settings.Etcd, "initial-cluster", "a=https://198.51.100.7:2380", same},
		{settings.Etcd, "initial-cluster", "a=https://198.51.100.7:2380,b.example=https://198.51.100.8:2380,c=https://[2001:db8::9]:2380", same},
		{settings.Etcd, "initial-cluster", "a=http://198.51.100.7:2380", weaker},
		{settings.Etcd, "listen-metrics-urls", "http://[::1]:2381", same},
		{settings.Etcd, "listen-metrics-urls", "http://[2001:db8::7]:2381", weaker},
		{settings.Etcd, "name", "another-node.example", same},
	}
}

// siteMutations put other nodes' values in the place of the node's own.
func (s *subject) siteMutations(*score) []mutation {
	var out []mutation
	for _, row := range siteValues() {
		has := slices.ContainsFunc(s.files.arguments(row.component), func(a argument) bool { return a.name == row.name })
		if !has || !s.isSite(row.component, row.name) && !slices.Contains([]string{"etcd-servers", "listen-metrics-urls"}, row.name) {
			continue
		}
		var want []expected
		if row.is != same {
			want = []expected{{settings.Flag(row.component, row.name), row.is}}
		}
		m := mutation{place: "manifest", kind: "site (" + kindOf(want) + ")", what: row.component + ":--" + row.name + "=" + row.value, want: want}
		m.change = func(s *state) {
			if row.value == "" {
				s.files.setWords(row.component, row.name)
				return
			}
			s.files.setWords(row.component, row.name, "--"+row.name+"="+row.value)
		}
		out = append(out, m)
	}
	return out
}
