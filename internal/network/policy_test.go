package network

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestSpec has a row for each thing that a policy can say; each passes Check.
func TestSpec(t *testing.T) {
	web := Labelled(map[string]string{"app": "web"})
	for _, tc := range []struct {
		name   string
		policy Policy
		want   map[string]any
	}{
		{"deny both", Deny(EveryPod(), Ingress, Egress), map[string]any{
			"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"},
		}},
		{"any peer on a port", Allow(Ingress, web, Anyone(), TCP(53), UDP(53)), map[string]any{
			"podSelector": map[string]any{"matchLabels": map[string]any{"app": "web"}}, "policyTypes": []any{"Ingress"},
			"ingress": []any{map[string]any{"ports": []any{
				map[string]any{"protocol": "TCP", "port": int64(53)}, map[string]any{"protocol": "UDP", "port": int64(53)},
			}}},
		}},
		{"pods of one namespace, of several, of every, of the same", Allow(Egress, EveryPod(), Only(
			PodsOf(Named("a"), web), PodsOf(Named("a", "b"), EveryPod()), PodsOf(EveryNamespace(), EveryPod()), PodsOf(OwnNamespace(), EveryPod()),
		)), map[string]any{
			"podSelector": map[string]any{}, "policyTypes": []any{"Egress"},
			"egress": []any{map[string]any{"to": []any{
				map[string]any{
					"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "a"}},
					"podSelector":       map[string]any{"matchLabels": map[string]any{"app": "web"}},
				},
				map[string]any{"namespaceSelector": map[string]any{"matchExpressions": []any{map[string]any{
					"key": "kubernetes.io/metadata.name", "operator": "In", "values": []any{"a", "b"},
				}}}},
				map[string]any{"namespaceSelector": map[string]any{}},
				map[string]any{"podSelector": map[string]any{}},
			}}},
		}},
		{"ranges of addresses and of ports", Allow(Egress, EveryPod(), Only(Range("192.0.2.0/24", "192.0.2.7/32"), Range("fd00::/8")),
			Port{First: 8000, Last: 8100, Protocol: "SCTP"}), map[string]any{
			"podSelector": map[string]any{}, "policyTypes": []any{"Egress"},
			"egress": []any{map[string]any{
				"to": []any{
					map[string]any{"ipBlock": map[string]any{"cidr": "192.0.2.0/24", "except": []any{"192.0.2.7/32"}}},
					map[string]any{"ipBlock": map[string]any{"cidr": "fd00::/8"}},
				},
				"ports": []any{map[string]any{"protocol": "SCTP", "port": int64(8000), "endPort": int64(8100)}},
			}},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec, err := tc.policy.Spec()
			if err != nil {
				t.Fatal(err)
			}
			tree := settings.Of(map[string]any{"spec": spec})
			if diff := cmp.Diff(tc.want, tree.Get("spec").Plain()); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
			if faults := Check(tree); len(faults) > 0 {
				t.Errorf("Check refuses it:\n%s", strings.Join(faults, "\n"))
			}
		})
	}
}

// TestNothingIsSaidByAccident leaves something out in each row.
func TestNothingIsSaidByAccident(t *testing.T) {
	var noNames []string
	for _, tc := range []struct {
		name   string
		policy Policy
		want   string
	}{
		{"no pods", Deny(Pods{}, Ingress), "pods by no label: every pod would be meant"},
		{"no labels", Deny(Labelled(nil), Ingress), "pods by no label: every pod would be meant"},
		{"no direction", Deny(EveryPod()), "a policy without a direction"},
		{"no peers", Allow(Ingress, EveryPod(), Peers{}, TCP(80)), "a rule without peers: it would allow everyone"},
		{"empty peers", Allow(Ingress, EveryPod(), Only(), TCP(80)), "a rule without peers: it would allow everyone"},
		{"an empty peer", Allow(Ingress, EveryPod(), Only(Peer{}), TCP(80)), "peer 0: pods by no label: every pod would be meant"},
		{"an empty range", Allow(Egress, EveryPod(), Only(Range("192.0.2.0/24"), Range("")), TCP(80)), "peer 1: pods by no label: every pod would be meant"},
		{"no namespaces", Allow(Ingress, EveryPod(), Only(PodsOf(Named(noNames...), EveryPod()))), "peer 0: namespaces by no name: every namespace would be meant"},
		{"a peer's pods by no label", Allow(Ingress, EveryPod(), Only(PodsOf(Named("a"), Labelled(map[string]string{})))), "peer 0: pods by no label: every pod would be meant"},
		{"any peer, any port", Allow(Ingress, EveryPod(), Anyone()), "any peer on any port: the rule would undo every other"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec, err := tc.policy.Spec()
			if err == nil || err.Error() != tc.want {
				t.Errorf("got %v, %v; want the error %q", spec, err, tc.want)
			}
		})
	}
}

// TestCheck breaks a good policy in each row, as a template or an editor would.
func TestCheck(t *testing.T) {
	good := func() *settings.Value {
		spec, err := Allow(Ingress, Labelled(map[string]string{"app": "web"}),
			Only(PodsOf(Named("a", "b"), Labelled(map[string]string{"app": "x"})), Range("192.0.2.0/24", "192.0.2.7/32")), TCP(80)).Spec()
		if err != nil {
			t.Fatal(err)
		}
		return settings.Of(map[string]any{"spec": spec})
	}
	if faults := Check(good()); len(faults) > 0 {
		t.Fatalf("the good policy is refused: %v", faults)
	}
	empty, list := func() *settings.Value { return settings.Of(map[string]any{}) }, func() *settings.Value { return settings.Of([]string{}) }
	type tree = *settings.Value
	rule := func(policy tree) tree { return policy.Lookup("spec", "ingress").Items[0] }
	peer := func(policy tree, i int) tree { return rule(policy).Get("from").Items[i] }
	for _, tc := range []struct {
		name  string
		spoil func(policy tree)
		want  []string
	}{
		{"no spec", func(p tree) { p.Delete("spec") }, []string{"spec: is missing"}},
		{"from: []", func(p tree) { rule(p).Put("from", list()) }, []string{"spec.ingress[0].from: is empty: any peer would be allowed"}},
		{"from: null", func(p tree) { rule(p).Put("from", settings.Of(nil)) }, []string{"spec.ingress[0].from: is empty: any peer would be allowed"}},
		{"from: [{}]", func(p tree) { rule(p).Get("from").Items[1] = empty() }, []string{"spec.ingress[0].from[1]: is empty"}},
		{"ports: []", func(p tree) { rule(p).Put("ports", list()) }, []string{"spec.ingress[0].ports: is empty: every port would be allowed"}},
		{"ingress: []", func(p tree) { p.Get("spec").Put("ingress", list()) }, []string{"spec.ingress: is empty: leave it out to deny"}},
		{"ingress: [{}]", func(p tree) { p.Lookup("spec", "ingress").Items[0] = empty() }, []string{"spec.ingress[0]: has neither from nor ports: everything would be allowed"}},
		{"no podSelector", func(p tree) { p.Get("spec").Delete("podSelector") }, []string{"spec.podSelector: is missing"}},
		{"matchLabels: {}", func(p tree) { p.Lookup("spec", "podSelector").Put("matchLabels", empty()) }, []string{"spec.podSelector.matchLabels: is empty: everything would be selected"}},
		{"matchExpressions: []", func(p tree) { peer(p, 0).Get("namespaceSelector").Put("matchExpressions", list()) },
			[]string{"spec.ingress[0].from[0].namespaceSelector.matchExpressions: is empty: everything would be selected"}},
		{"values: []", func(p tree) {
			peer(p, 0).Lookup("namespaceSelector", "matchExpressions").Items[0].Put("values", list())
		},
			[]string{"spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].values: is empty"}},
		{"podSelector: {} beside a namespaceSelector", func(p tree) { peer(p, 0).Put("podSelector", empty()) },
			[]string{"spec.ingress[0].from[0].podSelector: is empty: every pod of the namespaces would be meant; leave it out to mean that"}},
		{"except: []", func(p tree) { peer(p, 1).Get("ipBlock").Put("except", list()) }, []string{"spec.ingress[0].from[1].ipBlock.except: is empty: nothing would be left out"}},
		{"no cidr", func(p tree) { peer(p, 1).Get("ipBlock").Delete("cidr") }, []string{"spec.ingress[0].from[1].ipBlock.cidr: is missing"}},
		{"a selector beside ipBlock", func(p tree) { peer(p, 1).Put("podSelector", empty()) }, []string{"spec.ingress[0].from[1]: has a selector beside ipBlock"}},
		{"no policyTypes", func(p tree) { p.Get("spec").Delete("policyTypes") }, []string{
			"spec.policyTypes: is missing: upstream would guess the directions from what else stands here",
			"spec.ingress: is of no effect: policyTypes does not have Ingress",
		}},
		{"the other direction", func(p tree) { p.Get("spec").Put("policyTypes", settings.Of([]string{"Egress"})) },
			[]string{"spec.ingress: is of no effect: policyTypes does not have Ingress"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			policy := good()
			tc.spoil(policy)
			if diff := cmp.Diff(tc.want, Check(policy)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParsePort(t *testing.T) {
	for text, want := range map[string]Port{
		"80/TCP": TCP(80), "53/UDP": UDP(53), "65535/SCTP": {65535, 65535, "SCTP"}, "8000-8100/TCP": {8000, 8100, "TCP"},
	} {
		got, err := ParsePort(text)
		if err != nil || got != want {
			t.Errorf("%q gives %v, %v; want %v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("%q is spelled %q", text, got)
		}
	}
	for text, want := range map[string]string{
		"": "", "80": "write 80/TCP", "80/tcp": "write 80/TCP", "80 /TCP": "write 80/TCP", "http": "", "0/TCP": "", "080/TCP": "", "-80/TCP": "",
		"65536/TCP": "ports end at 65535", "99999-1/TCP": "ports end at 65535", "90-80/TCP": "the range ends before it begins: write 80-90/TCP",
		"80-80/UDP": "write 80/UDP", "80/ICMP": "", "80/TCP,81/TCP": "",
	} {
		if got, err := ParsePort(text); err == nil || err.Error() != want {
			t.Errorf("%q gives %v, %v; want the error %q", text, got, err, want)
		}
	}
}

func TestOverlaps(t *testing.T) {
	wide := Port{8000, 8100, "TCP"}
	for other, want := range map[Port]bool{
		TCP(8000): true, TCP(8100): true, TCP(8101): false, TCP(7999): false, UDP(8000): false, {1, 65535, "TCP"}: true,
	} {
		if wide.Overlaps(other) != want || other.Overlaps(wide) != want {
			t.Errorf("%v and %v: want %v", wide, other, want)
		}
	}
}
