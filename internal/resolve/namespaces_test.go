package resolve_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const pss = "pod-security.kubernetes.io/"

// TestPodSecurityLabels has a row for each meaning of a stage: levels of one namespace, the
// stage, the cluster's default, and the labels that come of it.
func TestPodSecurityLabels(t *testing.T) {
	for _, tc := range []struct {
		name, namespace, stage, cluster string
		labels                          map[string]any
		warns                           string
	}{
		{
			name: "enforced", namespace: "{enforce: baseline}", cluster: "{}",
			labels: levels("enforce", "baseline", "audit", "baseline", "warn", "baseline"),
		},
		{
			name: "all said", namespace: "{enforce: baseline, enforceVersion: v1.35, audit: restricted, auditVersion: v1.36, warn: privileged, warnVersion: latest}", cluster: "{}",
			labels: map[string]any{
				pss + "enforce": "baseline", pss + "enforce-version": "v1.35", pss + "audit": "restricted", pss + "audit-version": "v1.36",
				pss + "warn": "privileged", pss + "warn-version": "latest",
			},
		},
		{
			name: "the version of enforce is that of the levels that follow it", namespace: "{enforce: baseline, enforceVersion: v1.35}", cluster: "{}",
			labels: map[string]any{
				pss + "enforce": "baseline", pss + "enforce-version": "v1.35", pss + "audit": "baseline", pss + "audit-version": "v1.35",
				pss + "warn": "baseline", pss + "warn-version": "v1.35",
			},
		},
		{
			name: "a stricter default goes on to audit and warn", namespace: "{enforce: baseline}", cluster: "{audit: restricted, warn: restricted}",
			labels: levels("enforce", "baseline"),
		},
		{
			name: "privileged leaves audit and warn to the default", namespace: "{enforce: privileged}", cluster: "{enforce: restricted}",
			labels: levels("enforce", "privileged"),
		},
		{
			name: "no enforce, no label of it", namespace: "{warn: baseline}", cluster: "{enforce: baseline}",
			labels: levels("warn", "baseline"),
		},
		{
			name: "warn", namespace: "{enforce: restricted}", stage: "warn", cluster: "{}",
			labels: levels("enforce", "privileged", "warn", "restricted"),
		},
		{
			name: "warn, audit said", namespace: "{enforce: restricted, audit: baseline}", stage: "warn", cluster: "{}",
			labels: levels("enforce", "privileged", "audit", "baseline", "warn", "restricted"),
		},
		{
			name: "audit", namespace: "{enforce: restricted}", stage: "audit", cluster: "{}",
			labels: levels("enforce", "privileged", "audit", "restricted", "warn", "restricted"),
		},
		{
			name: "the namespace's stage before the profile's", namespace: "{enforce: restricted, stage: enforce}", stage: "warn", cluster: "{}",
			labels: levels("enforce", "restricted", "audit", "restricted", "warn", "restricted"),
		},
		{
			name: "below the cluster's default", namespace: "{enforce: restricted}", stage: "audit", cluster: "{enforce: baseline}",
			labels: levels("enforce", "privileged", "audit", "restricted", "warn", "restricted"),
			warns:  `p.yaml:8:26: warning: namespaces[shop].podSecurity.enforce: at stage "audit" nothing is enforced in "shop", not even the cluster's default "baseline"; set the stage to enforce once no pod is warned of`,
		},
		{
			name: "exempt", namespace: "{enforce: baseline}", cluster: "{exemptions: {namespaces: [shop]}}",
			labels: levels("enforce", "baseline", "audit", "baseline", "warn", "baseline"),
			warns:  `p.yaml:8:16: warning: namespaces[shop].podSecurity: "shop" is exempt from Pod Security: its labels do nothing; remove the namespace from apiServer.admission.podSecurity.exemptions.namespaces, or its levels here`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := "apiServer: {admission: {podSecurity: " + tc.cluster + "}}\nnamespaces:\n- name: shop\n  podSecurity: " + tc.namespace + "\n"
			if tc.stage != "" {
				body += "podSecurity: {stage: " + tc.stage + "}\n"
			}
			r, err := resolveText(t, "1.37", body)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"apiVersion": "v1", "kind": "Namespace",
				"metadata": map[string]any{"name": "shop", "labels": tc.labels},
			}
			if diff := cmp.Diff(want, find(t, r.Settings, "cluster:Namespace/shop").Plain()); diff != "" {
				t.Errorf("the namespace (-want +got):\n%s", diff)
			}
			var said []string
			for _, w := range lines(r.Warnings) {
				if strings.Contains(w, "namespaces[shop]") {
					said = append(said, w)
				}
			}
			if got := strings.Join(said, "\n"); got != tc.warns {
				t.Errorf("said:\n%s\nwant:\n%s", got, tc.warns)
			}
		})
	}
}

// levels gives labels of modes and levels, pinned to 1.37.
func levels(pairs ...string) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		out[pss+pairs[i]], out[pss+pairs[i]+"-version"] = pairs[i+1], "v1.37"
	}
	return out
}

// TestNamespaceObjects looks at the objects that a namespace's other fields become.
func TestNamespaceObjects(t *testing.T) {
	r, err := resolveText(t, "1.34", `
namespaces:
- name: shop
  automountServiceAccountToken: false
  exemptions: [host-path, exec]
  limitRange:
  - {type: Container, default: {memory: 256Mi, cpu: 0.5}, max: {memory: 1073741824, ephemeral-storage: "2.5Gi"}}
  - {type: PersistentVolumeClaim, max: {storage: 10Gi}}
  resourceQuota: {hard: {pods: 50, count/jobs.batch: "5", requests.cpu: 1000000.5}, scopes: [NotTerminating]}
- name: bare
`[1:])
	if err != nil {
		t.Fatal(err)
	}
	marked := func(name, why string) map[string]any {
		return map[string]any{
			"name": name, "namespace": "shop",
			"labels":      map[string]any{"app.kubernetes.io/managed-by": "hardstrap"},
			"annotations": map[string]any{"hardstrap.dev/explanation": why},
		}
	}
	want := map[string]any{
		"cluster:Namespace/bare": map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "bare"}},
		"cluster:Namespace/shop": map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{
			"name": "shop", "labels": map[string]any{"policies.hardstrap.dev/host-path": "exempt", "policies.hardstrap.dev/exec": "exempt"},
		}},
		"cluster:ServiceAccount/shop/default": map[string]any{
			"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": "default", "namespace": "shop"},
			"automountServiceAccountToken": false,
		},
		"cluster:LimitRange/shop/hardstrap": map[string]any{
			"apiVersion": "v1", "kind": "LimitRange",
			"metadata": marked("hardstrap", "What a container here may take, and what it gets where it says nothing: one pod must not starve the others of its node."),
			"spec": map[string]any{"limits": []any{
				map[string]any{
					"type": "Container", "default": map[string]any{"memory": "256Mi", "cpu": "0.5"},
					"max": map[string]any{"memory": "1073741824", "ephemeral-storage": "2.5Gi"},
				},
				map[string]any{"type": "PersistentVolumeClaim", "max": map[string]any{"storage": "10Gi"}},
			}},
		},
		"cluster:ResourceQuota/shop/hardstrap": map[string]any{
			"apiVersion": "v1", "kind": "ResourceQuota",
			"metadata": marked("hardstrap", "What this namespace may take in all: it must not starve the others of the cluster."),
			"spec": map[string]any{
				"hard":   map[string]any{"pods": "50", "count/jobs.batch": "5", "requests.cpu": "1000000.5"},
				"scopes": []any{"NotTerminating"},
			},
		},
	}
	got := map[string]any{}
	for _, s := range r.Settings.Of("cluster", "") {
		got[s.Key.String()] = s.Value.Plain()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// TestRefusedNamespaces has a row for each fault that only the target minor or other sections show.
func TestRefusedNamespaces(t *testing.T) {
	for _, tc := range []problemCase{
		{
			name: "versions newer than the minor", minor: "1.36",
			body: `namespaces: [{name: a, podSecurity: {enforce: baseline, enforceVersion: v1.37, audit: baseline, auditVersion: v1.40, warn: baseline, warnVersion: latest}}]`,
			want: []string{
				`p.yaml:6:73: namespaces[a].podSecurity.enforceVersion: version "v1.37" is newer than Kubernetes 1.36; use v1.36 or an older one`,
				`p.yaml:6:111: namespaces[a].podSecurity.auditVersion: version "v1.40" is newer than Kubernetes 1.36; use v1.36 or an older one`,
			},
		},
		{
			name: "kube-system above privileged", minor: "1.37",
			body: `apiServer: {admission: {podSecurity: {exemptions: {namespaces: []}}}}
namespaces: [{name: kube-system, podSecurity: {enforce: baseline}}]`,
			want: []string{
				`p.yaml:7:57: namespaces[kube-system].podSecurity.enforce: kube-system cannot enforce "baseline": kube-proxy, the network plugin and the control plane's mirror pods would be refused when they are made anew; write enforce: privileged, with audit and warn as you like, and keep others from making pods there by RBAC`,
			},
		},
	} {
		t.Run(tc.name, tc.refused)
	}
}
