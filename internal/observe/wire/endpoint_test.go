package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEndpoint(t *testing.T) {
	for s, want := range map[string]Endpoint{
		"cp-1.example.org:6443":          {Address: "cp-1.example.org:6443", Component: "kube-apiserver"},
		"10.0.0.1:10250":                 {Address: "10.0.0.1:10250", Component: "kubelet"},
		"10.0.0.1:10255":                 {Address: "10.0.0.1:10255", Component: "kubelet", Side: ReadOnly},
		"127.0.0.1:10257":                {Address: "127.0.0.1:10257", Component: "kube-controller-manager"},
		"127.0.0.1:10259":                {Address: "127.0.0.1:10259", Component: "kube-scheduler"},
		"[fd00::1]:2379":                 {Address: "[fd00::1]:2379", Component: "etcd", Side: Client},
		"[fe80::1%eth0]:2380":            {Address: "[fe80::1%eth0]:2380", Component: "etcd", Side: Peer},
		"kube-apiserver=api:443":         {Address: "api:443", Component: "kube-apiserver"},
		"kubelet[worker]=w1:10250":       {Address: "w1:10250", Component: "kubelet", Role: "worker"},
		"kubelet-read-only[worker]=w1:1": {Address: "w1:1", Component: "kubelet", Side: ReadOnly, Role: "worker"},
		"etcd=e1:12379":                  {Address: "e1:12379", Component: "etcd", Side: Client},
		"etcd-peer=e1:12380":             {Address: "e1:12380", Component: "etcd", Side: Peer},
	} {
		got, err := ParseEndpoint(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", s, diff)
		}
	}
	for s, want := range map[string]string{
		"":                       "write HOST:PORT",
		"api":                    "not a host and a port",
		"fd00::1:6443":           "IPv6 in brackets",
		"api:0":                  "1 to 65535",
		"api:65536":              "1 to 65535",
		"api:https":              "1 to 65535",
		":6443":                  "neither an address nor a name",
		"a b:6443":               "neither an address nor a name",
		"https://api:6443":       "not a host and a port",
		"api:443":                "no component is known for port 443",
		"kube-proxy=n:10256":     "no component \"kube-proxy\"; there are kube-apiserver, kubelet,",
		"kubelet[node]=n:10250":  "control-plane or worker",
		"kubelet[worker=n:10250": "control-plane or worker",
		"kubelet=\x1b31mn:10250": "neither an address nor a name",
	} {
		_, err := ParseEndpoint(s)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v", s, err)
		}
	}
}
