package connectivity

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the tables anew")

// binary is hardstrap: the one that HARDSTRAP names, or one built from this tree.
func binary(t *testing.T) string {
	t.Helper()
	if name := os.Getenv("HARDSTRAP"); name != "" {
		return name
	}
	name := filepath.Join(t.TempDir(), "hardstrap")
	build := exec.Command("go", "build", "-o", name, "./cmd/hardstrap")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// render returns the NetworkPolicies of a profile's bundle, each decoded strictly.
func render(t *testing.T, hardstrap, profile string) []*networkingv1.NetworkPolicy {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if out, err := exec.Command(hardstrap, "generate", profile, "--without-keys", "-o", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "manifests", "*-network-policies", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no NetworkPolicies in the bundle: %v", err)
	}
	var out []*networkingv1.NetworkPolicy
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
		for {
			text, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			var policy networkingv1.NetworkPolicy
			if err := yaml.UnmarshalStrict(text, &policy); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, text)
			}
			if policy.Name == "" {
				continue // the comment at the head
			}
			wellFormed(t, &policy)
			out = append(out, &policy)
		}
	}
	return out
}

// wellFormed looks at a policy as upstream decodes it, for lists that are there and empty: they allow everyone.
func wellFormed(t *testing.T, policy *networkingv1.NetworkPolicy) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Errorf("%s/%s: %s", policy.Namespace, policy.Name, fmt.Sprintf(format, args...))
	}
	if policy.Annotations["hardstrap.dev/explanation"] == "" {
		fail("it does not explain itself")
	}
	if len(policy.Spec.Ingress)+len(policy.Spec.Egress) > 1 {
		fail("several rules and one explanation")
	}
	peers := func(list []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
		if list != nil && len(list) == 0 || ports != nil && len(ports) == 0 {
			fail("an empty list allows everyone")
		}
		if len(list) == 0 && len(ports) == 0 {
			fail("a rule without peers and ports allows everything")
		}
		for _, p := range list {
			if p.IPBlock == nil && p.NamespaceSelector == nil && p.PodSelector == nil {
				fail("an empty peer")
			}
		}
	}
	for _, r := range policy.Spec.Ingress {
		peers(r.From, r.Ports)
	}
	for _, r := range policy.Spec.Egress {
		peers(r.To, r.Ports)
	}
}

// TestTables compares the connections of each profile with its table, and with what must hold whatever the table says.
func TestTables(t *testing.T) {
	hardstrap := binary(t)
	before := read(nil, false).matrix(false)
	for _, p := range plans() {
		t.Run(p.name, func(t *testing.T) {
			policies := render(t, hardstrap, filepath.Join("testdata", p.name+".yaml"))
			after := read(policies, p.outside)
			holds(t, after, p.must, false)
			holds(t, after, p.must, true)
			holds(t, after, p.v4, false)
			compare(t, filepath.Join("testdata", p.name+".txt"), describe(policies, before, after.matrix(false), after.matrix(true)))
		})
	}
}

// describe writes a profile's table: what was, what is, and what differs by IPv6.
func describe(policies []*networkingv1.NetworkPolicy, before, v4, v6 matrix) string {
	var b strings.Builder
	b.WriteString("yes   both sides allow it\n" +
		"out   refused on its way out, by a policy of the pod that connects\n" +
		"in    refused on its way in, by a policy of the pod that is connected\n" +
		"both  refused by both\n" +
		"-     no pod on either side: no policy\n\nBefore:\n\n")
	b.WriteString(before.table())
	fmt.Fprintf(&b, "\nAfter, with %d policies:\n\n%s\n", len(policies), v4.table())
	if slices.EqualFunc(v4, v6, slices.Equal[[]string]) {
		b.WriteString("By IPv6 the same.\n")
	} else {
		b.WriteString("By IPv6:\n\n" + v6.table())
	}
	b.WriteString("\nThe policies:\n\n")
	for _, p := range policies {
		fmt.Fprintf(&b, "%s/%s: %s\n", p.Namespace, p.Name, p.Annotations["hardstrap.dev/explanation"])
	}
	return b.String()
}

// holds checks what was written by hand.
func holds(t *testing.T, g *plugin, list []must, v6 bool) {
	t.Helper()
	m := g.matrix(v6)
	for _, want := range list {
		row := slices.Index(targets(), want.to)
		column := slices.IndexFunc(cast(), func(a actor) bool { return a.name == want.from })
		if row < 0 || column < 0 {
			t.Fatalf("nobody is called so: %+v", want)
		}
		if got := m[row][column]; (got == "yes") != want.want {
			t.Errorf("IPv6 %v: %s to %s %d/%s: %s, want %v", v6, want.from, want.to.who, want.to.port, want.to.protocol, got, want.want)
		}
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; go test . -update writes it anew. It would be:\n%s", file, got)
	}
}

// TestEveryPolicyCounts takes each policy away in turn: something must change, or nobody would miss it, and the tables
// could not tell whether it is right. A default deny is often not missed, as any other policy for every pod isolates
// them too; it has to deny by itself.
func TestEveryPolicyCounts(t *testing.T) {
	hardstrap := binary(t)
	for _, p := range plans() {
		t.Run(p.name, func(t *testing.T) {
			policies := render(t, hardstrap, filepath.Join("testdata", p.name+".yaml"))
			whole := everything(policies, p.outside, policies)
			for i, policy := range policies {
				if policy.Name == "default-deny" {
					denies(t, policy)
					continue
				}
				if slices.Equal(whole, everything(slices.Delete(slices.Clone(policies), i, i+1), p.outside, policies)) {
					t.Errorf("%s/%s makes no difference", policy.Namespace, policy.Name)
				}
			}
		})
	}
}

// idle is a pod without labels, which only policies for every pod hold for.
func idle(namespace string) actor {
	return pod(namespace, "idle-"+namespace, "10.244.9.9", "fd00:244::99", nil)
}

// everything is every verdict between the cast, and between the cast and an idle pod of each namespace that has a policy.
func everything(policies []*networkingv1.NetworkPolicy, outside bool, namespaces []*networkingv1.NetworkPolicy) []string {
	g := read(policies, outside)
	var out []string
	for _, v6 := range []bool{false, true} {
		for _, row := range g.matrix(v6) {
			out = append(out, row...)
		}
		seen := map[string]bool{}
		for _, policy := range namespaces {
			if seen[policy.Namespace] {
				continue
			}
			seen[policy.Namespace] = true
			for _, other := range cast() {
				for _, port := range targets() {
					out = append(out, g.verdict(idle(policy.Namespace), other, v6, port), g.verdict(other, idle(policy.Namespace), v6, port))
				}
			}
		}
	}
	return out
}

// denies checks that a default deny, alone, lets nothing through in its directions and everything in the others.
func denies(t *testing.T, policy *networkingv1.NetworkPolicy) {
	t.Helper()
	g := read([]*networkingv1.NetworkPolicy{policy}, false)
	pod, internet, port := idle(policy.Namespace), cast()[16], target{"internet", 443, "TCP"}
	for direction, got := range map[networkingv1.PolicyType]string{
		networkingv1.PolicyTypeIngress: g.verdict(internet, pod, false, port), networkingv1.PolicyTypeEgress: g.verdict(pod, internet, false, port),
	} {
		if denied := slices.Contains(policy.Spec.PolicyTypes, direction); (got != "yes") != denied {
			t.Errorf("%s/%s, %s: %s", policy.Namespace, policy.Name, direction, got)
		}
	}
}

// TestRangesAreForOutside reads each profile as plugins do that match no pod by a range: between pods nothing may change.
func TestRangesAreForOutside(t *testing.T) {
	hardstrap := binary(t)
	for _, p := range plans() {
		t.Run(p.name, func(t *testing.T) {
			policies := render(t, hardstrap, filepath.Join("testdata", p.name+".yaml"))
			byAddress, outside := read(policies, false).matrix(false), read(policies, true).matrix(false)
			for r, to := range targets() {
				target := cast()[slices.IndexFunc(cast(), func(a actor) bool { return a.name == to.who })]
				for c, from := range cast() {
					if from.namespace != "" && target.namespace != "" && byAddress[r][c] != outside[r][c] && !known(to) {
						t.Errorf("%s to %s %d/%s: %s where ranges match pods, %s where not", from.name, to.who, to.port, to.protocol, byAddress[r][c], outside[r][c])
					}
				}
			}
		})
	}
}

// known lists what a range opens to pods where a plugin matches them by it: ingress from entity world is from every
// address, since connections from outside may come from a node's or a tunnel's.
func known(to target) bool { return to == target{"ingress", 443, "TCP"} }

// TestEvaluator feeds the evaluator policies that are known to be wrong, to see that it would notice.
func TestEvaluator(t *testing.T) {
	policy := func(spec string) *networkingv1.NetworkPolicy {
		p := &networkingv1.NetworkPolicy{}
		p.Name, p.Namespace = "p", "db"
		if err := json.Unmarshal([]byte(spec), &p.Spec); err != nil {
			t.Fatal(err)
		}
		return p
	}
	sql := target{"postgres", 5432, "TCP"}
	row := slices.Index(targets(), sql)
	column := slices.IndexFunc(cast(), func(a actor) bool { return a.name == "web" })
	for spec, want := range map[string]string{
		`{"podSelector": {}, "policyTypes": ["Ingress"]}`:                                                                               "in",
		`{"podSelector": {}, "policyTypes": ["Egress"]}`:                                                                                "yes",
		`{"podSelector": {"matchLabels": {"app": "other"}}, "policyTypes": ["Ingress"]}`:                                                "yes",
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": []}]}`:                                                    "yes", // what must never be rendered
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]}`:                                 "in",
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {}}]}]}`:                           "yes",
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 80}]}]}`:  "in",
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}`:                 "yes",
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 5000, "endPort": 6000, "protocol": "TCP"}]}]}`: "yes",
		`{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 5000, "endPort": 6000, "protocol": "UDP"}]}]}`: "in",
	} {
		if got := read([]*networkingv1.NetworkPolicy{policy(spec)}, false).matrix(false)[row][column]; got != want {
			t.Errorf("%s: web to postgres: %s, want %s", spec, got, want)
		}
	}
}
