package resolve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestNoPolicyIsolatesByAccident puts every kind of side against every other, in namespaces that deny in every
// way, and expects policies exactly where a direction is held back: one more would isolate pods that nothing
// isolates, one less would cut off what is allowed.
func TestNoPolicyIsolatesByAccident(t *testing.T) {
	sides := map[string]string{
		"namespace": "{namespaces: [%s]}", "labels": "{namespaces: [%s], pods: {app: x}}", "range": "{cidr: 203.0.113.0/24}",
		"imds": "{cidr: 169.254.169.254/32}", "server": "{entity: kube-apiserver}", "nodes": "{entity: nodes}", "world": "{entity: world}",
		"pods": "{entity: pods}", "all": "{entity: all}",
	}
	everywhere := []string{"pods", "all"}
	holds := func(kind string) bool {
		return kind == "namespace" || kind == "labels" || slices.Contains(everywhere, kind)
	}
	denials := []string{"", "{defaultDeny: [Ingress]}", "{defaultDeny: [Egress], dns: false}", "{defaultDeny: [Ingress, Egress], dns: false}",
		"{blockMetadata: true}", "{defaultDeny: [Ingress], blockMetadata: true}"}
	for _, cluster := range []string{"cni: calico", "cni: calico, controlPlaneCIDRs: [192.0.2.0/28], nodeCIDRs: [192.0.2.0/24], tunnelCIDRs: []", "cni: cilium"} {
		cilium := strings.Contains(cluster, "cilium")
		for _, a := range denials {
			for _, b := range denials {
				deny := map[string]string{"a": a, "b": b}
				// needed says by itself whether a namespace needs an egress rule to connect to a kind of side.
				needed := func(ns, kind string) bool {
					if strings.Contains(deny[ns], "Egress") {
						return true
					}
					return strings.Contains(deny[ns], "blockMetadata") && (kind == "imds" || kind == "all" || cilium && (kind == "server" || kind == "nodes"))
				}
				places := func(kind, own string) []string {
					switch {
					case slices.Contains(everywhere, kind):
						return []string{"a", "b"}
					case holds(kind):
						return []string{own}
					}
					return nil
				}
				var allow, want []string
				for from, fromText := range sides {
					for to, toText := range sides {
						if !holds(from) && !holds(to) {
							continue
						}
						name := from + "-" + to
						var made []string
						for _, ns := range places(from, "a") {
							if needed(ns, to) {
								made = append(made, ns+"/allow-"+name+"-to Egress")
							}
						}
						for _, ns := range places(to, "b") {
							if strings.Contains(deny[ns], "Ingress") {
								made = append(made, ns+"/allow-"+name+"-from Ingress")
							}
						}
						if made == nil {
							continue // refused, which TestNetworkPolicyRefused looks at
						}
						want = append(want, made...)
						allow = append(allow, fmt.Sprintf("  - {name: %s, from: %s, to: %s, ports: [8080/TCP]}", name, side(fromText, "a"), side(toText, "b")))
					}
				}
				slices.Sort(allow)
				body := "extends: [baseline]\nnamespaces:\n" + namespaceLine("a", a) + namespaceLine("b", b)
				if len(allow) == 0 {
					continue
				}
				body += "networkPolicy:\n  " + strings.ReplaceAll(cluster, ", ", "\n  ") + "\n  allow:\n" + strings.Join(allow, "\n") + "\n"
				r, err := resolveText(t, "1.37", body)
				if err != nil {
					t.Fatalf("%v\n%s", err, body)
				}
				policies(t, r) // holds each against network.Check
				var got []string
				for _, s := range r.Settings.Of(settings.Cluster, "") {
					kind, namespace, name, _ := s.Key.Object()
					if kind != "NetworkPolicy" || !strings.HasPrefix(name, "allow-") {
						continue
					}
					got = append(got, namespace+"/"+name+" "+strings.Join(s.Value.Lookup("spec", "policyTypes").Strings(), "+"))
				}
				slices.Sort(want)
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("a %q, b %q, %s (-want +got):\n%s", a, b, cluster, diff)
				}
			}
		}
	}
}

func side(text, namespace string) string {
	if strings.Contains(text, "%s") {
		return fmt.Sprintf(text, namespace)
	}
	return text
}

func namespaceLine(name, deny string) string {
	if deny == "" {
		return "- {name: " + name + "}\n"
	}
	return "- {name: " + name + ", networkPolicy: " + deny + "}\n"
}
