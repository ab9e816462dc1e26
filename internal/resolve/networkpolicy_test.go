package resolve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/network"
	"github.com/hardstrap/hardstrap/internal/resolve"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// brief writes a NetworkPolicy on one line: where it stands, for which pods, who is on the other
// side, on which ports. "nobody" is a policy without a rule, "anyone" a rule without peers.
func brief(policy *settings.Value) string {
	labels := func(selector *settings.Value) string {
		var out []string
		for _, e := range selector.Get("matchLabels").Sorted() {
			out = append(out, e.Key+"="+e.Value.Text)
		}
		return "[" + strings.Join(out, " ") + "]"
	}
	spec := policy.Get("spec")
	line := policy.Lookup("metadata", "namespace").Text + "/" + policy.Lookup("metadata", "name").Text + ":"
	if s := spec.Get("podSelector"); len(s.Entries) > 0 {
		line += " pods" + labels(s)
	}
	var rules []string
	for _, side := range []struct{ direction, list, peers, arrow string }{{"Ingress", "ingress", "from", "<-"}, {"Egress", "egress", "to", "->"}} {
		if !slices.Contains(spec.Get("policyTypes").Strings(), side.direction) {
			continue
		}
		list := spec.Get(side.list)
		if list == nil {
			rules = append(rules, side.arrow+" nobody")
			continue
		}
		for _, rule := range list.Items {
			peers := []string{"anyone"}
			if from := rule.Get(side.peers); from != nil {
				peers = nil
				for _, peer := range from.Items {
					if block := peer.Get("ipBlock"); block != nil {
						text := block.Get("cidr").Text
						if except := block.Get("except").Strings(); len(except) > 0 {
							text += " without " + strings.Join(except, " ")
						}
						peers = append(peers, text)
						continue
					}
					text := "same namespace"
					if ns := peer.Get("namespaceSelector"); ns != nil {
						text = "every namespace"
						if name := ns.Lookup("matchLabels", "kubernetes.io/metadata.name"); name != nil {
							text = name.Text
						} else if e := ns.Get("matchExpressions"); e != nil {
							text = strings.Join(e.Items[0].Get("values").Strings(), "|")
						}
					}
					if pods := peer.Get("podSelector"); pods != nil && len(pods.Entries) > 0 {
						text += labels(pods)
					}
					peers = append(peers, text)
				}
			}
			var ports []string
			if p := rule.Get("ports"); p != nil {
				for _, port := range p.Items {
					text := port.Get("port").Text
					if end := port.Get("endPort"); end != nil {
						text += "-" + end.Text
					}
					ports = append(ports, text+"/"+port.Get("protocol").Text)
				}
			}
			rules = append(rules, strings.TrimSpace(side.arrow+" "+strings.Join(peers, ", ")+" "+strings.Join(ports, " ")))
		}
	}
	return line + " " + strings.Join(rules, " ")
}

// policies returns the NetworkPolicies of a profile, each in brief, after looking at what all of
// them must have.
func policies(t *testing.T, r *resolve.Resolved) []string {
	t.Helper()
	var out []string
	for _, s := range r.Settings.Of(settings.Cluster, "") {
		kind, namespace, name, ok := s.Key.Object()
		if !ok || kind != "NetworkPolicy" {
			continue
		}
		for _, fault := range network.Check(s.Value) {
			t.Errorf("%s: %s", s.Key, fault)
		}
		why := s.Value.Lookup("metadata", "annotations", "hardstrap.dev/explanation")
		if why == nil || !strings.HasSuffix(why.Text, ".") || strings.Contains(why.Text, "..") {
			t.Errorf("%s does not explain itself: %v", s.Key, why.Plain())
		}
		if len(name) > 63 || s.Value.Lookup("metadata", "namespace").Text != namespace {
			t.Errorf("%s: a name of %d characters in namespace %v", s.Key, len(name), s.Value.Lookup("metadata", "namespace").Plain())
		}
		out = append(out, brief(s.Value))
	}
	return out
}

func networkExpansions() []struct {
	name, body string
	want       []string
} {
	const denied = "{defaultDeny: [Ingress, Egress], dns: false}"
	type row = struct {
		name, body string
		want       []string
	}
	return []row{
		{"deny both, with DNS", `namespaces: [{name: shop, networkPolicy: {defaultDeny: [Ingress, Egress]}}]`, []string{
			"shop/default-deny: <- nobody -> nobody",
			"shop/dns: -> kube-system[k8s-app=kube-dns] 53/UDP 53/TCP",
		}},
		{"deny ingress alone needs no DNS", `namespaces: [{name: shop, networkPolicy: {defaultDeny: [Ingress], sameNamespace: true}}]`, []string{
			"shop/default-deny: <- nobody",
			"shop/same-namespace-from: <- same namespace",
		}},
		{"deny egress alone, the namespace among itself", `namespaces: [{name: shop, networkPolicy: {defaultDeny: [Egress], sameNamespace: true, dns: false}}]`, []string{
			"shop/default-deny: -> nobody",
			"shop/same-namespace-to: -> same namespace",
		}},
		{"NodeLocal DNS, also on the service's address", `cluster: {serviceSubnet: "fd01::/112,10.97.0.0/16"}
namespaces: [{name: shop, networkPolicy: {defaultDeny: [Egress]}}]
networkPolicy: {nodeLocalDNS: "169.254.20.10"}`, []string{
			"shop/default-deny: -> nobody",
			"shop/dns: -> kube-system[k8s-app=kube-dns], 169.254.20.10/32, fd01::a/128 53/UDP 53/TCP",
		}},
		{"NodeLocal DNS with kubeadm's services", `namespaces: [{name: shop, networkPolicy: {defaultDeny: [Egress]}}]
networkPolicy: {nodeLocalDNS: "10.96.0.10"}`, []string{
			"shop/default-deny: -> nobody",
			"shop/dns: -> kube-system[k8s-app=kube-dns], 10.96.0.10/32 53/UDP 53/TCP",
		}},
		{"NodeLocal DNS with Cilium", `namespaces: [{name: shop, networkPolicy: {defaultDeny: [Egress]}}]
networkPolicy: {cni: cilium, nodeLocalDNS: "169.254.20.10"}`, []string{
			"shop/default-deny: -> nobody",
			"shop/dns: -> kube-system[k8s-app=kube-dns], kube-system[k8s-app=node-local-dns] 53/UDP 53/TCP",
		}},
		{"metadata blocked", `namespaces: [{name: shop, networkPolicy: {blockMetadata: true}}]`, []string{
			"shop/block-metadata: -> every namespace, 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32, ::/0 without fd00:ec2::254/128",
		}},
		{"metadata blocked, ingress denied, an agent that may ask", `namespaces: [{name: shop, networkPolicy: {defaultDeny: [Ingress], blockMetadata: true}}]
networkPolicy: {allow: [{name: agent, from: {namespaces: [shop], pods: {app: agent}}, to: {cidr: 169.254.169.254/32}, ports: [80/TCP]}, {name: agent-v6, from: {namespaces: [shop]}, to: {cidr: "fd00:ec2:0::254/128"}, ports: [80/TCP]}]}`, []string{
			"shop/allow-agent-to: pods[app=agent] -> 169.254.169.254/32 80/TCP",
			"shop/allow-agent-v6-to: -> fd00:ec2:0::254/128 80/TCP",
			"shop/block-metadata: -> every namespace, 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32, ::/0 without fd00:ec2::254/128",
			"shop/default-deny: <- nobody",
		}},
		{"metadata blocked with Cilium, which would lose the nodes", `cluster: {bindPort: 8443}
namespaces: [{name: shop, networkPolicy: {blockMetadata: true}}]
networkPolicy: {cni: cilium, nodeCIDRs: [192.0.2.0/24], allow: [{name: agents, from: {namespaces: [shop]}, to: {entity: nodes}, ports: [9100/TCP]}]}`, []string{
			"shop/allow-agents-to: -> anyone 9100/TCP",
			"shop/api-server-to: -> anyone 8443/TCP",
			"shop/block-metadata: -> every namespace, 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32, ::/0 without fd00:ec2::254/128",
		}},
		{"both sides denied", `namespaces: [{name: a, networkPolicy: ` + denied + `}, {name: b, networkPolicy: ` + denied + `}]
networkPolicy: {allow: [{name: x, from: {namespaces: [a], pods: {app: web, tier: front}}, to: {namespaces: [b], pods: {app: api}}, ports: [8080/TCP, 9000-9100/UDP]}]}`, []string{
			"a/allow-x-to: pods[app=web tier=front] -> b[app=api] 8080/TCP 9000-9100/UDP",
			"a/default-deny: <- nobody -> nobody",
			"b/allow-x-from: pods[app=api] <- a[app=web tier=front] 8080/TCP 9000-9100/UDP",
			"b/default-deny: <- nobody -> nobody",
		}},
		{"one side denied isolates nobody on the other", `namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress]}}, {name: b, networkPolicy: {defaultDeny: [Ingress]}}, {name: c}]
networkPolicy: {allow: [{name: x, from: {namespaces: [a, c, other]}, to: {namespaces: [b, c]}}]}`, []string{
			"a/default-deny: <- nobody",
			"b/allow-x-from: <- a|c|other",
			"b/default-deny: <- nobody",
		}},
		{"within a namespace", `namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy: {allow: [{name: x, from: {namespaces: [a], pods: {app: web}}, to: {namespaces: [a], pods: {app: db}}, ports: [5432/TCP]}]}`, []string{
			"a/allow-x-from: pods[app=db] <- a[app=web] 5432/TCP",
			"a/allow-x-to: pods[app=web] -> a[app=db] 5432/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"API server and nodes by address", `namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy:
  cni: calico
  controlPlaneCIDRs: [192.0.2.0/28, fd00::/64]
  nodeCIDRs: [192.0.2.0/24]
  tunnelCIDRs: []
  allow:
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}
  - {name: agents, from: {namespaces: [a]}, to: {entity: nodes}}
  - {name: checks, from: {entity: nodes}, to: {namespaces: [a]}, ports: [8081/TCP]}`, []string{
			"a/allow-agents-to: -> 192.0.2.0/24",
			"a/allow-api-to: -> 192.0.2.0/28, fd00::/64 6443/TCP",
			"a/allow-checks-from: <- 192.0.2.0/24 8081/TCP",
			"a/allow-hook-from: <- 192.0.2.0/28, fd00::/64 9443/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"the API server comes through a tunnel", `namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress]}}]
networkPolicy: {controlPlaneCIDRs: [192.0.2.0/28], tunnelCIDRs: [10.244.0.0/26], allow: [{name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}]}`, []string{
			"a/allow-hook-from: <- 192.0.2.0/28, 10.244.0.0/26 9443/TCP",
			"a/default-deny: <- nobody",
		}},
		{"API server and nodes by port alone", `cluster: {bindPort: 8443}
namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy:
  allow:
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}
  - {name: agents, from: {namespaces: [a]}, to: {entity: nodes}, ports: [9100/TCP]}`, []string{
			"a/allow-agents-to: -> anyone 9100/TCP",
			"a/allow-api-to: -> anyone 8443/TCP",
			"a/allow-hook-from: <- anyone 9443/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"without tunnelCIDRs addresses hold for egress alone", `namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy:
  controlPlaneCIDRs: [192.0.2.0/28]
  allow:
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}`, []string{
			"a/allow-api-to: -> 192.0.2.0/28 6443/TCP",
			"a/allow-hook-from: <- anyone 9443/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"with Cilium addresses hold for nothing", `namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy:
  cni: cilium
  controlPlaneCIDRs: [192.0.2.0/28]
  tunnelCIDRs: []
  allow:
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}`, []string{
			"a/allow-api-to: -> anyone 6443/TCP",
			"a/allow-hook-from: <- anyone 9443/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"ranges leave the metadata addresses out, unless they are named", `namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy:
  allow:
  - {name: link-local, from: {namespaces: [a]}, to: {cidr: 169.254.0.0/16}}
  - {name: out, from: {namespaces: [a]}, to: {entity: world}, ports: [443/TCP]}
  - {name: spared, from: {namespaces: [a]}, to: {cidr: 169.254.0.0/16, except: [169.254.169.0/24]}}
  - {name: imds, from: {namespaces: [a]}, to: {cidr: 169.254.169.254/32}, ports: [80/TCP]}
  - {name: v6, from: {namespaces: [a]}, to: {cidr: "fd00::/8"}}
  - {name: in, from: {cidr: 0.0.0.0/0}, to: {namespaces: [a]}, ports: [443/TCP]}`, []string{
			"a/allow-imds-to: -> 169.254.169.254/32 80/TCP",
			"a/allow-in-from: <- 0.0.0.0/0 443/TCP",
			"a/allow-link-local-to: -> 169.254.0.0/16 without 169.254.169.254/32",
			"a/allow-out-to: -> 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32, ::/0 without fd00:ec2::254/128 443/TCP",
			"a/allow-spared-to: -> 169.254.0.0/16 without 169.254.169.0/24",
			"a/allow-v6-to: -> fd00::/8 without fd00:ec2::254/128",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"nodes' ranges leave the metadata addresses out, on the way out", `namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy:
  nodeCIDRs: [169.254.0.0/16]
  tunnelCIDRs: []
  allow:
  - {name: agents, from: {namespaces: [a]}, to: {entity: nodes}, ports: [80/TCP]}
  - {name: checks, from: {entity: nodes}, to: {namespaces: [a]}, ports: [80/TCP]}`, []string{
			"a/allow-agents-to: -> 169.254.0.0/16 without 169.254.169.254/32 80/TCP",
			"a/allow-checks-from: <- 169.254.0.0/16 80/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"the world is not the pods, on the way out", `cluster: {podSubnet: "10.244.0.0/16,fd00:244::/48"}
namespaces: [{name: a, networkPolicy: ` + denied + `}]
networkPolicy: {allow: [{name: out, from: {namespaces: [a]}, to: {entity: world}, ports: [443/TCP]}, {name: in, from: {entity: world}, to: {namespaces: [a]}, ports: [443/TCP]}]}`, []string{
			"a/allow-in-from: <- 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32, ::/0 without fd00:ec2::254/128 443/TCP",
			"a/allow-out-to: -> 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32 10.244.0.0/16, ::/0 without fd00:ec2::254/128 fd00:244::/48 443/TCP",
			"a/default-deny: <- nobody -> nobody",
		}},
		{"every pod, everyone", `namespaces: [{name: a, networkPolicy: ` + denied + `}, {name: b, networkPolicy: {defaultDeny: [Ingress]}}, {name: monitoring}]
networkPolicy:
  allow:
  - {name: scrape, from: {namespaces: [monitoring]}, to: {entity: pods}, ports: [9090/TCP]}
  - {name: mesh, from: {entity: pods}, to: {entity: pods}, ports: [15008/TCP]}
  - {name: web, from: {entity: all}, to: {namespaces: [b]}, ports: [80/TCP]}`, []string{
			"a/allow-mesh-from: <- every namespace 15008/TCP",
			"a/allow-mesh-to: -> every namespace 15008/TCP",
			"a/allow-scrape-from: <- monitoring 9090/TCP",
			"a/allow-web-to: -> b 80/TCP",
			"a/default-deny: <- nobody -> nobody",
			"b/allow-mesh-from: <- every namespace 15008/TCP",
			"b/allow-scrape-from: <- monitoring 9090/TCP",
			"b/allow-web-from: <- anyone 80/TCP",
			"b/default-deny: <- nobody",
		}},
		{"packs under a deny of both", `kubelet: {config: {port: 10350}}
namespaces: [{name: kube-system, networkPolicy: {defaultDeny: [Ingress, Egress], packs: [coredns, metrics-server]}}]
networkPolicy: {cni: calico, controlPlaneCIDRs: [192.0.2.0/28], nodeCIDRs: [192.0.2.0/24], tunnelCIDRs: [10.244.0.0/16]}`, []string{
			"kube-system/coredns-api-server-to: pods[k8s-app=kube-dns] -> 192.0.2.0/28 6443/TCP",
			"kube-system/coredns-queries-from: pods[k8s-app=kube-dns] <- anyone 53/UDP 53/TCP",
			"kube-system/coredns-upstream-to: pods[k8s-app=kube-dns] -> anyone 53/UDP 53/TCP",
			"kube-system/default-deny: <- nobody -> nobody",
			"kube-system/dns: -> kube-system[k8s-app=kube-dns] 53/UDP 53/TCP",
			"kube-system/metrics-server-api-server-from: pods[k8s-app=metrics-server] <- 192.0.2.0/28, 10.244.0.0/16 10250/TCP",
			"kube-system/metrics-server-api-server-to: pods[k8s-app=metrics-server] -> 192.0.2.0/28 6443/TCP",
			"kube-system/metrics-server-kubelets-to: pods[k8s-app=metrics-server] -> 192.0.2.0/24 10350/TCP",
		}},
		{"packs under a deny of ingress; the metadata address stays CoreDNS's resolver", `namespaces: [{name: kube-system, networkPolicy: {defaultDeny: [Ingress], blockMetadata: true, packs: [coredns]}}, {name: metrics, networkPolicy: {defaultDeny: [Ingress], packs: [metrics-server]}}]`, []string{
			"kube-system/block-metadata: -> every namespace, 0.0.0.0/0 without 169.254.169.254/32 100.100.100.200/32, ::/0 without fd00:ec2::254/128",
			"kube-system/coredns-queries-from: pods[k8s-app=kube-dns] <- anyone 53/UDP 53/TCP",
			"kube-system/coredns-upstream-to: pods[k8s-app=kube-dns] -> anyone 53/UDP 53/TCP",
			"kube-system/default-deny: <- nobody",
			"metrics/default-deny: <- nobody",
			"metrics/metrics-server-api-server-from: pods[k8s-app=metrics-server] <- anyone 10250/TCP",
		}},
	}
}

// TestNetworkPolicies looks at every policy that a profile turns into; none more, none less.
func TestNetworkPolicies(t *testing.T) {
	for _, tc := range networkExpansions() {
		t.Run(tc.name, func(t *testing.T) {
			r, err := resolveText(t, "1.37", "extends: [baseline]\n"+tc.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, policies(t, r)); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNetworkPolicyInFull is one object as it is applied.
func TestNetworkPolicyInFull(t *testing.T) {
	r, err := resolveText(t, "1.37", `extends: [baseline]
namespaces: [{name: a, networkPolicy: {defaultDeny: [Egress]}}]
networkPolicy: {allow: [{name: mail, from: {namespaces: [a], pods: {app: web}}, to: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}, ports: [25/TCP]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
		"metadata": map[string]any{
			"name": "allow-mail-to", "namespace": "a",
			"labels": map[string]any{"app.kubernetes.io/managed-by": "hardstrap"},
			"annotations": map[string]any{"hardstrap.dev/explanation": "Pods with app=web of namespace a may connect to 0.0.0.0/0 without 10.0.0.0/8 on 25/TCP" +
				"; the clouds' metadata addresses 169.254.169.254/32, 100.100.100.200/32 are taken out (networkPolicy.allow, mail)."},
		},
		"spec": map[string]any{
			"podSelector": map[string]any{"matchLabels": map[string]any{"app": "web"}},
			"policyTypes": []any{"Egress"},
			"egress": []any{map[string]any{
				"to": []any{map[string]any{"ipBlock": map[string]any{
					"cidr": "0.0.0.0/0", "except": []any{"10.0.0.0/8", "169.254.169.254/32", "100.100.100.200/32"},
				}}},
				"ports": []any{map[string]any{"protocol": "TCP", "port": int64(25)}},
			}},
		},
	}
	if diff := cmp.Diff(want, find(t, r.Settings, "cluster:NetworkPolicy/a/allow-mail-to").Plain()); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
}

// TestNetworkPolicyNames takes the longest name that an allowance may have.
func TestNetworkPolicyNames(t *testing.T) {
	name := strings.Repeat("n", 52)
	r, err := resolveText(t, "1.37", fmt.Sprintf(`extends: [baseline]
namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress]}}]
networkPolicy: {allow: [{name: %s, from: {entity: pods}, to: {namespaces: [a]}}]}`, name))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a/allow-" + name + "-from: <- every namespace", "a/default-deny: <- nobody"}, policies(t, r)); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
}

// TestNetworkPolicyRefused has what only shows when allowances meet the namespaces.
func TestNetworkPolicyRefused(t *testing.T) {
	for _, tc := range []problemCase{
		{
			name: "an allowance that becomes nothing", minor: "1.37",
			body: `namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress]}}, {name: b, networkPolicy: {defaultDeny: [Egress]}}, {name: c}]
networkPolicy:
  allow:
  - {name: x, from: {namespaces: [a]}, to: {namespaces: [b, c]}}
  - {name: y, from: {entity: world}, to: {namespaces: [b]}}
  - {name: z, from: {namespaces: [other]}, to: {cidr: 192.0.2.0/24}}`,
			want: []string{
				`p.yaml:9:5: networkPolicy.allow[x]: "x" becomes no policy: no rule is needed to connect from "a", and ingress is not denied in "b", "c"; deny the direction by namespaces[].networkPolicy.defaultDeny, or remove the allowance`,
				`p.yaml:10:5: networkPolicy.allow[y]: "y" becomes no policy: ingress is not denied in "b"; deny the direction by namespaces[].networkPolicy.defaultDeny, or remove the allowance`,
				`p.yaml:11:5: networkPolicy.allow[z]: "z" becomes no policy: no rule is needed to connect from "other"; deny the direction by namespaces[].networkPolicy.defaultDeny, or remove the allowance`,
			},
		},
		{
			name: "an allowance and no namespaces", minor: "1.37",
			body: `networkPolicy: {allow: [{name: x, from: {entity: pods}, to: {cidr: 192.0.2.0/24}}]}`,
			want: []string{
				`p.yaml:6:25: networkPolicy.allow[x]: "x" becomes no policy: the profile lists no namespaces; deny the direction by namespaces[].networkPolicy.defaultDeny, or remove the allowance`,
			},
		},
		{
			name: "by port alone without a port", minor: "1.37",
			body: `namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress, Egress]}}]
networkPolicy:
  allow:
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}}
  - {name: agents, from: {namespaces: [a]}, to: {entity: nodes}}`,
			want: []string{
				`p.yaml:9:5: networkPolicy.allow[hook].ports: API servers are known by their port alone here, and no port is named; name the ports`,
				`p.yaml:10:5: networkPolicy.allow[agents].ports: nodes are known by their port alone here, and no port is named; name the ports`,
			},
		},
	} {
		t.Run(tc.name, tc.refused)
	}
}

// TestNetworkPolicyWarned expects every warning of network policies, none more.
func TestNetworkPolicyWarned(t *testing.T) {
	const enforce = "antrea, calico, canal, cilium, kube-network-policies, kube-router, ovn-kubernetes, weave-net, amazon-vpc-cni, azure-cni"
	const deny = "namespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress, Egress]}}]\n"
	for _, tc := range []problemCase{
		{name: "nothing rendered, nothing said", body: "networkPolicy: {cni: flannel}", want: nil},
		{name: "a plugin that enforces", body: deny + "networkPolicy: {cni: calico}", want: nil},
		{name: "no plugin named", body: deny, want: []string{
			`p.yaml:6:39: warning: namespaces[a].networkPolicy: NetworkPolicies are rendered for a network plugin that is not named: without one that enforces them they have no effect; name the network plugin in networkPolicy.cni; these enforce: ` + enforce,
		}},
		{name: "flannel", body: deny + "networkPolicy: {cni: flannel}", want: []string{
			`p.yaml:7:22: warning: networkPolicy.cni: flannel enforces no NetworkPolicy: all that is rendered has no effect; run Canal, or kube-network-policies beside it, and name that`,
		}},
		{name: "a plugin with an agent", body: deny + "networkPolicy: {cni: amazon-vpc-cni}", want: []string{
			`p.yaml:7:22: warning: networkPolicy.cni: amazon-vpc-cni enforces NetworkPolicies only with its network policy agent, which enableNetworkPolicy turns on; see to it that it runs`,
		}},
		{name: "a misspelt plugin", body: deny + "networkPolicy: {cni: calcio}", want: []string{
			`p.yaml:7:22: warning: networkPolicy.cni: hardstrap does not know the network plugin "calcio"; did you mean "calico"?`,
		}},
		{name: "a plugin of your own", body: deny + "networkPolicy: {cni: house-net}", want: []string{
			`p.yaml:7:22: warning: networkPolicy.cni: hardstrap does not know the network plugin "house-net"; make sure that it enforces NetworkPolicies; these do: ` + enforce,
		}},
		{name: "by port alone, once each", body: deny + `networkPolicy:
  cni: calico
  allow:
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: api-again, from: {namespaces: [a]}, to: {entity: kube-apiserver}, ports: [443/TCP]}
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}
  - {name: agents, from: {namespaces: [a]}, to: {entity: nodes}, ports: [9100/TCP]}`, want: []string{
			`p.yaml:10:46: warning: networkPolicy.allow[api].to: without networkPolicy.controlPlaneCIDRs API servers are known by their port alone, and whatever listens on it can be reached, wherever it is; set networkPolicy.controlPlaneCIDRs`,
			`p.yaml:12:24: warning: networkPolicy.allow[hook].from: without networkPolicy.controlPlaneCIDRs API servers are known by their port alone, and whoever can reach the pods may connect to it; set networkPolicy.controlPlaneCIDRs`,
			`p.yaml:13:49: warning: networkPolicy.allow[agents].to: without networkPolicy.nodeCIDRs nodes are known by their port alone, and whatever listens on it can be reached, wherever it is; set networkPolicy.nodeCIDRs`,
		}},
		{name: "tunnels that are not said", body: deny + `networkPolicy:
  cni: calico
  controlPlaneCIDRs: [192.0.2.0/28]
  allow:
  - {name: hook, from: {entity: kube-apiserver}, to: {namespaces: [a]}, ports: [9443/TCP]}`, want: []string{
			`p.yaml:11:24: warning: networkPolicy.allow[hook].from: in an overlay nodes connect to pods from their tunnels' addresses, which are not said: API servers are known by the port alone, and whoever can reach the pods may connect to it; set networkPolicy.tunnelCIDRs to the tunnels' addresses, or to [] where the network is no overlay`,
		}},
		{name: "Cilium", body: deny + `networkPolicy:
  cni: cilium
  controlPlaneCIDRs: [192.0.2.0/28]
  allow:
  - {name: api, from: {namespaces: [a]}, to: {entity: kube-apiserver}}
  - {name: web, from: {entity: world}, to: {namespaces: [a]}, ports: [443/TCP]}`, want: []string{
			`p.yaml:11:46: warning: networkPolicy.allow[api].to: Cilium matches no node by a range: API servers are known by their port alone, and whatever listens on it can be reached, wherever it is; where that is too much, write a CiliumNetworkPolicy with the entity instead`,
			`p.yaml:12:23: warning: networkPolicy.allow[web].from: Cilium matches no node by a range, and connections that another node passes on come from that node's address; use entity all where connections come over nodes`,
		}},
		{name: "Cilium and metadata", body: `namespaces: [{name: a, networkPolicy: {blockMetadata: true}}]
networkPolicy: {cni: cilium}`, want: []string{
			`p.yaml:6:55: warning: namespaces[a].networkPolicy.blockMetadata: Cilium matches no node by a range unless policy-cidr-match-mode is nodes: of the nodes, pods of namespace "a" keep the API server's port alone; allow what else they need by an allowance to entity nodes`,
		}},
		{name: "the world without the pods' range", body: deny + `networkPolicy:
  cni: calico
  allow:
  - {name: in, from: {entity: world}, to: {namespaces: [a]}, ports: [443/TCP]}
  - {name: out, from: {namespaces: [a]}, to: {entity: world}, ports: [443/TCP]}`, want: []string{
			`p.yaml:11:46: warning: networkPolicy.allow[out].to: without cluster.podSubnet pods are not taken out of entity world: a network plugin that matches pods by a range lets connections through to pods of every namespace; set cluster.podSubnet, also where the network plugin hands out addresses of its own`,
		}},
		{name: "the world with Cilium", body: deny + `networkPolicy:
  cni: cilium
  allow: [{name: out, from: {namespaces: [a]}, to: {entity: world}, ports: [443/TCP]}]`, want: nil},
		{name: "a range with pods in it", body: `cluster: {podSubnet: 10.244.0.0/16}
` + deny + `networkPolicy: {cni: calico, allow: [{name: x, from: {namespaces: [a]}, to: {cidr: 10.0.0.0/8}}]}`, want: []string{
			`p.yaml:8:84: warning: networkPolicy.allow[x].to.cidr: "10.0.0.0/8" overlaps cluster.podSubnet "10.244.0.0/16": a range is for addresses outside of the cluster, and some plugins match no pod by it; name pods by namespaces; take the pods' range out by except`,
		}},
		{name: "a range without its pods", body: `cluster: {podSubnet: "10.244.0.0/16,fd00::/48"}
` + deny + `networkPolicy: {cni: calico, allow: [{name: x, from: {namespaces: [a]}, to: {cidr: 10.0.0.0/8, except: [10.240.0.0/12]}}]}`, want: nil},
		{name: "kube-system without egress", body: `namespaces: [{name: kube-system, networkPolicy: {defaultDeny: [Egress], packs: [coredns]}}]
networkPolicy: {cni: calico, controlPlaneCIDRs: [192.0.2.0/28]}`, want: []string{
			`p.yaml:6:63: warning: namespaces[kube-system].networkPolicy.defaultDeny: egress is denied in kube-system, where controllers of network, storage and cloud often run: only the packs' pods are allowed the API server; add an allowance from kube-system to entity kube-apiserver; with pods, for some of them`,
		}},
		{name: "kube-system thought of", body: `namespaces: [{name: kube-system, networkPolicy: {defaultDeny: [Egress], packs: [coredns]}}]
networkPolicy: {cni: calico, controlPlaneCIDRs: [192.0.2.0/28], allow: [{name: controllers, from: {namespaces: [kube-system]}, to: {entity: kube-apiserver}}]}`, want: nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := resolveText(t, "1.37", "extends: [baseline]\n"+tc.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(r.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExplanationStaysShort: annotations have a limit, and a policy beyond it would be refused.
func TestExplanationStaysShort(t *testing.T) {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("n%02d", i))
	}
	r, err := resolveText(t, "1.37", "extends: [baseline]\nnamespaces: [{name: a, networkPolicy: {defaultDeny: [Ingress]}}]\n"+
		"networkPolicy: {cni: calico, allow: [{name: x, from: {namespaces: ["+strings.Join(names, ", ")+"]}, to: {namespaces: [a]}, ports: [80/TCP]}]}")
	if err != nil {
		t.Fatal(err)
	}
	policy := r.Settings.Value(settings.ObjectKey("NetworkPolicy", "a", "allow-x-from"))
	why := policy.Lookup("metadata", "annotations", "hardstrap.dev/explanation").Text
	if want := "Every pod of namespace a may be reached from every pod of namespaces " + strings.Join(names[:50], ", ") +
		" and 10 more on 80/TCP (networkPolicy.allow, x)."; why != want {
		t.Errorf("got %q, want %q", why, want)
	}
}
